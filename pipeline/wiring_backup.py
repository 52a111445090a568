"""What `pipeline.wiring` is for archives, for their backups."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.backup import About
from pipeline.catalogue import Catalogue
from pipeline.catalogue.copying import snapshot
from pipeline.catalogue.database import Database
from pipeline.errors import Damaged
from pipeline.storage.age import Opener
from pipeline.storage.private import private_folder
from pipeline.storage.sealed import SealedBlobs, SealedFolder, open_record
from pipeline.storage.sealing import sealing
from pipeline.wiring import Archive, Tell

__all__ = ["BackedUp", "backed_up", "copy_apart", "faults", "private_folder", "sealing"]


def copy_apart(here: Archive, path: Path, tell: Tell) -> list[str]:
    """The whole record as it is at one moment into a new SQLite file; returns the sha256 of every file it names.

    Others may go on working meanwhile. ``tell`` hears (over, failed, in all). Raises Damaged (copy-differs), Unavailable.
    """
    database = Database(f"sqlite:{path}")
    try:
        database.migrate()
        snapshot(here.catalogue.database, database, tell)
        return list(Catalogue(database).ledger.blobs())
    finally:
        database.close()


def faults(folder: Path, tell: Tell) -> Iterator[Damaged]:
    """What of a backup is not as it was written; needs no key. Raises Usage (not-a-backup), Missing (backup-newer)."""
    return SealedFolder(folder).check(tell)


class BackedUp:
    """A record of a backup, to be copied from as an archive is."""

    def __init__(self, record: str, about: About, catalogue: Catalogue, blobs: SealedBlobs) -> None:
        self.record, self.about, self.catalogue, self.blobs = record, about, catalogue, blobs


@contextmanager
def backed_up(folder: Path, identity: Path, wanted: str | None) -> Iterator[BackedUp]:
    """A record of a backup folder, opened: the newest, or the newest whose name begins as ``wanted``.

    Raises Usage (bad-identity, wrong-identity, not-a-backup), NotFound (no-such-record), Missing (backup-newer, archive-newer), Damaged.
    """
    opener, sealed = Opener(identity), SealedFolder(folder)
    record = sealed.record(wanted)
    with private_folder() as apart:
        path = apart / "catalogue.db"
        about, blobs = open_record(sealed, record, opener, path)
        database = Database(f"sqlite:{path}")
        try:
            database.migrate()  # an earlier Sijill may have made it
            yield BackedUp(record, about, Catalogue(database), blobs)
        finally:
            database.close()
