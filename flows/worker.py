"""A worker of a pool on this machine: takes runs up, each in a thread of its own, their pages read by child processes they share."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import anyio
import httpx
from prefect.client.orchestration import get_client

from flows.chunk import chunk_flow
from flows.digitise import FLOW
from flows.incoming import take_up_flow
from flows.left import mark_crashed
from flows.pool import CHUNK, TAKE_UP, make_due, refusals, register
from flows.threads import Make, Threads, in_thread
from pipeline.sandbox import Sandbox
from pipeline.settings import Settings
from pipeline.wiring import sandbox

POLL_SECONDS = 3.0
BEAT_SECONDS = 30.0
LOOK_SECONDS = 5.0  # how exactly watched places are looked at in time, and how soon a run that was cancelled hears of it
END_SECONDS = 40.0  # what runs have to give their leases back
HUNG = "What was in work did not end in time, and is left: others take it up when its leases have run out."
Tell = Callable[[str], None]


class Hung(Exception):
    """What was in work did not end in time, and is left."""


class Worker:
    """Serves the pool of ``chosen`` with up to ``limit`` chunks at one time; ``once``: until nothing is left to take up."""

    def __init__(self, chosen: Settings, name: str, limit: int, once: bool, tell: Tell) -> None:
        self._chosen, self._name, self._limit, self._once, self._tell = chosen, name, limit, once, tell
        self._away = False

    def run(self) -> None:
        """Returns when a signal asked for the end or, with ``once``, when there is no more to do.

        Raises Unavailable (prefect-unreachable) when the server refuses this account.
        """
        logging.getLogger("asyncio").addFilter(not_cancelled)
        with sandbox(self._chosen, self._chosen.processes) as hands, refusals():
            asyncio.run(self._serve(hands))

    async def _serve(self, hands: Sandbox) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await self._patiently(lambda: register(self._chosen.pool))
        await self._patiently(self._make_due)
        flows: dict[str, Make] = {CHUNK: partial(chunk_flow, self._chosen, hands), TAKE_UP: partial(take_up_flow, self._chosen)}
        with suppress(Hung):
            async with Threads(flows, self._chosen.pool, self._name, self._limit) as worker:
                await self._until(stop, worker)
                await self._end_runs(worker, hands)

    async def _until(self, stop: asyncio.Event, worker: Threads) -> None:
        async with anyio.create_task_group() as loops:
            loops.start_soon(self._forever, worker.sync_with_backend, BEAT_SECONDS)
            loops.start_soon(self._forever, mark_those_left, BEAT_SECONDS)
            loops.start_soon(self._forever, self._make_due, LOOK_SECONDS)
            loops.start_soon(self._forever, worker.heed_cancels, LOOK_SECONDS)
            loops.start_soon(self._poll, stop, worker)
            self._tell(f"Serving the pool {self._chosen.pool} as {self._name}.")
            await stop.wait()
            loops.cancel_scope.cancel()

    async def _make_due(self) -> None:
        async with get_client() as client:
            await make_due(client, self._chosen.pool, time.time())

    async def _poll(self, stop: asyncio.Event, worker: Threads) -> None:
        """Take up what is given out, at once when a place becomes free; the worker's limit is the measure."""
        while not stop.is_set():
            worker.freed.clear()
            taken = await self._patiently(worker.get_and_submit_flow_runs)
            if self._once and not taken and not worker.busy:
                stop.set()
            with anyio.move_on_after(POLL_SECONDS):
                await worker.freed.wait()

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

    async def _end_runs(self, worker: Threads, hands: Sandbox) -> None:
        """Ask what is in work to stop, take the child processes away, and wait until leases are given back. Raises Hung."""
        for halt in worker.halts.values():
            halt.stop.set()
        await in_thread(hands.close)
        with anyio.move_on_after(END_SECONDS):
            while worker.busy:
                await anyio.sleep(0.1)
        if worker.busy:
            self._tell(HUNG)
            raise Hung


async def mark_those_left() -> None:
    """Mark crashed what a process of this machine has left that was killed."""

    def look() -> None:
        with get_client(sync_client=True) as client:
            mark_crashed(client, FLOW, CHUNK, TAKE_UP)

    await in_thread(look)


def not_cancelled(record: logging.LogRecord) -> bool:
    """Leaves out what is no error: Prefect asks tasks that it has cancelled for theirs, in loops of its own threads too."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))
