"""Adds a record to a backup folder (`pipeline.storage.sealed`), so that an interruption leaves nothing half."""

import fcntl
import hashlib
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from pipeline.backup import FORMAT
from pipeline.errors import Damaged, Unavailable, Usage, way_out
from pipeline.storage.age import Sealer
from pipeline.storage.sealed import OBJECTS, RECORDS, SealedFolder, folder_errors, listing, place

ASIDE, LOCK, JOURNAL = "incoming", "lock", "journal"
HOUSED = {OBJECTS, RECORDS, ASIDE, LOCK, JOURNAL, "lost+found"}
MOMENT = "%Y-%m-%dT%H-%M-%SZ"


class SealedWriter:
    """Adds to a folder it holds alone: files get their names once they are on the disk, and a list of them remembers an interrupted run."""

    def __init__(self, folder: SealedFolder, sealer: Sealer) -> None:
        self._folder, self._root, self._sealer = folder, folder.root, sealer
        self.name_key = sealer.name_key
        self._known = folder.listed() | self._journal()
        self._used: dict[str, str] = {}
        self._waiting: list[tuple[Path, str, str]] = []
        self._alone = Lock()

    def holds(self, sha256: str) -> bool:
        """Whether these bytes are in the folder by an earlier run; they then belong to this record too."""
        path = place(self.name_key, sha256)
        if path not in self._known or not (self._root / path).exists():
            return False
        self._used[path] = self._known[path]
        return True

    def put(self, sha256: str, source: BinaryIO) -> None:
        """Encrypt these bytes; `settle` gives them their place. Raises Damaged (blob-damaged), Unavailable (disk-full …)."""
        self._write(place(self.name_key, sha256), source, sha256)

    def settle(self) -> None:
        """What was put is on the disk under its name when this returns."""
        with folder_errors():
            os.sync()  # one flush for all of them: a thousand fsyncs would cost minutes
            with (self._root / JOURNAL).open("a") as journal:
                journal.writelines(f"{sealed}  {path}\n" for _, path, sealed in self._waiting)
                journal.flush()
                os.fsync(journal.fileno())
            for aside, path, sealed in self._waiting:
                (self._root / path).parent.mkdir(mode=0o700, exist_ok=True)
                aside.rename(self._root / path)
                self._used[path] = sealed
            self._waiting.clear()
            os.sync()

    def close(self, about: bytes, catalogue: Path, now: datetime) -> str:
        """End the record with what it is made of; returns its name, which is later than every other's."""
        name = self._next(now)
        self._write(f"{RECORDS}/{name}.about.age", io.BytesIO(about))
        with folder_errors(), catalogue.open("rb") as file:
            self._write(f"{RECORDS}/{name}.catalogue.age", file)
        self.settle()
        with folder_errors():
            self._list(name)
            (self._root / JOURNAL).unlink()
        return name

    def _write(self, path: str, source: BinaryIO, sha256: str = "") -> None:
        with folder_errors():
            descriptor, aside = tempfile.mkstemp(dir=self._root / ASIDE)
            with os.fdopen(descriptor, "wb") as file:
                read, sealed = self._sealer.seal(source, file)
        if sha256 and read != sha256:
            raise Damaged("blob-damaged", f"blob {sha256} changed while it was read", way_out("blob-damaged"))
        with self._alone:
            self._waiting.append((Path(aside), path, sealed))

    def _list(self, name: str) -> None:
        """Write what the record rests on as `sha256sum -c` takes it, between a line with the format and one that shows it is whole."""
        body = f"# format {FORMAT}\n" + "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(self._used.items()))
        end = f"# end {len(self._used)} {hashlib.sha256(body.encode()).hexdigest()}\n"
        descriptor, aside = tempfile.mkstemp(dir=self._root / ASIDE)
        with os.fdopen(descriptor, "w") as file:
            file.write(body + end)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).rename(self._root / RECORDS / f"{name}.sha256")
        os.sync()

    def _next(self, now: datetime) -> str:
        """The moment, or one second after the newest record where the clock is behind it: names are in the order of their making."""
        last = max((path.name.split(".")[0] for path in (self._root / RECORDS).iterdir()), default="")
        name = now.astimezone(UTC).strftime(MOMENT)
        return name if name > last else (datetime.strptime(last, MOMENT) + timedelta(seconds=1)).strftime(MOMENT)

    def _journal(self) -> dict[str, str]:
        """What an interrupted run has written."""
        try:
            lines = (self._root / JOURNAL).read_text("utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return {}
        return listing(lines)


@contextmanager
def sealing(root: Path, recipients: Sequence[str]) -> Iterator[SealedWriter]:
    """A folder made or gone on with, held alone. Raises Usage (bad-recipient, not-a-backup), Unavailable (backup-busy, disk-full …)."""
    sealer = Sealer(recipients)
    with folder_errors():
        root.mkdir(mode=0o700, exist_ok=True)  # not its parents: a disk that is not mounted must not be filled in its place
        strangers = {path.name for path in root.iterdir()} - HOUSED
        if strangers and not (root / RECORDS).is_dir():
            raise Usage("not-a-backup", f"{root} holds something else", "Name a new folder, or that of an earlier backup.")
        for name in (OBJECTS, RECORDS, ASIDE):
            (root / name).mkdir(mode=0o700, exist_ok=True)
    with _held(root / LOCK):
        _clear(root)
        yield SealedWriter(SealedFolder(root), sealer)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with folder_errors():
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable("backup-busy", "another backup writes to this folder", "Let it end.") from None
        yield
    finally:
        os.close(descriptor)


def _clear(root: Path) -> None:
    """Of what an interrupted run has left, only whole objects stay."""
    with folder_errors():
        for left in (root / ASIDE).iterdir():
            left.unlink()
        for part in (root / RECORDS).glob("*.age"):
            if not (root / RECORDS / f"{part.name.split('.')[0]}.sha256").exists():
                part.unlink()
