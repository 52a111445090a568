"""Run the flow in this process, against a server that may die: Prefect looks on, the work is done either way."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from flows.job import Job, Stopped
from flows.server import Server
from flows.work import Progress, Work
from pipeline.errors import Unavailable
from pipeline.settings import Settings

UNOBSERVED = "Prefect could not be reached, so its UI does not show all of this batch. The batch itself is done: see `sijill status`."

HEARTBEAT_SECONDS = "30"
CLIENT_SETTINGS = {
    "PREFECT_LOGGING_SETTINGS_PATH": str(Path(__file__).with_name("logging.yml")),
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    "PREFECT_CLIENT_MAX_RETRIES": "2",
    "PREFECT_API_REQUEST_TIMEOUT": "15",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
}


def digitise(work: Work, *, server: Server, batch: int, holding: int, progress: Progress) -> str | None:
    """Read every waiting page, index, and account for all of it; returns a warning when Prefect could not see it to its end.

    Reading begins at once, while Prefect is imported and its server comes up. Raises what the work raises once retries are used up,
    Damaged (ledger-broken), Unavailable (pages-waiting), KeyboardInterrupt (the flow run is then marked cancelled).
    """
    return run(Job(work, batch, holding, work.pending(), progress), server)


def run(job: Job, server: Server) -> str | None:
    """As `digitise`, for a job made ready."""
    with interrupts(job.stop):
        try:
            with job.head_start():
                server.revive()
                observe = load(server)
                server.wait_ready()
        except Unavailable:
            job.finish()
            return UNOBSERVED
        with environment(settings(server)):
            return None if observe(job, server) else UNOBSERVED


def run_in_pool(job: Job, server: Server, pool: str, stall_seconds: float, tell: Callable[[str], None]) -> str | None:
    """As `run`, the pages being read by the workers of a pool; ``tell`` hears what an operator should know.

    Raises Unavailable (prefect-unreachable) when Prefect refuses this account.
    """
    with interrupts(job.stop):
        try:
            server.wait_ready()
        except Unavailable:
            job.finish()
            return UNOBSERVED
        with prefect_quiet(server):
            from flows.desk import reading, registered  # noqa: PLC0415
            from flows.observe import observe  # noqa: PLC0415

            registered(pool)
            return None if observe(job, server, reading(pool, stall_seconds, tell)) else UNOBSERVED


@contextmanager
def interrupts(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, sets ``stop``, and is remembered.

    An exception out of a signal can be lost where it strikes: in an import that catches everything, in a callback, in a thread's end. Then
    ``stop`` ends the work all the same, and the block's end raises KeyboardInterrupt.
    """

    def heed(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.default_int_handler(number, frame)

    ours = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, heed)
    try:
        yield
    except Stopped:
        raise KeyboardInterrupt from None
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    if stop.is_set():
        raise KeyboardInterrupt


def serve(server: Server, chosen: Settings, name: str, limit: int, once: bool, tell: Callable[[str], None]) -> None:
    """Serve the settings' pool from this machine until a signal asks for the end or, with ``once``, nothing is left to take up."""
    server.wait_ready()
    with prefect_quiet(server):
        from flows.worker import Worker  # noqa: PLC0415

        Worker(chosen, name, limit, once, tell).run()


def watch(server: Server, pool: str, place: int, every: int | None) -> bool:
    """Have the workers of a pool look at a watched place ``every`` so many seconds; None: no more. False when nobody looked before.

    Raises Unavailable (prefect-unreachable).
    """
    server.wait_ready()
    with prefect_quiet(server):
        from flows.pool import refusals, schedule, unschedule  # noqa: PLC0415

        with refusals():
            if every is None:
                return asyncio.run(unschedule(pool, place))
            asyncio.run(schedule(pool, place, every))
            return True


@contextmanager
def prefect_quiet(server: Server) -> Iterator[None]:
    """Around importing and using Prefect, which reads its settings as it is imported: quiet, telling nobody, its heart beating."""
    logging.raiseExceptions = False
    with environment(settings(server) | {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": HEARTBEAT_SECONDS}):
        yield


def load(server: Server) -> Callable[[Job, Server], bool]:
    """Import Prefect, which reads its settings as it is imported: quiet, and telling nobody."""
    logging.raiseExceptions = False  # a log line that cannot reach the server is no news for the terminal
    with environment(settings(server)):
        from flows.observe import observe  # noqa: PLC0415
    return observe


def settings(server: Server) -> dict[str, str]:
    return CLIENT_SETTINGS | server.client_settings() | {"PREFECT_API_URL": server.url}


@contextmanager
def environment(settings: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
