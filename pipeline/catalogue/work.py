"""Pages on their way: leases, results, failures."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, case, delete, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from pipeline.catalogue import chain, records
from pipeline.catalogue.chain import Act
from pipeline.catalogue.database import Database
from pipeline.catalogue.records import in_pieces, page_ref, page_refs
from pipeline.catalogue.tables import mention, outbox, page, reading, rescan, source
from pipeline.errors import SijillError
from pipeline.model import Accession, Entities, PageRef, PageResult, Reading, Rescan

FREE = {"lease_owner": None, "lease_until": None}


class SqlWork:
    """ports.Work on the catalogue database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pending(self, holding_id: int | None = None) -> list[int]:
        mine = [page.c.holding_id == holding_id] if holding_id is not None else []
        with self._database.read() as connection:
            return list(connection.scalars(select(page.c.key).where(page.c.state == "waiting", *mine).order_by(page.c.key)))

    def lease(self, keys: Sequence[int], owner: str, seconds: float) -> list[PageRef]:
        now = self._database.clock()
        free = or_(page.c.lease_owner.is_(None), page.c.lease_owner == owner, page.c.lease_until < now)
        taken: list[int] = []
        with self._database.write() as connection:
            for piece in in_pieces(keys):
                mine = and_(page.c.key.in_(piece), page.c.state == "waiting", free)
                claim = update(page).where(mine).values(lease_owner=owner, lease_until=now + seconds).returning(page.c.key)
                taken += connection.scalars(claim)
            return list(page_refs(connection, sorted(taken)))

    def release(self, owner: str) -> int:
        with self._database.write() as connection:
            return connection.execute(update(page).where(page.c.lease_owner == owner).values(**FREE)).rowcount

    def owners(self) -> list[str]:
        with self._database.read() as connection:
            return list(connection.scalars(select(page.c.lease_owner).where(page.c.lease_owner.is_not(None)).distinct()))

    def known(self, page: PageRef, stage_key: str) -> bool:
        with self._database.read() as connection:
            newest = _latest(connection, [page.page_id]).get(page.page_id)
        if newest is None or not _stands(newest, stage_key):
            return False
        with self._database.write() as connection:
            self._advance(connection, [(page, newest.revision, newest.digest, newest.confidence)], "sijill")
        return True

    def record(self, results: Sequence[tuple[PageRef, str, PageResult]], actor: str) -> None:
        if not results:
            return
        now = self._database.clock()
        with self._database.write() as connection:
            latest = _latest(connection, [ref.page_id for ref, _, _ in results])
            read, rows, mentions, notes = [], [], [], []
            for ref, stage_key, result in results:
                newest = latest.get(ref.page_id)
                if newest is None or not _stands(newest, stage_key):
                    row, named = revision_rows(ref.page_id, newest.revision + 1 if newest else 0, stage_key, result, None, now)
                    rows.append(row)
                    mentions += named
                    read.append((ref, row["revision"], row["digest"], row["confidence"]))
                else:  # another worker, or a person, was here first
                    read.append((ref, newest.revision, newest.digest, newest.confidence))
                notes += [(ref.key, note) for note in result.rescan]
            insert_readings(connection, rows, mentions)
            _write_rescans(connection, notes)
            self._advance(connection, read, actor)
            for row in rows:
                if row["revision"]:
                    follow(connection, row["page_id"], row["confidence"], page.c.key.not_in([ref.key for ref, _, _ in results]))

    def _advance(self, connection: Connection, read: Sequence[tuple[PageRef, int, str, float | None]], actor: str) -> None:
        """Take pages on to ``read`` with (page, revision, digest, confidence), telling the custody record and the outbox."""
        to_read = update(page).where(page.c.key == bindparam("at")).values(state="read", confidence=bindparam("sure"), **FREE)
        connection.execute(to_read, [{"at": ref.key, "sure": confidence} for ref, _, _, confidence in read])
        holdings: dict[int, list[Act]] = {}
        for piece in in_pieces(read):
            keys = [ref.key for ref, _, _, _ in piece]
            touch(connection, page.c.key.in_(keys))
            of = {row.key: row.holding_id for row in connection.execute(select(page.c.key, page.c.holding_id).where(page.c.key.in_(keys)))}
            for ref, revision, digest, _ in piece:
                holdings.setdefault(of[ref.key], []).append(Act("page-read", ref.page_id, {"revision": revision, "reading": digest}))
        for holding_id, acts in holdings.items():
            chain.append(connection, holding_id, actor, acts, self._database.clock())

    def fail(self, page: PageRef, error: SijillError, attempts: int, actor: str) -> bool:
        with self._database.write() as connection:
            row = connection.execute(_count_attempt(page.key)).one_or_none()
            if row is None:  # another worker read it, or set it aside, after this one's lease ran out
                return False
            again = error.retryable and row.attempts < attempts
            if not again:
                _set_aside(connection, page.key, error)
                act = Act("page-failed", page.page_id, {"code": error.code, "attempts": row.attempts})
                chain.append(connection, row.holding_id, actor, [act], self._database.clock())
            return again

    def retry(self, actor: str) -> list[int]:
        with self._database.write() as connection:
            again = update(page).where(page.c.state == "failed").values(state="waiting", attempts=0, code=None, detail=None, **FREE)
            rows = connection.execute(again.returning(page.c.key, page.c.holding_id, page.c.page_id)).all()
            for holding_id in {row.holding_id for row in rows}:
                acts = [Act("page-retried", row.page_id, {}) for row in rows if row.holding_id == holding_id]
                chain.append(connection, holding_id, actor, acts, self._database.clock())
            return sorted(row.key for row in rows)

    def note_gaps(self, keys: Sequence[int], notes: Sequence[tuple[int, Rescan]]) -> None:
        with self._database.write() as connection:
            for piece in in_pieces(keys):
                connection.execute(delete(rescan).where(rescan.c.page_key.in_(piece), rescan.c.code.startswith("missing-")))
            _write_rescans(connection, notes)

    def files(self, accession: Accession) -> Iterator[list[tuple[PageRef, Reading, Entities]]]:
        with self._database.read() as connection:
            batch = select(source.c.id).where(source.c.accession_id == accession.id, source.c.status == "accepted")
            for source_id in connection.scalars(batch.order_by(source.c.id)).all():
                yield [_with_reading(connection, row) for row in _read_pages(connection, page.c.source_id == source_id)]


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
        put = upsert(outbox)
        connection.execute(put.on_conflict_do_update(index_elements=["page_key"], set_={"version": put.excluded.version}), rows)


