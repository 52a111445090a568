"""Write-once blobs in a folder, laid out by sha256: ab/cd/abcd…; what is there is never written again."""

import errno
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import Damaged, Unavailable, way_out

PIECE = 1 << 20
SHA256 = re.compile(r"[0-9a-f]{64}")
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EMLINK}
LEFT_SECONDS = 86_400  # a file aside that nobody wrote to for a day: its writer was killed


class FileBlobs:
    """BlobStore in ``root``. A blob appears whole or not at all: written aside, flushed to disk, then renamed into place."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._aside = root / "incoming"
        self._ready = False

    def put(self, source: BinaryIO | bytes) -> str:
        with _store_errors():
            self._make_ready()
            with _aside(self._aside) as (handle, path):
                sha256 = _copy(source, handle)
                handle.flush()
                os.fsync(handle.fileno())
                self._place(path, sha256)
                place = self._path(sha256)
                for folder in (place.parent, place.parent.parent, self.root):  # a new folder's name must reach the disk too
                    _sync_folder(folder)
            return sha256

    def put_many(self, sources: Sequence[bytes]) -> list[str]:
        with _store_errors(), ExitStack() as aside:
            self._make_ready()
            written = [self._write_unsynced(source, aside) for source in sources]
            os.sync()  # one flush for all of them: a thousand fsyncs would cost minutes
            for path, sha256 in written:
                self._place(path, sha256)
            os.sync()
            return [sha256 for _, sha256 in written]

    @contextmanager
    def open(self, sha256: str) -> Iterator[Path]:
        path = self._path(sha256)
        try:
            with path.open("rb") as handle:
                found = hashlib.file_digest(handle, "sha256").hexdigest()
        except FileNotFoundError as error:
            raise Damaged("blob-missing", f"blob {sha256} is not in the store", way_out("blob-missing")) from error
        except OSError as error:
            raise Unavailable("store-unavailable", f"blob {sha256} cannot be read: {error.strerror}") from error
        if found != sha256:
            raise Damaged("blob-damaged", f"blob {sha256} now holds other bytes ({found})", way_out("blob-damaged"))
        yield path

    def __iter__(self) -> Iterator[str]:
        for path in sorted(self.root.glob("??/??/*")):
            if SHA256.fullmatch(path.name):
                yield path.name

    def _path(self, sha256: str) -> Path:
        if not SHA256.fullmatch(sha256):
            raise Damaged("blob-missing", "a blob is named by 64 lower-case hex digits")
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def _make_ready(self) -> None:
        """Make the folder for files being written, and once clear it of what killed writers left."""
        self._aside.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self._ready:
            for path in self._aside.iterdir():
                with suppress(FileNotFoundError):  # its writer was alive after all, or somebody else clears as well
                    if path.stat().st_mtime < time.time() - LEFT_SECONDS:
                        path.unlink()
            self._ready = True

    def _write_unsynced(self, source: bytes, aside: ExitStack) -> tuple[Path, str]:
        """Write a file aside that lasts as long as ``aside``, unless it is given its place before."""
        with _aside(self._aside, keep=True) as (handle, path):
            aside.callback(path.unlink, missing_ok=True)
            return path, _copy(source, handle)

    def _place(self, path: Path, sha256: str) -> None:
        """Give the written file its name, unless those bytes are already there."""
        target = self._path(sha256)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.chmod(0o400)
        try:
            os.link(path, target)  # fails where a rename would overwrite: write-once even in a race
        except FileExistsError:
            with self.open(sha256):  # do not acknowledge bytes that have gone bad since
                pass
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            path.rename(target)  # a file system without hard links: same name, same bytes
            return
        path.unlink()


def _copy(source: BinaryIO | bytes, target: BinaryIO) -> str:
    """Copy everything and return its sha256."""
    digest = hashlib.sha256()
    pieces = [source] if isinstance(source, bytes) else iter(lambda: source.read(PIECE), b"")
    for piece in pieces:
        digest.update(piece)
        target.write(piece)
    return digest.hexdigest()


@contextmanager
def _aside(folder: Path, keep: bool = False) -> Iterator[tuple[BinaryIO, Path]]:
    """A new private file, removed if it was not given its place."""
    descriptor, name = tempfile.mkstemp(dir=folder)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            yield handle, path
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if not keep:
        path.unlink(missing_ok=True)


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        code = "disk-full" if error.errno in FULL else "store-unavailable"
        raise Unavailable(code, f"the blob store cannot be written: {error.strerror}", way_out(code)) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
