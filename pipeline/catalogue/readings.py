"""What was read, every revision of it: looked up, corrected, withdrawn; and the outbox the index follows."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, select, tuple_, update

from pipeline.catalogue import chain, locks, records
from pipeline.catalogue.chain import Act
from pipeline.catalogue.database import Database
from pipeline.catalogue.records import bounds, in_pieces, page_ref, page_refs
from pipeline.catalogue.revisions import follow, insert_readings, revision_rows, touch
from pipeline.catalogue.tables import holding, mention, outbox, page, reading, withdrawal
from pipeline.catalogue.upserts import upsert
from pipeline.errors import Conflict, NotFound, Usage
from pipeline.model import IndexedPage, PageRef, PageResult, Reading, StoredPage

READ = page.c.state.in_(["read", "indexed"])


class SqlReadings:
    """ports.Readings on the catalogue database."""

    def __init__(self, database: Database, within: Set[int] | None = None) -> None:
        self._database, self._mine = database, bounds(page.c.holding_id, within)

    def found(self, keys: Sequence[int]) -> Mapping[int, StoredPage]:
        with self._database.read() as connection:
            return {
                item.page.key: item
                for piece in in_pieces(keys)
                for item in stored(connection, READ, page.c.key.in_(piece), ~page.c.withdrawn, self._mine)
            }

    def lines(self, holding: str | None) -> Iterator[StoredPage]:
        with self._database.read() as connection:
            chosen = [_named(holding)] if holding else []
            keys = connection.scalars(select(page.c.key).where(READ, ~page.c.withdrawn, self._mine, *chosen).order_by(page.c.key)).all()
            for piece in in_pieces(keys):
                yield from stored(connection, page.c.key.in_(piece))

    def current(self, page_id: str) -> tuple[int, Reading]:
        with self._database.read() as connection:
            row = _latest(connection, page_id) if self._seen(connection, page_id) else None
        if row is None:
            raise NotFound("not-found", f"no reading of page {page_id}")
        return row.revision, records.unpack(row.content)

    def digests(self) -> Iterator[tuple[str, int, str]]:
        """(page id, revision, digest of what is stored of it now; empty when its row says another) of every revision."""
        columns = (reading.c.page_id, reading.c.revision, reading.c.content, reading.c.type, reading.c.by, reading.c.digest)
        with self._database.read() as connection:
            for row in connection.execute(select(*columns).order_by(reading.c.page_id, reading.c.revision)).yield_per(500):
                mine = and_(mention.c.page_id == row.page_id, mention.c.revision == row.revision)
                named = connection.execute(select(mention.c.kind, mention.c.content).where(mine).order_by(mention.c.ordinal))
                said = records.digest(row.content, row.type, row.by, [(kind, content) for kind, content in named])
                yield row.page_id, row.revision, said if said == row.digest else ""

    def correct(self, page_id: str, base: int, result: PageResult, by: str) -> int:
        with self._database.write() as connection:
            holdings = _hold(connection, [page_id])
            latest = _latest(connection, page_id) if self._seen(connection, page_id) else None
            if latest is None:
                raise NotFound("not-found", f"no reading of page {page_id}")
            if latest.revision != base:
                detail = f"page {page_id} is at revision {latest.revision}, the correction was made on {base}"
                raise Conflict("stale-revision", detail, "Export the page again and redo the correction.")
            now = self._database.now(connection)
            row, mentions = revision_rows(page_id, base + 1, latest.stage_key, result, by, now)
            insert_readings(connection, [row], mentions)
            follow(connection, page_id, row["confidence"])
            _tell(connection, holdings, by, "page-corrected", {"revision": base + 1, "reading": row["digest"]}, now)
            return base + 1

    def withdraw(self, identifier: str, reason: str, by: str) -> list[str]:
        with self._database.write() as connection:
            hidden = _identified(connection, identifier, self._mine)
            holdings, now = _hold(connection, hidden), self._database.now(connection)
            rows = [{"page_id": page_id, "reason": reason, "by": by, "at": now} for page_id in hidden]
            connection.execute(upsert(connection, withdrawal).on_conflict_do_nothing(), rows)
            for piece in in_pieces(hidden):
                connection.execute(update(page).where(page.c.page_id.in_(piece)).values(withdrawn=True))
                touch(connection, page.c.page_id.in_(piece))
            _tell(connection, holdings, by, "page-withdrawn", {}, now)
            return hidden

    def _seen(self, connection: Connection, page_id: str) -> bool:
        """Whether it is a page of a holding that may be seen, and not withdrawn."""
        mine = connection.scalar(select(page.c.key).where(page.c.page_id == page_id, self._mine).limit(1))
        return mine is not None and not _hidden(connection, page_id)


class SqlOutbox:
    """ports.Outbox on the catalogue database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, limit: int) -> list[tuple[PageRef, IndexedPage | None]]:
        with self._database.read() as connection:
            keys = connection.scalars(select(outbox.c.page_key).order_by(outbox.c.page_key).limit(limit)).all()
            refs = list(page_refs(connection, keys))
            shown = [ref.key for ref in refs if not ref.withdrawn]
            found = [item for piece in in_pieces(shown) for item in stored(connection, page.c.key.in_(piece))]
        items = {item.page.key: item.for_index() for item in found}
        return [(ref, items.get(ref.key)) for ref in refs]

    def done(self, pages: Sequence[PageRef]) -> None:
        with self._database.write() as connection:
            for piece in in_pieces(sorted((ref.key, ref.version) for ref in pages), 400):
                locks.pages(connection, page.c.key.in_([key for key, _ in piece]))
                connection.execute(delete(outbox).where(tuple_(outbox.c.page_key, outbox.c.version).in_(piece)))
                applied = and_(tuple_(page.c.key, page.c.version).in_(piece), page.c.state == "read")
                connection.execute(update(page).where(applied).values(state="indexed"))

    def refill(self) -> int:
        with self._database.write() as connection:  # until they are in the index again, searches must not count them as seen
            locks.all_pages(connection)
            connection.execute(update(page).where(page.c.state == "indexed").values(state="read"))
            put = upsert(connection, outbox).from_select(["page_key", "version"], select(page.c.key, page.c.version).where(READ))
            return connection.execute(put.on_conflict_do_nothing().execution_options(preserve_rowcount=True)).rowcount


