"""Values to rows and back: readings and mentions as JSON, checked against their types on the way in and out."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Connection, Row, Select, select, true, tuple_

from pipeline.catalogue.tables import holding, mention, page, scan, source
from pipeline.errors import Damaged
from pipeline.model import (
    DateMention,
    Entities,
    FacilityMention,
    PageRef,
    Person,
    PlaceMention,
    Reading,
    ReferenceMention,
)

_READING = TypeAdapter(Reading)
_MENTIONS: dict[str, tuple[str, TypeAdapter[Any]]] = {
    "person": ("people", TypeAdapter(Person)),
    "date": ("dates", TypeAdapter(DateMention)),
    "facility": ("facilities", TypeAdapter(FacilityMention)),
    "place": ("places", TypeAdapter(PlaceMention)),
    "reference": ("references", TypeAdapter(ReferenceMention)),
}

PAGE_COLUMNS = (
    page.c.key, page.c.page_id, page.c.sha256, page.c.number, holding.c.name.label("holding"), source.c.name.label("source"),
    scan.c.media_type, page.c.version, page.c.withdrawn,
)  # fmt: skip


def pack(reading: Reading) -> bytes:
    """A reading as stored."""
    return zlib.compress(_READING.dump_json(reading, exclude_defaults=True), 6)


def digest(content: bytes, document_type: str | None, by: str | None, mentions: Iterable[tuple[str, str]]) -> str:
    """sha256 over all that one revision says: the packed reading, the document type, who made it, each mention's (kind, content)."""
    said = json.dumps([hashlib.sha256(content).hexdigest(), document_type, by, *mentions], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def unpack(content: bytes) -> Reading:
    """Raises Damaged (reading-damaged) for what ``pack`` did not write."""
    try:
        return _READING.validate_json(zlib.decompress(content))
    except (zlib.error, ValidationError) as error:
        raise Damaged("reading-damaged", "a stored reading cannot be unpacked", "Run `sijill verify`; it names the page.") from error


def mention_rows(page_id: str, revision: int, entities: Entities) -> list[dict[str, Any]]:
    """One row a mention, numbered in the order found."""
    kinds = [(kind, item, adapter) for kind, (field, adapter) in _MENTIONS.items() for item in getattr(entities, field)]
    return [
        {
            "page_id": page_id, "revision": revision, "ordinal": ordinal, "kind": kind, "text": item.text,
            "content": adapter.dump_json(item, exclude_defaults=True).decode(),
        }
        for ordinal, (kind, item, adapter) in enumerate(kinds)
    ]  # fmt: skip


def entities(connection: Connection, revisions: Sequence[Row[Any]]) -> list[Entities]:
    """The mentions of each of these rows of (page_id, revision, type), in their order."""
    found = {(row.page_id, row.revision): {field: list[Any]() for field, _ in _MENTIONS.values()} for row in revisions}
    columns = (mention.c.page_id, mention.c.revision, mention.c.kind, mention.c.content)
    for piece in in_pieces(list(found)):
        mine = tuple_(mention.c.page_id, mention.c.revision).in_(piece)
        for row in connection.execute(select(*columns).where(mine).order_by(mention.c.page_id, mention.c.revision, mention.c.ordinal)):
            field, adapter = _MENTIONS[row.kind]
            found[row.page_id, row.revision][field].append(adapter.validate_json(row.content))
    return [_entities(found[row.page_id, row.revision], row.type) for row in revisions]


def _entities(found: Mapping[str, Sequence[Any]], document_type: str | None) -> Entities:
    return Entities(type=document_type, **{field: tuple(items) for field, items in found.items()})


def bounds(holding_id: ColumnElement[Any], within: Set[int] | None) -> ColumnElement[bool]:
    """That a row belongs to one of these holdings; None: to any."""
    return true() if within is None else holding_id.in_(sorted(within))


def pages(*where: ColumnElement[bool]) -> Select[Any]:
    """The page rows that fit, with what a PageRef holds."""
    of_source = page.join(holding, holding.c.id == page.c.holding_id).join(source, source.c.id == page.c.source_id)
    return select(*PAGE_COLUMNS).select_from(of_source.join(scan, scan.c.sha256 == page.c.sha256)).where(*where)


def page_ref(row: Row[Any]) -> PageRef:
    return PageRef(row.key, row.page_id, row.sha256, row.number, row.holding, row.source, row.media_type, row.version, bool(row.withdrawn))


def in_pieces(items: Sequence[Any], size: int = 500) -> Iterator[Sequence[Any]]:
    """SQL takes only so many parameters in one statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def page_refs(connection: Connection, keys: Sequence[int]) -> Iterable[PageRef]:
    for piece in in_pieces(keys):
        yield from map(page_ref, connection.execute(pages(page.c.key.in_(piece)).order_by(page.c.key)))
