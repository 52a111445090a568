"""What went in comes out, whatever a hostile file brings, or is refused with a reason: the same on every engine."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.catalogue import Catalogue
from pipeline.errors import NotFound, PageFailed, Usage
from pipeline.model import Entities, PageResult, Person, Rescan
from tests.support import FAR, offered, reading, result, sha, take

HOSTILE = {
    "NUL": "a\x00b\x00", "its stand-in": "\ufdd0\ufdd00\ufdd01\x00\ufdd0", "beyond the first plane": "\U0010ffff\U00010000",
    "control": "\x01\x1b[31m\x7f\x85", "like": "%_\\", "quotes": "'\"$$;--", "format": "%s {} :name", "bidi": "\u202e\u2066",
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_comes_back(made: Catalogue, text: str) -> None:
    batch = made.accessions.open(f"h {text}", text, {text: text}, text)
    files = (offered("a"), offered("b", "refused", code="truncated", detail=text))
    offers = [replace(file, location=f"/{text}/{number}", name=text) for number, file in enumerate(files)]
    [key] = made.accessions.record(batch, offers, text)
    [ref] = made.work.lease([key], text, FAR)
    assert (made.work.owners(), made.work.renew(text, FAR), ref.holding, ref.source) == ([text], 1, f"h {text}", text)
    given = PageResult(reading(text, reader=text), Entities((Person(text, ()),)), (Rescan("dark", text),))
    made.work.record([(ref, "s", given)], text)
    assert made.readings.current(ref.page_id)[1] == given.reading
    [stored] = made.readings.lines(f"h {text}")
    assert stored.entities == given.entities
    [row] = made.ledger.holdings()
    assert (row.holding, row.batches[0].box, row.batches[0].manifest) == (f"h {text}", text, {text: text})
    assert [(found.source, found.reason) for found in (*row.failures, *row.rescan)] == [(text, text)] * 2
    assert made.ledger.counts([f"h {text}"]).pages == 1
    made.consents.decide(f"h {text}", True, text, text)
    assert (made.consents.terms()[0].reason, made.consents.terms()[0].by) == (text, text)
    assert {entry.actor for entry, _ in made.custody.entries(row.id)} == {text}
    made.readings.withdraw(ref.page_id, text, text)


@pytest.mark.parametrize("identifier", ["\x00" * 8, "\ufdd0" * 8, "%" * 8, "\\" * 8])
def test_what_is_no_id_finds_nothing(made: Catalogue, identifier: str) -> None:
    take(made, "h", "a")
    for act in (lambda: made.readings.current(identifier), lambda: made.readings.correct(identifier, 0, result("x"), "huda")):
        with pytest.raises(NotFound):
            act()
    with pytest.raises((NotFound, Usage)):
        made.readings.withdraw(identifier, "reason", "huda")


HALF = "half \ud800"
LONG = "x" * 201
ACTS: dict[str, Callable[[Catalogue, str], object]] = {
    "holding": lambda made, text: made.accessions.open(text, None, {}, "tester"),
    "box": lambda made, text: made.accessions.open("h", text, {}, "tester"),
    "actor": lambda made, text: made.accessions.open("h", None, {}, text),
    "by": lambda made, text: made.readings.withdraw(sha("a"), "reason", text),
    "owner": lambda made, text: made.work.lease(made.work.pending(), text, FAR),
    "consent": lambda made, text: made.consents.decide("h", True, "reason", text),
}
UNBOUNDED: dict[str, Callable[[Catalogue, str], object]] = {
    "manifest": lambda made, text: made.accessions.open("h", None, {"from": text}, "tester"),
    "reason": lambda made, text: made.readings.withdraw(sha("a"), text, "huda"),
    "consent reason": lambda made, text: made.consents.decide("h", True, text, "huda"),
    "detail": lambda made, text: made.work.fail(made.work.lease(made.work.pending(), "me", FAR)[0], PageFailed("x", text), 1, "me"),
    "location": lambda made, text: made.accessions.record(
        made.accessions.open("h", None, {}, "tester"), [replace(offered("b"), location=text)], "tester"
    ),
}
REFUSED = [(act, HALF) for act in (*ACTS.values(), *UNBOUNDED.values())] + [(act, LONG) for act in ACTS.values()]


@pytest.mark.parametrize(
    ("act", "text"), REFUSED, ids=[*(f"half {name}" for name in (*ACTS, *UNBOUNDED)), *(f"long {name}" for name in ACTS)]
)
def test_what_cannot_be_kept_is_refused_and_changes_nothing(made: Catalogue, act: Callable[[Catalogue, str], object], text: str) -> None:
    take(made, "h", "a")
    before = len(list(made.custody.entries(1)))
    with pytest.raises(Usage) as caught:
        act(made, text)
    assert caught.value.code == "bad-text"
    assert text not in str(caught.value)
    assert made.work.pending()
    assert len(list(made.custody.entries(1))) <= before + 1, "no more than the batch that was opened"


@pytest.mark.parametrize("act", UNBOUNDED.values(), ids=UNBOUNDED)
def test_long_text_is_kept_where_there_is_no_bound(made: Catalogue, act: Callable[[Catalogue, str], object]) -> None:
    take(made, "h", "a")
    act(made, "س" * 100_000)
