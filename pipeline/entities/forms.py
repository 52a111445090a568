"""People in labelled fields and in the rows of tables: each value is what stands beside or under its label."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from pipeline.entities.dates import Found
from pipeline.entities.described import place_between
from pipeline.entities.drafts import Draft, of_name
from pipeline.entities.lexicon import labels
from pipeline.entities.names import Unit, parse
from pipeline.entities.page import Page
from pipeline.entities.tables import Row, Table

_WHOLE = ("person.full", "reg.name")
_PARTS = {
    "person.given": "given",
    "person.father": "father",
    "person.grandfather": "grandfather",
    "person.family": "family",
    "person.mother": "mother",
    "person.mother_full": "mother",
    "person.registry": "registry",
    "person.rank": "rank",
}
_BORN = ("person.birth", "person.birth_place_date")

Field = tuple[str, Unit]


def from_table(page: Page, table: Table, dates: Sequence[Found]) -> Iterator[Draft]:
    """One person a row."""
    for row in table.rows:
        draft = Draft("subject", "table", {})
        for key, unit in _cells(page, row):
            draft = _with(page, draft, key, unit, dates)
        if draft.units:
            yield draft


def _cells(page: Page, row: Row) -> Iterator[Field]:
    for cell in row:
        yield cell.key, Unit(page.fold[cell.start : cell.end], cell.start, cell.end)


def from_fields(page: Page, dates: Sequence[Found]) -> Iterator[Draft]:
    """People in «label: value» fields; a name told again begins another person."""
    draft = Draft("subject", "fields", {})
    for key, unit in _fields(page):
        if (key in _WHOLE or key == "person.given") and draft.units:
            yield draft
            draft = Draft("subject", "fields", {})
        draft = _with(page, draft, key, unit, dates)
    if "given" in draft.parts or draft.text:
        yield draft


def _fields(page: Page) -> Iterator[Field]:
    """Field keys and values: from a label's colon to the next label on its line, or the line's end."""
    heads = list(_heads(page))
    for number, (_, start, key) in enumerate(heads):
        end = page.lines[page.line(start - 1)][1]
        if number + 1 < len(heads):
            end = min(end, heads[number + 1][0])
        text = page.fold[start:end]
        first = start + len(text) - len(text.lstrip(" .:"))
        last = end - (len(text) - len(text.rstrip(" .,;")))
        if first < last:
            yield key, Unit(page.fold[first:last], first, last)


def _heads(page: Page) -> Iterator[tuple[int, int, str]]:
    """(start, end with its colon, field key) of every label that a colon follows."""
    at = 0
    while at < len(page.tokens):
        found = labels().at(page.token_texts, at)
        end = page.tokens[at + found[0] - 1].end if found else 0
        colon = page.fold[end : end + 2].lstrip(" ").startswith(":") if found else False
        if found and colon:
            yield page.tokens[at].start, page.fold.index(":", end) + 1, found[1]
        at += found[0] if found and colon else 1


def _with(page: Page, draft: Draft, key: str, unit: Unit, dates: Sequence[Found]) -> Draft:
    """A draft with the value of one field."""
    first = page.first_token(unit.start)
    if key in _BORN:
        return _with_birth(page, draft, unit, dates)
    if key in _WHOLE or (key == "person.given" and len(unit.text.split()) > 2):
        name = parse(page, first, stop=unit.end, wrap=False) if first < len(page.tokens) else None
        if name is None:
            return Draft(draft.role, draft.how, draft.parts, draft.born, unit) if any(map(str.isalnum, unit.text)) else draft
        return draft.having(of_name(name, draft.role, draft.how).parts)
    return draft.having({_PARTS[key]: unit}) if key in _PARTS else draft


def _with_birth(page: Page, draft: Draft, unit: Unit, dates: Sequence[Found]) -> Draft:
    number = bisect_left(dates, unit.start, key=lambda one: one.start)
    born = dates[number] if number < len(dates) and dates[number].start < unit.end else None
    first, last = page.first_token(unit.start), page.first_token(unit.end)
    if born is None:
        return draft.having({"place": place_between(page, first, last)})
    before = place_between(page, first, page.first_token(born.start))
    return draft.having({"place": before or place_between(page, page.first_token(born.end), last)}, born)
