"""A process that outlives the command that started it: found again by its start time, never mistaken for another with its number."""

import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Daemon:
    """Process ``pid`` as started (boot and clock ticks since), listening on loopback ``port``."""

    pid: int
    port: int
    started: str

    @classmethod
    def load(cls, path: Path) -> "Daemon | None":
        """What was saved; None when nothing readable is there."""
        try:
            saved = json.loads(path.read_text(encoding="ascii"))
            return cls(int(saved["pid"]), int(saved["port"]), str(saved["started"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, path: Path) -> None:
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(asdict(self)), encoding="ascii")
        fresh.replace(path)

    def alive(self) -> bool:
        return started(self.pid) == self.started

    def end(self, seconds: float) -> None:
        """Ask it to stop, and after ``seconds`` make it; through a process handle, so that no other process can be hit."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            for number in (signal.SIGTERM, signal.SIGKILL):
                if not self.alive():
                    return
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, number)
                select.select([handle], [], [], seconds)
        finally:
            os.close(handle)


def started(pid: int) -> str | None:
    """When a process started, in a form that no later process of that number shares; None when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return None if fields[0] in "ZX" else f"{_BOOT_ID.read_text(encoding='ascii').strip()}/{fields[19]}"
    except OSError:
        return None


def spawn(script: Path, listener: socket.socket, environment: Mapping[str, str], folder: Path, log: Path) -> Daemon:
    """Run ``script FD`` detached in ``folder``; it forks itself and prints its number at once. Its output goes to ``log`` (0600)."""
    with suppress(FileNotFoundError):
        log.replace(log.with_suffix(".log.1"))
    log.touch(mode=0o600)
    with log.open("ab") as output:
        done = subprocess.run(
            [sys.executable, "-P", str(script), str(listener.fileno())],
            env=dict(environment), cwd=folder, pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=output, check=True,
        )  # fmt: skip
    pid = int(done.stdout)
    return Daemon(pid, listener.getsockname()[1], started(pid) or "gone")


@contextmanager
def held(ports: Sequence[int]) -> Iterator[socket.socket]:
    """A socket on the first loopback port of ``ports`` that is free (0: any), a moment after each refusal.

    It listens at once: a port only bound could be bound again by somebody else, and their server be taken for ours.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for port in ports:
            try:
                listener.bind(("127.0.0.1", port))
                listener.listen()
                break
            except OSError:
                time.sleep(0.05)
        yield listener


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """One process at a time."""
    with path.open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
