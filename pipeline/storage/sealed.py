"""A backup folder: every file encrypted, none ever written again, each record with a list of all it rests on.

    objects/ab/ab….age              bytes of the archive; the name is derived from their sha256 and from whom they are encrypted for
    records/DATE.about.age          what the record is made of
    records/DATE.catalogue.age      the whole catalogue, a SQLite file
    records/DATE.sha256             what the record rests on, written last: without it there is no record

Nothing in it says what it is a backup of. Names are no sha256 of what they hold: whoever found the disk could test by one whether a
document they have is in it. How many files there are, and how big, can be seen.
"""

import hashlib
import hmac
import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.backup import FORMAT, About, newer
from pipeline.errors import Damaged, NotFound, SijillError, Unavailable, Usage, way_out
from pipeline.storage.age import ELSEWHERE, Opener
from pipeline.storage.filesystem import FULL
from pipeline.storage.local import local_errors, temporary

OBJECTS, RECORDS = "objects", "records"
_LINE = re.compile(r"([0-9a-f]{64})  ([\w./-]+)")
_HEAD, _END = re.compile(r"# format (\d+)"), re.compile(r"# end (\d+) ([0-9a-f]{64})")

Tell = Callable[[int, int, int], None]


class SealedFolder:
    """What lies in the folder, without a key."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def records(self) -> list[str]:
        """Names of whole records, oldest first."""
        with folder_errors():
            return sorted(path.stem for path in (self.root / RECORDS).glob("*.sha256"))

    def record(self, wanted: str | None) -> str:
        """The newest record, or the newest whose name begins as asked. Raises NotFound (no-such-record), Usage (not-a-backup)."""
        there = self.records()
        if not there:
            raise Usage("not-a-backup", f"{self.root} holds no backup", "Name the folder that `sijill backup` wrote.")
        fitting = [name for name in there if name.startswith(wanted or "")]
        if not fitting:
            raise NotFound("no-such-record", f"there is no record {wanted}", f"There are: {', '.join(there)}.")
        return fitting[-1]

    def listed(self) -> dict[str, str]:
        """The sha256 of every file that records rest on, as the newest of them has it. Raises Damaged (backup-damaged)."""
        return {path: sha256 for record in self.records() for path, sha256 in self.manifest(record).items()}

    def manifest(self, record: str) -> dict[str, str]:
        """What a record rests on: path in the folder to sha256. Raises Damaged (backup-damaged), Missing (backup-newer)."""
        path = self.root / RECORDS / f"{record}.sha256"
        with folder_errors():
            lines = path.read_text("utf-8", errors="replace").splitlines(keepends=True)
        head, end = _HEAD.match(lines[0]) if lines else None, _END.fullmatch(lines[-1].strip()) if lines else None
        if head and int(head[1]) > FORMAT:
            raise newer()
        body = "".join(lines[:-1])
        found = listing(lines)
        if not head or not end or (int(end[1]), end[2]) != (len(found), hashlib.sha256(body.encode()).hexdigest()):
            raise Damaged("backup-damaged", f"{path.name} is damaged", "Take this record's files away, and back up again.")
        return found

    def check(self, tell: Tell) -> Iterator[Damaged]:
        """Read every file; what is not as it was written is told, and nothing is changed. Raises Usage (not-a-backup), Missing."""
        self.record(None)
        wanted: dict[str, str] = {}
        for record in self.records():
            try:
                wanted |= self.manifest(record)
            except Damaged as error:
                yield error
        ill = 0
        for number, (path, sha256) in enumerate(sorted(wanted.items()), start=1):
            if trouble := self._trouble(path, sha256):
                ill += 1
                yield trouble
            tell(number - ill, ill, len(wanted))

    def _trouble(self, path: str, sha256: str) -> Damaged | None:
        try:
            with (self.root / path).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return Damaged("backup-missing", f"{path} is gone")
        except OSError as error:
            return Damaged("backup-damaged", f"{path} cannot be read: {error.strerror}")
        return None if found == sha256 else Damaged("backup-damaged", f"{path} holds other bytes than were written")


class SealedBlobs:
    """The bytes of an archive as a backup has them: opened by their own sha256, each checked against it."""

    def __init__(self, root: Path, opener: Opener, name_key: bytes) -> None:
        self._root, self._opener, self._name_key = root, opener, name_key

    @contextmanager
    def open(self, sha256: str) -> Iterator[Path]:
        """A file of these bytes while the context lasts. Raises Damaged (backup-missing, backup-damaged), Unavailable."""
        sealed = self._root / place(self._name_key, sha256)
        with temporary(None) as (file, path):
            decrypt(self._opener, sealed, file, sha256)
            yield path


def decrypt(opener: Opener, sealed: Path, target: io.BufferedRandom, sha256: str = "") -> None:
    """Into an empty file, which then is checked to be the one expected. Raises Usage (wrong-identity), Damaged, Unavailable."""
    with local_errors():
        opener.open(sealed, target)
        target.seek(0)
        if sha256 and hashlib.file_digest(target, "sha256").hexdigest() != sha256:
            raise Damaged("backup-damaged", f"{sealed.name} is not what the record says", ELSEWHERE)
        target.flush()


def open_record(folder: SealedFolder, record: str, opener: Opener, catalogue: Path) -> tuple[About, SealedBlobs]:
    """Write a record's catalogue to ``catalogue``. Raises Usage (wrong-identity), Damaged, Missing (backup-newer), Unavailable."""
    part = folder.root / RECORDS / record
    with temporary(None) as (file, path):
        decrypt(opener, part.with_name(f"{record}.about.age"), file)
        about = About.parse(path.read_bytes())
    with local_errors(), catalogue.open("w+b") as target:
        decrypt(opener, part.with_name(f"{record}.catalogue.age"), target, about.catalogue)
    return about, SealedBlobs(folder.root, opener, bytes.fromhex(about.names))


def place(name_key: bytes, sha256: str) -> str:
    """Where bytes of this sha256 lie in the folder."""
    name = hmac.new(name_key, bytes.fromhex(sha256), "sha256").hexdigest()
    return f"{OBJECTS}/{name[:2]}/{name}.age"


def listing(lines: Iterable[str]) -> dict[str, str]:
    """Path to sha256 of every line as `sha256sum` writes it; others are passed over."""
    return {line[2]: line[1] for line in map(_LINE.fullmatch, map(str.rstrip, lines)) if line}


@contextmanager
def folder_errors() -> Iterator[None]:
    """Raises Unavailable (disk-full, backup-unavailable) for what goes wrong with the folder."""
    try:
        yield
    except SijillError:
        raise
    except OSError as error:
        code = "disk-full" if error.errno in FULL else "backup-unavailable"
        detail = f"the backup folder cannot be used: {error.strerror or error}"
        raise Unavailable(code, detail, way_out(code) or "See that its disk is there, and that this user may write to it.") from error
