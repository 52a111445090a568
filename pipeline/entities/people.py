"""The people of a page, from tables, fields, running text and signatures, each once, and who is who: subject, official or other."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from pipeline.entities import forms, marked, officials
from pipeline.entities.dates import Found
from pipeline.entities.drafts import Draft, merged, person
from pipeline.entities.page import Page
from pipeline.entities.tables import Table
from pipeline.model import Person


def find(page: Page, table: Table, dates: Sequence[Found], taken: Sequence[tuple[int, int]]) -> tuple[Person, ...]:
    """The people of a page in reading order. ``taken``: letters of facilities, which no name runs into."""
    sources = (
        forms.from_table(page, table, dates),
        forms.from_ruled(page, table, dates),
        forms.from_fields(page, table, dates),
        marked.find(page, dates, taken),
        officials.find(page, dates),
    )
    return tuple(person(page, draft) for draft in merged(_unclaimed(page, chain(*sources))))


def _unclaimed(page: Page, drafts: Iterable[Draft]) -> Iterator[Draft]:
    """Drafts none of whose name words an earlier one has taken, as name or as mother."""
    taken: set[int] = set()
    for draft in drafts:
        words = {number for unit in draft.units for number in page.between(unit.start, unit.end)}
        if not words & taken:
            mother = draft.parts.get("mother") if "mother" not in draft.ditto else None
            taken |= words | set(page.between(mother.start, mother.end) if mother else ())
            yield draft
