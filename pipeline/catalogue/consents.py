"""Consent terms of holdings, every decision kept, and the corrected pages they let a reader learn from."""

from collections.abc import Iterator, Sequence, Set
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, distinct, exists, func, insert, select

from pipeline.catalogue import chain, locks
from pipeline.catalogue.chain import Act
from pipeline.catalogue.database import Database
from pipeline.catalogue.readings import READ, stored
from pipeline.catalogue.records import bounds, in_pieces
from pipeline.catalogue.tables import consent, holding, page, reading
from pipeline.catalogue.text import digest
from pipeline.consent import LeftOut, Term
from pipeline.errors import NotFound
from pipeline.model import StoredPage


class SqlConsents:
    """What each holding allows, on the catalogue database."""

    def __init__(self, database: Database, within: Set[int] | None = None) -> None:
        self._database, self._within = database, within

    def terms(self) -> list[Term]:
        """The latest term of every holding, in the order they were opened."""
        with self._database.read() as connection:
            rows = connection.execute(_latest_terms().where(bounds(holding.c.id, self._within)).order_by(holding.c.id)).all()
        return [Term(row.holding_id, row.name, bool(row.training), row.reason or "", row.by, row.at) for row in rows]

    def decide(self, name: str, training: bool, reason: str, by: str, actor: str | None = None) -> Term:
        """Set a holding's term from now on; ``actor`` enters what ``by`` decided, None: by itself. Raises NotFound (no-such-holding)."""
        with self._database.write() as connection:
            holding_id = locks.holding_named(connection, name)
            if holding_id is None or (self._within is not None and holding_id not in self._within):
                raise NotFound("no-such-holding", f"there is no holding {name!r}", "`sijill status` lists them.")
            now = self._database.now(connection)
            row = {"holding_id": holding_id, "training": training, "reason": reason, "by": by, "at": now}
            number = connection.execute(insert(consent).values(row).returning(consent.c.id)).scalar_one()
            details = {"reason": digest(reason), **({"by": digest(by)} if actor is not None else {})}
            act = Act(f"training-{'allowed' if training else 'refused'}", str(number), details)
            chain.append(connection, holding_id, by if actor is None else actor, [act], now)
        return Term(holding_id, name, training, reason, by, now)

    def decisions(self) -> Iterator[tuple[int, str, bool, str, str]]:
        """(holding, number, training, digest of the reason, by) of every decision, for checking against the custody record."""
        with self._database.read() as connection:
            for row in connection.execute(select(consent).order_by(consent.c.id)):
                yield row.holding_id, str(row.id), bool(row.training), digest(row.reason), row.by

    def may_be_learned_from(self, holdings: Sequence[int]) -> Iterator[tuple[frozenset[int], StoredPage]]:
        """Corrected pages of these holdings, each once, with the holdings (of all) that have it, every one of which allows it."""
        with self._database.read() as connection:
            for piece in in_pieces(_learnable(connection, holdings)):
                for item in stored(connection, page.c.key.in_(piece)):
                    yield _holders(connection, item.page.page_id), item

    def how_many(self, holdings: Sequence[int]) -> int:
        """How many pages ``may_be_learned_from`` has now."""
        with self._database.read() as connection:
            return len(_learnable(connection, holdings))

    def left_out(self) -> list[LeftOut]:
        """What may not be learned from, by holding and reason: withdrawn first, then its own terms, then another holding's."""
        allowed = _allowed(page.c.holding_id)
        code = case((page.c.withdrawn, "withdrawn"), (~allowed, "not-allowed"), else_="also-elsewhere")
        chosen = _corrected(page.c.withdrawn | ~allowed | _denied_somewhere()).add_columns(code.label("code")).subquery()
        counted = select(chosen.c.holding_id, chosen.c.code, func.count(distinct(chosen.c.key)).label("pages"))
        with self._database.read() as connection:
            rows = connection.execute(counted.group_by(chosen.c.holding_id, chosen.c.code).order_by(chosen.c.holding_id, chosen.c.code))
            return [LeftOut(row.holding_id, row.code, row.pages) for row in rows]


def _learnable(connection: Connection, holdings: Sequence[int]) -> Sequence[int]:
    """One key a page."""
    chosen = _corrected(page.c.holding_id.in_(holdings), ~page.c.withdrawn, ~_denied_somewhere()).subquery()
    return connection.scalars(select(func.min(chosen.c.key).label("key")).group_by(chosen.c.page_id).order_by("key")).all()


def _latest_terms() -> Select[Any]:
    """Every holding with its latest decision, empty where there is none."""
    newest = select(func.max(consent.c.id)).where(consent.c.holding_id == holding.c.id).correlate(holding).scalar_subquery()
    columns = (holding.c.id.label("holding_id"), holding.c.name, consent.c.training, consent.c.reason, consent.c.by, consent.c.at)
    return select(*columns).select_from(holding.outerjoin(consent, consent.c.id == newest))


def _allowed(holding_id: ColumnElement[int]) -> ColumnElement[bool]:
    latest = _latest_terms().subquery()
    return exists().where(latest.c.holding_id == holding_id, latest.c.training)


def _denied_somewhere() -> ColumnElement[bool]:
    """A holding with the same page does not allow it: the stricter term holds, since corrections are shared."""
    other = page.alias()
    return exists().where(other.c.page_id == page.c.page_id, ~_allowed(other.c.holding_id))


def _corrected(*where: ColumnElement[bool]) -> Select[Any]:
    """Keys, ids and holdings of the pages that fit and whose newest reading holds a checked line."""
    every = reading.alias()
    newest = select(func.max(every.c.revision)).where(every.c.page_id == page.c.page_id).correlate(page).scalar_subquery()
    same = and_(reading.c.page_id == page.c.page_id, reading.c.revision == newest)
    columns = (page.c.key, page.c.page_id, page.c.holding_id)
    return select(*columns).select_from(page.join(reading, same)).where(READ, reading.c.checked, *where)


def _holders(connection: Connection, page_id: str) -> frozenset[int]:
    return frozenset(connection.scalars(select(page.c.holding_id).where(page.c.page_id == page_id)))
