"""People in labelled fields and in the rows of tables: each value is what stands beside or under its label."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pipeline.entities import headings
from pipeline.entities.dates import Found
from pipeline.entities.described import described, place_between
from pipeline.entities.drafts import Draft, of_name
from pipeline.entities.names import Name, Unit, parse, unit_at
from pipeline.entities.page import Page
from pipeline.entities.ruled import Row
from pipeline.entities.tables import Table

_WHOLE = ("person.full", "person.given_father", "reg.name")
_PLAIN = {
    "person.given": "given",
    "person.father": "father",
    "person.grandfather": "grandfather",
    "person.family": "family",
    "person.mother": "mother",
    "person.rank": "rank",
}
_STRONG = ("person.mother", "person.registry", "person.birth_place_date")
_LEAST_FIELDS = 3  # lines that begin with a label, from which on a colon may be left out
_PARTED = re.compile(r" ?[/\\,;+-] ?| و(?=[^\W\d_]{3})")

Field = tuple[str, Unit]


def from_table(page: Page, table: Table, dates: Sequence[Found]) -> Iterator[Draft]:
    """One person a row."""
    for row in table.rows:
        draft = Draft("subject", "table", {})
        for cell in row:
            before = draft.parts
            draft = _with(page, draft, (cell.key, _unit(page, cell.start, cell.end)), dates)
            if cell.ditto:
                draft = replace(draft, ditto=draft.ditto | (draft.parts.keys() - before.keys()))
        if draft.units:
            yield draft


def from_ruled(page: Page, table: Table, dates: Sequence[Found]) -> Iterator[Draft]:
    """People of ruled forms, in which a value stands in the cell beside or under its label."""
    for form in table.forms:
        yield from _people(page, ((cell.key, _unit(page, cell.start, cell.end)) for cell in _in_order(form)), dates)


def _in_order(form: Row) -> Row:
    return tuple(sorted(form, key=lambda cell: cell.start))


def from_fields(page: Page, table: Table, dates: Sequence[Found]) -> Iterator[Draft]:
    """People in «label: value» fields; a name told again begins another person."""
    return _people(page, _fields(page, table), dates)


def _people(page: Page, fields: Iterable[Field], dates: Sequence[Found]) -> Iterator[Draft]:
    """The people told of by fields in reading order: a field of a name told again begins another person."""
    draft = Draft("subject", "fields", {})
    for key, unit in fields:
        if _begins_another(draft, key):
            yield draft
            draft = Draft("subject", "fields", {})
        draft = _with(page, draft, (key, unit), dates)
    if "given" in draft.parts or draft.text:
        yield draft


def _begins_another(draft: Draft, key: str) -> bool:
    named = "given" in draft.parts or draft.text is not None
    return named and key in (*_WHOLE, "person.given", "person.full_turned")


def _unit(page: Page, start: int, end: int) -> Unit:
    return Unit(page.fold[start:end], start, end)


def _fields(page: Page, table: Table) -> Iterator[Field]:
    """Field keys and values: from a label to the next label on its line, or the line's end; from the next line where nothing follows."""
    heads = list(_heads(page, table))
    for number, (_, start, key) in enumerate(heads):
        line = page.line(start - 1)
        end = page.lines[line][1]
        after = heads[number + 1][0] if number + 1 < len(heads) else len(page.fold)
        end = min(end, after)
        value = _value(page, start, end)
        if value is None and line + 1 < len(page.lines) and page.lines[line + 1][0] < after and start >= page.lines[line][1]:
            value = _value(page, page.lines[line + 1][0], min(page.lines[line + 1][1], after))
        if value and key.startswith(("person.", "reg.name")):
            yield key, value


def _value(page: Page, start: int, end: int) -> Unit | None:
    text = page.fold[start:end]
    first = start + len(text) - len(text.lstrip(" .:/-_…"))
    last = end - (len(text) - len(text.rstrip(" .,;-_…")))
    return _unit(page, first, last) if first < last else None


def _heads(page: Page, table: Table) -> Iterator[tuple[int, int, str]]:
    """(start, end, field key) of every label that a colon follows; on a page of fields, of those without one too."""
    found = list(_labels(page, table))
    first = {
        page.line(start) for start, _, key, _ in found if key in (*_WHOLE, *_PLAIN, *_COMPOSED) and start == page.lines[page.line(start)][0]
    }
    runs = {line for line in first if line - 1 in first or line + 1 in first} if len(first) >= _LEAST_FIELDS else set()
    for start, end, key, colon in found:
        strong = " " in page.fold[start:end] or key in _STRONG or start == page.lines[page.line(start)][0]
        if colon or (strong and page.line(start) in runs):
            yield start, end, key


