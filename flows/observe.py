"""Where Prefect meets a job: settings for this server, an eye on it, and what its errors mean."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from prefect.context import refresh_global_settings_context
from prefect.events.clients import PrefectEventsClient
from prefect.events.worker import EventsWorker
from prefect.exceptions import CancelledRun
from prefect.settings import get_current_settings

from flows.digitise import Reading, digitise_flow, read_in_lanes
from flows.job import Job, Stopped, Trouble
from flows.server import Server
from pipeline.errors import Unavailable

MOST_REVIVALS = 3
SETTLE_SECONDS = 60.0
FLUSH_SECONDS = 5.0


class Watch:
    """Keeps the server up while a flow runs: one that dies is started again, a few times."""

    def __init__(self, server: Server) -> None:
        self._server, self._left = server, MOST_REVIVALS

    def look(self) -> None:
        """Start the server again if it is gone; returns at once."""
        if self._left:
            try:
                self._left -= self._server.revive()
            except (OSError, subprocess.SubprocessError):
                self._left = 0

    def settle(self) -> bool:
        """Give a server that is coming up the time it needs; False when it does not come."""
        self.look()
        try:
            self._server.wait_ready(SETTLE_SECONDS)
        except Unavailable:
            return False
        return True


def observe(job: Job, server: Server, reading: Reading = read_in_lanes) -> bool:
    """Run the job's flow, its pages read by ``reading``; False when Prefect failed on the way and the job was finished without it.

    Raises what the work raised.
    """
    try:
        with reporting_to(server.url):
            digitise_flow(job, Watch(server), reading)(job.batch, job.holding, len(job.keys))
    except Trouble as trouble:
        raise job.original(trouble) from None
    except (CancelledRun, Stopped):
        raise KeyboardInterrupt from None
    except Exception:  # noqa: BLE001  # whatever goes wrong in Prefect must not stop the work; errors of the work are Troubles
        if job.stop.is_set():
            raise KeyboardInterrupt from None
        job.finish()
        return False
    return True


@contextmanager
def reporting_to(url: str) -> Iterator[None]:
    """Prefect's settings for this server, from the environment.

    Events, which carry the task states, are sent before it ends; a dead server is not waited for: few attempts to connect each time,
    since the client keeps unconfirmed events and sends them again.
    """
    if get_current_settings().api.url != url:  # otherwise they are those of the import
        refresh_global_settings_context()
    EventsWorker.set_client_override(PrefectEventsClient, api_url=url, reconnection_attempts=1)
    try:
        yield
    finally:
        EventsWorker.drain_all(timeout=FLUSH_SECONDS)
        EventsWorker.set_client_override(None)
