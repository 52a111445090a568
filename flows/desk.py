"""Where chunks are handed in: a pool's deployment on a Prefect server, asked through its client."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID

import httpx
from prefect import State
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run as this_run
from prefect.states import Cancelled, Cancelling, Crashed

from flows.digitise import Reading, Watch
from flows.give_out import GIVEN_UP, IN_WORK, GiveOut, Seen
from flows.job import Away, Job
from flows.pool import deployment_name, refusals, register

MOST_ASKED = 100
CRASHED = "Its process is gone, or brings no page to its end. The pages are given out again."


class PoolDesk:
    """A give_out.Desk: each chunk is a run of the pool's deployment, and a child of the batch's own run."""

    def __init__(self, client: SyncPrefectClient, pool: str, batch: int, holding: int) -> None:
        self._client, self._deployment = client, deployment_name(pool)
        self._fixed = {"batch": batch, "holding": holding}

    def submit(self, name: str, keys: Sequence[int], ticket: str) -> str:
        with or_away():
            run = run_deployment(
                self._deployment, parameters=self._fixed | {"keys": list(keys)}, flow_run_name=name, timeout=0,
                idempotency_key=f"{this_run.id}-{ticket}",
            )  # fmt: skip
            assert isinstance(run, FlowRun)  # noqa: S101  # a coroutine only where an event loop runs
            return str(run.id)

    def seen(self, runs: Sequence[str]) -> Mapping[str, Seen]:
        return {str(run.id): Seen(run.state.type.value, run.state.message or "") for run in self._read(runs) if run.state}

    def stopped(self) -> bool:
        return any(seen.state in GIVEN_UP for seen in self.seen([this_run.id]).values())

    def cancel(self, runs: Sequence[str], waiting_only: bool) -> None:
        for run, seen in self.seen(runs).items():
            if seen.state in IN_WORK and not waiting_only:
                self._set(run, Cancelling())
            elif seen.state in {"SCHEDULED", "PAUSED"}:
                self._set(run, Cancelled(message="No longer needed."))

    def crash(self, run: str) -> None:
        self._set(run, Crashed(message=CRASHED))

    def _set(self, run: str, state: State[object]) -> None:
        with or_away():
            try:
                self._client.set_flow_run_state(UUID(run), state)
            except ObjectNotFound:
                return  # deleted meanwhile: it has no state to set

    def _read(self, runs: Sequence[str]) -> Iterator[FlowRun]:
        for start in range(0, len(runs), MOST_ASKED):
            some = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(run) for run in runs[start : start + MOST_ASKED]]))
            with or_away():
                found = self._client.read_flow_runs(flow_run_filter=some, limit=MOST_ASKED)
            yield from found


def reading(pool: str, stall_seconds: float, tell: Callable[[str], None]) -> Reading:
    """Has the pages of a job read by the workers of a pool."""

    def give_out(job: Job, watch: Watch) -> None:
        with get_client(sync_client=True) as client, job.codes_only():
            GiveOut(job, PoolDesk(client, pool, job.batch, job.holding), stall_seconds, watch.look, tell)()

    return give_out


def registered(pool: str) -> None:
    """See that the server has what a pool needs. Raises Unavailable (prefect-unreachable) when it refuses or goes away."""
    with refusals():
        asyncio.run(register(pool))


@contextmanager
def or_away() -> Iterator[None]:
    """What a server that is down or starting answers becomes Away; a refusal stays what it is."""
    try:
        yield
    except httpx.TransportError as error:
        raise Away from error
    except httpx.HTTPStatusError as error:
        if error.response.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
            raise
        raise Away from error
