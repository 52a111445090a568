"""What came in: holdings, batches, files and the pages they brought."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from pipeline.catalogue import chain
from pipeline.catalogue.chain import Act
from pipeline.catalogue.database import Database
from pipeline.catalogue.records import in_pieces
from pipeline.catalogue.tables import accession as accessions
from pipeline.catalogue.tables import holding, page, scan, source, withdrawal
from pipeline.custody import Checkpoint
from pipeline.model import Accession, Offered, Standing, Value


class SqlAccessions:
    """ports.Accessions on the catalogue database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, holding: str, box: str | None, manifest: Mapping[str, str], actor: str) -> Accession:
        now = self._database.clock()
        with self._database.write() as connection:
            holding_id = _holding_id(connection, holding, now)
            text = json.dumps(dict(manifest), ensure_ascii=False, sort_keys=True)
            row = insert(accessions).values(holding_id=holding_id, box=box, manifest=text, opened_at=now).returning(accessions.c.id)
            opened = Accession(connection.execute(row).scalar_one(), holding_id, holding)
            details = {"box": _digest(box or ""), "manifest": _digest(text)}
            chain.append(connection, holding_id, actor, [Act("accession-opened", str(opened.id), details)], now)
            return opened

    def close(self, accession: Accession, actor: str) -> Checkpoint:
        with self._database.write() as connection:
            files = connection.scalar(select(func.count()).where(source.c.accession_id == accession.id)) or 0
            act = Act("accession-closed", str(accession.id), {"files": files})
            return chain.append(connection, accession.holding_id, actor, [act], self._database.clock())

    def standing(self, accession: Accession, files: Sequence[tuple[str, str]]) -> list[Standing]:
        held: dict[str, dict[str, str]] = {}
        with self._database.read() as connection:
            for piece in in_pieces([sha256 for _, sha256 in files]):
                same = (source.c.holding_id == accession.holding_id) & source.c.sha256.in_(piece)
                for row in connection.execute(select(source.c.sha256, source.c.location_digest, source.c.status).where(same)):
                    held.setdefault(row.sha256, {})[row.location_digest] = row.status
        places = [(held.get(sha256, {}), _digest(location)) for location, sha256 in files]
        return [Standing(known.get(place), "accepted" in known.values()) for known, place in places]

    def record(self, accession: Accession, offers: Sequence[Offered], actor: str) -> list[int]:
        now = self._database.clock()
        keys: list[int] = []
        with self._database.write() as connection:
            acts: list[Act] = []
            for offered in offers:
                settled = _settle_race(connection, accession, offered)
                source_id = _write_source(connection, accession, settled, now)
                if source_id is None:
                    continue
                if settled.status == "accepted":
                    keys += _write_pages(connection, accession, source_id, settled)
                where = _digest(settled.location)
                details: dict[str, Value] = {"location": where, "pages": len(settled.numbers), "code": settled.code or ""}
                acts.append(Act(f"file-{settled.status}", settled.sha256, details))
            chain.append(connection, accession.holding_id, actor, acts, now)
        return keys


def _holding_id(connection: Connection, name: str, now: float) -> int:
    connection.execute(upsert(holding).values(name=name, opened_at=now).on_conflict_do_nothing())
    return int(connection.execute(select(holding.c.id).where(holding.c.name == name)).scalar_one())


def _settle_race(connection: Connection, accession: Accession, offered: Offered) -> Offered:
    """Two batches may offer the same bytes at once: whoever writes second brings a duplicate."""
    if offered.status != "accepted":
        return offered
    same = (source.c.holding_id == accession.holding_id) & (source.c.sha256 == offered.sha256) & (source.c.status == "accepted")
    elsewhere = same & (source.c.location_digest != _digest(offered.location))
    if connection.scalar(select(func.count()).where(elsewhere)):
        return Offered(offered.location, offered.name, "duplicate", offered.sha256, offered.size, offered.media_type)
    return offered


def _write_source(connection: Connection, accession: Accession, offered: Offered, now: float) -> int | None:
    """The provenance row, None when this very file is in already.

    A file that was refused before keeps its row, with the new outcome and batch; nothing changes one that was taken.
    """
    digest = _digest(offered.location)
    if offered.sha256:  # its bytes could not be had before, now they can
        unread = (source.c.holding_id == accession.holding_id) & (source.c.location_digest == digest) & (source.c.sha256 == "")
        connection.execute(delete(source).where(unread))
    outcome = {
        "accession_id": accession.id, "name": offered.name, "status": offered.status, "code": offered.code, "detail": offered.detail,
        "bytes": offered.size, "seen_at": now,
    }  # fmt: skip
    row = upsert(source).values(
        holding_id=accession.holding_id, location=offered.location, location_digest=digest, sha256=offered.sha256, **outcome
    )  # fmt: skip
    same = ["holding_id", "location_digest", "sha256"]
    row = row.on_conflict_do_update(index_elements=same, set_=outcome, where=source.c.status == "refused")
    return connection.execute(row.returning(source.c.id)).scalar_one_or_none()


def _write_pages(connection: Connection, accession: Accession, source_id: int, offered: Offered) -> list[int]:
    connection.execute(
        upsert(scan).values(sha256=offered.sha256, media_type=offered.media_type, pages=len(offered.numbers)).on_conflict_do_nothing()
    )
    hidden = set(connection.scalars(select(withdrawal.c.page_id).where(withdrawal.c.page_id.startswith(offered.sha256))))
    rows = [
        {
            "holding_id": accession.holding_id, "source_id": source_id, "sha256": offered.sha256, "number": number,
            "page_id": page_id(offered.sha256, number), "state": "waiting", "withdrawn": page_id(offered.sha256, number) in hidden,
        }
        for number in offered.numbers
    ]  # fmt: skip
    keys: list[int] = []
    for piece in in_pieces(rows, 1000):
        new = upsert(page).on_conflict_do_nothing().returning(page.c.key)
        keys += connection.scalars(new, piece)
    return sorted(keys)


def page_id(sha256: str, number: int) -> str:
    """A page's id: the same wherever the same bytes turn up."""
    return f"{sha256}-{number}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
