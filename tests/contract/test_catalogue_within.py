"""Seen from within some holdings, the others are not there: no count, no name, no page, and no answer that tells otherwise."""

import pytest

from pipeline.catalogue import Catalogue
from pipeline.errors import Forbidden, NotFound, PageFailed
from pipeline.model import Query
from search.coverage import Counts
from tests.support import indexed, offered, read, result, sha, take


@pytest.fixture
def full(made: Catalogue) -> Catalogue:
    """Holding 1 has pages a and both, holding 2 has b and both, a failed file, and terms of its own."""
    for holding, label in (("first", "a"), ("second", "b")):
        _, keys = take(made, holding, label, "both", place=holding)
        read(made, keys, f"نص {label}", stage=holding)
    accession, _ = take(made, "second", "late", place="second")
    made.accessions.record(accession, [offered("bad", "refused", code="truncated")], "tester")
    made.consents.decide("second", True, "letter", "Board")
    indexed(made)
    return made


@pytest.fixture
def mine(full: Catalogue) -> Catalogue:
    """The same catalogue for one who is granted holding 1."""
    return Catalogue(full.database, frozenset({1}))


@pytest.fixture
def nobodys(full: Catalogue) -> Catalogue:
    return Catalogue(full.database, frozenset())


def page(label: str) -> str:
    return f"{sha(label)}-1"


def test_the_ledger_and_the_terms_are_of_those_holdings(mine: Catalogue, nobodys: Catalogue) -> None:
    assert [(row.holding, row.files, row.failures) for row in mine.ledger.holdings()] == [("first", 2, ())]
    assert dict(mine.ledger.names()) == {"first": 1}
    assert [term.holding for term in mine.consents.terms()] == ["first"]
    assert (nobodys.ledger.holdings(), dict(nobodys.ledger.names()), nobodys.consents.terms()) == ([], {}, [])


@pytest.mark.parametrize("asked", [None, ("first",), ("first", "second")])
def test_what_a_search_could_not_see_is_counted_there_alone(mine: Catalogue, asked: tuple[str, ...] | None) -> None:
    assert mine.record.counts(Query("x", holdings=asked)) == Counts(2, 2, 0, 0, 0)
    assert mine.record.counts(Query("x", holdings=("second",))) == Counts(0, 0, 0, 0, 0)


def test_pages_of_others_are_not_found_even_by_their_keys(full: Catalogue, mine: Catalogue, nobodys: Catalogue) -> None:
    everything = [item.page.key for item in full.readings.lines(None)]
    assert len(everything) == 4
    assert {item.page.holding for item in mine.readings.found(everything).values()} == {"first"}
    assert {item.page.holding for item in mine.record.pages(everything).values()} == {"first"}
    assert len(list(mine.readings.lines(None))) == 2
    assert list(mine.readings.lines("second")) == []
    assert not nobodys.readings.found(everything)


def test_a_page_of_others_answers_as_one_that_is_not_there(mine: Catalogue) -> None:
    def said(label: str) -> set[str]:
        found = set()
        for act in (
            lambda: mine.readings.current(page(label)),
            lambda: mine.readings.correct(page(label), 0, result("نص"), "huda"),
            lambda: mine.readings.withdraw(page(label), "reason", "huda"),
            lambda: mine.readings.withdraw(sha(label)[:12], "reason", "huda"),
        ):
            with pytest.raises(NotFound) as caught:
                act()
            found.add(str(caught.value).replace(sha(label)[:12], "…").replace(sha(label)[12:], ""))
        return found

    assert said("b") == said("never was")
    assert mine.readings.current(page("a"))[0] == 0


def test_what_is_done_to_a_page_that_others_have_too_is_told_in_their_record(full: Catalogue, mine: Catalogue) -> None:
    base, _ = mine.readings.current(page("both"))
    assert mine.readings.correct(page("both"), base, result("صحيح"), "huda") == base + 1
    assert mine.readings.withdraw(page("both"), "a child", "huda") == [page("both")]
    acts = [[entry.action for entry, _ in full.custody.entries(holding) if entry.actor == "huda"] for holding in (1, 2)]
    assert acts == [["page-corrected", "page-withdrawn"]] * 2


def test_terms_of_others_answer_as_those_of_a_holding_that_is_not_there(mine: Catalogue) -> None:
    said = []
    for name in ("second", "third"):
        with pytest.raises(NotFound) as caught:
            mine.consents.decide(name, True, "letter", "Board")
        said.append(str(caught.value).replace(name, "…"))
    assert said[0] == said[1]
    assert mine.consents.decide("first", True, "letter", "Board").training


def test_papers_are_taken_in_only_there_and_no_holding_is_made(full: Catalogue, mine: Catalogue) -> None:
    said = []
    for name in ("second", "third"):
        with pytest.raises(Forbidden) as caught:
            mine.accessions.open(name, None, {}, "huda")
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert "[not-allowed]" in said[0]
    assert mine.accessions.open("first", None, {}, "huda").holding_id == 1
    assert list(full.ledger.names()) == ["first", "second"]


def test_failed_and_waiting_pages_are_taken_up_only_there(full: Catalogue, mine: Catalogue) -> None:
    _, [key] = take(full, "first", "broken")
    late = set(full.work.pending()) - {key}
    for ref in full.work.lease([key, *late], "me", 60):
        full.work.fail(ref, PageFailed("render-failed", "cannot be drawn"), 1, "tester")
    assert mine.work.retry("huda") == [key]
    assert mine.work.pending() == full.work.pending() == [key]
    assert mine.work.pending(2) == []
    assert set(full.work.retry("tester")) == late
