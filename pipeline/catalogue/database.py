"""One way into the catalogue's database, whichever engine keeps it: short transactions, one clock, errors in our own words."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pipeline.catalogue.backing import Backing
from pipeline.catalogue.postgres import Postgres
from pipeline.catalogue.sqlite import Sqlite
from pipeline.errors import Missing, SijillError, Unavailable, Usage

SCHEMA = "0005"  # the newest Alembic revision; a test holds the two together


class Database:
    """The database a URL names: ``sqlite:PATH`` or ``postgresql://USER@HOST[:PORT]/DATABASE[?sslmode=MODE]``.

    Rows are stamped, and leases end, by the clock of the database itself (of this machine for SQLite), so that workers whose clocks differ
    agree; ``clock`` (seconds since the epoch) stands in for it. Over a network the server's certificate is checked against ``ca_file``, or
    the machine's own certificates. Raises Usage (bad-setting).
    """

    def __init__(self, url: str, clock: Callable[[], float] | None = None, password: str = "", ca_file: Path | None = None) -> None:
        self._backing = _backing(url, password, ca_file)
        # A connection that fails as it is given back has failed its user before, who tells it: not again, with a traceback.
        logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
        self._clock = clock
        self.engine = self._backing.engine
        self._reading = self.engine.execution_options(**self._backing.reading)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or changes nothing; what it must hold meanwhile is in ``locks``.

        Raises Unavailable. Where the connection is lost in the very commit, what was written may be there: done again, an act of the
        pipeline changes nothing, a correction finds out (stale-revision), a decision stands twice.
        """
        with self._in_our_words(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view, as of its first statement, that blocks nobody."""
        with self._in_our_words(), self._reading.begin() as connection:
            yield connection

    def now(self, connection: Connection) -> float:
        """Seconds since the epoch by the one clock of this archive."""
        return self._clock() if self._clock else self._backing.now(connection)

    def migrate(self) -> None:
        """Bring the schema to the newest revision; of several who do so at once, the others wait. Raises Missing (archive-newer).

        A SQLite database is made first if there is none, a PostgreSQL one must be there.
        """
        from alembic import command  # noqa: PLC0415 - half a second that searching should not pay
        from alembic.config import Config  # noqa: PLC0415

        _refuse_newer(self.schema())
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        with self._in_our_words(), self._backing.made(), self.write() as connection:
            self._backing.alone(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def schema(self) -> str | None:
        """The schema revision found, None in a new database."""
        if not self._backing.there():
            return None
        with self.read() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return str(connection.execute(text("select version_num from alembic_version")).scalar_one())

    def require_current(self) -> None:
        """Raises Missing (no-archive, archive-outdated, archive-newer) when there is none here, or another version made it."""
        found = self.schema()
        if found is None:
            raise Missing("no-archive", f"there is no archive {self._backing.place}", "`sijill ingest` makes one; or set SIJILL_HOME.")
        _refuse_newer(found)
        if found != SCHEMA:
            raise Missing("archive-outdated", f"the archive has schema {found}, this Sijill {SCHEMA}", "Run `sijill migrate`.")

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        """What the driver raises may hold the values of a row, or who connects to where: nothing of it goes on."""
        try:
            yield
        except PoolTimeout:
            raise Unavailable("catalogue-busy", "too many threads use the catalogue at once") from None
        except StatementError as error:
            if isinstance(error.orig, SijillError):  # a value that cannot be kept
                raise error.orig from None
            raise self._backing.in_our_words(error) from None


def _backing(url: str, password: str, ca_file: Path | None) -> Backing:
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite" and rest:
        return Sqlite(Path(rest))
    if scheme == "postgresql":
        return Postgres(url, password, ca_file)
    raise Usage("bad-setting", "SIJILL_CATALOGUE takes sqlite:PATH or postgresql://USER@HOST/DATABASE")


def _refuse_newer(schema: str | None) -> None:
    if schema is not None and schema > SCHEMA:
        raise Missing("archive-newer", f"the archive has schema {schema}, this Sijill only {SCHEMA}", "Update Sijill.")
