"""Corrections stand beside what they correct; what is withdrawn is hidden everywhere, now and later."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.catalogue import Catalogue
from pipeline.errors import Conflict, NotFound, SijillError, Usage
from pipeline.ledger import Offered
from tests.contract.cases import BROKEN, PEOPLE, acts, waiting_texts
from tests.contract.conftest import Again
from tests.support import FAR, counts, indexed, offered, read, reading, result, sha, take


def test_a_correction_shows_in_every_holding_and_the_original_stays(made: Catalogue) -> None:
    pages = [take(made, holding, "a")[1] for holding in ("h", "other")]
    [[ref], _] = [read(made, keys, "نص", confidence=0.2) for keys in pages]
    indexed(made)
    original = list(made.readings.digests())
    assert made.readings.correct(ref.page_id, 0, result("صحيح", people=PEOPLE, confidence=1.0), "huda") == 1
    assert waiting_texts(made) == {keys[0]: "صحيح" for keys in pages}
    assert [page.entities.people for page in made.readings.found([keys[0] for keys in pages]).values()] == [PEOPLE, PEOPLE]
    assert list(made.readings.digests())[:1] == original
    for holding in (1, 2):
        [entry] = [entry for entry, _ in made.custody.entries(holding) if entry.action == "page-corrected"]
        assert (entry.actor, entry.details["revision"]) == ("huda", 1)
    assert counts(made, "h") == {"files": 1, "accepted": 1, "pages": 1, "waiting": 1}, "not in the index yet"
    assert "low_confidence" not in counts(made, "h"), "a page a person has mended is no longer poorly read"


@pytest.mark.parametrize("state", ["waiting", "failed"])
def test_a_correction_does_not_index_a_page_another_holding_has_not_read(made: Catalogue, state: str) -> None:
    _, first = take(made, "h", "a")
    [ref] = read(made, first, "نص")
    _, second = take(made, "other", "a")
    if state == "failed":
        made.work.fail(made.work.lease(second, "me", FAR)[0], BROKEN, 1, "tester")
    made.readings.correct(ref.page_id, 0, result("صحيح"), "huda")
    told = {key for key, text in waiting_texts(made).items() if text is not None}
    indexed(made)
    assert told == made.ledger.versions().keys() == set(first)
    assert counts(made, "other")[state] == 1


@pytest.mark.parametrize("base", [0, 2])
def test_a_stale_correction_is_told(made: Catalogue, base: int) -> None:
    _, keys = take(made, "h", "a")
    [ref] = read(made, keys, "نص")
    made.readings.correct(ref.page_id, 0, result("صحيح"), "huda")
    with pytest.raises(Conflict) as caught:
        made.readings.correct(ref.page_id, base, result("آخر"), "omar")
    assert caught.value.code == "stale-revision"
    assert made.readings.current(ref.page_id) == (1, reading("صحيح"))


def test_of_two_corrections_at_once_one_is_told(again: Again, made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    [ref] = read(made, keys, "نص")
    start = threading.Barrier(4)

    def correct(who: str) -> int | str:
        mine = again()
        start.wait()
        try:
            return mine.readings.correct(ref.page_id, 0, result(who), who)
        except SijillError as error:
            return error.code

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(correct, ["a", "b", "c", "d"]))
    assert sorted(map(str, outcomes)) == ["1", "stale-revision", "stale-revision", "stale-revision"]


def test_no_reading_no_correction(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    [ref] = made.work.lease(keys, "me", FAR)
    for page_id in (ref.page_id, "x"):
        with pytest.raises(NotFound):
            made.readings.current(page_id)
        with pytest.raises(NotFound):
            made.readings.correct(page_id, 0, result("x"), "huda")
    assert made.readings.found(keys) == {}


def test_a_withdrawn_page_is_hidden_everywhere_now_and_later(made: Catalogue) -> None:
    pages = [take(made, holding, "a", pages=2)[1] for holding in ("h", "other")]
    [first, second], _ = [read(made, keys, "نص") for keys in pages]
    indexed(made)
    assert made.readings.withdraw(first.page_id, "consent", "huda") == [first.page_id]
    assert waiting_texts(made) == {keys[0]: None for keys in pages}
    indexed(made)
    assert (
        made.ledger.versions().keys() == made.readings.found([key for keys in pages for key in keys]).keys() == {keys[1] for keys in pages}
    )
    assert {item.page.page_id for item in made.readings.lines(None)} == {second.page_id}
    for act in (lambda: made.readings.current(first.page_id), lambda: made.readings.correct(first.page_id, 0, result("x"), "huda")):
        with pytest.raises(NotFound):
            act()
    _, third = take(made, "third", "a", pages=2)
    read(made, third, "نص")
    assert waiting_texts(made) == {third[0]: None, third[1]: "نص"}
    indexed(made)
    assert counts(made, "third") == {"files": 1, "accepted": 1, "pages": 2, "indexed": 2, "withdrawn": 1}
    assert [acts(made, holding).count(("page-withdrawn", first.page_id)) for holding in (1, 2, 3)] == [1, 1, 0]


def test_a_page_withdrawn_before_it_is_read_never_shows(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    made.readings.withdraw(sha("a"), "a child", "huda")
    indexed(made)
    read(made, keys, "نص")
    assert waiting_texts(made) == {keys[0]: None}
    assert made.ledger.holdings()[0].rescan == ()
    assert list(made.readings.lines(None)) == []


@pytest.mark.parametrize("given", [sha("a"), sha("a")[:8], sha("a")[:8].upper()], ids=["whole", "short", "upper"])
def test_a_scan_is_withdrawn_with_all_its_pages(made: Catalogue, given: str) -> None:
    take(made, "h", "a", pages=12)
    take(made, "h", "b")
    hidden = made.readings.withdraw(given, "forgery", "huda")
    assert sorted(hidden) == sorted(f"{sha('a')}-{number}" for number in range(1, 13))
    assert counts(made, "h")["withdrawn"] == 12


def test_withdrawing_one_page_leaves_those_whose_number_begins_alike(made: Catalogue) -> None:
    take(made, "h", "a", pages=12)
    assert made.readings.withdraw(f"{sha('a')}-1", "consent", "huda") == [f"{sha('a')}-1"]
    assert made.readings.withdraw(f"{sha('a')}-1", "again", "huda") == [f"{sha('a')}-1"]
    assert counts(made, "h")["withdrawn"] == 1


def test_withdrawing_needs_to_know_what_is_meant(made: Catalogue) -> None:
    accession = made.accessions.open("h", None, {}, "tester")
    alike = [Offered(f"/{end}", end, "accepted", "abcdef00" + end * 56, 1, "image/png", (1,)) for end in "12"]
    made.accessions.record(accession, alike, "tester")
    wanted: list[tuple[str, type[SijillError], str]] = [
        ("abcdef00", Usage, "ambiguous-id"), ("abcdef", Usage, "bad-id"), ("", Usage, "bad-id"), ("%%%%%%%%", NotFound, "not-found"),
        ("________", NotFound, "not-found"), ("١٢٣٤٥٦٧٨", Usage, "bad-id"), ("00000000", NotFound, "not-found"),
    ]  # fmt: skip
    for identifier, kind, code in wanted:
        with pytest.raises(kind) as caught:
            made.readings.withdraw(identifier, "reason", "huda")
        assert caught.value.code == code, identifier
    assert made.readings.withdraw("abcdef001", "reason", "huda") == ["abcdef00" + "1" * 56 + "-1"]
    assert "withdrawn" in counts(made, "h")


def test_many_pages_at_once(made: Catalogue) -> None:
    """More than SQL takes in one statement."""
    accession = made.accessions.open("h", None, {}, "tester")
    keys = made.accessions.record(accession, [offered("a", pages=2500)], "tester")
    read(made, keys, "نص")
    assert len(made.readings.found(keys)) == len(list(made.readings.lines(None))) == 2500
    assert len(made.outbox.waiting(2000)) == 2000
    made.outbox.done([ref for ref, _ in made.outbox.waiting(3000)])
    assert len(made.readings.withdraw(sha("a"), "reason", "huda")) == 2500
    assert counts(made, "h") == {"files": 1, "accepted": 1, "pages": 2500, "waiting": 2500, "withdrawn": 2500}
