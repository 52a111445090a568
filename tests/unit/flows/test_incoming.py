"""What has come in is given out in chunks, each once an hour."""

from collections.abc import Sequence

from flows.give_out import LEAST
from flows.incoming import TakenUp, take_up_once


def test_every_waiting_page_is_given_out_and_not_twice_in_an_hour() -> None:
    given: dict[str, tuple[str, Sequence[int]]] = {}

    def submit(_batch: TakenUp, name: str, keys: Sequence[int], ticket: str) -> None:
        given.setdefault(ticket, (name, keys))

    batches = [TakenUp(7, 1, range(100, 100 + LEAST + 1)), TakenUp(8, 2, [5])]
    assert take_up_once(lambda: batches, submit, "14h") == f"2 batches, {LEAST + 2} pages given out"
    take_up_once(lambda: batches, submit, "14h")
    assert [name for name, _ in given.values()] == [
        f"Batch 7: pages 1-{LEAST} of {LEAST + 1}", f"Batch 7: pages {LEAST + 1}-{LEAST + 1} of {LEAST + 1}", "Batch 8: pages 1-1 of 1",
    ]  # fmt: skip
    assert sorted(key for _, keys in given.values() for key in keys) == [5, *range(100, 100 + LEAST + 1)]
    take_up_once(lambda: batches, submit, "15h")
    assert len(given) == 6
