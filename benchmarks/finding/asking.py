"""Those who are asked: Sijill's search on each of its indexes, and Elasticsearch as one would set it up for Arabic names."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from benchmarks import engines, searching
from benchmarks.finding.archive import Archive, Catalogue, number
from benchmarks.finding.queries import Question
from benchmarks.finding.scoring import DEPTH, Outcome, Shown, outcome
from benchmarks.finding.transliterate import arabic
from pipeline.indexing import BATCH
from pipeline.model import IndexedPage, Query
from pipeline.ports import SearchIndex
from search.find import WIDER, Hit, find

_TIMEOUT = 120.0
_ANALYZED: dict[str, Any] = {"type": "text", "analyzer": "arabic"}
Progress = Callable[[int, int], None]


class Asked(Protocol):
    """One who finds people."""

    def fill(self, told: Progress) -> None:
        """Put the archive in, or the rest of it, telling how many pages are there of how many."""

    def answer(self, question: Question) -> Sequence[Shown]:
        """The first DEPTH hits, best first."""

    def drawn(self, question: Question) -> frozenset[int] | None:
        """People among all candidates that were ranked for the question; None where there is no such thing."""


class Sijill:
    """`sijill search` on an index, with a catalogue in memory: as many hits as it shows, of which the first DEPTH are judged."""

    def __init__(self, index: SearchIndex, archive: Archive) -> None:
        self._index, self._archive, self._catalogue = index, archive, Catalogue(archive)

    def fill(self, told: Progress) -> None:
        pages = self._archive.pages
        done = max((key for key, _ in self._index.versions()), default=0)
        for at in range(done, len(pages), BATCH):
            self._index.apply(pages[at : at + BATCH])
            told(min(at + BATCH, len(pages)), len(pages))

    def answer(self, question: Question) -> Sequence[Shown]:
        return [self._shown(hit) for hit in find(Query(question.text), self._index, self._catalogue).hits]

    def drawn(self, question: Question) -> frozenset[int] | None:
        query = Query(question.text)
        found = self._index.candidates(query, WIDER * query.limit)
        return frozenset(number(one.page.key, one.person) for one in found if one.person is not None)

    def _shown(self, hit: Hit) -> Shown:
        people = self._archive.pages[hit.page.key - 1].entities.people
        at = next((at for at, person in enumerate(people) if person is hit.person), None)
        return Shown(None if at is None else number(hit.page.key, at), hit.likely)


class Plain:
    """Elasticsearch with its `arabic` analyzer and fuzziness AUTO: a document for each record, its name and all its text.

    A name is looked for in the name, a full query in the text; Latin letters are turned into Arabic ones first.
    """

    def __init__(self, client: Elasticsearch, archive: Archive, index: str = "people") -> None:
        self._client, self._archive, self._index = client, archive, index

    def fill(self, told: Progress) -> None:
        pages = self._archive.pages
        if self._client.indices.exists(index=self._index):
            self._client.indices.delete(index=self._index)
        self._client.indices.create(index=self._index, mappings={"properties": {"name": _ANALYZED, "text": _ANALYZED}})
        for at in range(0, len(pages), BATCH):
            bulk(self._client, _documents(pages[at : at + BATCH], self._index))
            told(min(at + BATCH, len(pages)), len(pages))
        self._client.indices.refresh(index=self._index)

    def answer(self, question: Question) -> Sequence[Shown]:
        text = arabic(question.text) if question.kind == "latin" else question.text
        field = "text" if question.kind in ("full", "absent") else "name"
        wanted = {"match": {field: {"query": text, "fuzziness": "AUTO"}}}
        found = self._client.search(index=self._index, query=wanted, size=DEPTH, source=False)
        return [Shown(int(hit["_id"])) for hit in found["hits"]["hits"]]

    def drawn(self, question: Question) -> frozenset[int] | None:  # noqa: ARG002 - it ranks all it has
        return None


@contextmanager
def fts5(folder: Path, archive: Archive) -> Iterator[Asked]:
    with searching.fts5(folder) as opened:
        yield Sijill(opened.index, archive)


@contextmanager
def elasticsearch(folder: Path, archive: Archive) -> Iterator[Asked]:
    with searching.elasticsearch(folder) as opened:
        yield Sijill(opened.index, archive)


@contextmanager
def plain(folder: Path, archive: Archive) -> Iterator[Asked]:
    folder.chmod(0o711)
    with ExitStack() as stack:
        node = engines.started(stack, engines.elastic(folder / "elasticsearch")).endpoint
        client = Elasticsearch(node.url, api_key=node.api_key, ca_certs=str(node.ca_file), request_timeout=_TIMEOUT)
        stack.callback(client.close)
        yield Plain(client, archive)


ENGINES: Mapping[str, Callable[[Path, Archive], AbstractContextManager[Asked]]] = {
    "fts5": fts5, "elasticsearch": elasticsearch, "plain": plain,
}  # fmt: skip
BESIDE = ("fts5", "plain")
"""Those who are asked unless others are named."""


def asked(one: Asked, question: Question) -> Outcome:
    """What came of one question, with the time of the whole answer."""
    start = time.perf_counter()
    hits = one.answer(question)
    return outcome(hits, question.right, 1000 * (time.perf_counter() - start))


def _documents(pages: Sequence[IndexedPage], index: str) -> Iterator[dict[str, Any]]:
    for page in pages:
        for at, person in enumerate(page.entities.people):
            yield {"_index": index, "_id": str(number(page.page.key, at)), "name": person.name, "text": person.text}
