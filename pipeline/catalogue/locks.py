"""What a writer holds so that a check and the act upon it are one step, however many workers write at once.

On SQLite a writer has the database to itself from its first statement on. On PostgreSQL writers run side by side in READ COMMITTED and
take row locks, always in the same order, so that no two wait for each other:

1. scans, by sha256: all that belongs to content (its readings, corrections and withdrawal), in whatever holding;
2. holdings, by id: its custody chain, its provenance, its consent terms;
3. pages, by key: state, lease, version, rescan notes, and their rows of the outbox;
4. the archive's own chain: who was let in and what was asked, and with it the accounts.

A transaction may leave a step out, never go back. Why not SERIALIZABLE: its failures come at any statement and have to be tried again from
the first, which every caller would have to be written for; and all writers of a holding meet at the end of its one chain anyway, so that
they would mostly fail where here they wait a few milliseconds. Pages to lease are the exception: those that somebody has locked are passed
over, not waited for.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, func, select, text

from pipeline.catalogue.records import in_pieces
from pipeline.catalogue.tables import holding, page, scan

OWN_CHAIN = int.from_bytes(b"sijill-0")  # of the advisory lock; any number that no other program takes


def scans(connection: Connection, sha256s: Iterable[str]) -> None:
    """Hold these scans, those that there are."""
    for piece in in_pieces(sorted(set(sha256s))):
        connection.scalars(
            select(scan.c.sha256).where(scan.c.sha256.in_(piece)).order_by(scan.c.sha256).with_for_update(key_share=True)
        ).all()


def holdings(connection: Connection, ids: Iterable[int]) -> None:
    """Hold these holdings."""
    for piece in in_pieces(sorted(set(ids))):
        connection.scalars(select(holding.c.id).where(holding.c.id.in_(piece)).order_by(holding.c.id).with_for_update(key_share=True)).all()


def own_chain(connection: Connection) -> None:
    """Hold the chain of the archive as a whole, which has no row of its own that could be locked; readers and other chains go on."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(OWN_CHAIN)))


def holding_named(connection: Connection, name: str) -> int | None:
    """Hold the holding of this name; its id, None when there is none."""
    found: int | None = connection.scalar(select(holding.c.id).where(holding.c.name == name).with_for_update(key_share=True))
    return found


def pages(connection: Connection, *where: ColumnElement[bool]) -> list[int]:
    """Hold the pages that fit; their keys, in order."""
    return list(connection.scalars(select(page.c.key).where(*where).order_by(page.c.key).with_for_update(key_share=True)))


def pages_of(connection: Connection, page_ids: Sequence[str]) -> list[int]:
    """Hold these pages in every holding that has them; their keys, in order."""
    keys = [
        key for piece in in_pieces(sorted(set(page_ids))) for key in connection.scalars(select(page.c.key).where(page.c.page_id.in_(piece)))
    ]
    return [key for piece in in_pieces(sorted(keys)) for key in pages(connection, page.c.key.in_(piece))]


def free_pages(connection: Connection, *where: ColumnElement[bool]) -> list[int]:
    """Hold those of the pages that fit which nobody else holds; their keys, in order."""
    fit = select(page.c.key).where(*where).order_by(page.c.key)
    return list(connection.scalars(fit.with_for_update(key_share=True, skip_locked=True)))


def all_pages(connection: Connection) -> None:
    """Keep every other writer from the pages; who only reads is not held up."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("lock table page in exclusive mode"))
