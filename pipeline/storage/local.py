"""What is on its way to or from a store in the network: files of this machine, gone afterwards."""

import io
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from pipeline.errors import Unavailable, way_out
from pipeline.storage.filesystem import FULL, LEFT_SECONDS

PREFIX = "sijill-on-its-way-"


@contextmanager
def local_errors() -> Iterator[None]:
    """Raises Unavailable (disk-full, store-unavailable) for what goes wrong with them."""
    try:
        yield
    except OSError as error:
        code = "disk-full" if error.errno in FULL else "store-unavailable"
        raise Unavailable(code, f"a file on its way to or from the store: {error.strerror}", way_out(code)) from error


@contextmanager
def temporary(folder: Path | None) -> Iterator[tuple[io.BufferedRandom, Path]]:
    """An empty file in ``folder``, or where the system has such files, which only this user can read."""
    with local_errors():
        descriptor, name = tempfile.mkstemp(prefix=PREFIX, dir=folder)
    _clear(Path(name).parent)
    try:
        with os.fdopen(descriptor, "w+b") as handle:
            yield handle, Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@lru_cache(maxsize=8)
def _clear(folder: Path) -> None:
    """Once a process, remove what killed processes left: pages of the archive must not lie about."""
    for path in folder.glob(f"{PREFIX}*"):
        with suppress(OSError):  # gone already, or another user's
            if path.stat().st_mtime < time.time() - LEFT_SECONDS:
                path.unlink()
