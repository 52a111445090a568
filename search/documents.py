"""From one page to what an index holds of it: a document for the page, one for each person, each a set of index words.

An index word is a one-letter kind and a key (search/keys.py), so that one plain inverted index of whole words serves every rule and
every filter, and every engine finds the same documents:

    s  spelling of a word             r  its dotless shape            x  the shape, whole and with one letter left out (people only)
    n  shape of a part of the name    g  shape of the given name      m  shape of a word of the mother's name
    b  first letters of such a part   e  its last letters             i, j, k  as x, of the given, the father's, the family name alone
    h  holding    f  facility    t  document type    y  year of a date on the page: filters
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.model import IndexedPage, Person
from search.keys import bare, edges, facet, keys, near, references

SLOTS = 1 << 14
"""Document numbers kept for one page: the page and its first 16,383 people; the words of more stay findable with the page."""
YEARS = range(1900, 2101)
"""Years kept apart by the year filter; earlier and later ones fall on the edges."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is found and shown: a page (``person`` None) or the ``person``-th person on it."""

    person: int | None
    text: str
    record: Person | None = None
    numbers: tuple[str, ...] = ()

    @property
    def slot(self) -> int:
        return 0 if self.person is None else self.person + 1


def document_id(page: int, slot: int) -> int:
    """One number that sorts by page key, then the page itself, then its people."""
    return page * SLOTS + slot


def documents(page: IndexedPage) -> Iterator[Document]:
    """The page's document, then one for each of its people."""
    numbers = dict.fromkeys(number for mention in page.entities.references for number in (mention.number, *references(mention.number)))
    yield Document(None, page.text, None, tuple(numbers))
    for at, person in enumerate(page.entities.people[: SLOTS - 1]):
        yield Document(at, person.name, person)


def words(document: Document) -> frozenset[str]:
    """The index words of one document, filters apart."""
    if document.record is None:
        return frozenset(_anywhere(keys(" \n".join((document.text, *document.numbers)))))
    return frozenset(_person(document.record))


def filters(page: IndexedPage) -> tuple[str, ...]:
    """The index words that every document of the page carries for the filters."""
    facilities = sorted({mention.id for mention in page.entities.facilities})
    years = sorted({year for span in spans(page) for year in years_of(*span)})
    kinds = [page.entities.type] if page.entities.type else []
    return (
        facet("h", page.page.holding),
        *(facet("f", facility) for facility in facilities),
        *(facet("t", kind) for kind in kinds),
        *(f"y{year}" for year in years),
    )


def spans(page: IndexedPage) -> tuple[tuple[str, str], ...]:
    """(earliest, latest) of every reading of every date on the page; births say nothing about when a paper was written."""
    dates = [mention for mention in page.entities.dates if mention.role != "birth"]
    found = [(mention.earliest, mention.latest) for mention in dates]
    found += [(span.earliest, span.latest) for mention in dates for span in mention.alternatives]
    return tuple(sorted(set(found)))


def years_of(earliest: str, latest: str) -> range:
    """The years of a span of ISO dates, held within YEARS."""
    first, last = (min(max(int(day[:4]), YEARS[0]), YEARS[-1]) for day in (earliest, latest))
    return range(first, last + 1)


def _anywhere(found: list[tuple[str, str]]) -> Iterator[str]:
    for spelling, rasm in found:
        yield "s" + spelling
        yield "r" + rasm


def _person(person: Person) -> Iterator[str]:
    parts = [_part(part) for part in name_parts(person)]
    name, mother = [key for part in parts for key in part], keys(person.mother or "")
    birth = person.birth
    born = [str(value) for value in (birth.year, birth.date, birth.place) if value] if birth else []
    text = person.text if person.text != person.name else ""
    yield from _anywhere([*keys(person.name), *name, *mother, *keys(" \n".join((text, person.registry or "", *born)))])
    yield from ("n" + rasm for _, rasm in name)
    yield from ("m" + rasm for _, rasm in mother)
    yield from ("x" + key for key in _near([*name, *mother]))
    yield from (kind + edge for _, rasm in name for kind, edge in zip("be", edges(rasm), strict=True))
    for kind, part in zip("ijk", (person.given, person.father, person.family), strict=True):
        yield from (kind + key for key in _near(_part(part or "")))
    if person.given or person.name == person.text:
        yield from ("g" + rasm for _, rasm in parts[0][:1])


def name_parts(person: Person) -> tuple[str, ...]:
    """The parts of the name in order; the text as read where none is known."""
    known = tuple(part for part in (person.given, person.father, person.grandfather, person.family) if part)
    return known or (person.text,)


def _part(part: str) -> list[tuple[str, str]]:
    """The keys of a part's words, then of two or three of them as one: a blank within a name is soon seen where there is none."""
    found = keys(part)
    joined = "".join(spelling for spelling, _ in found)
    return [*found, *(keys(joined) if 1 < len(found) <= 3 else [])]


def _near(found: Iterable[tuple[str, str]]) -> set[str]:
    return {key for _, rasm in found for shape in bare(rasm) for key in near(shape)}
