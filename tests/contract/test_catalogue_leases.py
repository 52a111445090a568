"""Each page is given to one worker at a time, for as long as the lease holds."""

import threading
from concurrent.futures import ThreadPoolExecutor

from pipeline.catalogue import Catalogue
from tests.contract.cases import BROKEN
from tests.contract.conftest import Again
from tests.support import FAR, Clock, read, take


def test_pending_is_of_one_holding_or_of_all(made: Catalogue) -> None:
    first, keys = take(made, "h", "a", "b")
    second, others = take(made, "other", "a")
    assert made.work.pending() == keys + others
    assert (made.work.pending(first.holding_id), made.work.pending(second.holding_id), made.work.pending(99)) == (keys, others, [])


def test_a_leased_page_is_its_owners_alone(made: Catalogue) -> None:
    _, keys = take(made, "h", "a", "b", "c")
    assert [ref.key for ref in made.work.lease(keys[:2], "me", FAR)] == keys[:2]
    assert [ref.key for ref in made.work.lease(keys, "you", FAR)] == keys[2:]
    assert [ref.key for ref in made.work.lease(keys, "me", FAR)] == keys[:2]
    assert sorted(made.work.owners()) == ["me", "you"]
    assert made.work.lease([], "me", FAR) == made.work.lease([99], "me", FAR) == []


def test_a_lease_ends_when_given_back(made: Catalogue) -> None:
    _, keys = take(made, "h", "a", "b", "c")
    made.work.lease(keys[:2], "me", FAR)
    made.work.lease(keys[2:], "you", FAR)
    assert made.work.release("me") == 2
    assert made.work.release("me") == 0
    assert made.work.owners() == ["you"]
    assert [ref.key for ref in made.work.lease(keys, "they", FAR)] == keys[:2]


def test_a_lease_ends_with_its_time(made: Catalogue, clock: Clock) -> None:
    _, keys = take(made, "h", "a")
    made.work.lease(keys, "me", 60)
    clock.now += 59
    assert made.work.lease(keys, "you", 60) == []
    clock.now += 2
    assert len(made.work.lease(keys, "you", 60)) == 1
    assert made.work.lease(keys, "me", 60) == []


def test_only_waiting_pages_are_leased(made: Catalogue) -> None:
    _, keys = take(made, "h", "a", "b", "c")
    read(made, keys[:1], "نص")
    made.work.fail(made.work.lease(keys[1:2], "me", FAR)[0], BROKEN, 3, "tester")
    assert [ref.key for ref in made.work.lease(keys, "you", FAR)] == keys[2:]
    assert made.work.owners() == ["you"], "a lease ends with its page"


def test_eight_workers_never_hold_the_same_page(again: Again, made: Catalogue) -> None:
    _, keys = take(made, "h", *map(str, range(60)))
    start = threading.Barrier(8)

    def work(owner: int) -> list[int]:
        mine = again()
        start.wait()
        return [ref.key for at in range(0, 60, 5) for ref in mine.work.lease(keys[at : at + 10], str(owner), FAR)]

    with ThreadPoolExecutor(8) as pool:
        held = [set(some) for some in pool.map(work, range(8))]
    assert sum(map(len, held)) == len(set.union(*held)) == 60
