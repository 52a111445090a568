"""Programs that a build runs: quiet when they succeed, quoted when they fail."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.services.cache import CannotBuild

LINES = 20


def run(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> str:
    """What it printed; raises CannotBuild with the end of what it said when it fails or is not there."""
    words = [str(part) for part in command]
    try:
        done = subprocess.run(
            words, env=os.environ | (environment or {}), stdin=subprocess.DEVNULL,
            capture_output=True, encoding="utf-8", errors="replace", check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise CannotBuild(f"{words[0]} is not on this machine: ./run test installs it") from None
    if done.returncode:
        said = (done.stdout + done.stderr).splitlines()[-LINES:]
        raise CannotBuild("\n".join([f"failed with {done.returncode}: {' '.join(words)[:200]}", *said]))
    return done.stdout
