"""What Sijill keeps on a Prefect server: a work pool, the deployment of chunks in it, two automations."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, DoNothing
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.workers.process import ProcessWorker

from flows.digitise import SET_ASIDE
from pipeline.errors import Unavailable

CHUNK = "Read pages"
ENTRYPOINT = "flows.chunk.read_chunk"
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
            await client.create_work_pool(WorkPoolCreate(name=pool, type=ProcessWorker.type, base_job_template=template))
        except ObjectAlreadyExists:
            return  # another worker was quicker


async def _make_deployment(client: PrefectClient, pool: str) -> None:
    try:
        known = await client.read_deployment_by_name(deployment_name(pool))
    except ObjectNotFound:
        known = None
    if known is None or (known.entrypoint, known.work_pool_name) != (ENTRYPOINT, pool):
        flow_id = await client.create_flow_from_name(CHUNK)
        await client.create_deployment(flow_id, pool, work_pool_name=pool, entrypoint=ENTRYPOINT, enforce_parameter_schema=False)


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