def _labels(page: Page, table: Table) -> Iterator[tuple[int, int, str, bool]]:
    """(start, end with its colon, field key, whether there is one) of all labels outside ruled tables."""
    at = 0
    while at < len(page.tokens):
        token = page.tokens[at]
        found = headings.at(page, at, page.first_token(page.lines[token.line][1])) if not table.ruled(token.start) else None
        if found:
            end = page.tokens[at + found[0] - 1].end
            colon = page.fold[end : end + 2].lstrip(" ").startswith(":")
            yield token.start, page.fold.index(":", end) + 1 if colon else end, found[1], colon
        at += found[0] if found else 1


def _with(page: Page, draft: Draft, field: Field, dates: Sequence[Found]) -> Draft:
    """A draft with the value of one field."""
    key, unit = field
    first = page.first_token(unit.start)
    if first >= len(page.tokens) or page.tokens[first].start >= unit.end:
        return _named(page, draft, None, unit) if key in _WHOLE else draft
    if key in _WHOLE or (key == "person.given" and len(unit.text.split()) > 1 and not _is_one(page, first, unit)):
        return _named(page, draft, parse(page, first, stop=unit.end, wrap=False), unit, dates)
    if key in _PLAIN:
        return draft.having({_PLAIN[key]: unit})
    reads = _COMPOSED.get(key)
    return reads(page, draft, field, dates) if reads else draft


def _is_one(page: Page, first: int, unit: Unit) -> bool:
    """Whether a value of several words is one given name."""
    length = unit_at(page, first, unit.end)
    return page.first_token(unit.end) - first <= max(length, 1)


def _named(page: Page, draft: Draft, name: Name | None, unit: Unit, dates: Sequence[Found] = ()) -> Draft:
    """With the parts of a name and, in a field, what is said of the person after it."""
    if name is None:
        return replace(draft, text=unit) if any(map(str.isalnum, unit.text)) and draft.text is None else draft
    draft = draft.having(of_name(name, draft.role, draft.how).parts)
    return described(page, draft, name.next, dates)[0] if draft.how == "fields" and name.end < unit.end else draft


def _turned(page: Page, draft: Draft, field: Field, dates: Sequence[Found]) -> Draft:
    """A name that begins with the family's."""
    unit = field[1]
    first = page.first_token(unit.start)
    length = unit_at(page, first, unit.end)
    if not length or page.first_token(unit.end) - first <= length:
        return _named(page, draft, None, unit, dates)
    family = _unit(page, page.tokens[first].start, page.tokens[first + length - 1].end)
    name = parse(page, first + length, stop=unit.end, most=3, wrap=False)
    parts = dict(of_name(name, draft.role, draft.how).parts) if name else {}
    if "family" in parts and "father" not in parts:
        parts["father"] = parts["family"]
    return draft.having({**parts, "family": family})


def _father_mother(page: Page, draft: Draft, field: Field, dates: Sequence[Found]) -> Draft:  # noqa: ARG001 - as all of _COMPOSED
    """Father and mother in one cell, parted by a stroke or «و»."""
    unit = field[1]
    parted = _PARTED.search(unit.text)
    if parted is None:
        return draft.having({"father": unit})
    father, mother = _value(page, unit.start, unit.start + parted.start()), _value(page, unit.start + parted.end(), unit.end)
    return draft.having({"father": father, "mother": mother})


def _mother_birth(page: Page, draft: Draft, field: Field, dates: Sequence[Found]) -> Draft:
    """A mother and a birth in one cell."""
    key, unit = field
    name = parse(page, page.first_token(unit.start), stop=unit.end, most=2, wrap=False)
    if name is None:
        return _birth(page, draft, field, dates)
    rest = _value(page, name.end, unit.end)
    draft = draft.having({"mother": _unit(page, name.start, name.end)})
    return _birth(page, draft, (key, rest), dates) if rest else draft


def _registry(page: Page, draft: Draft, field: Field, dates: Sequence[Found]) -> Draft:  # noqa: ARG001 - as all of _COMPOSED
    """Place and number of the register, put together when they stand in neighbouring fields."""
    unit = field[1]
    before = draft.parts.get("registry")
    if before is None or any(map(str.isdigit, before.text)) == any(map(str.isdigit, unit.text)):
        return draft.having({"registry": unit})
    start, end = min(before.start, unit.start), max(before.end, unit.end)
    whole = _unit(page, start, end)
    return replace(draft, parts={**draft.parts, "registry": whole}) if end - start < len(before.text) + len(unit.text) + 4 else draft


def _birth(page: Page, draft: Draft, field: Field, dates: Sequence[Found]) -> Draft:
    unit = field[1]
    number = bisect_left(dates, unit.start, key=lambda one: one.start)
    born = dates[number] if number < len(dates) and dates[number].start < unit.end else None
    first, last = page.first_token(unit.start), page.first_token(unit.end)
    if born is None:
        return draft.having({"place": place_between(page, first, last)})
    before = place_between(page, first, page.first_token(born.start))
    return draft.having({"place": before or place_between(page, page.first_token(born.end), last)}, born)


_COMPOSED = {
    "person.full_turned": _turned,
    "person.father_mother": _father_mother,
    "person.mother_birth": _mother_birth,
    "person.registry": _registry,
    "person.birth_place_date": _birth,
}