def stored(connection: Connection, *where: ColumnElement[bool]) -> Iterator[StoredPage]:
    """The pages that fit, each with its latest reading and mentions."""
    rows = connection.execute(_with_latest(*where)).all()
    for row, entities in zip(rows, records.entities(connection, rows), strict=True):
        yield StoredPage(page_ref(row), row.revision, records.unpack(row.content), entities)


def _with_latest(*where: ColumnElement[bool]) -> Select[Any]:
    every = reading.alias()
    newest = select(func.max(every.c.revision)).where(every.c.page_id == page.c.page_id).scalar_subquery()
    same = and_(reading.c.page_id == page.c.page_id, reading.c.revision == newest)
    columns = (reading.c.revision, reading.c.content, reading.c.type)
    return records.pages(*where).join(reading, same).add_columns(*columns).order_by(page.c.key)


def _hold(connection: Connection, page_ids: Sequence[str]) -> dict[int, list[str]]:
    """Hold these pages with all that an act on them changes; the holdings that have them, each with its pages in order."""
    locks.scans(connection, {page_id.rpartition("-")[0] for page_id in page_ids})
    columns = select(page.c.key, page.c.holding_id, page.c.page_id)
    of_holding: dict[int, list[str]] = {}
    rows = [row for piece in in_pieces(page_ids) for row in connection.execute(columns.where(page.c.page_id.in_(piece)))]
    for _, holding_id, page_id in sorted(rows):
        of_holding.setdefault(holding_id, []).append(page_id)
    locks.holdings(connection, of_holding)
    locks.pages_of(connection, page_ids)
    return of_holding


def _tell(
    connection: Connection, holdings: Mapping[int, Sequence[str]], by: str, action: str, details: Mapping[str, Any], now: float
) -> None:
    """Enter an act on pages into the chain of every holding that has them."""
    for holding_id, page_ids in holdings.items():
        chain.append(connection, holding_id, by, [Act(action, page_id, details) for page_id in page_ids], now)


def _hidden(connection: Connection, page_id: str) -> bool:
    return connection.scalar(select(withdrawal.c.page_id).where(withdrawal.c.page_id == page_id)) is not None


def _latest(connection: Connection, page_id: str) -> Row[Any] | None:
    newest = select(reading).where(reading.c.page_id == page_id).order_by(reading.c.revision.desc()).limit(1)
    return connection.execute(newest).one_or_none()


def _named(name: str) -> ColumnElement[bool]:
    return page.c.holding_id == select(holding.c.id).where(holding.c.name == name).scalar_subquery()


def _identified(connection: Connection, identifier: str, mine: ColumnElement[bool]) -> list[str]:
    """The page ids meant by a page id, a scan's sha256, or an unambiguous beginning of one (at least 8 digits)."""
    if len(identifier) < 8 or not identifier.isascii():
        raise Usage("bad-id", "give the page id of a hit, or the sha256 of a file (at least its first 8 digits)")
    identifier = identifier.lower()
    exact = list(connection.scalars(select(page.c.page_id).where(page.c.page_id == identifier, mine).distinct()))
    if exact:
        return exact
    like = page.c.page_id.startswith(identifier, autoescape=True)
    rows = connection.execute(select(page.c.page_id, page.c.sha256).where(like, mine).distinct().order_by(page.c.page_id)).all()
    if not rows:
        raise NotFound("not-found", f"no page or file {identifier}")
    if len({row.sha256 for row in rows}) > 1 or "-" in identifier:
        raise Usage("ambiguous-id", f"{identifier} is the beginning of {len(rows)} pages' ids", "Give more of the id.")
    return [row.page_id for row in rows]
