"""Runs `sijill …` with a constant reader that treats pages of some sizes badly: python -m tests.e2e.misbehave ARGS…

MISBEHAVE in the environment says which: a JSON object from the longer side of a page to what happens on it. The reading processes import
this module as their main module, so that what is set here holds in them as well.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ocr_models.constant import ConstantReader
from pipeline.model import Box, Word

KINDS = ("hang", "crash", "exit", "memory", "bug", "flaky", "slow")
read = ConstantReader.read
habits = {int(side): kind for side, kind in json.loads(os.environ.get("MISBEHAVE", "{}")).items()}


def misbehave(kind: str) -> None:
    if kind == "hang":
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while True:
            time.sleep(60)
    if kind == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if kind == "exit":
        os._exit(3)
    if kind == "memory":
        bytearray(1 << 40)
    if kind == "bug":
        raise ZeroDivisionError("a fault of the reader")
    if kind == "flaky":  # dies once, then reads
        mark = Path(os.environ["MISBEHAVE_ONCE"])
        if not mark.exists():
            mark.touch()
            os._exit(3)
    if kind == "slow":
        time.sleep(0.5)


def guarded(self: ConstantReader, pixels: Any, dpi: float, boxes: Sequence[Box]) -> list[tuple[Word, ...]]:
    misbehave(habits.get(max(pixels.shape), ""))
    return read(self, pixels, dpi, boxes)


ConstantReader.read = guarded  # type: ignore[method-assign]

if __name__ == "__main__":
    sys.argv[0] = "sijill"
    from pipeline.cli import main

    main()
