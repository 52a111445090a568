"""The index follows the catalogue, whoever drains the outbox, however often it is cut short."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline import indexing
from pipeline.catalogue import Catalogue
from pipeline.errors import Damaged, PageFailed, Unavailable
from pipeline.model import IndexedPage, PageRef
from search.memory import MemoryIndex
from tests.support import catalogue, counts, read, result, sha, take


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Catalogue]:
    fresh = catalogue(tmp_path / "c.db")
    yield fresh
    fresh.close()


def full(made: Catalogue, pages: int) -> list[PageRef]:
    _, keys = take(made, "h", "a", pages=pages)
    return read(made, keys, "نص")


def same(made: Catalogue, index: MemoryIndex) -> bool:
    return indexing.differences(made.ledger.versions(), index) == [] and made.ledger.behind() == 0


def test_draining_brings_everything_and_says_how_far_it_is(made: Catalogue) -> None:
    full(made, 450)
    index, told = MemoryIndex(), list[int]()
    assert indexing.drain(made.outbox, index, told.append) == 450
    assert told == [200, 400, 450]
    assert same(made, index)
    assert indexing.drain(made.outbox, index) == 0
    assert counts(made, "h")["indexed"] == 450


def test_changes_and_withdrawals_follow(made: Catalogue) -> None:
    first, second, _ = full(made, 3)
    index = MemoryIndex()
    indexing.drain(made.outbox, index)
    made.readings.correct(first.page_id, 0, result("صحيح"), "huda")
    made.readings.withdraw(second.page_id, "consent", "huda")
    assert indexing.drain(made.outbox, index) == 2
    assert same(made, index)
    assert len(list(index.versions())) == 2


class Cut(MemoryIndex):
    """An index that fails at one batch, before or after it has taken it."""

    def __init__(self, at: int, after: bool) -> None:
        super().__init__()
        self._left, self._after = at, after

    def apply(self, pages: Sequence[IndexedPage], removed: Sequence[PageRef] = ()) -> None:
        self._left -= 1
        if self._left or self._after:
            super().apply(pages, removed)
        if not self._left:
            raise Unavailable("index-unavailable", "gone")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_cut_short_it_goes_on_where_it_stopped(made: Catalogue, at: int, after: bool) -> None:
    full(made, 450)
    index = Cut(at, after)
    with pytest.raises(Unavailable):
        indexing.drain(made.outbox, index)
    assert made.ledger.behind() == 450 - 200 * (at - 1)
    assert made.ledger.counts(None).indexed == 200 * (at - 1), "what is not in the index is not called searched"
    indexing.drain(made.outbox, index)
    assert same(made, index)


def test_a_correction_during_draining_is_not_lost(made: Catalogue) -> None:
    [ref] = full(made, 1)

    class Correcting(MemoryIndex):
        def apply(self, pages: Sequence[IndexedPage], removed: Sequence[PageRef] = ()) -> None:
            super().apply(pages, removed)
            if pages[0].revision == 0:
                made.readings.correct(ref.page_id, 0, result("صحيح"), "huda")

    index = Correcting()
    assert indexing.drain(made.outbox, index) == 2
    assert same(made, index)


def test_an_old_batch_never_overwrites_a_newer_one(made: Catalogue) -> None:
    """Two drain at once; the slower one had read the outbox before a correction."""
    [ref] = full(made, 1)
    old = made.outbox.waiting(10)
    made.readings.correct(ref.page_id, 0, result("صحيح"), "huda")
    index = MemoryIndex()
    indexing.drain(made.outbox, index)
    index.apply([page for _, page in old if page])
    made.outbox.done([told for told, _ in old])
    assert same(made, index)


def test_four_at_once(made: Catalogue, tmp_path: Path) -> None:
    full(made, 450)
    index, lock, start = MemoryIndex(), threading.Lock(), threading.Barrier(4)

    class Shared(MemoryIndex):
        def apply(self, pages: Sequence[IndexedPage], removed: Sequence[PageRef] = ()) -> None:
            with lock:
                index.apply(pages, removed)

    def drain(_: int) -> int:
        mine = catalogue(tmp_path / "c.db")
        start.wait()
        changed = indexing.drain(mine.outbox, Shared())
        mine.close()
        return changed

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(drain, range(4))) >= 450
    assert same(made, index)


def test_a_new_index_is_filled_again(made: Catalogue) -> None:
    refs = full(made, 3)
    made.readings.withdraw(refs[0].page_id, "consent", "huda")
    indexing.drain(made.outbox, MemoryIndex())
    index = MemoryIndex()
    made.outbox.refill()
    assert counts(made, "h")["waiting"] == 3
    indexing.drain(made.outbox, index)
    assert same(made, index)
    assert len(list(index.versions())) == 2


def test_differences_name_the_page_and_what_is_wrong(made: Catalogue) -> None:
    refs = full(made, 3)
    index = MemoryIndex()
    indexing.drain(made.outbox, index)
    wanted = made.ledger.versions()
    assert indexing.differences({}, MemoryIndex()) == indexing.differences(wanted, index) == []
    changed = {refs[0].key: wanted[refs[0].key] + 1, refs[1].key: wanted[refs[1].key], 99: 1}
    assert indexing.differences(changed, index) == [
        f"page {refs[0].key} is in the index as version 1, not 2",
        f"page {refs[2].key} is in the index and should not be",
        "page 99 is not in the index",
    ]
    assert not any(sha("a") in told for told in indexing.differences(changed, index))


class Refusing(MemoryIndex):
    """An index that does not take some pages, however often it is asked."""

    def __init__(self, *keys: int) -> None:
        super().__init__()
        self._keys = keys

    def apply(self, pages: Sequence[IndexedPage], removed: Sequence[PageRef] = ()) -> None:
        super().apply([page for page in pages if page.page.key not in self._keys], removed)
        if any(page.page.key in self._keys for page in pages):
            raise PageFailed("not-indexable", "refused")


def test_a_page_the_index_refuses_holds_up_no_other_and_stays_waiting(made: Catalogue) -> None:
    refs = full(made, 450)
    index = Refusing(refs[0].key, refs[7].key, refs[449].key)
    with pytest.raises(PageFailed, match="not-indexable"):
        indexing.drain(made.outbox, index)
    assert [ref.key for ref, _ in made.outbox.waiting(10)] == [refs[0].key, refs[7].key, refs[449].key]
    assert made.ledger.counts(None).indexed == 447
    assert len(indexing.differences(made.ledger.versions(), index)) == 3


class Fresh(MemoryIndex):
    """A rebuild that never takes over anything but says whether it was told to."""

    finished = False

    def finish(self) -> None:
        self.finished = True


def test_a_rebuild_is_filled_from_the_record_and_what_waits_stays_waiting(made: Catalogue) -> None:
    refs, told = full(made, 450), list[int]()
    indexing.drain(made.outbox, MemoryIndex())
    made.readings.withdraw(refs[0].page_id, "consent", "huda")
    made.readings.correct(refs[1].page_id, 0, result("صحيح"), "huda")
    fresh = Fresh()
    assert indexing.renew(fresh, made.ledger.versions, made.readings.found, told.append) == 449
    assert (fresh.finished, told[-1], made.ledger.behind()) == (True, 449, 2)
    assert indexing.differences(made.ledger.versions(), fresh) == []
    assert counts(made, "h")["indexed"] == 448, "the index that is searched meanwhile is whole"


def test_a_rebuild_that_lost_a_page_does_not_take_over(made: Catalogue) -> None:
    refs = full(made, 3)

    class Losing(Fresh):
        def apply(self, pages: Sequence[IndexedPage], removed: Sequence[PageRef] = ()) -> None:
            super().apply(pages[1:], removed)

    fresh = Losing()
    with pytest.raises(Damaged, match=rf"page {refs[0].key} first.*index-differs"):
        indexing.renew(fresh, made.ledger.versions, made.readings.found)
    assert not fresh.finished


def test_a_page_withdrawn_while_a_rebuild_fills_is_not_missed(made: Catalogue) -> None:
    refs = full(made, 3)

    class Withdrawing(Fresh):
        def apply(self, pages: Sequence[IndexedPage], removed: Sequence[PageRef] = ()) -> None:
            made.readings.withdraw(refs[2].page_id, "consent", "huda")
            super().apply(pages[:2], removed)

    fresh = Withdrawing()
    indexing.renew(fresh, made.ledger.versions, made.readings.found)
    assert fresh.finished


def test_a_rebuild_takes_over_without_the_pages_it_refuses_and_tells(made: Catalogue) -> None:
    refs = full(made, 3)

    class Partial(Refusing, Fresh):
        pass

    fresh = Partial(refs[1].key)
    with pytest.raises(PageFailed, match="not-indexable"):
        indexing.renew(fresh, made.ledger.versions, made.readings.found)
    assert fresh.finished
    assert len(list(fresh.versions())) == 2
