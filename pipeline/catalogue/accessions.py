"""What came in: holdings, batches, files and the pages they brought."""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select

from pipeline.access import refusal
from pipeline.catalogue import chain, locks
from pipeline.catalogue.chain import Act
from pipeline.catalogue.database import Database
from pipeline.catalogue.records import in_pieces
from pipeline.catalogue.tables import accession as accessions
from pipeline.catalogue.tables import holding, page, scan, source, withdrawal
from pipeline.catalogue.text import digest
from pipeline.catalogue.upserts import upsert
from pipeline.custody import Checkpoint
from pipeline.ledger import Offered, Standing
from pipeline.model import Accession, Value


class SqlAccessions:
    """ports.Accessions on the catalogue database."""

    def __init__(self, database: Database, within: Set[int] | None = None) -> None:
        self._database, self._within = database, within

    def open(self, holding: str, box: str | None, manifest: Mapping[str, str], actor: str) -> Accession:
        with self._database.write() as connection:
            now = self._database.now(connection)
            if self._within is not None and locks.holding_named(connection, holding) not in self._within:
                raise refusal("your account may take nothing in there, or may not make that holding")
            holding_id = _holding_id(connection, holding, now)
            text = json.dumps(dict(manifest), ensure_ascii=False, sort_keys=True)
            row = insert(accessions).values(holding_id=holding_id, box=box, manifest=text, opened_at=now).returning(accessions.c.id)
            opened = Accession(connection.execute(row).scalar_one(), holding_id, holding)
            details = {"box": digest(box or ""), "manifest": digest(text)}
            chain.append(connection, holding_id, actor, [Act("accession-opened", str(opened.id), details)], now)
            return opened

    def close(self, accession: Accession, actor: str) -> Checkpoint:
        with self._database.write() as connection:
            locks.holdings(connection, [accession.holding_id])
            files = connection.scalar(select(func.count()).where(source.c.accession_id == accession.id)) or 0
            act = Act("accession-closed", str(accession.id), {"files": files})
            return chain.append(connection, accession.holding_id, actor, [act], self._database.now(connection))

    def standing(self, accession: Accession, files: Sequence[tuple[str, str]]) -> list[Standing]:
        held: dict[str, dict[str, str]] = {}
        with self._database.read() as connection:
            for piece in in_pieces([sha256 for _, sha256 in files]):
                same = (source.c.holding_id == accession.holding_id) & source.c.sha256.in_(piece)
                for row in connection.execute(select(source.c.sha256, source.c.location_digest, source.c.status).where(same)):
                    held.setdefault(row.sha256, {})[row.location_digest] = row.status
        places = [(held.get(sha256, {}), digest(location)) for location, sha256 in files]
        return [Standing(known.get(place), "accepted" in known.values()) for known, place in places]

    def record(self, accession: Accession, offers: Sequence[Offered], actor: str) -> list[int]:
        with self._database.write() as connection:
            _hold_scans(connection, [offered for offered in offers if offered.status == "accepted"])
            locks.holdings(connection, [accession.holding_id])
            now = self._database.now(connection)
            settled = _settled(connection, accession, offers)
            written = _write_sources(connection, accession, settled, now)
            keys = _write_pages(connection, accession, [(id_, offered) for id_, offered in written if offered.status == "accepted"])
            chain.append(connection, accession.holding_id, actor, [_act(offered) for _, offered in written], now)
        return keys


def _holding_id(connection: Connection, name: str, now: float) -> int:
    if (found := locks.holding_named(connection, name)) is not None:
        return found
    connection.execute(upsert(connection, holding).values(name=name, opened_at=now).on_conflict_do_nothing())
    return int(connection.execute(select(holding.c.id).where(holding.c.name == name)).scalar_one())


def _hold_scans(connection: Connection, accepted: Sequence[Offered]) -> None:
    """Enter the scans that are new, and hold all of them: what is withdrawn meanwhile is seen."""
    rows = [{"sha256": offered.sha256, "media_type": offered.media_type, "pages": len(offered.numbers)} for offered in accepted]
    for piece in in_pieces(sorted(rows, key=itemgetter("sha256"))):
        connection.execute(upsert(connection, scan).on_conflict_do_nothing(), piece)
    locks.scans(connection, [offered.sha256 for offered in accepted])


