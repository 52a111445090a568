"""The custody chain shows every edit, removal, change of order and cut."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from pipeline.custody import GENESIS, Checkpoint, Entry, check
from pipeline.errors import Damaged, Usage

Chain = list[tuple[Entry, str]]


def chain(size: int, holding: int = 1) -> Chain:
    made: Chain = []
    for number in range(1, size + 1):
        previous = made[-1][1] if made else GENESIS
        entry = Entry(
            holding, number, "2024-12-08T06:00:00.000+00:00", "tester", "file-accepted", f"f{number}", {"pages": number}, previous
        )
        made.append((entry, entry.hash))
    return made


def ends(made: Chain) -> list[Checkpoint]:
    """The checkpoint after each entry."""
    return [Checkpoint(entry.holding, entry.number, stored) for entry, stored in made]


def rehashed(made: Chain) -> Chain:
    """What somebody makes who may change every row: a chain that holds together."""
    new: Chain = []
    for number, (entry, _) in enumerate(made, start=1):
        moved = replace(entry, number=number, previous=new[-1][1] if new else GENESIS)
        new.append((moved, moved.hash))
    return new


def edited(made: Chain, index: int, /, **changes: object) -> Chain:
    entry, stored = made[index]
    return [*made[:index], (replace(entry, **changes), stored), *made[index + 1 :]]  # type: ignore[arg-type]


def test_a_chain_that_holds_ends_where_it_ends() -> None:
    made = chain(5)
    assert check(made) == check(made, ends(made)) == ends(made)[-1]
    assert check([]) is None


def test_the_hash_is_stable() -> None:
    """Checkpoints kept on paper must hold for ever: what is hashed may not change."""
    entry = Entry(1, 1, "2024-12-08T06:00:00.000+00:00", "ناسخ", "file-accepted", "a", {"b": 2, "a": "ا"}, GENESIS)
    written = f'[1,1,"2024-12-08T06:00:00.000+00:00","ناسخ","file-accepted","a",{{"a":"ا","b":2}},"{GENESIS}"]'
    assert entry.hash == hashlib.sha256(written.encode()).hexdigest()


FIELDS = {
    "holding": 2, "number": 9, "at": "2025-01-01T00:00:00.000+00:00", "actor": "other", "action": "file-refused", "subject": "x",
    "details": {"pages": 99}, "previous": "1" * 64,
}  # fmt: skip


@pytest.mark.parametrize("at", [0, 2, 4], ids=["first", "middle", "last"])
@pytest.mark.parametrize("field", FIELDS)
def test_an_edit_of_any_field_is_seen(field: str, at: int) -> None:
    with pytest.raises(Damaged) as caught:
        check(edited(chain(5), at, **{field: FIELDS[field]}))
    assert caught.value.code == "chain-broken"
    assert f"record {at + 1} " in caught.value.detail


TAMPERINGS: dict[str, Callable[[Chain], Chain]] = {
    "first removed": lambda made: made[1:],
    "middle removed": lambda made: made[:2] + made[3:],
    "two swapped": lambda made: [made[0], made[2], made[1], *made[3:]],
    "one twice": lambda made: [*made[:2], made[1], *made[2:]],
    "one from another holding": lambda made: [*made[:2], chain(5, holding=2)[2], *made[3:]],
    "stored hash changed": lambda made: [*made[:4], (made[4][0], "0" * 64)],
}


@pytest.mark.parametrize("tamper", TAMPERINGS.values(), ids=TAMPERINGS)
def test_removing_and_reordering_is_seen(tamper: Callable[[Chain], Chain]) -> None:
    with pytest.raises(Damaged) as caught:
        check(tamper(chain(5)))
    assert caught.value.code == "chain-broken"


@pytest.mark.parametrize("left", [0, 1, 4])
def test_cutting_off_the_end_shows_against_a_checkpoint(left: int) -> None:
    made = chain(5)
    check(made[:left])  # nothing in the chain itself shows it
    with pytest.raises(Damaged) as caught:
        check(made[:left], ends(made)[-1:])
    assert caught.value.code == "chain-cut"
    assert f"{left} custody records" in caught.value.detail


@pytest.mark.parametrize("at", range(5))
def test_a_chain_made_anew_shows_against_a_checkpoint(at: int) -> None:
    forged = rehashed(edited(chain(5), 0, subject="other"))
    check(forged)
    with pytest.raises(Damaged) as caught:
        check(forged, [ends(chain(5))[at]])
    assert caught.value.code == "chain-rewritten"


def kept_both(made: Chain) -> Sequence[Checkpoint]:
    return [replace(ends(made)[2], root="f" * 64), ends(made)[2]]


@pytest.mark.parametrize("order", [1, -1], ids=["wrong first", "wrong last"])
def test_of_two_checkpoints_of_one_size_both_are_compared(order: int) -> None:
    made = chain(5)
    with pytest.raises(Damaged) as caught:
        check(made, kept_both(made)[::order])
    assert caught.value.code == "chain-rewritten"


def test_more_records_than_a_checkpoint_knows_are_fine() -> None:
    made = chain(9)
    assert check(made, ends(made)[:3]) == ends(made)[-1]


def test_a_checkpoint_reads_back() -> None:
    end = ends(chain(3))[-1]
    assert Checkpoint.parse(f" {end}\n") == end


@pytest.mark.parametrize(
    "text", ["", "1:2", "1:2:" + "0" * 63, "1:2:" + "G" * 64, "-1:2:" + "0" * 64, "1:2:" + "0" * 64 + ":3", "1" * 13 + ":1:" + "0" * 64]
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Usage) as caught:
        Checkpoint.parse(text)
    assert caught.value.code == "bad-checkpoint"
