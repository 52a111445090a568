"""Bytes to checksummed scans with provenance: every file that is offered ends accounted for, whatever it is."""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from pipeline.errors import Refused, SijillError, Usage, WorkerLost, way_out
from pipeline.model import Accession, Offered
from pipeline.ports import Accessions, BlobStore


class Probed(Protocol):
    """What probing a file tells."""

    @property
    def media_type(self) -> str: ...
    @property
    def pages(self) -> int: ...


Probe = Callable[[Path], Probed]


@dataclass(frozen=True, slots=True)
class Found:
    """A file as met: where it is, what the archivist calls it; ``trouble`` when it cannot even be opened."""

    path: str
    name: str
    trouble: Refused | None = None

    @property
    def location(self) -> str:
        return storable(os.path.abspath(self.path))


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file: its name, status (``known`` when this very file is in already), reason code, new page keys."""

    name: str
    status: str
    code: str | None
    keys: tuple[int, ...] = ()


def walk(paths: Iterable[Path]) -> Iterator[Found]:
    """Every file below the paths, in a stable order; links are followed only to files inside the folder they are met in.

    Raises Usage when a path itself is not there.
    """
    for path in paths:
        if not os.path.lexists(path):
            raise Usage("no-such-path", f"{storable(str(path))}: there is no such file or folder")
        if path.is_dir():
            yield from _walk_folder(path)
        else:
            yield Found(str(path), storable(str(path)))


def take_in(found: Found, accession: Accession, blobs: BlobStore, record: Accessions, probe: Probe, max_bytes: int, actor: str) -> Taken:
    """Keep one file's bytes and enter it in the record. Refused files whose bytes can be had are kept as well: they are evidence too.

    Raises Unavailable when the store or the catalogue cannot be written: nothing is recorded then.
    """
    offered = _offer(found, accession, blobs, record, probe, max_bytes)
    if isinstance(offered, str):
        return Taken(found.name, "known", None)
    keys = record.record(accession, [offered], actor)
    return Taken(found.name, offered.status, offered.code, tuple(keys))


def openable(found: Found, max_bytes: int) -> None:
    """Raises Refused when this is no file that can be opened."""
    if found.trouble:
        raise found.trouble
    with _opened(found.path, max_bytes):
        pass


def storable(path: str) -> str:
    """A path as text: bytes that are no UTF-8 are written out as \\xNN."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _walk_folder(root: Path) -> Iterator[Found]:
    inside = os.path.realpath(root)
    unlisted: list[OSError] = []
    for folder, subfolders, files in os.walk(root, onerror=unlisted.append):
        subfolders.sort()
        links = [name for name in subfolders if os.path.islink(os.path.join(folder, name))]
        for name in sorted([*files, *links]):
            yield _met(os.path.join(folder, name), inside)
    yield from map(_unlisted, unlisted)


def _met(path: str, inside: str) -> Found:
    trouble = None
    if os.path.islink(path):
        target = os.path.realpath(path)
        if not os.path.exists(target):
            trouble = _refusal("link-broken", "the link points to nothing")
        elif not target.startswith(inside + os.sep):
            trouble = _refusal("link-outside", "the link points out of the folder")
        elif os.path.isdir(target):
            trouble = _refusal("link-to-folder", "the link points to a folder, which is taken in under its own name")
    return Found(path, storable(path), trouble)


def _unlisted(error: OSError) -> Found:
    """A folder that could not be looked into: accounted for as one refused entry."""
    path = str(error.filename)
    code = "name-too-long" if error.errno == errno.ENAMETOOLONG else "unreadable"
    return Found(path, storable(path), _refusal(code, f"the folder cannot be listed: {error.strerror}"))


def _refusal(code: str, detail: str) -> Refused:
    return Refused(code, detail, way_out(code))


def _offer(found: Found, accession: Accession, blobs: BlobStore, record: Accessions, probe: Probe, max_bytes: int) -> Offered | str:
    """What to enter for a file, or its standing when it is in already."""
    sha256, size = "", None
    try:
        if found.trouble:
            raise found.trouble
        with _opened(found.path, max_bytes) as handle:
            size = os.fstat(handle.fileno()).st_size
            sha256 = blobs.put(handle)
        [standing] = record.standing(accession, [(found.location, sha256)])
        if standing.here in ("accepted", "duplicate"):
            return standing.here
        if standing.held:
            return Offered(found.location, found.name, "duplicate", sha256, size)
        with blobs.open(sha256) as path:
            info = probe(path)
        numbers = tuple(range(1, info.pages + 1))
        return Offered(found.location, found.name, "accepted", sha256, size, info.media_type, numbers)
    except (Refused, WorkerLost) as error:  # a file that breaks the probing process is refused like any other bad file
        return Offered(found.location, found.name, "refused", sha256, size, code=error.code, detail=_explain(error))


def _explain(error: SijillError) -> str:
    return f"{error.detail} {error.way_out}".strip()


@contextmanager
def _opened(path: str, max_bytes: int) -> Iterator[BinaryIO]:
    """The file, opened so that a pipe cannot block and what was looked at is what is read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise _refusal("vanished", "the file is gone") from error
    except OSError as error:
        code = "not-a-file" if os.path.exists(path) and not os.path.isfile(path) else "unreadable"
        raise _refusal(code, f"the file cannot be opened: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as handle:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _refusal("not-a-file", "this is a pipe, socket or device")
        if status.st_size == 0:
            raise _refusal("empty-file", "the file has no bytes")
        if status.st_size > max_bytes:
            raise _refusal("too-large", f"the file has {status.st_size / 2**20:.0f} MiB, the limit is {max_bytes / 2**20:.0f}")
        yield handle
