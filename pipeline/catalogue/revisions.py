"""Revisions of readings as they are stored, and how pages follow them. Whoever calls holds the scan, the holdings and the pages."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, case, insert, select, update

from pipeline.catalogue import locks, records
from pipeline.catalogue.records import in_pieces, page_ref
from pipeline.catalogue.tables import mention, outbox, page, reading
from pipeline.catalogue.upserts import upsert
from pipeline.model import Entities, PageRef, PageResult, Reading


class Newest(NamedTuple):
    """The latest revision of a page; ``by`` is None where a machine made it."""

    revision: int
    stage_key: str
    digest: str
    confidence: float | None
    by: str | None

    def stands(self, stage_key: str) -> bool:
        """Whether it makes a new reading needless: it comes from the same stage, or a person has been over it."""
        return self.stage_key == stage_key or self.by is not None


def newest(connection: Connection, page_ids: Sequence[str]) -> dict[str, Newest]:
    """The latest revision of each page that has one."""
    columns = (reading.c.page_id, reading.c.revision, reading.c.stage_key, reading.c.digest, reading.c.confidence, reading.c.by)
    found = {}
    for piece in in_pieces(sorted(set(page_ids))):
        for page_id, *rest in connection.execute(select(*columns).where(reading.c.page_id.in_(piece)).order_by(reading.c.revision)):
            found[page_id] = Newest(*rest)
    return found


def revision_rows(
    page_id: str, revision: int, stage_key: str, result: PageResult, by: str | None, now: float
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One revision as stored, and its mentions; ``by`` is None for a machine's."""
    content, mentions = records.pack(result.reading), records.mention_rows(page_id, revision, result.entities)
    said = records.digest(content, result.entities.type, by, [(row["kind"], row["content"]) for row in mentions])
    row = {
        "page_id": page_id, "revision": revision, "stage_key": stage_key, "reader": result.reading.reader, "content": content,
        "digest": said, "type": result.entities.type, "confidence": result.reading.confidence,
        "checked": any(line.checked for line in result.reading.lines), "by": by, "at": now,
    }  # fmt: skip
    return row, mentions


def insert_readings(connection: Connection, rows: Sequence[dict[str, Any]], mentions: Sequence[dict[str, Any]]) -> None:
    """Store revisions with their mentions."""
    if rows:
        connection.execute(insert(reading), rows)
    if mentions:
        connection.execute(insert(mention), mentions)


def follow(connection: Connection, page_id: str, confidence: float | None, *where: ColumnElement[bool]) -> None:
    """Let every holding that has read this page have its newest reading."""
    mine = (page.c.page_id == page_id, page.c.state.in_(["read", "indexed"]), *where)
    connection.execute(update(page).where(*mine).values(confidence=confidence))
    touch(connection, *mine)


def touch(connection: Connection, *where: ColumnElement[bool]) -> None:
    """Give pages a newer version and put them in the outbox, so that the index follows; until it has, they do not count as indexed."""
    behind = {"version": page.c.version + 1, "state": case((page.c.state == "indexed", "read"), else_=page.c.state)}
    newer = update(page).where(*where).values(**behind).returning(page.c.key, page.c.version)
    rows = [{"page_key": row.key, "version": row.version} for row in connection.execute(newer)]
    if rows:
        put = upsert(connection, outbox)
        connection.execute(put.on_conflict_do_update(index_elements=["page_key"], set_={"version": put.excluded.version}), rows)


def read_pages(connection: Connection, *where: ColumnElement[bool]) -> list[tuple[PageRef, Reading, Entities]]:
    """The pages that fit and are read, in the order of their files, with what was read last."""
    done = page.c.state.in_(["read", "indexed"])
    return [_with_reading(connection, row) for row in connection.execute(records.pages(done, *where).order_by(page.c.number)).all()]


def _with_reading(connection: Connection, row: Row[Any]) -> tuple[PageRef, Reading, Entities]:
    ref = page_ref(row)
    latest = select(reading).where(reading.c.page_id == ref.page_id).order_by(reading.c.revision.desc()).limit(1)
    found = connection.execute(latest).one()
    [entities] = records.entities(connection, [found])
    return ref, records.unpack(found.content), entities


def hold(connection: Connection, refs: Sequence[PageRef]) -> dict[int, int]:
    """Hold all that a new reading of these pages changes; the holding of each of them by page key."""
    locks.scans(connection, [ref.sha256 for ref in refs])
    columns = select(page.c.key, page.c.holding_id)
    of = {
        row.key: row.holding_id
        for piece in in_pieces([ref.key for ref in refs])
        for row in connection.execute(columns.where(page.c.key.in_(piece)))
    }
    locks.holdings(connection, of.values())
    locks.pages_of(connection, [ref.page_id for ref in refs])
    return of
