"""Runs `sijill …`, killing itself as `kill -9` would at the n-th call of a step: python -m tests.e2e.killer STEP WHEN N ARGS…"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from pipeline.catalogue.accessions import SqlAccessions
from pipeline.catalogue.readings import SqlOutbox
from pipeline.catalogue.work import SqlWork
from pipeline.storage.filesystem import FileBlobs
from search.fts5 import Fts5Index

STEPS: dict[str, tuple[type, str]] = {
    "blob": (FileBlobs, "put"),
    "provenance": (SqlAccessions, "record"),
    "lease": (SqlWork, "lease"),
    "reading": (SqlWork, "record"),
    "index": (Fts5Index, "apply"),
    "outbox": (SqlOutbox, "done"),
    "close": (SqlAccessions, "close"),
}


def arm(step: str, when: str, number: int) -> None:
    """Put the trap around one step."""
    owner, name = STEPS[step]
    original: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def trapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if calls == number and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, trapped)


if __name__ == "__main__":
    arm(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    sys.argv = ["sijill", *sys.argv[4:]]
    from pipeline.cli import main

    main()
