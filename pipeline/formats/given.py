"""Pages read elsewhere, checked before anything of them is believed."""

from codecs import BOM_UTF8
from collections.abc import Iterable
from typing import TypeVar

from pydantic import ValidationError

from pipeline.errors import Usage
from pipeline.formats import shape
from pipeline.formats.written import ReadPage
from pipeline.model import (
    Alternative,
    Birth,
    Box,
    Cell,
    DateMention,
    Entities,
    FacilityMention,
    Line,
    Person,
    PlaceMention,
    Reading,
    ReferenceMention,
    Span,
    Table,
    Word,
)

MAX_BYTES = 16 * 1024 * 1024
"""Longest JSON taken for one page: about twenty times a dense page with a box for every word."""
NOWHERE = Box(0, 0, 0, 0)
"""The box of text whose place on the page was not given."""
WAY_OUT = "Give one JSON object a line, as `sijill read --format json` writes pages."
KINDS = frozenset({"people", "dates", "facilities", "places", "references"})

Form = TypeVar("Form", bound=shape.Given)


def page_from_json(data: bytes | str, where: str = "this line") -> ReadPage:
    """One page from the JSON object that ``as_json`` writes for it; raises Usage (bad-line) naming ``where`` and what is wrong.

    Only ``source``, ``page`` and ``text`` or ``lines`` are needed; unknown keys are passed over. Lines that are missing are taken from
    the text, words from their line; both then carry its box, or NOWHERE. A confidence that was not given is its line's, the mean of
    its words', or 0: nobody vouches for it. Nothing read from a file counts as checked by a person.
    """
    page = _checked(shape.GivenPage, data, where)
    lines = [line for line in map(_line, page.lines) if line.text]
    if not lines:
        lines = [_line(shape.GivenLine(text=text)) for text in page.text.splitlines() if shape.clean(text)]
    tables, unread = tuple(map(_table, page.tables)), tuple(Box(*box) for box in page.unread)
    reading = Reading(page.width, page.height, page.reader, tuple(lines), tables=tables, unread=unread, notes=page.notes)
    return ReadPage(page.source, page.page, reading, _entities(page))


def entities_from_json(data: bytes | str, where: str = "this line") -> Entities | None:
    """The entities of a page's JSON object, under ``entities`` or beside the page's own keys; None when it has none.

    ``type`` alone does not count: a page that only names its type still has its people to be found. Raises Usage (bad-line).
    """
    return _entities(_checked(shape.GivenBeside, data, where))


def _checked(form: type[Form], data: bytes | str, where: str) -> Form:
    if len(data) > MAX_BYTES:
        raise Usage("bad-line", f"{where}: longer than {MAX_BYTES // 2**20} MiB, which is more than one page can hold")
    text = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    try:
        return form.model_validate_json(text.removeprefix(BOM_UTF8))
    except ValidationError as wrong:
        raise Usage("bad-line", f"{where}: {_first(wrong)}", WAY_OUT) from None


def _first(wrong: ValidationError) -> str:
    first = wrong.errors(include_url=False, include_context=False, include_input=False)[0]
    more = wrong.error_count() - 1
    return ".".join(map(str, first["loc"])) + ": " * bool(first["loc"]) + first["msg"] + (f" (and {more} more)" if more else "")


def _line(line: shape.GivenLine) -> Line:
    words = [word for word in line.words if word.text]
    text = line.text or " ".join(word.text for word in words)
    confidence = line.confidence if line.confidence is not None else _mean(word.confidence for word in words)
    box = Box(*line.box) if line.box else _around(word.box for word in words)
    words = words or [shape.GivenWord(text=part) for part in text.split()]
    return Line(text, box, confidence, tuple(_word(word, box, confidence) for word in words))


def _word(word: shape.GivenWord, box: Box, confidence: float) -> Word:
    others = tuple(Alternative(other.text, other.confidence) for other in word.alternatives if other.text)
    return Word(word.text, Box(*(word.box or box)), word.confidence if word.confidence is not None else confidence, others)


def _table(table: shape.GivenTable) -> Table:
    rows = tuple(tuple(Cell(cell.text, Box(*cell.box), cell.row_span, cell.col_span) for cell in row) for row in table.rows)
    return Table(Box(*table.box), rows)


def _mean(confidences: Iterable[float | None]) -> float:
    known = [confidence for confidence in confidences if confidence is not None]
    return sum(known) / len(known) if known else 0.0


def _around(boxes: Iterable[shape.Corners | None]) -> Box:
    known = [Box(*box) for box in boxes if box]
    return Box.around(known) if known else NOWHERE


def _entities(given: shape.GivenBeside) -> Entities | None:
    if given.entities is None and not KINDS & given.model_fields_set:
        return None
    found = given.entities or given
    return Entities(
        people=tuple(map(_person, found.people)),
        dates=tuple(map(_date, found.dates)),
        facilities=tuple(FacilityMention(m.text or m.name, m.where, m.id, m.name, m.confidence) for m in found.facilities),
        places=tuple(PlaceMention(m.text, m.where, m.pcode) for m in found.places),
        references=tuple(ReferenceMention(m.text or m.number, m.where, m.number) for m in found.references),
        type=found.type,
    )


def _person(given: shape.GivenPerson) -> Person:
    names = (given.given, given.father, given.grandfather, given.family)
    return Person(
        given.text or " ".join(name for name in names if name),
        given.where,
        given=given.given or None,
        father=given.father or None,
        grandfather=given.grandfather or None,
        family=given.family or None,
        mother=given.mother or None,
        birth=Birth(given.birth.year, given.birth.date, given.birth.place or None) if given.birth else None,
        registry=given.registry or None,
        role=given.role,
        rank=given.rank or None,
        post=given.post or None,
        confidence=given.confidence,
        how=given.how,
    )


def _date(given: shape.GivenDate) -> DateMention:
    return DateMention(
        given.text,
        given.where,
        given.earliest,
        given.latest,
        alternatives=tuple(Span(span.earliest, span.latest) for span in given.alternatives),
        calendar=given.calendar,
        role=given.role,
        confidence=given.confidence,
        flags=given.flags,
    )
