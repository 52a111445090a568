"""Pages are read once each, failures are counted and set aside, and trouble with a store loses nothing."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import leases
from pipeline.catalogue import Catalogue
from pipeline.digitise import LEASE_SECONDS, Digitiser
from pipeline.errors import PageFailed, SijillError, Unavailable, WorkerLost
from pipeline.ledger import Tally
from pipeline.model import PageRef, PageResult
from pipeline.process import stage_key
from search.memory import MemoryIndex
from tests.support import FAR, READER, Clock, catalogue, counts, reading, result, settled, take, whole

HUNG, DIED = WorkerLost("reader-hung", "too long"), WorkerLost("reader-died", "crashed")
BROKEN = PageFailed("render-failed", "cannot be drawn")
Outcome = PageResult | SijillError


class Pool:
    """Stands for the child processes: what each try of a page comes to, by the page's source; all others are read."""

    def __init__(self, **outcomes: Sequence[Outcome]) -> None:
        self.outcomes = {name: list(tries) for name, tries in outcomes.items()}
        self.tried: list[str] = []
        self.held: dict[str, Future[PageResult]] = {}
        self.slow: frozenset[str] = frozenset()

    def __call__(self, ref: PageRef) -> "Future[PageResult]":
        self.tried.append(ref.source)
        if ref.source in self.slow:
            return self.held.setdefault(ref.source, Future())
        left = self.outcomes.get(ref.source)
        return settled(left.pop(0) if left else result(f"نص {ref.source}"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def made(tmp_path: Path, clock: Clock) -> Iterator[Catalogue]:
    fresh = catalogue(tmp_path / "c.db", clock)
    yield fresh
    assert whole(fresh)
    fresh.close()


@pytest.fixture
def index() -> MemoryIndex:
    return MemoryIndex()


def digitiser(made: Catalogue, index: MemoryIndex, pool: Pool, attempts: int = 3) -> Digitiser:
    return Digitiser(made.work, made.outbox, index, made.ledger.holdings, pool, READER, attempts)


def test_pages_are_read_recorded_and_indexed(made: Catalogue, index: MemoryIndex) -> None:
    _, keys = take(made, "h", "a", "b", pages=2)
    worker = digitiser(made, index, Pool())
    assert worker.pending() == keys
    assert worker.read(keys) == Tally(4)
    assert worker.pending() == []
    assert dict(index.versions()) == made.ledger.versions()
    assert counts(made, "h") == {"files": 2, "accepted": 2, "pages": 4, "indexed": 4}
    assert list(worker.ledger()) == made.ledger.holdings()
    page = made.readings.found(keys)[keys[0]].page
    assert made.readings.current(page.page_id) == (0, reading("نص a"))
    assert made.work.known(page, stage_key(page.page_id, READER)), "recorded under the key that names this page, reader and version"


def test_seconds_spent_are_summed_by_part(made: Catalogue, index: MemoryIndex) -> None:
    timed = [replace(result("نص"), seconds={"render": 0.5, "read": seconds}) for seconds in (1.0, 2.0)]
    worker = digitiser(made, index, Pool(a=timed[:1], b=[HUNG, timed[1]]))
    assert worker.spent == {}
    worker.read(take(made, "h", "a", "b")[1])
    assert worker.spent == {"render": 1.0, "read": 3.0}


def test_reading_again_or_nothing_does_nothing(made: Catalogue, index: MemoryIndex) -> None:
    _, keys = take(made, "h", "a")
    pool = Pool()
    worker = digitiser(made, index, pool)
    assert worker.read([]) == Tally()
    assert worker.read([*keys, *keys]) == worker.read(keys) == Tally(1)
    assert pool.tried == ["a"]


TRIES: dict[str, tuple[list[Outcome], Tally, int]] = {
    "hangs once": ([HUNG], Tally(3), 2),
    "hangs, crashes, then is read": ([HUNG, DIED], Tally(3), 3),
    "kills its reader three times": ([HUNG, DIED, DIED], Tally(2, 1, {"reader-died": 1}), 3),
    "cannot be drawn": ([BROKEN], Tally(2, 1, {"render-failed": 1}), 1),
    "hangs, then cannot be drawn": ([HUNG, BROKEN], Tally(2, 1, {"render-failed": 1}), 2),
}


@pytest.mark.parametrize(("tries", "tally", "times"), TRIES.values(), ids=TRIES)
def test_a_bad_page_is_tried_as_often_as_it_helps_and_its_siblings_finish(
    made: Catalogue, index: MemoryIndex, tries: list[Outcome], tally: Tally, times: int
) -> None:
    _, keys = take(made, "h", "a", "bad", "c")
    pool = Pool(bad=tries)
    assert digitiser(made, index, pool).read(keys) == tally
    assert sorted(pool.tried) == sorted(["a", "c", *["bad"] * times])
    [row] = made.ledger.holdings()
    assert (row.indexed, row.failed, row.waiting) == (tally.done, tally.failed, 0)
    assert [(failure.source, failure.code) for failure in row.failures] == [("bad", code) for code in tally.codes]


def test_tries_are_counted_across_restarts(made: Catalogue, index: MemoryIndex) -> None:
    _, keys = take(made, "h", "bad")
    [ref] = made.work.lease(keys, "killed with its page", FAR)
    made.work.fail(ref, DIED, 3, "tester")
    made.work.release("killed with its page")
    pool = Pool(bad=[DIED, DIED])
    assert digitiser(made, index, pool).read(keys) == Tally(0, 1, {"reader-died": 1})
    assert len(pool.tried) == 2


def test_a_dead_letter_is_read_once_retried(made: Catalogue, index: MemoryIndex) -> None:
    _, keys = take(made, "h", "bad")
    worker = digitiser(made, index, Pool(bad=[BROKEN]))
    worker.read(keys)
    assert made.work.retry("tester") == keys == worker.pending()
    assert worker.read(keys) == Tally(1)


def test_a_head_start_is_picked_up(made: Catalogue, index: MemoryIndex) -> None:
    _, keys = take(made, "h", "a", "b", "c")
    pool = Pool()
    worker = digitiser(made, index, pool)
    worker.begin(keys[:2])
    worker.begin(keys[:2])
    assert pool.tried == ["a", "b"]
    assert made.work.lease(keys[:2], "somebody else", FAR) == []
    assert worker.read(keys) == Tally(3)
    assert sorted(pool.tried) == ["a", "b", "c"]


def test_what_will_not_be_finished_is_given_back(made: Catalogue, index: MemoryIndex) -> None:
    _, keys = take(made, "h", "a", "b")
    worker = digitiser(made, index, Pool())
    worker.begin(keys[:1])
    other = digitiser(made, index, Pool())
    other.begin(keys[1:])
    worker.release()
    assert [ref.key for ref in made.work.lease(keys, "me", FAR)] == keys[:1]


def test_a_scan_known_from_another_holding_is_not_read_again(made: Catalogue, index: MemoryIndex) -> None:
    pool = Pool()
    worker = digitiser(made, index, pool)
    for holding in ("h", "other"):
        _, keys = take(made, holding, "a", pages=2)
        assert worker.read(keys) == Tally(2)
    assert pool.tried == ["a", "a"]
    assert len(list(index.versions())) == 4


def test_pages_of_a_process_that_died_come_back_at_once(made: Catalogue, index: MemoryIndex) -> None:
    _, keys = take(made, "h", "a", "b")
    *place, _, started, _ = leases.owner().split("/")
    for key in keys:
        made.work.lease([key], "/".join((*place, "4194304", started, str(key))), FAR)
    worker = digitiser(made, index, Pool())
    assert worker.pending() == keys
    assert worker.read(keys) == Tally(2)


def test_pages_of_a_worker_that_lives_are_waited_for(made: Catalogue, index: MemoryIndex) -> None:
    _, keys = take(made, "h", "a", "b")
    pool = Pool()
    [held] = made.work.lease(keys[:1], "another-host/boot/1/1", FAR)
    with ThreadPoolExecutor(1) as threads:
        reading_ = threads.submit(digitiser(made, index, pool).read, keys)
        with pytest.raises(TimeoutError):
            reading_.result(timeout=0.8)
        made.work.record([(held, "s", result("من هناك"))], "other")
        assert reading_.result(timeout=10) == Tally(2)
    assert pool.tried == ["b"]


def test_a_slow_page_stays_with_the_worker_that_has_it(made: Catalogue, index: MemoryIndex, clock: Clock) -> None:
    """Also one begun ahead of time, and however long it takes; of a worker that has died it comes back once its lease has run out."""
    _, keys = take(made, "h", "slow", "ahead")
    pool = Pool()
    pool.slow = frozenset(("slow", "ahead"))
    worker = Digitiser(made.work, made.outbox, index, made.ledger.holdings, pool, READER, 3, renew_seconds=0.02)
    with ThreadPoolExecutor(1) as threads:
        worker.begin(keys)
        reading_ = threads.submit(worker.read, keys[:1])
        for _ in range(5):
            clock.now += LEASE_SECONDS * 0.9
            until = time.monotonic() + 30
            while _lease_ends(made) < clock.now + LEASE_SECONDS and time.monotonic() < until:
                time.sleep(0.01)
            assert made.work.lease(keys, "another", FAR) == []
        pool.held["slow"].set_result(result("نص"))
        assert reading_.result(timeout=30) == Tally(1)
    clock.now += LEASE_SECONDS + 1
    assert [ref.key for ref in made.work.lease(keys, "another", FAR)] == keys[1:]


def _lease_ends(made: Catalogue) -> float:
    with made.database.read() as connection:
        return float(connection.exec_driver_sql("select min(lease_until) from page where state = 'waiting'").scalar_one())


@pytest.mark.parametrize("workers", [1, 2], ids=["one digitiser", "two digitisers"])
def test_threads_asked_for_the_same_pages_read_each_once(made: Catalogue, index: MemoryIndex, workers: int) -> None:
    _, keys = take(made, "h", *map(str, range(40)))
    pool = Pool()
    given = [digitiser(made, index, pool) for _ in range(workers)]
    start = threading.Barrier(4)

    def read(number: int) -> Tally:
        start.wait()
        tally = Tally()
        for at in range(0, 40, 8):
            some = given[number % workers].read(keys[at : at + 8])
            tally = Tally(tally.done + some.done, tally.failed + some.failed)
        return tally

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(read, range(4))) == [Tally(40)] * 4
    assert sorted(pool.tried, key=int) == [str(number) for number in range(40)]


def test_two_digitisers_in_one_process_do_not_share_a_page_in_hand(made: Catalogue, index: MemoryIndex) -> None:
    _, keys = take(made, "h", "slow")
    pool = Pool()
    pool.slow = frozenset(("slow",))
    first, second = digitiser(made, index, pool), digitiser(made, index, pool)
    with ThreadPoolExecutor(2) as threads:
        first.begin(keys)
        waiting = [threads.submit(worker.read, keys) for worker in (first, second)]
        with pytest.raises(TimeoutError):
            waiting[1].result(timeout=0.7)
        pool.held["slow"].set_result(result("نص"))
        assert [future.result(timeout=10) for future in waiting] == [Tally(1), Tally(1)]
    assert pool.tried == ["slow"]


class Full:
    """The work of a catalogue whose disk is full for a while."""

    def __init__(self, made: Catalogue, call: str) -> None:
        self._work, self._call, self.full = made.work, call, True

    def __getattr__(self, name: str) -> object:
        if self.full and name == self._call:
            return self._refuse
        return getattr(self._work, name)

    def _refuse(self, *_: object) -> None:
        raise Unavailable("disk-full", "no room")


@pytest.mark.parametrize("call", ["lease", "known", "record", "fail"])
def test_trouble_with_the_store_is_raised_and_the_same_call_goes_on_from_there(made: Catalogue, index: MemoryIndex, call: str) -> None:
    _, keys = take(made, "h", "a", "bad", "c")
    pool, work = Pool(bad=[BROKEN]), Full(made, call)
    worker = Digitiser(work, made.outbox, index, made.ledger.holdings, pool, READER, 3)  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        worker.read(keys)
    work.full = False
    assert worker.read(keys) == Tally(2, 1, {"render-failed": 1})
    assert sorted(pool.tried) == ["a", "bad", "c"], "what was read before is not read again"


def test_a_page_alone_does_not_wait_for_its_slow_siblings(made: Catalogue, index: MemoryIndex) -> None:
    _, keys = take(made, "h", "slow", "quick")
    pool = Pool()
    pool.slow = frozenset(("slow",))
    worker = digitiser(made, index, pool)
    with ThreadPoolExecutor(1) as threads:
        reading_ = threads.submit(worker.read, keys)
        with pytest.raises(TimeoutError):
            reading_.result(timeout=0.5)
        assert made.work.pending() == keys[:1], "recorded as soon as it is read: a kill loses only what was in hand"
        pool.held["slow"].set_result(result("نص"))
        assert reading_.result(timeout=10) == Tally(2)


def test_the_catalogue_is_not_listed_for_every_slice(made: Catalogue, index: MemoryIndex) -> None:
    """A million pages wait: looking at all of them for each 32 would take longer than reading them."""
    _, keys = take(made, "h", *map(str, range(64)))
    asked: list[str] = []

    class Counting:
        def __getattr__(self, name: str) -> object:
            asked.append(name)
            return getattr(made.work, name)

    worker = Digitiser(Counting(), made.outbox, index, made.ledger.holdings, Pool(), READER, 3)  # type: ignore[arg-type]
    for at in range(0, 64, 32):
        worker.read(keys[at : at + 32])
    assert "pending" not in asked


def test_missing_pages_and_rows_go_on_the_rescan_list(made: Catalogue, index: MemoryIndex) -> None:
    accession, keys = take(made, "h", "letter", pages=2)
    other, _ = take(made, "h", "unread")
    feet = iter(("صفحة 1 من 3", "صفحة 3 من 3"))
    pool = Pool(letter=[result("نص", foot) for foot in feet])
    worker = digitiser(made, index, pool)
    worker.read(keys)
    for batch in (accession, other, accession):
        worker.note_gaps(batch)
    [row] = made.ledger.holdings()
    assert [(note.source, note.code) for note in row.rescan] == [("letter", "missing-pages")]
