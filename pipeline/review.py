"""Corrections as attributed records: lines go out as JSONL, come back corrected, and become a new revision; nothing is overwritten."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.arabic import clean
from pipeline.errors import Conflict, SijillError, Usage
from pipeline.formats.shape import GivenBox
from pipeline.model import Box, Entities, Line, PageResult, Person, Reading, StoredPage, Word
from pipeline.ports import Readings

Extract = Callable[[Reading], Entities]
Weigh = Callable[[Sequence[Line]], Mapping[int, float]]  # line numbers to what a look at them may gain


class LineIn(BaseModel):
    """One line as it comes back. No ``line`` number: a line the reader missed, put after line ``after`` (default: last)."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    page_id: Annotated[str, Field(max_length=80)]
    revision: Annotated[int, Field(ge=0)]
    line: Annotated[int, Field(ge=0)] | None = None
    after: Annotated[int, Field(ge=-1)] | None = None
    text: Annotated[str, Field(max_length=20_000)]
    box: GivenBox | None = None
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one page of corrections: its new revision, or the error that stopped it."""

    page_id: str
    revision: int | None
    changed: int = 0
    error: SijillError | None = None


def export(pages: Iterable[StoredPage], weigh: Weigh) -> Iterator[dict[str, Any]]:
    """One object a line of text, in reading order; ``doubt`` is what a look at it may gain, 0 where nothing is in doubt."""
    for item in pages:
        doubts = weigh(item.reading.lines)
        for number, line in enumerate(item.reading.lines):
            yield _line_out(item, number, line) | {"doubt": doubts.get(number, 0.0)}


def parse(lines: Iterable[str]) -> dict[tuple[str, int], list[LineIn]]:
    """Corrected lines by page and revision. Raises Usage (bad-line) naming the line that cannot be understood."""
    pages: dict[tuple[str, int], list[LineIn]] = {}
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            line = LineIn.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the line"
            raise Usage(
                "bad-line", f"line {number}: {where}: {first['msg']}", "Nothing was applied; mend the line and apply again."
            ) from error
        pages.setdefault((line.page_id, line.revision), []).append(line)
    return pages


def apply(pages: Mapping[tuple[str, int], list[LineIn]], readings: Readings, extract: Extract, by: str) -> Iterator[Outcome]:
    """Write each corrected page as a new revision by ``by``; a page that somebody changed meanwhile is told and left alone."""
    for (page_id, revision), lines in pages.items():
        try:
            latest, reading = readings.current(page_id)
            merged, changed = _merge_on(latest == revision, reading, lines, by)
            if not changed:
                yield Outcome(page_id, None)
                continue
            result = PageResult(merged, mark_checked(extract(merged), merged))
            yield Outcome(page_id, readings.correct(page_id, revision, result, by), changed)
        except SijillError as error:
            yield Outcome(page_id, None, error=error)


def merge(reading: Reading, corrections: Iterable[LineIn], by: str) -> tuple[Reading, int]:
    """The reading with the corrections in it, and how many lines they change.

    Raises Usage (bad-line) for a line that is not there, and for two corrections of one line that differ: nothing keyed is dropped.
    """
    fixed, added = _sorted_out(reading, corrections)
    lines: list[Line | None] = list(reading.lines)
    for number, (text, _) in fixed.items():
        lines[number] = _corrected(reading.lines[number], text)
    order = [*added.get(-1, ())]
    for number, line in enumerate(lines):
        order += [*([line] if line else ()), *added.get(number, ())]
    merged = replace(reading, lines=tuple(order), reader=f"{reading.reader.split(' | corrected by ')[0]} | corrected by {by}")
    return merged, len(fixed) + sum(map(len, added.values()))


def _merge_on(newest: bool, reading: Reading, corrections: Iterable[LineIn], by: str) -> tuple[Reading, int]:
    """``merge``; on a page that somebody changed since it was taken out, a line that is not there any more is their doing."""
    try:
        return merge(reading, corrections, by)
    except Usage as error:
        if newest:
            raise
        raise Conflict("stale-revision", error.detail, "Export the page again and redo the correction.") from error


def _sorted_out(reading: Reading, corrections: Iterable[LineIn]) -> tuple[dict[int, tuple[str, bool]], dict[int, list[Line]]]:
    """(text, checked) of the lines that change, by their number; lines added, by the number of the line before them."""
    fixed: dict[int, tuple[str, bool]] = {}
    added: dict[int, list[Line]] = {}
    for correction in corrections:
        text, last = _plain(correction.text), len(reading.lines) - 1
        number = correction.line if correction.line is not None else last if correction.after is None else correction.after
        if number > last:
            raise Usage("bad-line", f"page {correction.page_id} has {last + 1} lines, there is no line {number}")
        if correction.line is None:
            if text:
                added.setdefault(number, []).append(_typed(text, correction.box or (0, 0, 0, 0)))
        elif fixed.setdefault(number, (text, False))[0] != text:
            raise Usage("bad-line", f"line {number} of page {correction.page_id} is corrected twice, not alike")
        else:
            fixed[number] = (text, fixed[number][1] or correction.checked)
    return {number: wanted for number, wanted in fixed.items() if _differs(reading.lines[number], *wanted)}, added


def mark_checked(entities: Entities, reading: Reading) -> Entities:
    """People whose every word stands in a line a person has checked, and at no place of an unchecked one, are checked."""
    checked, unchecked = ({word.box for line in reading.lines if line.checked is state for word in line.words} for state in (True, False))
    checked -= unchecked

    def mark(person: Person) -> Person:
        return replace(person, checked=bool(person.boxes) and all(box in checked for box in person.boxes))

    return replace(entities, people=tuple(mark(person) for person in entities.people))


def _line_out(item: StoredPage, number: int, line: Line) -> dict[str, Any]:
    page = item.page
    return {
        "page_id": page.page_id, "revision": item.revision, "line": number, "text": line.text, "checked": line.checked,
        "confidence": round(line.confidence, 3), "box": list(line.box), "holding": page.holding, "source": page.source, "page": page.number,
    }  # fmt: skip


def _plain(text: str) -> str:
    """As printed, on one line, words one blank apart."""
    return " ".join(clean(text).split())


def _differs(line: Line, text: str, checked: bool) -> bool:
    return text != _plain(line.text) or (checked and not line.checked)


def _corrected(line: Line, text: str) -> Line | None:
    """The line as a person left it; an empty text says that there is no line here."""
    if not text:
        return None
    words = text.split()
    if len(words) == len(line.words):
        kept = tuple(Word(new, old.box, 1.0) for new, old in zip(words, line.words, strict=True))
        return Line(text, line.box, 1.0, kept, checked=True)
    return _typed(text, line.box)


def _typed(text: str, box: tuple[int, int, int, int]) -> Line:
    """A line keyed by a person: the words share its width by their length, from the right."""
    x0, y0, x1, y1 = box
    total = max(len(text), 1)
    words, at = [], 0
    for word in text.split():
        right, left = x1 - (x1 - x0) * at // total, x1 - (x1 - x0) * (at + len(word)) // total
        words.append(Word(word, Box(left, y0, right, y1), 1.0))
        at += len(word) + 1
    return Line(text, Box(*box), 1.0, tuple(words), checked=True)
