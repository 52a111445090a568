"""The Prefect server behind the flows: one of our own on this machine, or one that somebody else runs. Never imports Prefect."""

import http.client
import os
import ssl
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from flows.daemon import Daemon, held, lock, spawn
from pipeline.errors import Unavailable

START_SECONDS = 300.0  # eight on two quiet cores, fifteen the first time; busy ones are given time, and a process that ends is seen at once
USUAL_PORT = 4200

SERVER_SETTINGS = {
    # No word leaves this machine: no analytics, no promotions in the UI, and no other web page may speak to the API.
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # What an operator looks at stays on (runs, logs, events, artifacts); what serves schedules, workers and automations, of which
    # there are none, would only poll the database: that is where "database is locked" came from.
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_FOREMAN_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_REPOSSESSOR_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
    # Task states and events are written in batches: fewer, larger transactions.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
    "PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT": "60",
}


class Server(Protocol):
    """A Prefect server a flow can report to."""

    @property
    def url(self) -> str:
        """The API's address, http(s)://…/api; raises Unavailable (prefect-unreachable) when there is none yet."""

    def client_settings(self) -> dict[str, str]:
        """Environment variables for Prefect in the process that runs the flow."""

    def wait_ready(self, timeout: float = START_SECONDS) -> str:
        """The API's address once it answers; raises Unavailable (prefect-unreachable) after ``timeout`` seconds."""

    def revive(self) -> bool:
        """Start it if it is ours and gone, without waiting for it to answer; True when that was needed."""


@dataclass(frozen=True, slots=True)
class RemoteServer:
    """A Prefect server somebody else runs, at ``url`` (http(s)://…/api), which may ask for ``auth`` (NAME:PASSWORD).

    Its certificate is checked against those in ``ca_file``, or the machine's own.
    """

    url: str
    auth: str = field(default="", repr=False)
    ca_file: Path | None = None

    def client_settings(self) -> dict[str, str]:
        """Beside these the user's own settings for it hold: keys, headers."""
        ours = {"PREFECT_API_AUTH_STRING": self.auth, "PREFECT_API_SSL_CERT_FILE": str(self.ca_file or "")}
        return {name: value for name, value in ours.items() if value}

    def running(self) -> str | None:
        return self.url if answers(self.url, seconds=2, ca_file=self.ca_file) else None

    def wait_ready(self, timeout: float = 10) -> str:
        if not wait_until_it_answers(self.url, timeout, ca_file=self.ca_file):
            raise Unavailable("prefect-unreachable", "The Prefect server does not answer.", "Check SIJILL_PREFECT and that server.")
        return self.url

    def revive(self) -> bool:
        return False  # not ours to start


@dataclass(frozen=True, slots=True)
class LocalServer:
    """The archive's own Prefect server: loopback only, its database and log in ``home`` (0700), left running between batches."""

    home: Path

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def url(self) -> str:
        daemon = self._daemon()
        if daemon is None:
            raise self._unreachable("The Prefect server is not running.")
        return api(daemon.port)

    @property
    def ui_url(self) -> str:
        return self.url.removesuffix("/api")

    def running(self) -> str | None:
        """The API's address if the server is up and answers within a second."""
        daemon = self._daemon()
        return api(daemon.port) if daemon and answers(api(daemon.port), seconds=1) else None

    def starting(self) -> bool:
        """True while the process is there, whether or not it answers yet."""
        return self._daemon() is not None

    def start(self, wait: bool = True) -> str:
        """Start the server unless it is there already; two starts at once end with one server. Returns the API's address."""
        with self._locked():
            daemon = self._daemon() or self._spawn()
        return self.wait_ready() if wait else api(daemon.port)

    def wait_ready(self, timeout: float = START_SECONDS) -> str:
        daemon = self._daemon()
        if daemon is None:
            raise self._unreachable("The Prefect server is not running.")
        if not wait_until_it_answers(api(daemon.port), timeout, daemon):
            what = "does not answer" if daemon.alive() else "stopped as it started"
            raise self._unreachable(f"The Prefect server {what}.")
        return api(daemon.port)

    def revive(self) -> bool:
        gone = not self.starting()
        if gone:
            self.start(wait=False)
        return gone

    def client_settings(self) -> dict[str, str]:
        return profile(self.home.resolve()) | {
            "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
            "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
        }

    def stop(self) -> bool:
        """Stop the server; False when there was none."""
        with self._locked():
            daemon = self._daemon()
            if daemon:
                daemon.end(seconds=5)
            self._state.unlink(missing_ok=True)
        return daemon is not None

    @property
    def _state(self) -> Path:
        return self.home / "server.json"

    def _daemon(self) -> Daemon | None:
        daemon = Daemon.load(self._state)
        return daemon if daemon and daemon.alive() else None

    def _spawn(self) -> Daemon:
        """Start the process on the port of last time, the usual one or a free one, held from now on so that nobody takes it."""
        last = Daemon.load(self._state)
        home = self.home.resolve()
        again = [last.port] * 10 if last else []  # a process just killed lets go of its port a moment later
        with held([*again, USUAL_PORT, 0]) as listener:
            port = listener.getsockname()[1]
            daemon = spawn(Path(__file__).with_name("serve.py"), listener, environment(home, port), home, self.log)
        daemon.save(self._state)
        return daemon

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)
        with lock(self.home / "server.lock"):
            yield

    def _unreachable(self, detail: str) -> Unavailable:
        return Unavailable("prefect-unreachable", detail, f"See {self.log}; `sijill down`, then `sijill up` starts it afresh.")


def environment(home: Path, port: int) -> dict[str, str]:
    """The server's environment: ours alone, whatever Prefect settings the user has for other servers."""
    theirs = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    ours = {
        "PREFECT_API_URL": api(port),
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": f"http://127.0.0.1:{port},http://localhost:{port}",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "ui"),
    }
    return theirs | SERVER_SETTINGS | profile(home) | ours


def profile(home: Path) -> dict[str, str]:
    """Settings and files of Prefect's own, kept with the archive and apart from the user's."""
    return {"PREFECT_HOME": str(home), "PREFECT_PROFILES_PATH": str(home / "profiles.toml")}


def api(port: int) -> str:
    return f"http://127.0.0.1:{port}/api"


def answers(url: str, seconds: float, ca_file: Path | None = None) -> bool:
    """True when the API says it is healthy, which needs no account. What is on this machine is never asked through a proxy."""
    proxies = urllib.request.ProxyHandler({} if url.startswith("http://127.0.0.1:") else None)
    trusting = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca_file))
    try:
        with urllib.request.build_opener(proxies, trusting).open(f"{url}/health", timeout=seconds) as reply:
            return bool(reply.status == http.HTTPStatus.OK)
    except (OSError, http.client.HTTPException):
        return False


def wait_until_it_answers(url: str, timeout: float, daemon: Daemon | None = None, ca_file: Path | None = None) -> bool:
    """Ask until it answers, ``timeout`` seconds are over, or the process is gone."""
    deadline = time.monotonic() + timeout
    while not answers(url, seconds=2, ca_file=ca_file):
        if time.monotonic() > deadline or (daemon and not daemon.alive()):
            return False
        time.sleep(0.1)
    return True
