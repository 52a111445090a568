"""One way into the catalogue's database: short transactions, SQLite made safe for several processes, errors in our own words."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep, time
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pipeline.errors import Damaged, Missing, Unavailable, Usage, way_out

SCHEMA = "0002"  # the newest Alembic revision; a test holds the two together

_TRIES, _PAUSE = 600, 0.1  # a minute, as for every other lock


class Database:
    """An engine by URL (``sqlite:PATH``), and the clock its rows are stamped with."""

    def __init__(self, url: str, clock: Callable[[], float] = time) -> None:
        scheme, _, rest = url.partition(":")
        if scheme != "sqlite" or not rest:
            raise Usage("bad-setting", f"SIJILL_CATALOGUE takes sqlite:PATH, not {scheme}:…")
        self.clock = clock
        self.path = Path(rest)
        self.engine = create_engine(URL.create("sqlite", database=str(self.path)), connect_args={"timeout": 60, "check_same_thread": False})
        _make_safe(self.engine)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its first statement; commits at the end, or changes nothing."""
        with _in_our_words(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view that blocks nobody."""
        with _in_our_words(), self.engine.connect().execution_options(reading=True) as connection, connection.begin():
            yield connection

    def migrate(self) -> None:
        """Bring the schema to the newest revision, making the database first if there is none. Raises Missing (archive-newer)."""
        from alembic import command  # noqa: PLC0415 - half a second that searching should not pay
        from alembic.config import Config  # noqa: PLC0415

        _refuse_newer(self.schema())
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        self.path.chmod(0o600)  # names and fates: for nobody else on this machine

    def schema(self) -> str | None:
        """The schema revision found, None in a new database."""
        if not self.path.exists():
            return None
        with self.read() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return str(connection.execute(text("select version_num from alembic_version")).scalar_one())

    def require_current(self) -> None:
        """Raises Missing (no-archive, archive-outdated, archive-newer) when there is none here, or another version made it."""
        found = self.schema()
        if found is None:
            raise Missing("no-archive", f"there is no archive at {self.path.parent}", "`sijill ingest` makes one; or set SIJILL_HOME.")
        _refuse_newer(found)
        if found != SCHEMA:
            raise Missing("archive-outdated", f"the archive has schema {found}, this Sijill {SCHEMA}", "Run `sijill migrate`.")

    def close(self) -> None:
        self.engine.dispose()


def _refuse_newer(schema: str | None) -> None:
    if schema is not None and schema > SCHEMA:
        raise Missing("archive-newer", f"the archive has schema {schema}, this Sijill only {SCHEMA}", "Update Sijill.")


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


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable("catalogue-busy", "too many threads use the catalogue at once", way_out("catalogue-busy")) from error
    except OperationalError as error:
        said = str(error.orig)
        code = "disk-full" if "full" in said or "disk I/O" in said else "catalogue-busy" if "locked" in said else "catalogue-unavailable"
        raise Unavailable(code, f"the catalogue cannot be used: {said}", way_out(code)) from error
    except DatabaseError as error:
        if "malformed" in str(error.orig) or "not a database" in str(error.orig):
            raise Damaged("catalogue-damaged", f"the catalogue is damaged: {error.orig}", "Restore it from a backup.") from error
        raise
