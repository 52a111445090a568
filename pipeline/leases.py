"""Who holds a lease: a process named so that it can be told whether it still lives."""

import os
import socket
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")


def owner() -> str:
    """This process: host, boot, process id and start time, so that a recycled process id is not mistaken for it."""
    pid = os.getpid()
    return f"{socket.gethostname()}/{_boot()}/{pid}/{_started(pid)}"


def gone(name: str) -> bool:
    """True when ``name`` ran on this host and does not any more; False when it lives or cannot be told."""
    host, boot, pid, started = name.rsplit("/", 3)
    if host != socket.gethostname():
        return False
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
