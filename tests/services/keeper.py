"""Runs a program for as long as the process that asked for it lives, however that one ends: keeper.py ITS_PID COMMAND…

A process of its own, because the kernel's parent-death signal follows the thread that forked and is lost when the program changes
its user. It is started by path, with nothing of the project on the path.
"""

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress


def keep(asker: int, command: list[str]) -> int:
    """The program's exit code; it is killed, with its process group, when ``asker`` is gone or this process is asked to stop."""
    try:
        life = os.pidfd_open(asker)
    except ProcessLookupError:
        return 1
    if os.getppid() != asker:  # gone before, and the number is another's by now
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    child = subprocess.Popen(command, start_new_session=True)
    try:
        select.select([life, os.pidfd_open(child.pid)], [], [])
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is ending: an exception now would strike wherever it stands
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    return child.wait()


if __name__ == "__main__":
    sys.exit(keep(int(sys.argv[1]), sys.argv[2:]))
