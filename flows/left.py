"""Runs left behind by a process that was killed: each carries its process's mark, by which others on this machine mark it crashed."""

from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

from pipeline import leases

GONE = "Its process was killed. The catalogue knows which pages were read; the next run reads the others."
PROCESS = "process "
MOST = 200


def mark() -> str:
    """This process, so that neither a later one of its number is mistaken for it nor one of another container or machine."""
    return PROCESS + leases.owner()


def gone(tag: str) -> bool:
    """True when ``tag`` marks a process that ran where this one runs, and does not any more."""
    return tag.startswith(PROCESS) and leases.gone(tag.removeprefix(PROCESS))


def mark_crashed(client: SyncPrefectClient, *flows: str) -> int:
    """Mark the runs of these flows crashed whose process is no more; returns how many."""
    running = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING]))
    runs = client.read_flow_runs(
        flow_filter=FlowFilter(name=FlowFilterName(any_=list(flows))), flow_run_filter=FlowRunFilter(state=running), limit=MOST
    )
    left = [run.id for run in runs if any(map(gone, [*run.tags, run.infrastructure_pid or ""]))]
    for run in left:
        _crash(client, run)
    return len(left)


def _crash(client: SyncPrefectClient, run: UUID) -> None:
    try:
        client.set_flow_run_state(run, Crashed(message=GONE))
    except ObjectNotFound:
        return  # deleted meanwhile
