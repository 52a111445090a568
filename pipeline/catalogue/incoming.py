"""Places in S3 stores that papers come from: which objects of theirs are in already, which are watched, which batches are under way."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Connection, ForeignKey, Integer, Table, UniqueConstraint, delete, exists, func, insert, select

from pipeline.arrivals import Batch, Watched
from pipeline.catalogue.database import Database
from pipeline.catalogue.records import in_pieces
from pipeline.catalogue.tables import accession, holding, metadata, page, source
from pipeline.catalogue.text import Words, digest
from pipeline.catalogue.upserts import upsert
from pipeline.errors import NotFound
from pipeline.model import Accession

# What became of an object as it was listed: it need not be fetched again while the store lists it with the same mark.
arrival = Table(
    "arrival",
    metadata,
    Column("holding_id", ForeignKey("holding.id"), primary_key=True),
    Column("name_digest", Words(64), primary_key=True),  # of s3://BUCKET/KEY, which may be longer than an index takes
    Column("mark", Words(64), nullable=False),  # digest of the store's ETag, size and time
    Column("status", Words(10), nullable=False),
)

# A place whose new objects are taken up as they arrive.
incoming = Table(
    "incoming",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("holding_id", ForeignKey("holding.id"), nullable=False),
    Column("place", Words(), nullable=False),  # s3://BUCKET/PREFIX
    Column("accession_id", ForeignKey("accession.id"), nullable=False),  # the batches to come are described as this one is
    UniqueConstraint("holding_id", "place"),
)

# Its batches that have not ended yet.
incoming_batch = Table(
    "incoming_batch",
    metadata,
    Column("accession_id", ForeignKey("accession.id"), primary_key=True, autoincrement=False),
    Column("incoming_id", ForeignKey("incoming.id"), nullable=False, index=True),
)


class SqlIncoming:
    """arrivals.Seen and arrivals.Record on the catalogue database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self, holding_id: int, objects: Sequence[tuple[str, str]]) -> list[str | None]:
        digests = [digest(name) for name, _ in objects]
        known: dict[str, tuple[str, str]] = {}
        with self._database.read() as connection:
            for piece in in_pieces(digests):
                mine = (arrival.c.holding_id == holding_id) & arrival.c.name_digest.in_(piece)
                known |= {row.name_digest: (row.mark, row.status) for row in connection.execute(select(arrival).where(mine))}
        found = [known.get(name) for name in digests]
        return [was[1] if was and was[0] == digest(mark) else None for was, (_, mark) in zip(found, objects, strict=True)]

    def note(self, holding_id: int, name: str, mark: str, status: str) -> None:
        with self._database.write() as connection:
            put = upsert(connection, arrival).values(holding_id=holding_id, name_digest=digest(name), mark=digest(mark), status=status)
            set_ = {"mark": put.excluded.mark, "status": put.excluded.status}
            connection.execute(put.on_conflict_do_update(index_elements=["holding_id", "name_digest"], set_=set_))

    def watch(self, place: str, described: Accession) -> Watched:
        with self._database.write() as connection:
            put = upsert(connection, incoming).values(holding_id=described.holding_id, place=place, accession_id=described.id)
            again = put.on_conflict_do_update(index_elements=["holding_id", "place"], set_={"accession_id": put.excluded.accession_id})
            number = int(connection.execute(again.returning(incoming.c.id)).scalar_one())
            empty = ~exists().where(source.c.accession_id == incoming_batch.c.accession_id)
            connection.execute(delete(incoming_batch).where(incoming_batch.c.incoming_id == number, empty))
            connection.execute(insert(incoming_batch).values(accession_id=described.id, incoming_id=number))
            return _watched(connection, incoming.c.id == number)

    def watched(self, number: int) -> Watched:
        with self._database.read() as connection:
            return _watched(connection, incoming.c.id == number)

    def named(self, place: str, holding_name: str) -> Watched:
        with self._database.read() as connection:
            return _watched(connection, (incoming.c.place == place) & (holding.c.name == holding_name))

    def begun(self, number: int, batch: Accession) -> None:
        with self._database.write() as connection:
            connection.execute(insert(incoming_batch).values(accession_id=batch.id, incoming_id=number))

    def ended(self, batch: Accession) -> None:
        with self._database.write() as connection:
            connection.execute(delete(incoming_batch).where(incoming_batch.c.accession_id == batch.id))

    def batches(self, number: int) -> list[Batch]:
        whole = incoming_batch.join(accession, accession.c.id == incoming_batch.c.accession_id)
        whole = whole.join(holding, holding.c.id == accession.c.holding_id)
        mine = select(accession.c.id, accession.c.holding_id, holding.c.name).select_from(whole)
        with self._database.read() as connection:
            rows = connection.execute(mine.where(incoming_batch.c.incoming_id == number).order_by(accession.c.id)).all()
            return [_batch(connection, Accession(row.id, row.holding_id, row.name)) for row in rows]


def _batch(connection: Connection, batch: Accession) -> Batch:
    files = connection.scalar(select(func.count()).where(source.c.accession_id == batch.id)) or 0
    pages = select(page.c.key, page.c.state).join(source, source.c.id == page.c.source_id).where(source.c.accession_id == batch.id)
    rows = connection.execute(pages.order_by(page.c.key)).all()
    return Batch(batch, files, tuple(row.key for row in rows), frozenset(row.key for row in rows if row.state == "waiting"))


def _watched(connection: Connection, which: Any) -> Watched:
    described = select(incoming.c.id, incoming.c.place, holding.c.name, incoming.c.holding_id, accession.c.box, accession.c.manifest)
    whole = incoming.join(holding, holding.c.id == incoming.c.holding_id).join(accession, accession.c.id == incoming.c.accession_id)
    row = connection.execute(described.select_from(whole).where(which)).one_or_none()
    if row is None:
        raise NotFound("not-watched", "nothing is taken up from this place into this holding", "`sijill incoming` begins it.")
    return Watched(row.id, row.place, row.holding_id, row.name, row.box, json.loads(row.manifest))