def _latest(connection: Connection, page_ids: Sequence[str]) -> dict[str, Any]:
    """The newest revision of each page that has one."""
    columns = (reading.c.page_id, reading.c.revision, reading.c.stage_key, reading.c.digest, reading.c.confidence, reading.c.by)
    found = {}
    for piece in in_pieces(sorted(set(page_ids))):
        for row in connection.execute(select(*columns).where(reading.c.page_id.in_(piece)).order_by(reading.c.revision)):
            found[row.page_id] = row
    return found


def _stands(newest: Any, stage_key: str) -> bool:
    """Whether a stored reading makes a new one needless: it comes from the same stage, or a person has been over it."""
    return newest.stage_key == stage_key or newest.by is not None


def _count_attempt(key: int) -> Any:
    tried = (page.c.key == key) & (page.c.state == "waiting")
    return update(page).where(tried).values(attempts=page.c.attempts + 1).returning(page.c.attempts, page.c.holding_id)


def _set_aside(connection: Connection, key: int, error: SijillError) -> None:
    connection.execute(update(page).where(page.c.key == key).values(state="failed", code=error.code, detail=error.detail, **FREE))


def _write_rescans(connection: Connection, notes: Sequence[tuple[int, Rescan]]) -> None:
    if notes:
        rows = [{"page_key": key, "code": note.code, "detail": note.detail} for key, note in notes]
        put = upsert(rescan)
        connection.execute(put.on_conflict_do_update(index_elements=["page_key", "code"], set_={"detail": put.excluded.detail}), rows)


def _read_pages(connection: Connection, *where: ColumnElement[bool]) -> Sequence[Row[Any]]:
    done = page.c.state.in_(["read", "indexed"])
    return connection.execute(records.pages(done, *where).order_by(page.c.number)).all()


def _with_reading(connection: Connection, row: Row[Any]) -> tuple[PageRef, Reading, Entities]:
    ref = page_ref(row)
    latest = select(reading).where(reading.c.page_id == ref.page_id).order_by(reading.c.revision.desc()).limit(1)
    found = connection.execute(latest).one()
    [entities] = records.entities(connection, [found])
    return ref, records.unpack(found.content), entities
