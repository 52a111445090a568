"""Pages on their way: leases, results, failures."""

from collections.abc import Iterator, Sequence, Set
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, update

from pipeline.catalogue import chain, locks
from pipeline.catalogue.chain import Act
from pipeline.catalogue.database import Database
from pipeline.catalogue.records import bounds, in_pieces, page_refs
from pipeline.catalogue.revisions import Newest, follow, hold, insert_readings, newest, read_pages, revision_rows, touch
from pipeline.catalogue.tables import page, rescan, source
from pipeline.catalogue.upserts import upsert
from pipeline.errors import SijillError
from pipeline.model import Accession, Entities, PageRef, PageResult, Reading, Rescan

FREE = {"lease_owner": None, "lease_until": None}
Advance = tuple[PageRef, int, str, float | None]  # a page, and the revision, digest and confidence of what was read of it


class SqlWork:
    """ports.Work on the catalogue database."""

    def __init__(self, database: Database, within: Set[int] | None = None) -> None:
        self._database, self._mine = database, bounds(page.c.holding_id, within)

    def pending(self, holding_id: int | None = None) -> list[int]:
        mine = [self._mine, *([page.c.holding_id == holding_id] if holding_id is not None else [])]
        with self._database.read() as connection:
            return list(connection.scalars(select(page.c.key).where(page.c.state == "waiting", *mine).order_by(page.c.key)))

    def lease(self, keys: Sequence[int], owner: str, seconds: float) -> list[PageRef]:
        taken: list[int] = []
        with self._database.write() as connection:
            now = self._database.now(connection)
            free = or_(page.c.lease_owner.is_(None), page.c.lease_owner == owner, page.c.lease_until < now)
            for piece in in_pieces(sorted(keys)):
                mine = locks.free_pages(connection, page.c.key.in_(piece), page.c.state == "waiting", free)
                connection.execute(update(page).where(page.c.key.in_(mine)).values(lease_owner=owner, lease_until=now + seconds))
                taken += mine
            return list(page_refs(connection, taken))

    def renew(self, owner: str, seconds: float) -> int:
        with self._database.write() as connection:
            return self._held(connection, owner, {"lease_until": self._database.now(connection) + seconds})

    def release(self, owner: str) -> int:
        with self._database.write() as connection:
            return self._held(connection, owner, FREE)

    def owners(self) -> list[str]:
        with self._database.read() as connection:
            return list(connection.scalars(select(page.c.lease_owner).where(page.c.lease_owner.is_not(None)).distinct()))

    def known(self, page: PageRef, stage_key: str) -> bool:
        with self._database.read() as connection:
            if not _stands(newest(connection, [page.page_id]).get(page.page_id), stage_key):
                return False
        with self._database.write() as connection:
            of = hold(connection, [page])
            found = newest(connection, [page.page_id])[page.page_id]  # a person may have corrected it meanwhile
            self._advance(connection, [(page, found.revision, found.digest, found.confidence)], of, "sijill")
        return True

    def record(self, results: Sequence[tuple[PageRef, str, PageResult]], actor: str) -> None:
        if not results:
            return
        refs = [ref for ref, _, _ in results]
        with self._database.write() as connection:
            of = hold(connection, refs)
            now, latest = self._database.now(connection), newest(connection, [ref.page_id for ref in refs])
            read, rows, mentions = list[Advance](), [], []
            for ref, stage_key, result in results:
                found = latest.get(ref.page_id)
                if found is None or not found.stands(stage_key):  # else another worker, or a person, was here first
                    row, named = revision_rows(ref.page_id, found.revision + 1 if found else 0, stage_key, result, None, now)
                    found = latest[ref.page_id] = Newest(row["revision"], stage_key, row["digest"], row["confidence"], None)
                    rows.append(row)
                    mentions += named
                read.append((ref, found.revision, found.digest, found.confidence))
            insert_readings(connection, rows, mentions)
            _write_rescans(connection, [(ref.key, note) for ref, _, result in results for note in result.rescan])
            self._advance(connection, read, of, actor)
            for row in rows:
                if row["revision"]:
                    follow(connection, row["page_id"], row["confidence"], page.c.key.not_in([ref.key for ref in refs]))

    def fail(self, page: PageRef, error: SijillError, attempts: int, actor: str) -> bool:
        with self._database.write() as connection:
            holding_id = _hold_holding_of(connection, page.key)
            tried = connection.execute(_count_attempt(page.key)).scalar_one_or_none()
            if tried is None:  # another worker read it, or set it aside, after this one's lease ran out
                return False
            again = error.retryable and tried < attempts
            if not again:
                _set_aside(connection, page.key, error)
                act = Act("page-failed", page.page_id, {"code": error.code, "attempts": tried})
                chain.append(connection, holding_id, actor, [act], self._database.now(connection))
            return again

    def retry(self, actor: str) -> list[int]:
        failed = and_(page.c.state == "failed", self._mine)
        with self._database.write() as connection:
            mine = connection.scalars(select(page.c.holding_id).where(failed).distinct()).all()
            locks.holdings(connection, mine)
            keys = locks.pages(connection, failed, page.c.holding_id.in_(mine))
            anew = {"state": "waiting", "attempts": 0, "code": None, "detail": None, **FREE}
            told: dict[int, list[Act]] = {}
            for piece in in_pieces(keys):
                again = update(page).where(page.c.key.in_(piece)).values(**anew)
                for _, holding_id, page_id in sorted(connection.execute(again.returning(page.c.key, page.c.holding_id, page.c.page_id))):
                    told.setdefault(holding_id, []).append(Act("page-retried", page_id, {}))
            for holding_id, acts in told.items():
                chain.append(connection, holding_id, actor, acts, self._database.now(connection))
            return keys

    def note_gaps(self, keys: Sequence[int], notes: Sequence[tuple[int, Rescan]]) -> None:
        with self._database.write() as connection:
            for piece in in_pieces(sorted({*keys, *(key for key, _ in notes)})):
                locks.pages(connection, page.c.key.in_(piece))
            for piece in in_pieces(keys):
                connection.execute(delete(rescan).where(rescan.c.page_key.in_(piece), rescan.c.code.startswith("missing-")))
            _write_rescans(connection, notes)

    def files(self, accession: Accession) -> Iterator[list[tuple[PageRef, Reading, Entities]]]:
        with self._database.read() as connection:
            batch = select(source.c.id).where(source.c.accession_id == accession.id, source.c.status == "accepted")
            for source_id in connection.scalars(batch.order_by(source.c.id)).all():
                yield read_pages(connection, page.c.source_id == source_id)

    def _advance(self, connection: Connection, read: Sequence[Advance], of: dict[int, int], actor: str) -> None:
        """Take pages, of these holdings by key, on to ``read``, telling the custody record and the outbox."""
        to_read = update(page).where(page.c.key == bindparam("at")).values(state="read", confidence=bindparam("sure"), **FREE)
        connection.execute(to_read, [{"at": ref.key, "sure": confidence} for ref, _, _, confidence in read])
        told: dict[int, list[Act]] = {}
        for piece in in_pieces(read):
            touch(connection, page.c.key.in_([ref.key for ref, _, _, _ in piece]))
            for ref, revision, digest, _ in piece:
                told.setdefault(of[ref.key], []).append(Act("page-read", ref.page_id, {"revision": revision, "reading": digest}))
        for holding_id, acts in told.items():
            chain.append(connection, holding_id, actor, acts, self._database.now(connection))

    def _held(self, connection: Connection, owner: str, values: dict[str, float] | dict[str, None]) -> int:
        """Change the leases of an owner; returns how many there are."""
        keys = locks.pages(connection, page.c.lease_owner == owner)
        for piece in in_pieces(keys):
            connection.execute(update(page).where(page.c.key.in_(piece)).values(**values))
        return len(keys)


def _stands(found: Newest | None, stage_key: str) -> bool:
    return found is not None and found.stands(stage_key)


def _hold_holding_of(connection: Connection, key: int) -> int:
    holding_id = int(connection.execute(select(page.c.holding_id).where(page.c.key == key)).scalar_one())
    locks.holdings(connection, [holding_id])
    return holding_id


def _count_attempt(key: int) -> Any:
    tried = and_(page.c.key == key, page.c.state == "waiting")
    return update(page).where(tried).values(attempts=page.c.attempts + 1).returning(page.c.attempts)


def _set_aside(connection: Connection, key: int, error: SijillError) -> None:
    connection.execute(update(page).where(page.c.key == key).values(state="failed", code=error.code, detail=error.detail, **FREE))


def _write_rescans(connection: Connection, notes: Sequence[tuple[int, Rescan]]) -> None:
    if notes:
        last = {(key, note.code): note.detail for key, note in notes}  # one statement takes each only once
        rows = [{"page_key": key, "code": code, "detail": detail} for (key, code), detail in last.items()]
        put = upsert(connection, rescan)
        connection.execute(put.on_conflict_do_update(index_elements=["page_key", "code"], set_={"detail": put.excluded.detail}), rows)
