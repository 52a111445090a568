"""Bytes to checksummed scans with provenance: every file that is offered ends accounted for, whatever it is."""

import errno
import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pipeline.errors import Damaged, Refused, SijillError, Usage, WorkerLost, way_out
from pipeline.ledger import Offered
from pipeline.model import Accession
from pipeline.ports import Accessions, BlobStore

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Probed(Protocol):
    """What probing a file tells."""

    @property
    def media_type(self) -> str: ...
    @property
    def pages(self) -> int: ...


Probe = Callable[[Path], Probed]


class Had(NamedTuple):
    """Something that was offered, opened: its bytes, where exactly they come from, and what tells them from any others there."""

    file: "Bounded"
    location: str
    mark: str


class Met(Protocol):
    """What is offered: a file, or an object of a bucket.

    ``name`` is what the archivist calls it, ``location`` where it is as far as that is known before its bytes are had. ``mark`` tells its
    present state from any other it may have at that place; it is empty where nothing does so for certain.
    """

    @property
    def name(self) -> str: ...
    @property
    def location(self) -> str: ...
    @property
    def mark(self) -> str: ...

    def had(self, max_bytes: int) -> AbstractContextManager[Had]:
        """Its bytes, while the context lasts. Raises Refused, and Unavailable when the place it is in does not answer."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file as met: where it is, what the archivist calls it; ``trouble`` when it cannot even be opened."""

    path: str
    name: str
    trouble: Refused | None = None

    @property
    def location(self) -> str:
        return storable(os.path.abspath(self.path))

    @property
    def mark(self) -> str:
        return ""  # a file's times and size are set by whoever wrote it

    @contextmanager
    def had(self, max_bytes: int) -> Iterator[Had]:
        if self.trouble:
            raise self.trouble
        with opened(self.path, max_bytes) as file:
            yield Had(file, self.location, self.mark)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file: its name, status (``known`` when this very file is in already), reason code, new page keys.

    A known file has a code when what the archive keeps of it is damaged. ``mark`` is that of the bytes this is about.
    """

    name: str
    status: str
    code: str | None
    keys: tuple[int, ...] = ()
    mark: str = ""


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


def take_in(met: Met, accession: Accession, blobs: BlobStore, record: Accessions, probe: Probe, max_bytes: int, actor: str) -> Taken:
    """Keep one file's bytes and enter it in the record. Refused files whose bytes can be had are kept as well: they are evidence too.

    Raises Unavailable when the store or the catalogue cannot be written, or a place read from is away: nothing is recorded then.
    """
    offered, known, mark = _offer(met, accession, blobs, record, probe, max_bytes)
    offers = ([] if known else [offered]) + _made_good(met, offered, accession, record)
    keys = record.record(accession, offers, actor) if offers else []
    return Taken(met.name, "known" if known else offered.status, offered.code, tuple(keys), mark)


def openable(found: Found, max_bytes: int) -> None:
    """Raises Refused when this is no file that can be opened."""
    with found.had(max_bytes):
        pass


def storable(path: str) -> str:
    """A path as text, no two alike: bytes that are no UTF-8 are written out as \\xNN, and a backslash as two."""
    return os.fsencode(path).replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def _walk_folder(root: Path) -> Iterator[Found]:
    """As os.walk does, but for folders deeper than Python's recursion goes."""
    inside = os.path.realpath(root)
    folders = [str(root)]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            yield _unlisted(folder, error)
            continue
        below = {entry.path for entry in entries if _is_folder(entry)}
        yield from (_met(entry.path, inside) for entry in entries if entry.path not in below)
        folders += sorted(below, reverse=True)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False  # then opening it as a file tells what is wrong


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


def _unlisted(path: str, error: OSError) -> Found:
    """A folder that could not be looked into: accounted for as one refused entry."""
    return Found(path, storable(path), _refusal(_why(error), f"the folder cannot be listed: {error.strerror}"))


def _why(error: OSError) -> str:
    return "name-too-long" if error.errno == errno.ENAMETOOLONG else "unreadable"


def _refusal(code: str, detail: str) -> Refused:
    return Refused(code, detail, way_out(code))


