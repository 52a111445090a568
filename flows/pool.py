"""What Sijill keeps on a Prefect server: a work pool, the deployments of chunks and of watched places in it, two automations.

Deployments name no code: a worker runs its own installation's flow of that name, whatever a server says.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions, StateType
from prefect.events.actions import ChangeFlowRunState, DoNothing
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.workers.process import ProcessWorker

from flows.digitise import SET_ASIDE
from pipeline.errors import Unavailable

CHUNK = "Read pages"
TAKE_UP = "Take up what has come in"
POOL_TYPE = ProcessWorker.type
HEARTBEAT = "prefect.flow-run.heartbeat"
HEARTBEAT_SECONDS = 30  # as flows.run sets it
SILENCE = timedelta(seconds=4 * HEARTBEAT_SECONDS)


def deployment_name(pool: str) -> str:
    return f"{CHUNK}/{pool}"


async def register(pool: str) -> None:
    """Make what is not there. What is there stays as the operator has set it: limits, pauses, the actions of automations."""
    async with get_client() as client:
        await _make_pool(client, pool)
        await _make_deployment(client, pool)
        for automation in (silent_runs(), pages_set_aside()):
            if not await client.read_automations_by_name(automation.name):
                await client.create_automation(automation)


async def schedule(pool: str, place: int, every: int) -> None:
    """Have a watched place, by its id, looked at every so many seconds; in place of what was said of it before.

    One look at a time: another is cancelled, since the one under way, or the next, sees what it would have seen.
    """
    await register(pool)
    one = ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    async with get_client() as client:
        await client.create_deployment(
            await client.create_flow_from_name(TAKE_UP), f"{pool}-{place}", work_pool_name=pool,
            parameters={"place": place, "every": every}, enforce_parameter_schema=False, concurrency_limit=1, concurrency_options=one,
        )  # fmt: skip


async def make_due(client: PrefectClient, pool: str, now: float) -> None:
    """Schedule a look at each watched place of a pool whose time has come (``now`` in seconds), unless one waits already or it is paused.

    Workers do this for themselves: Prefect's own schedules go on making runs while nobody is there to take them up. A ticket for each
    span of time makes one run of it, however many workers there are.
    """
    of_pool, of_flow = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])), FlowFilter(name=FlowFilterName(any_=[TAKE_UP]))
    waiting = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])))
    for found in await client.read_deployments(flow_filter=of_flow, work_pool_filter=of_pool):
        mine = DeploymentFilter(id=DeploymentFilterId(any_=[found.id]))
        if not found.paused and not await client.read_flow_runs(flow_run_filter=waiting, deployment_filter=mine, limit=1):
            ticket = f"{found.id}-{int(now // found.parameters['every'])}"
            with suppress(ObjectNotFound):  # stopped in this moment
                await client.create_flow_run_from_deployment(found.id, idempotency_key=ticket)


async def unschedule(pool: str, place: int) -> bool:
    """Look at a place no more; False when nobody did."""
    async with get_client() as client:
        try:
            found = await client.read_deployment_by_name(f"{TAKE_UP}/{pool}-{place}")
        except ObjectNotFound:
            return False
        await client.delete_deployment(found.id)
        return True


@contextmanager
def refusals() -> Iterator[None]:
    """A server that refuses this account, or goes away, becomes Unavailable (prefect-unreachable)."""
    try:
        yield
    except httpx.HTTPError as error:
        what = f"answers {error.response.status_code}" if isinstance(error, httpx.HTTPStatusError) else "went away"
        detail = f"The Prefect server {what}."
        raise Unavailable("prefect-unreachable", detail, "Check SIJILL_PREFECT and SIJILL_PREFECT_AUTH.") from None


async def _make_pool(client: PrefectClient, pool: str) -> None:
    template = ProcessWorker.get_default_base_job_template()
    try:
        await client.read_work_pool(pool)
    except ObjectNotFound:
        try:
            await client.create_work_pool(WorkPoolCreate(name=pool, type=POOL_TYPE, base_job_template=template))
        except ObjectAlreadyExists:
            return  # another worker was quicker


async def _make_deployment(client: PrefectClient, pool: str) -> None:
    try:
        known = await client.read_deployment_by_name(deployment_name(pool))
    except ObjectNotFound:
        known = None
    if known is None or known.work_pool_name != pool:
        flow_id = await client.create_flow_from_name(CHUNK)
        await client.create_deployment(flow_id, pool, work_pool_name=pool, enforce_parameter_schema=False)


def silent_runs() -> AutomationCore:
    """Marks a run crashed whose process was killed: its heartbeats have stopped, and it has not told its end."""
    ends = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed")}
    trigger = EventTrigger(
        after={HEARTBEAT}, expect={HEARTBEAT, *ends}, match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
        for_each={"prefect.resource.id"}, posture=Posture.Proactive, threshold=1, within=SILENCE,
    )  # fmt: skip
    crash = ChangeFlowRunState(name=None, state=StateType.CRASHED, force=False, message="Its process is gone: no heartbeat.")
    return AutomationCore(
        name="Sijill: a run has gone silent", description="Marks it crashed. The catalogue knows which of its pages were read.",
        trigger=trigger, actions=[crash],
    )  # fmt: skip


def pages_set_aside() -> AutomationCore:
    """A place to hang a notification on: it is told when pages were set aside."""
    trigger = EventTrigger(expect={SET_ASIDE}, posture=Posture.Reactive, threshold=1, within=timedelta(0))
    return AutomationCore(
        name="Sijill: pages were set aside", description="Put a notification in place of its action; see the run's artifact, then "
        "`sijill retry --failed-only`.", trigger=trigger, actions=[DoNothing()],
    )  # fmt: skip
