"""The custody record as stored: appended within the transaction that does what it tells of."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, union

from pipeline.catalogue import locks
from pipeline.catalogue.database import Database
from pipeline.catalogue.tables import custody, holding
from pipeline.catalogue.text import whole
from pipeline.custody import ARCHIVE, GENESIS, Checkpoint, Entry
from pipeline.errors import Damaged
from pipeline.model import Value


class Act(NamedTuple):
    """What was done, to which id, and what else is worth keeping."""

    action: str
    subject: str
    details: Mapping[str, Value]


def append(connection: Connection, holding_id: int, actor: str, acts: Iterable[Act], now: float) -> Checkpoint:
    """Add acts to a holding's chain, in order, and return where it now ends; one who appends holds the holding.

    Holding ARCHIVE is the archive as a whole.
    """
    if holding_id == ARCHIVE:
        locks.own_chain(connection)
    else:
        locks.holdings(connection, [holding_id])
    whole(actor)
    last = _last(connection, holding_id)
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
    rows = []
    for action, subject, details in acts:
        entry = Entry(holding_id, last.size + 1, at, actor, action, subject, details, last.root)
        last = Checkpoint(holding_id, entry.number, entry.hash)
        rows.append(_row(entry))
    if rows:
        connection.execute(insert(custody), rows)
    return last


def _last(connection: Connection, holding_id: int) -> Checkpoint:
    end = select(custody.c.number, custody.c.hash).where(custody.c.holding_id == holding_id).order_by(custody.c.number.desc()).limit(1)
    row = connection.execute(end).one_or_none()
    return Checkpoint(holding_id, row.number, row.hash) if row else Checkpoint(holding_id, 0, GENESIS)


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "holding_id": entry.holding, "number": entry.number, "at": entry.at, "actor": entry.actor, "action": entry.action,
        "subject": entry.subject, "details": json.dumps(dict(entry.details), ensure_ascii=False, sort_keys=True),
        "previous": entry.previous, "hash": entry.hash,
    }  # fmt: skip


def entry_of(row: Row[Any]) -> tuple[Entry, str]:
    """Raises Damaged (chain-broken) where the details are none that ``append`` could have written."""
    try:
        details = dict(json.loads(row.details))
    except (ValueError, TypeError) as error:
        raise Damaged("chain-broken", f"custody record {row.number} of holding {row.holding_id} was edited") from error
    return Entry(row.holding_id, row.number, row.at, row.actor, row.action, row.subject, details, row.previous), row.hash


class CustodyRecord:
    """Reads every holding's chain."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def holdings(self) -> list[int]:
        """Every holding there is, and every one there is a chain of."""
        with self._database.read() as connection:
            return sorted(connection.scalars(union(select(holding.c.id), select(custody.c.holding_id))))

    def entries(self, holding_id: int) -> Iterator[tuple[Entry, str]]:
        """(entry, stored hash) in order."""
        with self._database.read() as connection:
            chosen = select(custody).where(custody.c.holding_id == holding_id).order_by(custody.c.number)
            for row in connection.execute(chosen).yield_per(1000):
                yield entry_of(row)