def _offer(met: Met, accession: Accession, blobs: BlobStore, record: Accessions, probe: Probe, max_bytes: int) -> tuple[Offered, bool, str]:
    """What to enter for a file, whether that stands there already (its code then says what is wrong with the bytes kept), and its mark."""
    offered, mark = Offered(met.location, met.name, "refused"), met.mark
    try:
        with met.had(max_bytes) as had:
            mark = had.mark
            sha256, damage = _keep(had.file, blobs)
            offered = replace(offered, location=had.location, sha256=sha256, size=had.file.count)
        [standing] = record.standing(accession, [(offered.location, sha256)])
        if standing.here in ("accepted", "duplicate"):
            return replace(offered, status="duplicate", code=damage.code if damage else None), True, mark
        if damage:
            raise damage
        if standing.held:
            return replace(offered, status="duplicate"), False, mark
        with blobs.open(sha256) as path:
            info = probe(path)
        if info.pages < 1:
            raise _refusal("damaged-file", "no page can be found in it")
        numbers = tuple(range(1, info.pages + 1))
        return replace(offered, status="accepted", media_type=info.media_type, numbers=numbers), False, mark
    except (Refused, WorkerLost, Damaged) as error:  # a file that breaks the probing process is refused like any other bad file
        return replace(offered, code=error.code, detail=_explain(error)), False, mark


def _made_good(met: Met, offered: Offered, accession: Accession, record: Accessions) -> list[Offered]:
    """What to enter where it was met, beside where its bytes came from, if nothing could be had there before: that refusal is over."""
    if offered.location == met.location or offered.status == "refused":
        return []
    [before] = record.standing(accession, [(met.location, "")])
    return [replace(offered, location=met.location, status="duplicate", numbers=(), code=None)] if before.here == "refused" else []


def _keep(file: "Bounded", blobs: BlobStore) -> tuple[str, Damaged | None]:
    """The file's sha256, and what is wrong with the bytes kept under it: those are left as they are, and told."""
    try:
        return blobs.put(file), None
    except Damaged as damage:
        file.rewind()
        return hashlib.file_digest(file, "sha256").hexdigest(), damage


def _explain(error: SijillError) -> str:
    return f"{error.detail} {error.way_out}".strip()


class Bounded(io.BufferedReader):
    """A file being read: no more than ``most`` bytes, counted, and Refused where the disk cannot give them."""

    def __init__(self, raw: io.FileIO, most: int) -> None:
        super().__init__(raw)
        self.count, self._most = 0, most

    def read(self, size: int | None = -1, /) -> bytes:
        with _read_errors():
            found = super().read(size)
        self._add(len(found))
        return found

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        with _read_errors():
            found = super().readinto(buffer)
        self._add(found)
        return found

    def rewind(self) -> None:
        self.seek(0)
        self.count = 0

    def _add(self, count: int) -> None:
        self.count += count
        _check_size(self.count, self._most)


@contextmanager
def _read_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _refusal("unreadable", f"the file cannot be read to its end: {error.strerror}") from error


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise _refusal("too-large", f"the file has {size / 2**20:.0f} MiB, the limit is {most / 2**20:.0f}")


@contextmanager
def opened(path: str, max_bytes: int) -> Iterator[Bounded]:
    """The file, opened so that a pipe cannot block and what was looked at is what is read. Raises Refused."""
    try:
        _check_kind(os.stat(path))  # not even opened: that may rewind a tape, or let somebody's writing into a pipe begin
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        code, detail = ("link-broken", "the link points to nothing") if os.path.islink(path) else ("vanished", "the file is gone")
        raise _refusal(code, detail) from error
    except OSError as error:
        raise _refusal(_why(error), f"the file cannot be opened: {error.strerror}") from error
    with Bounded(io.FileIO(descriptor, "rb"), max_bytes) as file:
        status = os.fstat(descriptor)
        _check_kind(status)
        if status.st_size == 0:
            raise _refusal("empty-file", "the file has no bytes")
        _check_size(status.st_size, max_bytes)
        yield file


def _check_kind(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _refusal("not-a-file", "this is a folder, pipe, socket or device")
