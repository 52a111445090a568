"""Bad days of the shared index: the node goes away in mid-batch, the index is rebuilt under writers and searchers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from pipeline import indexing
from pipeline.catalogue import Catalogue
from pipeline.errors import Unavailable
from pipeline.model import IndexedPage, PageRef, Query, StoredPage
from pipeline.ports import Rebuild
from search.elastic import ElasticIndex
from search.fts5 import Fts5Index
from tests.services.elastic import Elastic
from tests.services.endpoints import ElasticEndpoint
from tests.support import catalogue, read, result, take

PAGES = 210
"""More than one batch."""

Rebuilding = Callable[[], Rebuild]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Catalogue]:
    fresh = catalogue(tmp_path / "c.db")
    yield fresh
    fresh.close()


class Falling(ElasticIndex):
    """Its node is killed after some batches, before or after the batch is written."""

    fall: Callable[[], None]
    batches: int
    after: bool

    def apply(self, pages: Sequence[IndexedPage], removed: Sequence[PageRef] = ()) -> None:
        self.batches -= 1
        if self.after:
            super().apply(pages, removed)
        if self.batches == 0:
            self.fall()
        if not self.after:
            super().apply(pages, removed)


@pytest.mark.parametrize("after", [False, True])
def test_a_node_killed_in_mid_batch_is_caught_up_with(own_elastic: Elastic, made: Catalogue, after: bool) -> None:
    """Nothing that was acknowledged is lost, nothing is called indexed that is not, and the rest drains once the node is back."""
    at = own_elastic.endpoint
    _, keys = take(made, "h", "a", pages=3 * indexing.BATCH - 50)
    refs = read(made, keys, "سامر")
    with closing(Falling(f"{at.url}/fall", at.api_key, at.ca_file, create=True, pause=lambda _: None)) as index:
        index.fall, index.batches, index.after = own_elastic.kill, 2, after
        with pytest.raises(Unavailable, match="index-unavailable"):
            indexing.drain(made.outbox, index)
        assert made.ledger.counts(None).indexed == indexing.BATCH * (2 if after else 1)
        with pytest.raises(Unavailable, match="index-unavailable"):
            index.candidates(Query("سامر"), 1)
        made.readings.correct(refs[0].page_id, 0, result("وائل"), "huda")
        made.readings.withdraw(refs[1].page_id, "consent", "huda")
        own_elastic.start()
        indexing.drain(made.outbox, index)
        assert indexing.differences(made.ledger.versions(), index) == []
        assert made.ledger.behind() == 0
        assert [one.page.key for one in index.candidates(Query("وائل"), 5)] == [refs[0].key]


def fts5(folder: Path) -> tuple[Callable[[], Fts5Index], Rebuilding]:
    path = folder / "index.db"
    return lambda: Fts5Index(path, create=True), lambda: Fts5Index.rebuild(path)


def shared(at: ElasticEndpoint) -> tuple[Callable[[], ElasticIndex], Rebuilding]:
    url = f"{at.url}/rebuilt"
    return (
        lambda: ElasticIndex(url, at.api_key, at.ca_file, create=True),
        lambda: ElasticIndex.rebuild(url, at.api_key, at.ca_file),
    )


@pytest.mark.parametrize("engine", ["fts5", "elastic"])
def test_a_rebuild_while_pages_come_in_and_people_search(
    request: pytest.FixtureRequest, made: Catalogue, tmp_path: Path, engine: str
) -> None:
    """Whoever searches meanwhile always finds all that was there; what comes in, changes or goes meanwhile is in the new index."""
    opened, rebuilding = fts5(tmp_path) if engine == "fts5" else shared(request.getfixturevalue("elastic"))
    _, keys = take(made, "h", "a", pages=PAGES)
    refs = read(made, keys, "سامر")
    with closing(opened()) as index:
        indexing.drain(made.outbox, index)

    def search(over: Event) -> list[int]:
        counts = []
        with closing(opened()) as index:
            while not over.is_set():
                counts.append(len([one for one in index.candidates(Query("سامر"), 900) if one.page.key <= refs[-1].key]))
        return counts

    def come_in(over: Event) -> int:
        mine, batches = catalogue(tmp_path / "c.db"), 0
        with closing(mine), closing(opened()) as index:
            while not over.is_set() or batches < 3:
                _, new = take(mine, "h", f"new {batches}", pages=3)
                [first, second, _] = read(mine, new, "سامر وائل")
                indexing.drain(mine.outbox, index)
                mine.readings.correct(first.page_id, 0, result("سامر جابر"), "huda")
                mine.readings.withdraw(second.page_id, "consent", "huda")
                indexing.drain(mine.outbox, index)
                batches += 1
        return batches

    over = Event()
    with ThreadPoolExecutor(2) as threads:
        try:
            seen, came = threads.submit(search, over), threads.submit(come_in, over)
            _renew(made, rebuilding)
        finally:
            over.set()
    assert set(seen.result()) == {PAGES}
    with closing(opened()) as index:
        indexing.drain(made.outbox, index)
        assert indexing.differences(made.ledger.versions(), index) == []
        assert len(index.candidates(Query("جابر"), 900)) == came.result()
        assert made.ledger.behind() == 0


def _renew(made: Catalogue, rebuilding: Rebuilding) -> None:
    def found(keys: Sequence[int]) -> Mapping[int, StoredPage]:
        return made.readings.found(keys)

    fresh = rebuilding()
    assert indexing.renew(fresh, made.ledger.versions, found) >= PAGES