def _settled(connection: Connection, accession: Accession, offers: Sequence[Offered]) -> dict[tuple[str, str], Offered]:
    """Each file once, by digest of its place and sha256; of the same bytes in two places, also in two batches at once, one is accepted."""
    taken: dict[str, str] = {}
    for piece in in_pieces([offered.sha256 for offered in offers if offered.status == "accepted"]):
        same = (source.c.holding_id == accession.holding_id) & source.c.sha256.in_(piece) & (source.c.status == "accepted")
        taken |= {
            row.sha256: row.location_digest for row in connection.execute(select(source.c.sha256, source.c.location_digest).where(same))
        }
    settled: dict[tuple[str, str], Offered] = {}
    for offered in offers:
        place = digest(offered.location)
        elsewhere = offered.status == "accepted" and taken.setdefault(offered.sha256, place) != place
        key = (place, offered.sha256)
        if key not in settled or settled[key].status == "refused":
            settled[key] = replace(offered, status="duplicate", numbers=()) if elsewhere else offered
    return settled


def _write_sources(
    connection: Connection, accession: Accession, settled: Mapping[tuple[str, str], Offered], now: float
) -> list[tuple[int, Offered]]:
    """The provenance rows and their ids, without files that are in already.

    A file that was refused before keeps its row, with the new outcome and batch; refused again for the same reason it is left as it is,
    and nothing changes one that was taken.
    """
    mine = (source.c.holding_id == accession.holding_id) & (source.c.location_digest == bindparam("place"))
    if places := [{"place": place} for place, sha256 in settled if sha256]:  # bytes that could not be had before can be now
        connection.execute(delete(source).where(mine, source.c.sha256 == ""), places)
    new = upsert(connection, source)
    outcome = {name: new.excluded[name] for name in ("accession_id", "name", "status", "code", "detail", "bytes", "seen_at")}
    same = ["holding_id", "location_digest", "sha256"]
    other = or_(source.c.status != new.excluded.status, source.c.code.is_distinct_from(new.excluded.code))
    put = new.on_conflict_do_update(index_elements=same, set_=outcome, where=and_(source.c.status == "refused", other))
    put_back = put.returning(source.c.id, source.c.location_digest, source.c.sha256)
    rows = [_source_row(accession, place, offered, now) for (place, _), offered in settled.items()]
    ids = {(row.location_digest, row.sha256): row.id for piece in in_pieces(rows) for row in connection.execute(put_back, piece)}
    return [(ids[key], offered) for key, offered in settled.items() if key in ids]


def _source_row(accession: Accession, place: str, offered: Offered, now: float) -> dict[str, Any]:
    return {
        "holding_id": accession.holding_id, "accession_id": accession.id, "location": offered.location, "location_digest": place,
        "name": offered.name, "sha256": offered.sha256, "bytes": offered.size, "status": offered.status, "code": offered.code,
        "detail": offered.detail, "seen_at": now,
    }  # fmt: skip


def _write_pages(connection: Connection, accession: Accession, accepted: Sequence[tuple[int, Offered]]) -> list[int]:
    """The waiting pages of scans; returns the keys of new ones."""
    hidden = _withdrawn(connection, [offered.sha256 for _, offered in accepted])
    rows = [
        {
            "holding_id": accession.holding_id, "source_id": source_id, "sha256": offered.sha256, "number": number,
            "page_id": page_id(offered.sha256, number), "state": "waiting", "withdrawn": page_id(offered.sha256, number) in hidden,
        }
        for source_id, offered in accepted
        for number in offered.numbers
    ]  # fmt: skip
    keys: list[int] = []
    for piece in in_pieces(rows, 1000):
        new = upsert(connection, page).on_conflict_do_nothing().returning(page.c.key)
        keys += connection.scalars(new, piece)
    return sorted(keys)


def _withdrawn(connection: Connection, scans: Sequence[str]) -> set[str]:
    """The pages of these scans that are hidden, whichever holding they come to next."""
    of_scan = func.substr(withdrawal.c.page_id, 1, 64)
    return {hidden for piece in in_pieces(scans) for hidden in connection.scalars(select(withdrawal.c.page_id).where(of_scan.in_(piece)))}


def _act(offered: Offered) -> Act:
    details: dict[str, Value] = {"location": digest(offered.location), "pages": len(offered.numbers), "code": offered.code or ""}
    return Act(f"file-{offered.status}", offered.sha256, details)


def page_id(sha256: str, number: int) -> str:
    """A page's id: the same wherever the same bytes turn up."""
    return f"{sha256}-{number}"
