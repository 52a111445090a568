"""A search index in memory: the plain telling of what every index does, for tests and for pages that need no file."""

from collections import Counter
from collections.abc import Iterator, Sequence

from pipeline.model import Candidate, IndexedPage, PageRef, Query
from search.documents import Document, document_id, documents, filters, spans, words
from search.plan import Tier, filter_groups, tiers
from search.query import Period, parse, period


class MemoryIndex:
    """Holds every document as a set of index words and looks at each of them for every tier."""

    def __init__(self) -> None:
        self._versions: dict[int, int] = {}
        self._pages: dict[int, tuple[IndexedPage, dict[int, tuple[Document, frozenset[str]]]]] = {}

    def apply(self, pages: Sequence[IndexedPage], removed: Sequence[PageRef] = ()) -> None:
        for page in pages:
            if self._newer(page.page) and not page.page.withdrawn:
                common = frozenset(filters(page))
                found = {document.slot: (document, words(document) | common) for document in documents(page)}
                self._pages[page.page.key] = page, found
        for ref in removed:
            self._newer(ref)

    def candidates(self, query: Query, limit: int) -> list[Candidate]:
        asked, terms, narrowed = period(query), parse(query.text).terms, filter_groups(query, period(query))
        held = {
            document_id(key, slot): (page, document, words_)
            for key, (page, found) in sorted(self._pages.items())
            for slot, (document, words_) in sorted(found.items())
        }
        frequency = Counter(word for _, _, words_ in held.values() for word in words_)
        weights: dict[int, float] = {}
        for tier in tiers(terms, lambda word: frequency[word], len(held)):
            for id_, (page, _, words_) in held.items():
                if len(weights) < limit and id_ not in weights and _holds(words_, tier, narrowed) and _within(page, asked):
                    weights[id_] = tier.weight
        best = sorted(weights, key=lambda id_: (-weights[id_], id_))
        return [_candidate(*held[id_][:2], weights[id_]) for id_ in best]

    def versions(self) -> Iterator[tuple[int, int]]:
        yield from [(key, self._versions[key]) for key in sorted(self._pages)]

    def clear(self) -> None:
        self._versions, self._pages = {}, {}

    def close(self) -> None:
        """Nothing is open."""

    def _newer(self, ref: PageRef) -> bool:
        """Take note of the version and forget what was there, if it is newer than what is known."""
        if ref.version <= self._versions.get(ref.key, ref.version - 1):
            return False
        self._versions[ref.key] = ref.version
        self._pages.pop(ref.key, None)
        return True


def _holds(held: frozenset[str], tier: Tier, narrowed: tuple[tuple[str, ...], ...]) -> bool:
    return all(not held.isdisjoint(group) for group in (*tier.groups, *narrowed))


def _within(page: IndexedPage, asked: Period | None) -> bool:
    return asked is None or any(first <= asked.latest and last >= asked.earliest for first, last in spans(page))


def _candidate(page: IndexedPage, document: Document, weight: float) -> Candidate:
    return Candidate(page.page, document.person, weight, document.text, document.record)
