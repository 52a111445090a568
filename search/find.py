"""One question in, hits out: candidates from the index, ranked with reasons, shown as the record has them now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Literal, Protocol

from pipeline.fate import Statement, tell
from pipeline.model import Box, PageRef, Person, Query, StoredPage
from pipeline.ports import SearchIndex
from search.coverage import Counts, Coverage, coverage
from search.query import parse
from search.ranking import Ranked, Reason, rank
from search.spot import Spot, spot_person, spot_words

WIDER = 10
"""Candidates ranked for each hit wanted: what the index puts first is not yet what the ranking puts first."""


class Record(Protocol):
    """What a search asks of the catalogue."""

    def pages(self, keys: Sequence[int]) -> Mapping[int, StoredPage]:
        """The pages that are still there, by key; withdrawn and unknown ones are left out."""

    def counts(self, query: Query) -> Counts:
        """The ledger of the holdings asked (``query.holdings``; None: all)."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A page, or a person on it, that may be what was asked for. Boxes are in pixels of the page as it came.

    ``statement`` is all that may be said of a person's fate from this page (pipeline.fate); None for pages and officials.
    """

    kind: Literal["person", "page"]
    page: PageRef
    spot: Spot
    score: float
    likely: bool
    checked: bool
    image: bool
    person: Person | None
    reasons: tuple[Reason, ...]
    statement: str | None = None

    def as_json(self) -> dict[str, object]:
        boxes = self.spot.boxes
        return {
            "kind": self.kind,
            "holding": self.page.holding,
            "source": self.page.source,
            "page": self.page.number,
            "page_id": self.page.page_id,
            "box": list(Box.around(boxes)) if boxes else None,
            "boxes": [list(box) for box in boxes],
            "text": self.spot.text,
            "score": self.score,
            "likely": self.likely,
            "checked": self.checked,
            "image": self.image,
            "person": _parts(self.person) if self.person else None,
            "reasons": [reason.as_json() for reason in self.reasons],
            "statement": self.statement,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """The hits of a query, best first, what could not be searched, and what of the query was left out, if anything."""

    query: Query
    hits: tuple[Hit, ...]
    coverage: Coverage
    notice: str | None = None

    def as_json(self) -> dict[str, object]:
        hits = [hit.as_json() for hit in self.hits]
        return {"query": self.query.text, "hits": hits, "coverage": self.coverage.as_json(), "notice": self.notice}


def find(query: Query, index: SearchIndex, record: Record) -> Answer:
    """The ``query.limit`` best hits. Raises Usage (bad-query), and what the index and the record raise.

    The index may lag behind the record: pages and people that the record no longer has are left out, and what is shown is the record's.
    A page whose matching words all stand in people found on that very page is left out where one of them scores as high: it would be the
    same place twice. A page that holds more of the words, or holds them better, stays.
    """
    question = parse(query.text)
    ranked = rank(question, index.candidates(query, WIDER * query.limit))
    hits = tuple(islice(_hits(query, ranked, record), query.limit))
    return Answer(query, hits, coverage(record.counts(query), narrowed(query)), question.notice)


def narrowed(query: Query) -> bool:
    """Whether pages are left out by what was read on them, and so by what was misread."""
    return any((query.facility, query.earliest, query.latest, query.type))


def _hits(query: Query, ranked: Sequence[Ranked], record: Record) -> Iterator[Hit]:
    """The ranked candidates that the record still has, loaded in portions of what is wanted."""
    people = _people(ranked)
    for start in range(0, len(ranked), max(query.limit, 1)):
        portion = ranked[start : start + query.limit]
        pages = record.pages(sorted({one.candidate.page.key for one in portion}))
        for one in portion:
            found = pages.get(one.candidate.page.key)
            if found is None or not _allowed(query, found.page):
                continue
            if (hit := _hit(one, found, people.get(found.page.key, []))) is not None:
                yield hit


def _hit(one: Ranked, found: StoredPage, people: Sequence[Ranked]) -> Hit | None:
    if one.candidate.record is None:
        return None if _told(one, found, people) else _page_hit(one, found)
    person = _current(one, found)
    return _person_hit(one, found, person) if person else None


def _person_hit(one: Ranked, found: StoredPage, person: Person) -> Hit:
    spot = spot_person(found.reading, person)
    where = f"{found.page.source} page {found.page.number}"
    statement = tell(Statement(person.name, where, found.entities.type)) if person.role == "subject" else None
    return Hit(
        "person",
        found.page,
        spot,
        one.score,
        one.likely,
        person.checked or spot.checked,
        found.page.has_image,
        person,
        one.reasons,
        statement,
    )


def _page_hit(one: Ranked, found: StoredPage) -> Hit:
    spot = spot_words(found.reading, [form for term in one.matched for form in term.forms])
    return Hit("page", found.page, spot, one.score, one.likely, spot.checked, found.page.has_image, None, one.reasons)


def _people(ranked: Sequence[Ranked]) -> dict[int, list[Ranked]]:
    people: dict[int, list[Ranked]] = {}
    for one in ranked:
        if one.candidate.record is not None:
            people.setdefault(one.candidate.page.key, []).append(one)
    return people


def _told(one: Ranked, found: StoredPage, people: Sequence[Ranked]) -> bool:
    """Whether people of the page already say all that the page would."""
    there = [person for person in people if _current(person, found)]
    matched = frozenset[object]().union(*(person.matched for person in there))
    return one.matched <= matched and any(person.score >= one.score for person in there)


def _current(one: Ranked, found: StoredPage) -> Person | None:
    """The person as the record has it: the same words at the same number, or elsewhere on the page after a correction."""
    indexed, at = one.candidate.record, one.candidate.person
    people = found.entities.people
    if indexed is None or at is None:
        return None
    same = [person for person in (*people[at : at + 1], *people) if (person.text, person.name) == (indexed.text, indexed.name)]
    return same[0] if same else None


def _allowed(query: Query, page: PageRef) -> bool:
    """The record, not the index, has the last word on what is withdrawn and whose a page is."""
    return not page.withdrawn and (query.holdings is None or page.holding in query.holdings)


def _parts(person: Person) -> dict[str, object]:
    names = ("text", "name", "given", "father", "grandfather", "family", "mother", "registry", "role", "rank", "post")
    parts = {name: getattr(person, name) for name in names}
    return {**parts, "birth": asdict(person.birth) if person.birth else None, "confidence": person.confidence, "how": person.how or None}
