"""Read pages as plain text and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.model import Box, DateMention, Entities, FacilityMention, Line, Person, PlaceMention, Reading, ReferenceMention, Table, Word

Mention = Person | DateMention | FacilityMention | PlaceMention | ReferenceMention


@dataclass(frozen=True, slots=True)
class ReadPage:
    """One page as read: where it came from, its number (from 1), what was read, and what was drawn out of it where that was asked."""

    source: str
    page: int
    reading: Reading
    entities: Entities | None = None


def as_text(pages: Sequence[ReadPage]) -> str:
    """Lines in reading order; a form feed between pages, as pdftotext does."""
    return "\f".join(f"{page.reading.text}\n" for page in pages)


def as_json(pages: Sequence[ReadPage]) -> str:
    """A list of pages, one page a line, with the keys of docs/formats.md; entities beside them where there are any."""
    return "[" + ",\n ".join(json.dumps(_page(page), ensure_ascii=False) for page in pages) + "]\n"


def speakable(source: str) -> str:
    """A file name that any encoding can carry: bytes that are not UTF-8 are shown as escapes."""
    return source.encode("utf-8", "backslashreplace").decode("utf-8")


def entities_as_json(entities: Entities) -> dict[str, Any]:
    """{people, dates, facilities, places, references, type}: each mention with its text, box (around all its words) and boxes.

    Whether a person has checked a mention is not in it: that is an attributed record of the archive, not a claim a file can carry.
    """
    return {
        "people": [_mention(person) for person in entities.people],
        "dates": [_mention(date) | {"alternatives": [span._asdict() for span in date.alternatives]} for date in entities.dates],
        "facilities": [_mention(facility) for facility in entities.facilities],
        "places": [_mention(place) for place in entities.places],
        "references": [_mention(reference) for reference in entities.references],
        "type": entities.type,
    }


def _page(page: ReadPage) -> dict[str, Any]:
    reading = page.reading
    return {
        "source": speakable(page.source),
        "page": page.page,
        "width": reading.width,
        "height": reading.height,
        "reader": reading.reader,
        "status": reading.status,
        "notes": reading.notes,
        "text": reading.text,
        "lines": [_words(line) | {"words": [_word(word) for word in line.words]} for line in reading.lines],
        "tables": [_table(table) for table in reading.tables],
        "unread": reading.unread,
    } | (entities_as_json(page.entities) if page.entities else {})


def _words(part: Line | Word) -> dict[str, Any]:
    return {"text": part.text, "box": part.box, "confidence": round(part.confidence, 4)}


def _word(word: Word) -> dict[str, Any]:
    return _words(word) | {"alternatives": [other._asdict() for other in word.alternatives]}


def _table(table: Table) -> dict[str, Any]:
    return {"box": table.box, "rows": [[asdict(cell) for cell in row] for row in table.rows]}


def _mention(mention: Mention) -> dict[str, Any]:
    fields = asdict(mention)
    fields.pop("checked", None)
    return fields | {"box": Box.around(mention.boxes) if mention.boxes else None}
