"""Steps of a check: each is named as it begins, with the time since the start; what a program says is shown only when it fails."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

LINES = 60
T = TypeVar("T")
BEGUN = time.monotonic()


class Failed(Exception):
    """A step did not come out as it should: says which, and what was seen."""


def step(what: str) -> None:
    sys.stdout.write(f"{time.monotonic() - BEGUN:7.1f} s  {what}\n")
    sys.stdout.flush()


def said(command: Sequence[str | Path], environment: Mapping[str, str] | None = None, seconds: float = 3600) -> str:
    """Standard output of a program that succeeds. Raises Failed with the end of what it said."""
    words = [str(part) for part in command]
    done = subprocess.run(
        words, env=os.environ | (environment or {}), stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        timeout=seconds, check=False,
    )  # fmt: skip
    if done.returncode:
        lines = (done.stdout + done.stderr).splitlines()[-LINES:]
        raise Failed("\n".join([f"failed with {done.returncode}: {' '.join(words)[:300]}", *lines]))
    return done.stdout


def until(what: str, ask: Callable[[], T], seconds: float = 900, pause: float = 1) -> T:
    """The first answer that is something. Raises Failed when none comes in time."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise Failed(f"it never came to be: {what}")
        time.sleep(pause)
    return answer
