"""The completeness ledger: what came in against what became of it, counted from both ends."""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, and_, func, select

from pipeline.catalogue.database import Database
from pipeline.catalogue.records import bounds
from pipeline.catalogue.tables import accession, holding, outbox, page, rescan, scan, source
from pipeline.ledger import Batch, Failure, HoldingLedger
from search.coverage import Counts

# Below this mean word confidence a page counts as poorly read: of the sample pages, those below it had 69 to 87 % of their words read
# right, those above it 84 to 97 %.
DOUBTFUL = 0.85


class SqlLedger:
    """Counts, of the holdings that may be seen; and checks, over the whole catalogue."""

    def __init__(self, database: Database, within: Set[int] | None = None) -> None:
        self._database, self._within = database, within

    def names(self) -> Mapping[str, int]:
        """The holdings there are, with their ids, in the order they were opened."""
        with self._database.read() as connection:
            return {row.name: row.id for row in connection.execute(self._holdings())}

    def holdings(self) -> list[HoldingLedger]:
        """One ledger a holding, in the order they were opened."""
        with self._database.read() as connection:
            return [_ledger(connection, row) for row in connection.execute(self._holdings()).all()]

    def _holdings(self) -> Select[Any]:
        return select(holding).where(bounds(holding.c.id, self._within)).order_by(holding.c.id)

    def counts(self, holdings: Sequence[str] | None) -> Counts:
        """Pages of these holdings (None: all) by state, for saying what a search could not see. Withdrawn pages are left out."""
        asked = and_(~page.c.withdrawn, bounds(page.c.holding_id, self._within))
        if holdings is not None:
            asked &= page.c.holding_id.in_(select(holding.c.id).where(holding.c.name.in_(list(holdings))))
        with self._database.read() as connection:
            states = _by(connection, page.c.state, asked)
            doubtful = _count(connection, and_(asked, page.c.confidence < DOUBTFUL))
        waiting = states.get("waiting", 0) + states.get("read", 0)
        return Counts(sum(states.values()), states.get("indexed", 0), waiting, states.get("failed", 0), doubtful)

    def files(self) -> Iterator[tuple[int, str, str, str]]:
        """(holding, digest of the place, sha256, status) of every provenance row."""
        with self._database.read() as connection:
            columns = (source.c.holding_id, source.c.location_digest, source.c.sha256, source.c.status)
            for row in connection.execute(select(*columns).order_by(source.c.id)).yield_per(1000):
                yield row.holding_id, row.location_digest, row.sha256, row.status

    def blobs(self) -> Iterator[str]:
        """The sha256 of every file the record knows bytes of."""
        with self._database.read() as connection:
            known = select(source.c.sha256).where(source.c.sha256 != "").distinct().order_by(source.c.sha256)
            yield from connection.scalars(known).yield_per(1000)

    def versions(self) -> dict[int, int]:
        """Page key to version of every page that should be found by a search."""
        with self._database.read() as connection:
            shown = and_(page.c.state.in_(["read", "indexed"]), ~page.c.withdrawn)
            rows = connection.execute(select(page.c.key, page.c.version).where(shown)).yield_per(10_000)
            return {row.key: row.version for row in rows}

    def behind(self) -> int:
        """How many pages the index still has to follow."""
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).select_from(outbox)) or 0


def _ledger(connection: Connection, row: Row[Any]) -> HoldingLedger:
    mine = source.c.holding_id == row.id
    files = _by(connection, source.c.status, mine)
    accepted = and_(mine, source.c.status == "accepted")
    expected = connection.scalar(
        select(func.sum(scan.c.pages)).select_from(source).join(scan, scan.c.sha256 == source.c.sha256).where(accepted)
    )
    states = _by(connection, page.c.state, page.c.holding_id == row.id)
    return HoldingLedger(
        id=row.id,
        holding=row.name,
        files=sum(files.values()),
        accepted=files.get("accepted", 0),
        duplicates=files.get("duplicate", 0),
        refused=files.get("refused", 0),
        pages=expected or 0,
        indexed=states.get("indexed", 0),
        waiting=states.get("waiting", 0) + states.get("read", 0),
        failed=states.get("failed", 0),
        withdrawn=_count(connection, and_(page.c.holding_id == row.id, page.c.withdrawn)),
        low_confidence=_count(connection, and_(page.c.holding_id == row.id, page.c.confidence < DOUBTFUL)),
        failures=_failures(connection, row.id),
        rescan=_rescans(connection, row.id),
        batches=_batches(connection, row.id),
    )


def _by(connection: Connection, column: Column[Any], where: ColumnElement[bool]) -> dict[str, int]:
    """How many rows there are of each value of a column."""
    return {row[0]: row[1] for row in connection.execute(select(column, func.count()).where(where).group_by(column))}


def _count(connection: Connection, where: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(page).where(where)) or 0


def _batches(connection: Connection, holding_id: int) -> tuple[Batch, ...]:
    """What is known of each batch that brought files."""
    files = select(func.count()).where(source.c.accession_id == accession.c.id).scalar_subquery()
    columns = (accession.c.id, accession.c.box, accession.c.manifest, files.label("files"))
    rows = connection.execute(select(*columns).where(accession.c.holding_id == holding_id, files > 0).order_by(accession.c.id))
    return tuple(Batch(row.id, row.box, json.loads(row.manifest), row.files) for row in rows)


def _failures(connection: Connection, holding_id: int) -> tuple[Failure, ...]:
    refused = select(source.c.name, source.c.code, source.c.detail).where(source.c.holding_id == holding_id, source.c.status == "refused")
    failed = (
        select(source.c.name, page.c.number, page.c.code, page.c.detail, page.c.page_id)
        .join(source, source.c.id == page.c.source_id)
        .where(page.c.holding_id == holding_id, page.c.state == "failed")
    )
    files = [Failure(row.name, None, row.code, row.detail or "") for row in connection.execute(refused.order_by(source.c.id))]
    pages = [
        Failure(row.name, row.number, row.code, row.detail or "", row.page_id) for row in connection.execute(failed.order_by(page.c.key))
    ]
    return (*files, *pages)


def _rescans(connection: Connection, holding_id: int) -> tuple[Failure, ...]:
    notes = (
        select(source.c.name, page.c.number, rescan.c.code, rescan.c.detail, page.c.page_id)
        .select_from(rescan)
        .join(page, page.c.key == rescan.c.page_key)
        .join(source, source.c.id == page.c.source_id)
        .where(page.c.holding_id == holding_id, ~page.c.withdrawn)
        .order_by(page.c.key, rescan.c.code)
    )
    return tuple(Failure(row.name, row.number, row.code, row.detail, row.page_id) for row in connection.execute(notes))
