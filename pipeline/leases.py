"""Who holds a lease: a process named so that it can be told whether it still lives."""

import hashlib
import os
import socket
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
MACHINE = Path("/etc/machine-id")
SPACE = Path("/proc/self/ns/pid")
WHOLE_MACHINE = "pid:[4026531836]"  # PROC_PID_INIT_INO of the kernel: not in a container


def owner(part: str = "") -> str:
    """This process: host, machine, boot, space of process ids, process id and start time; or a part of it.

    So neither a recycled process id is mistaken for it, nor another machine or container of the same name.
    """
    pid = os.getpid()
    return "/".join((socket.gethostname(), _machine(), _boot(), _space(), str(pid), _started(pid), part))


def gone(name: str) -> bool:
    """True when ``name`` ran where this process runs and does not any more; False when it lives or cannot be told.

    Process ids can only be looked up in their own space: what ran in another container, or before a container was started anew, is not told
    to be gone. Its lease ends with its time.
    """
    host, *rest = name.split("/")
    if len(rest) != 6 or (host, rest[0]) != (socket.gethostname(), _machine()):
        return False
    _, boot, space, pid, started, _ = rest
    if boot != _boot():
        return bool(_machine()) and space == _space() == WHOLE_MACHINE
    return space == _space() and pid.isdecimal() and _started(int(pid)) != started


def _machine() -> str:
    """Tells machines of the same name apart; empty where it cannot be known. Not the id itself: machine-id(5) asks not to show it."""
    try:
        machine = MACHINE.read_text().strip()
    except OSError:
        return ""
    return hashlib.sha256(f"sijill {machine}".encode()).hexdigest()[:12] if machine else ""


def _boot() -> str:
    return BOOT.read_text().strip()


def _space() -> str:
    return str(SPACE.readlink())


def _started(pid: int) -> str:
    """Clock ticks between boot and the start of a process; empty when there is none, or it is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] == "Z" else fields[19]
