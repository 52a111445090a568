"""The flow that takes up what has come in to a watched place and gives its pages out; on a schedule, in a pool. Ids and counts only."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple, Protocol

from prefect import Flow, flow, get_run_logger
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State
from prefect.runtime import deployment as this_deployment
from prefect.states import Completed, Failed

from flows.chunk import Halt
from flows.desk import or_away
from flows.give_out import WINDOW, Chunk, cut
from flows.job import Stopped, Trouble, Troubles
from flows.pool import TAKE_UP, deployment_name
from pipeline.access import Act
from pipeline.arrivals import TakeUp
from pipeline.intake import Met
from pipeline.model import Accession
from pipeline.settings import Settings
from pipeline.wiring import Archive, archive, finished, incoming, taking_in

TRIES = 3  # of a chunk in an hour: what ends its runs again and again should not keep the pool busy
OVER = {"COMPLETED", "FAILED", "CRASHED"}


class TakenUp(NamedTuple):
    """A batch: the keys of all its pages, which its chunks are cut from, and of those that wait to be read."""

    batch: int
    holding: int
    keys: Sequence[int]
    waiting: Set[int]


Submit = Callable[[TakenUp, str, Sequence[int], str], str]
"""Gives pages of a batch out: (batch, name of the run, page keys, ticket). The same ticket twice is one run; returns its type of state."""


class TakeIn(Protocol):
    """What is new in a watched place, such as an incoming bucket."""

    def __call__(self) -> Sequence[TakenUp]:
        """Take each new object in once; returns every batch that came this way and has pages waiting, also from earlier calls.

        Raises Retryable when the place does not answer; what it could not take in is in the ledger.
        """


def take_up_flow(chosen: Settings, halt: Halt) -> Flow[[int, int], State[Any]]:
    """The flow for one run, until ``halt``."""

    @flow(name=TAKE_UP, flow_run_name=f"{TAKE_UP}: place {{place}}", persist_result=False)
    def take_up(place: int, every: int) -> State[Any]:  # noqa: ARG001  # pool.make_due has it from the deployment
        """Never waits for the pages: it would hold a place in the pool that they need. What fails is told as KIND: CODE."""
        troubles = Troubles()
        try:
            with get_client(sync_client=True) as client, troubles.codes_only(), opened_place(chosen, place, halt.stop) as take_in:
                return Completed(message=take_up_once(take_in, desk(client, chosen.pool), f"{datetime.now(UTC):%Y-%m-%dT%H}"))
        except Stopped:
            return halt.state
        except Trouble as trouble:
            return Failed(message=f"{trouble.kind}: {trouble}")

    return take_up


def take_up_once(take_in: TakeIn, submit: Submit, hour: str) -> str:
    """Give out the first WINDOW chunks that have pages waiting; returns counts, for the run's page.

    Chunks are cut from the whole batch, so that a page read meanwhile moves no other to another chunk and is given out only once. ``hour``
    is a part of the tickets: a chunk that was lost, or whose runs all ended before its pages, is given out again an hour on.
    """
    batches = take_in()
    chunks = ((batch, chunk) for batch in batches for chunk in cut(batch.keys) if chunk.keys & batch.waiting)
    for batch, chunk in islice(chunks, WINDOW):
        give_out(batch, chunk, submit, hour)
    return f"{len(batches)} batches under way, {sum(len(batch.waiting) for batch in batches)} pages waiting"


def give_out(batch: TakenUp, chunk: Chunk, submit: Submit, hour: str) -> None:
    """See that a run of this chunk is scheduled or in work; one that the operator cancelled stays so for the hour."""
    name = f"Batch {batch.batch}: pages {chunk.first}-{chunk.last} of {len(batch.keys)}"
    for number in range(TRIES):
        if submit(batch, name, sorted(chunk.keys & batch.waiting), f"{batch.batch}-{chunk.first}-{hour}-{number}") not in OVER:
            return


@contextmanager
def opened_place(chosen: Settings, place: int, stop: threading.Event) -> Iterator[TakeIn]:
    """A watched place of the archive of these settings; what it takes in raises Stopped between two objects once ``stop`` is set."""
    with archive(chosen, Act.WORK) as opened, taking_in(opened) as take:
        catalogue, watched = opened.catalogue, opened.catalogue.incoming.watched(place)
        look = TakeUp(watched, catalogue.incoming, catalogue.accessions, take, lambda batch: finish(opened, batch), opened.access.who)

        def take_in() -> list[TakenUp]:
            batches = look(until(stop, incoming(chosen, watched.place)))
            return [TakenUp(batch.accession.id, batch.accession.holding_id, batch.keys, batch.waiting) for batch in batches]

        yield take_in


def finish(opened: Archive, batch: Accession) -> None:
    """What is done at the end of a batch that somebody waits for."""
    get_run_logger().info("Batch %d is done. Checkpoint, to keep outside this archive: %s", batch.id, finished(opened, batch))


def until(stop: threading.Event, items: Iterable[Met]) -> Iterator[Met]:
    """The items, until somebody asks for an end: then raises Stopped."""
    for item in items:
        if stop.is_set():
            raise Stopped
        yield item


def desk(client: SyncPrefectClient, pool: str) -> Submit:
    """Hands chunks in at a pool's deployment."""
    with or_away():
        reads = client.read_deployment_by_name(deployment_name(pool)).id

    def submit(batch: TakenUp, name: str, keys: Sequence[int], ticket: str) -> str:
        fixed = {"batch": batch.batch, "holding": batch.holding, "keys": list(keys)}
        with or_away():
            run = client.create_flow_run_from_deployment(
                reads, parameters=fixed, name=name, idempotency_key=f"{this_deployment.id}-{ticket}"
            )
        return run.state.type.value if run.state else ""

    return submit
