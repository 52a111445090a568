"""Loopback ports that stay one's own: below those the kernel hands out, and locked for as long as they are wanted."""

import errno
import fcntl
import os
import secrets
import socket
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

RANGE = range(20_000, 30_000)  # outgoing connections take theirs from 32768 on
LOCKS = Path(tempfile.gettempdir()) / f"sijill-ports-{os.getuid()}"


class NoPort(Exception):
    """The wanted port is somebody else's."""


@dataclass(frozen=True, slots=True)
class Port:
    """A port nobody else who asks here is given until ``release``."""

    number: int
    _lock: int

    def release(self) -> None:
        os.close(self._lock)


def reserve(wanted: int | None = None) -> Port:
    """The wanted port, or any free one; raises NoPort where there is none.

    A port merely found free may be taken by another before the program it is for listens there, or while that is down to be started
    again: hence the lock.
    """
    LOCKS.mkdir(mode=0o700, exist_ok=True)
    for number in (wanted,) if wanted else secrets.SystemRandom().sample(RANGE, 100):
        if port := _take(number):
            return port
    raise NoPort(f"port {wanted} of 127.0.0.1 is in use" if wanted else "no free port on 127.0.0.1")


def _take(number: int) -> Port | None:
    lock = os.open(LOCKS / str(number), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _free(number):
            return Port(number, lock)
    os.close(lock)
    return None


def _free(number: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that are closing do not count
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
    return True
