"""The shared search index: Elasticsearch 9 holds the same index words as the embedded one and finds the same documents."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from elasticsearch import Elasticsearch

from pipeline.errors import PageFailed, Unavailable
from pipeline.model import Candidate, IndexedPage, PageRef, Query
from search.elastic_client import Gone, answered, connect, send, told
from search.elastic_mapping import ALL, Put, put, take_out
from search.elastic_names import Names
from search.elastic_search import Generation, snapshot
from search.plan import counted, filter_groups, tiers
from search.query import parse, period

TRUSTED = 10.0
"""Seconds for which a searcher remembers the generation that is searched. Elasticsearch tells at once that one is gone, as it is when a
rebuild has replaced it; an alias moved by hand, with the old generation left in place, may go unseen for that long."""
_LOOKS = 3
"""Times a name is looked up again that was given to another generation in between."""


class ElasticIndex:
    """A SearchIndex at ``http(s)://HOST[:PORT]/NAME`` (HOST's port 9200 if none is given), safe with any number of writers.

    What is written is durable and found once ``apply`` returns; a page is replaced in one step, a batch of them page by page.
    ``create`` lays an index out where there is none; without it a missing one is an error, never an archive that looks empty.
    Raises Unavailable (index-unavailable, index-busy, disk-full), Damaged (index-missing, index-outdated, index-damaged),
    Missing (index-denied), Usage (bad-setting), PageFailed (not-indexable). Do not carry one across a fork.
    """

    def __init__(
        self,
        url: str,
        key: str = "",
        ca_file: Path | None = None,
        create: bool = False,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, name = connect(url, key, ca_file)
        self._names, self._pause, self._clock = Names(self._client, name), pause, clock
        self._known: tuple[str, float] | None = None
        if create:
            self._names.create()
        self._searched()

    @classmethod
    def rebuild(cls, url: str, key: str = "", ca_file: Path | None = None) -> "ElasticRebuild":
        """A new index on its way, whatever is there: missing, outdated, or left by a rebuild that was cut short."""
        client, name = connect(url, key, ca_file)
        return ElasticRebuild(client, Names(client, name))

    def apply(self, pages: Sequence[IndexedPage], removed: Sequence[PageRef] = ()) -> None:
        ordered = _puts(pages, removed)
        for _ in range(_LOOKS):
            try:
                return self._write(ordered)
            except Gone:
                """A rebuild was finished meanwhile; what was written already is left as it is when it is written again."""
        raise _passing()

    def candidates(self, query: Query, limit: int) -> list[Candidate]:
        terms, asked = parse(query.text).terms, period(query)
        narrowed = filter_groups(query, asked)
        if limit < 1 or not all(narrowed):  # a filter that allows nothing, such as no holding at all
            return []
        for _ in range(_LOOKS):
            try:
                generation = Generation(self._client, self._remembered())
                frequency = generation.frequencies([ALL, *counted(terms)])
                return generation.best(tiers(terms, frequency.__getitem__, frequency[ALL]), narrowed, asked, limit)
            except Gone:
                self._known = None
        raise _passing()

    def versions(self) -> Iterator[tuple[int, int]]:
        try:
            with snapshot(self._client, self._searched()) as seen:
                yield from seen.versions()
        except Gone:
            raise _passing() from None

    def clear(self) -> None:
        ElasticRebuild(self._client, self._names).finish()

    def close(self) -> None:
        self._client.close()

    def _remembered(self) -> str:
        """The generation to search, looked up within the last TRUSTED seconds."""
        known, now = self._known, self._clock()
        if known is None or now >= known[1]:
            known = self._known = self._searched(), now + TRUSTED
        return known[0]

    def _searched(self) -> str:
        with told():
            return self._names.searched()

    def _write(self, pages: Sequence[Put]) -> None:
        with told():
            aliases = self._names.written()
        with answered():
            refused = {key: kind for alias in aliases for key, kind in send(self._client, alias, pages, self._pause)}
            self._client.indices.refresh(index=aliases)  # once for all; waiting for the next regular one takes up to a second
        _refuse(refused)


class ElasticRebuild:
    """A new generation; everybody's writes go into it as well from now on. Until ``finish``, searches see the old one whole."""

    def __init__(self, client: Elasticsearch, names: Names) -> None:
        self._client, self._names = client, names
        self._generation = names.begin()

    def apply(self, pages: Sequence[IndexedPage], removed: Sequence[PageRef] = ()) -> None:
        """Fill the new generation alone. Raises Unavailable (index-busy) when another rebuild has taken over."""
        with _mine(), answered():
            _refuse(dict(send(self._client, f"{self._generation}-write", _puts(pages, removed), time.sleep)))

    def versions(self) -> Iterator[tuple[int, int]]:
        with _mine(), answered():
            self._client.indices.refresh(index=self._generation)
            with snapshot(self._client, self._generation) as seen:
                yield from seen.versions()

    def finish(self) -> None:
        with _mine(), answered():
            self._client.indices.refresh(index=self._generation)
        self._names.swap(self._generation)

    def close(self) -> None:
        self._client.close()


def _puts(pages: Sequence[IndexedPage], removed: Sequence[PageRef]) -> list[Put]:
    withdrawn = [page.page for page in pages if page.page.withdrawn]
    return [*(put(page) for page in pages if not page.page.withdrawn), *map(take_out, (*removed, *withdrawn))]


def _refuse(refused: dict[int, str]) -> None:
    """Raise for pages that Elasticsearch will never take; those beside them are in."""
    if refused:
        named = ", ".join(f"page {key} ({kind})" for key, kind in sorted(refused.items())[:10])
        raise PageFailed("not-indexable", f"The search index refuses {len(refused)}: {named}.", "Report it; the readings are kept.")


@contextmanager
def _mine() -> Iterator[None]:
    try:
        yield
    except Gone:
        raise Unavailable("index-busy", "Another rebuild of the index has taken over.", "Wait until it is done.") from None


def _passing() -> Unavailable:
    return Unavailable("index-busy", "The search index is being exchanged.", "Try again in a moment.")
