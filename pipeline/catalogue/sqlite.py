"""SQLite made safe for several processes: write-ahead log, flushed at every commit, one writer at a time."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import sleep, time
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError, StatementError

from pipeline.catalogue.backing import fault
from pipeline.errors import Damaged, Unavailable, way_out

_TRIES, _PAUSE = 600, 0.1  # a minute, as for every other lock


class Sqlite:
    """backing.Backing on a file."""

    def __init__(self, path: Path) -> None:
        self.path, self.place = path, f"at {path.parent}"
        self.reading: Mapping[str, Any] = {"reading": True}
        connect_args = {"timeout": 60, "check_same_thread": False}
        self.engine = create_engine(URL.create("sqlite", database=str(path)), connect_args=connect_args, hide_parameters=True)
        _make_safe(self.engine)

    def there(self) -> bool:
        return self.path.exists()

    @contextmanager
    def made(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield
        self.path.chmod(0o600)  # names and fates: for nobody else on this machine

    def alone(self, connection: Connection) -> None:
        """Every writer is."""

    def now(self, connection: Connection) -> float:  # noqa: ARG002  # this machine's clock is the only one
        return time()

    def in_our_words(self, error: StatementError) -> Exception:
        said = str(error.orig)
        if isinstance(error, OperationalError):
            full, locked = "full" in said or "disk I/O" in said, "locked" in said
            code = "disk-full" if full else "catalogue-busy" if locked else "catalogue-unavailable"
            return Unavailable(code, f"the catalogue cannot be used: {said}", way_out(code))
        if isinstance(error, DatabaseError) and ("malformed" in said or "not a database" in said):
            return Damaged("catalogue-damaged", f"the catalogue is damaged: {said}", "Restore it from a backup.")
        return fault(error, "")


def _make_safe(engine: Engine) -> None:
    """SQLite as an archive needs it: write-ahead log, flushed at every commit, foreign keys, explicit transactions."""

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own implicit BEGIN would come too late
        for pragma in ("busy_timeout=60000", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        _write_ahead(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _write_ahead(connection: Any) -> None:
    """Into write-ahead mode: SQLite does not wait for the process that is making a new archive at this moment, so we do."""
    for left in reversed(range(_TRIES)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or not left:
                raise
            sleep(_PAUSE)
        else:
            return
