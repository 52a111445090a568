"""What has come in is given out in chunks, each once while its run is under way."""

from collections.abc import Mapping, Sequence

import pytest

from flows.give_out import LEAST, WINDOW
from flows.incoming import TRIES, TakenUp, take_up_once


class Desk:
    """Remembers what was given out, by ticket; ``ends`` says how the runs of a chunk stand, by its first page."""

    def __init__(self, ends: Mapping[int, str] | None = None) -> None:
        self.given: dict[str, tuple[str, Sequence[int]]] = {}
        self.ends = ends or {}

    def __call__(self, _batch: TakenUp, name: str, keys: Sequence[int], ticket: str) -> str:
        self.given.setdefault(ticket, (name, keys))
        return self.ends.get(keys[0], "SCHEDULED")

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.given.values()]

    @property
    def keys(self) -> list[int]:
        return sorted(key for _, keys in self.given.values() for key in keys)


def batch(number: int, keys: Sequence[int], read: int = 0) -> TakenUp:
    """A batch whose first pages are read."""
    return TakenUp(number, 1, keys, frozenset(keys[read:]))


def test_every_waiting_page_is_given_out_and_not_twice_in_an_hour() -> None:
    desk, batches = Desk(), [batch(7, range(100, 100 + LEAST + 1)), batch(8, [5])]
    assert take_up_once(lambda: batches, desk, "14h") == f"2 batches under way, {LEAST + 2} pages waiting"
    take_up_once(lambda: batches, desk, "14h")
    assert desk.names == [
        f"Batch 7: pages 1-{LEAST} of {LEAST + 1}", f"Batch 7: pages {LEAST + 1}-{LEAST + 1} of {LEAST + 1}", "Batch 8: pages 1-1 of 1",
    ]  # fmt: skip
    assert desk.keys == [5, *range(100, 100 + LEAST + 1)]
    take_up_once(lambda: batches, desk, "15h")
    assert len(desk.given) == 6


@pytest.mark.parametrize("read", range(1, 2 * LEAST, 7))
def test_pages_read_meanwhile_move_no_other_to_another_chunk(read: int) -> None:
    desk, keys = Desk(), range(2 * LEAST)
    for done in (0, read):
        take_up_once(lambda done=done: [batch(7, keys, done)], desk, "14h")
    assert desk.keys == list(keys)
    assert len(desk.given) == 2


@pytest.mark.parametrize(
    ("state", "runs"),
    [("SCHEDULED", 1), ("RUNNING", 1), ("PAUSED", 1), ("CANCELLED", 1), ("COMPLETED", TRIES), ("FAILED", TRIES), ("CRASHED", TRIES)],
)
def test_a_chunk_whose_run_ended_before_its_pages_is_given_out_again(state: str, runs: int) -> None:
    desk = Desk({5: state})
    take_up_once(lambda: [batch(8, [5, 6])], desk, "14h")
    assert len(desk.given) == runs


def test_a_great_batch_is_given_out_as_its_pages_are_read() -> None:
    desk, size = Desk(), 2 * LEAST
    keys = range(100 * size)
    take_up_once(lambda: [batch(9, keys)], desk, "14h")
    assert desk.keys == list(keys[: WINDOW * size])
    take_up_once(lambda: [batch(9, keys, 10 * size)], desk, "14h")
    assert desk.keys == list(keys[: (WINDOW + 10) * size])


def test_nothing_waits_and_nothing_is_given_out() -> None:
    desk = Desk()
    assert take_up_once(list, desk, "14h") == "0 batches under way, 0 pages waiting"
    assert desk.given == {}
