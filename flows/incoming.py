"""Takes up what has come in to a watched place and gives its pages out; the shape of a flow that runs on a schedule, in a pool."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from prefect import Flow, flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.give_out import cut
from flows.job import Trouble, Troubles

Submit = Callable[["TakenUp", str, Sequence[int], str], object]
"""Gives pages of a batch out: (batch, name of the run, page keys, ticket); the same ticket twice is one run."""


class TakenUp(NamedTuple):
    """A batch with pages that wait to be read."""

    batch: int
    holding: int
    keys: Sequence[int]


class TakeIn(Protocol):
    """What is new in a watched place, such as an incoming bucket."""

    def __call__(self) -> Sequence[TakenUp]:
        """Take each new object in once; returns every batch that came this way and has pages waiting, also from earlier calls.

        Raises Retryable when the place does not answer; what it could not take in is in the ledger.
        """


def incoming_flow(take_in: TakeIn, submit: Submit, hour: Callable[[], str]) -> Flow[[], State[Any]]:
    """The flow. It never waits for the pages: it would hold a place in the pool that they need.

    ``hour`` is a part of the tickets, so that what a lost run has left waiting is given out again by a later run, an hour on.
    """

    @flow(name="Take up what has come in", persist_result=False)
    def take_up() -> State[Any]:
        try:
            with Troubles().codes_only():
                return Completed(message=take_up_once(take_in, submit, hour()))
        except Trouble as trouble:
            return Failed(message=f"{trouble.kind}: {trouble}")

    return take_up


def take_up_once(take_in: TakeIn, submit: Submit, hour: str) -> str:
    """Counts, for the run's page."""
    batches = take_in()
    for batch in batches:
        for chunk in cut(batch.keys):
            name = f"Batch {batch.batch}: pages {chunk.first}-{chunk.last} of {len(batch.keys)}"
            submit(batch, name, sorted(chunk.keys), f"{batch.batch}-{min(chunk.keys)}-{hour}")
    return f"{len(batches)} batches, {sum(len(batch.keys) for batch in batches)} pages given out"
