"""Who holds a lease: a process named so that it can be told whether it still lives."""

import os
import socket
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")


def owner(part: str = "") -> str:
    """This process: host, boot, process id and start time, so that a recycled process id is not mistaken for it; or a part of it."""
    pid = os.getpid()
    return "/".join((socket.gethostname(), _boot(), str(pid), _started(pid), part))


def gone(name: str) -> bool:
    """True when ``name`` ran on this host and does not any more; False when it lives or cannot be told."""
    host, *rest = name.split("/")
    if host != socket.gethostname() or len(rest) < 3 or not rest[1].isdecimal():
        return False
    boot, pid, started, *_ = rest
    return boot != _boot() or _started(int(pid)) != started


def _boot() -> str:
    return BOOT.read_text().strip()


def _started(pid: int) -> str:
    """Clock ticks between boot and the start of a process; empty when there is none, or it is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] == "Z" else fields[19]
