"""A worker of a pool on this machine: takes chunks up, each in a process of its own, until told to end."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import httpx
from prefect.client.orchestration import get_client
from prefect.utilities.processutils import command_to_string
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker

from flows.digitise import FLOW
from flows.left import mark_crashed
from flows.pool import CHUNK, ENTRYPOINTS, TAKE_UP, make_due, refusals, register

POLL_SECONDS = 3.0
BEAT_SECONDS = 30.0
LOOK_SECONDS = 5.0  # how exactly watched places are looked at in time
END_SECONDS = 40.0  # what the processes of chunks have to give their leases back
ROOT = Path(__file__).parents[1]
Tell = Callable[[str], None]


class OwnFlow(ProcessJobConfiguration):
    """How a run's process is started: this installation's own flow in this folder, whatever the server has on command and environment."""

    def prepare_for_flow_run(self, flow_run: Any, deployment: Any = None, flow: Any = None, *args: Any, **kwargs: Any) -> None:
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.env = {
            "PREFECT__FLOW_ENTRYPOINT": ENTRYPOINTS.get(flow.name if flow else CHUNK, ENTRYPOINTS[CHUNK]),
            "PYTHONPATH": os.pathsep.join(paths),
        }
        self.command = command_to_string([sys.executable, "-m", "flows.attempt", str(os.getpid())])
        self.working_dir, self.stream_output = Path.cwd(), True
        super().prepare_for_flow_run(flow_run, deployment, flow, *args, **kwargs)


class Worker:
    """Serves ``pool`` with up to ``limit`` chunks at one time; ``once``: until nothing is left to take up."""

    def __init__(self, pool: str, name: str, limit: int, once: bool, tell: Tell) -> None:
        self._worker = ProcessWorker(work_pool_name=pool, name=name, limit=limit, prefetch_seconds=0)
        self._worker.job_configuration = OwnFlow
        self._pool, self._once, self._tell = pool, once, tell
        self._away = False

    def run(self) -> None:
        """Returns when a signal asked for the end or, with ``once``, when there is no more to do.

        Raises Unavailable (prefect-unreachable) when the server refuses this account.
        """
        with suppress(httpx.HTTPError), get_client(sync_client=True) as client:
            for flow in (FLOW, TAKE_UP):
                mark_crashed(client, flow)
        with refusals():
            asyncio.run(self._serve())

    async def _serve(self) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.set_exception_handler(unless_cancelled)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await self._patiently(lambda: register(self._pool))
        await self._patiently(self._make_due)
        async with self._worker:
            async with anyio.create_task_group() as loops:
                loops.start_soon(self._forever, self._worker.sync_with_backend, BEAT_SECONDS)
                loops.start_soon(self._forever, self._make_due, LOOK_SECONDS)
                loops.start_soon(self._poll, stop)
                self._tell(f"Serving the pool {self._pool} as {self._worker.name}.")
                await stop.wait()
                loops.cancel_scope.cancel()
            await self._end_runs()

    async def _make_due(self) -> None:
        async with get_client() as client:
            await make_due(client, self._pool, time.time())

    async def _poll(self, stop: asyncio.Event) -> None:
        """Take up what is given out; the worker's limit is the measure."""
        while not stop.is_set():
            taken = await self._patiently(self._worker.get_and_submit_flow_runs)
            if self._once and not taken and not self._busy:
                stop.set()
            await anyio.sleep(POLL_SECONDS)

    async def _forever(self, call: Callable[[], Coroutine[Any, Any, Any]], seconds: float) -> None:
        while True:
            await self._patiently(call)
            await anyio.sleep(seconds)

    async def _patiently(self, call: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Ask until the server answers, however long it is away: what is in work goes on meanwhile."""
        while True:
            try:
                answer = await call()
            except httpx.TransportError:
                self._note(away=True)
            except httpx.HTTPStatusError as error:
                if error.response.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                    raise
                self._note(away=True)
            else:
                self._note(away=False)
                return answer
            await anyio.sleep(POLL_SECONDS)

    def _note(self, away: bool) -> None:
        if away != self._away:
            self._away = away
            self._tell("Prefect does not answer; asking again." if away else "Prefect answers again.")

    @property
    def _busy(self) -> bool:
        return self._worker.limiter.borrowed_tokens > 0

    async def _end_runs(self) -> None:
        """Ask the processes of chunks to stop, and wait until they have."""
        for child in children():
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)
        with anyio.move_on_after(END_SECONDS):
            while self._busy:
                await anyio.sleep(0.1)


def unless_cancelled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report what went wrong in the background; Prefect asks a task that it has cancelled for its error, which is none."""
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


def children() -> list[int]:
    """Processes started by this one that are still there."""
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text(encoding="ascii").split()]
