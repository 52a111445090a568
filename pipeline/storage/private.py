"""A folder for what must not lie about: this user's alone, gone afterwards, and by the next one's making if its process was killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.storage.local import local_errors

PREFIX = "sijill-apart-"


@contextmanager
def private_folder(where: Path | None = None) -> Iterator[Path]:
    """An empty folder in ``where``, or where the system has such. Raises Unavailable (disk-full, store-unavailable)."""
    parent = where or Path(tempfile.gettempdir())
    with local_errors():
        _clear(parent)
        folder, held = _made(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        os.close(held)


def _made(parent: Path) -> tuple[Path, int]:
    """A new folder and the lock on it, which ends with its holder."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(held, fcntl.LOCK_EX)
        if folder.exists():
            return folder, held
        os.close(held)  # another process cleared it before it was held


def _clear(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):  # in use, gone already, or another user's
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(held)
