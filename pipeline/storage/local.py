"""What is on its way to or from a store in the network: files of this machine, gone afterwards."""

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import Unavailable, way_out
from pipeline.storage.filesystem import FULL


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
        descriptor, name = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(descriptor, "w+b") as handle:
            yield handle, Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
