"""Prefect's worker, each run in a thread of its own: a process for each would cost seconds of imports before its first page."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any, TypeVar
from uuid import UUID

import anyio.abc
from prefect import Flow, State
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import Abort, Pause
from prefect.flow_engine import run_flow
from prefect.states import Cancelled
from prefect.workers.base import BaseJobConfiguration, BaseVariables, BaseWorker, BaseWorkerResult
from pydantic import PrivateAttr

from flows.chunk import Halt
from flows.digitise import STOPPED
from flows.left import mark
from flows.pool import POOL_TYPE

Make = Callable[[Halt], Flow[..., Any]]
T = TypeVar("T")


class OwnFlow(BaseJobConfiguration):
    """Which of this installation's own flows a run is of; what a server has on command and environment is not heeded."""

    _flow: str = PrivateAttr("")

    def prepare_for_flow_run(self, flow_run: FlowRun, deployment: Any = None, flow: Any = None, *args: Any, **kwargs: Any) -> None:
        self._flow = flow.name if flow else ""
        super().prepare_for_flow_run(flow_run, deployment, flow, *args, **kwargs)

    @property
    def flow(self) -> str:
        return self._flow


class Threads(BaseWorker[OwnFlow, BaseVariables, BaseWorkerResult]):
    """``flows``: by name, what makes the flow for one run. What reads hostile bytes is a child process all the same."""

    type = POOL_TYPE
    job_configuration = OwnFlow

    def __init__(self, flows: Mapping[str, Make], pool: str, name: str, limit: int) -> None:
        super().__init__(work_pool_name=pool, name=name, limit=limit, prefetch_seconds=0)
        self._flows = flows
        self.halts: dict[UUID, Halt] = {}
        self.freed = asyncio.Event()

    @classmethod
    def __dispatch_key__(cls) -> str:
        """Beside Prefect's own worker for pools of this type, not in its place."""
        return f"sijill-{cls.type}"

    async def run(
        self, flow_run: FlowRun, configuration: OwnFlow, task_status: anyio.abc.TaskStatus[Any] | None = None
    ) -> BaseWorkerResult:
        """Raises LookupError for a run of somebody else's flow."""
        halt = Halt()
        flow = self._flows[configuration.flow](halt)
        self.halts[flow_run.id] = halt
        if task_status:
            task_status.started(mark())  # kept with the run: by it others see that this process is gone
        try:
            await in_thread(partial(attempt, flow, flow_run))
        finally:
            del self.halts[flow_run.id]
            self.freed.set()
        return BaseWorkerResult(identifier=mark(), status_code=0)

    async def heed_cancels(self) -> None:
        """Stop the runs here that an operator has cancelled."""
        if self.halts:
            cancelling = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CANCELLING]))
            mine = FlowRunFilter(id=FlowRunFilterId(any_=list(self.halts)), state=cancelling)
            for run in await self.client.read_flow_runs(flow_run_filter=mine):
                if halt := self.halts.get(run.id):
                    halt.cancel()

    @property
    def busy(self) -> bool:
        return self.limiter.borrowed_tokens > 0


def attempt(flow: Flow[..., Any], run: FlowRun) -> None:
    """One run from its beginning to its end, which its server is told."""
    with suppress(Abort, Pause):  # the server has decided otherwise
        state = run_flow(flow, flow_run=run, return_type="state")
        if isinstance(state, State) and state.is_cancelling():  # cancelled as it ended, or began: the server takes no other end then
            with get_client(sync_client=True) as client:
                client.set_flow_run_state(run.id, Cancelled(message=STOPPED))


async def in_thread(call: Callable[[], T]) -> T:
    """In a thread that the program, unlike those of a pool, does not wait for when it ends."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001  # whoever waits raises it
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    return await asyncio.wrap_future(future)
