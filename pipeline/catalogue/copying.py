"""Copies a whole catalogue into an empty one of either engine, and proves that both say the same."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Any

from sqlalchemy import Connection, Row, Table, func, insert, select, text

from pipeline.catalogue import chain
from pipeline.catalogue.chain import Act
from pipeline.catalogue.database import Database
from pipeline.catalogue.tables import account, custody, holding, metadata, page, source
from pipeline.custody import ARCHIVE
from pipeline.errors import Conflict, Damaged

PIECE = 1000  # rows a statement
LEFT_BEHIND = frozenset({"lease_owner", "lease_until"})  # who works on a page here means nothing there

Tell = Callable[[int, int, int], None]


def copy(here: Database, there: Database, carried: Set[str], actor: str, tell: Tell, action: str = "archive-copied") -> int:
    """Every row from ``here`` into an empty ``there``, in one transaction; returns how many.

    What is read is as it was at one moment, and compared with what reads back: accounts and what was asked too, so that the copy is as
    closed as this one. Each chain of the custody record ends in the copy with an entry that tells of it. ``carried`` has the sha256 of
    every blob that is there already; ``tell`` hears (rows over, failed, in all).
    Raises Conflict (archive-not-empty, archive-busy), Damaged (copy-differs); nothing is left there then.
    """
    with here.read() as ours, there.write() as theirs:
        _require_idle(ours, carried)
        over = _pour(ours, theirs, tell)
        for holding_id in (*theirs.scalars(select(holding.c.id).order_by(holding.c.id)).all(), ARCHIVE):
            chain.append(theirs, holding_id, actor, [Act(action, str(holding_id), {"rows": over})], there.now(theirs))
    return over


def snapshot(here: Database, there: Database, tell: Tell) -> int:
    """Every row as it is at one moment, while others go on working, into an empty ``there``; returns how many.

    Bytes are stored before a row names them: all that this record needs are in the store once it is taken. Raises Damaged (copy-differs).
    """
    with here.read() as ours, there.write() as theirs:
        return _pour(ours, theirs, tell)


def _pour(ours: Connection, theirs: Connection, tell: Tell) -> int:
    _require_empty(theirs)
    over, total = 0, sum(ours.scalar(select(func.count()).select_from(table)) or 0 for table in metadata.sorted_tables)
    prints = dict[str, str]()
    for table in metadata.sorted_tables:
        fingerprint = Fingerprint()
        for rows in _pieces(ours, table):
            fingerprint.add(rows)
            theirs.execute(insert(table), rows)
            over += len(rows)
            tell(over, 0, total)
        _number_on(theirs, table)
        prints[table.name] = str(fingerprint)
    if different := [name for name, found in prints.items() if found != _of(theirs, metadata.tables[name])]:
        raise Damaged("copy-differs", f"the copy reads back otherwise than it was written: {', '.join(different)}", "Run it again.")
    return over


def fingerprints(database: Database) -> dict[str, str]:
    """Of every table as it is now: equal ones hold the same rows, whatever the engine."""
    with database.read() as connection:
        return {table.name: _of(connection, table) for table in metadata.sorted_tables}


def require_empty(database: Database) -> None:
    """Raises Conflict (archive-not-empty) when there are holdings, accounts, or anything else on record."""
    with database.read() as connection:
        _require_empty(connection)


def _require_empty(connection: Connection) -> None:
    for table, what in ((holding, "holdings"), (account, "accounts"), (custody, "a record")):
        if connection.execute(select(table).limit(1)).first() is not None:
            raise Conflict("archive-not-empty", f"the other archive has {what} already", "Name one that is new, or empty.")


def _require_idle(connection: Connection, carried: Set[str]) -> None:
    busy = connection.scalar(select(func.count()).select_from(page).where(page.c.lease_owner.is_not(None)))
    if busy:
        raise Conflict("archive-busy", f"{busy} pages are being worked on", "Let the batch end; after a killed one, run `sijill retry`.")
    if any(sha256 not in carried for sha256 in connection.scalars(select(source.c.sha256).where(source.c.sha256 != ""))):
        raise Conflict("archive-busy", "files came in while the archive was copied", "Let the batch end, then run the same command again.")


class Fingerprint:
    """Of a set of rows in any order: the sum of their sha256 (Bellare & Micciancio, 1997: enough against faults, not against forgers)."""

    def __init__(self) -> None:
        self._rows, self._sum = 0, 0

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            said = json.dumps(row, sort_keys=True, default=bytes.hex).encode()
            self._sum = (self._sum + int.from_bytes(hashlib.sha256(said).digest())) % 2**256
        self._rows += len(rows)

    def __str__(self) -> str:
        return f"{self._rows}:{self._sum:064x}"


def _of(connection: Connection, table: Table) -> str:
    fingerprint = Fingerprint()
    for rows in _pieces(connection, table):
        fingerprint.add(rows)
    return str(fingerprint)


def _pieces(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """A table's rows by primary key, so that rows come after those they refer to."""
    chosen = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=PIECE)
    for rows in connection.execute(chosen).partitions():
        yield [_row(row) for row in rows]


def _row(row: Row[Any]) -> dict[str, Any]:
    return {name: None if name in LEFT_BEHIND else value for name, value in row._mapping.items()}


def _number_on(connection: Connection, table: Table) -> None:
    """PostgreSQL counts new ids by itself: it must go on after those that were copied."""
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None or column.foreign_keys:
        return
    last = connection.scalar(select(func.max(column)))
    if last:
        sequence = text("select setval(pg_get_serial_sequence(:of, :its), :last)")
        connection.execute(sequence, {"of": table.name, "its": column.name, "last": last})
