"""Runs left behind by a process that was killed: each carries its process's mark, by which others on this machine mark it crashed."""

import os
import re
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

from flows.daemon import started

GONE = "Its process was killed. The catalogue knows which pages were read; the next run reads the others."
MOST = 200


def mark() -> str:
    """This process, so that no later one of its number is mistaken for it: process NUMBER of BOOT/START."""
    return f"process {os.getpid()} of {started(os.getpid())}"


def gone(tag: str) -> bool:
    """True when ``tag`` marks a process that ran on this machine since it was started, and does not any more."""
    found = re.fullmatch(r"process (\d+) of (\S+)/(\d+)", tag)
    if not found:
        return False
    boot = (started(os.getpid()) or "").partition("/")[0]
    return found[2] == boot and started(int(found[1])) != f"{found[2]}/{found[3]}"


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
