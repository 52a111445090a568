"""Nothing is learned from a page unless every holding that has it says so: by default none does, and every decision is on record."""

from dataclasses import replace

import pytest

from pipeline import verify
from pipeline.catalogue import Catalogue
from pipeline.consent import LeftOut
from pipeline.errors import NotFound
from pipeline.model import Entities, PageResult
from tests.support import Clock, read, sha, take


def page(label: str) -> str:
    return f"{sha(label)}-1"


def correct(made: Catalogue, label: str) -> None:
    revision, found = made.readings.current(page(label))
    lines = tuple(replace(line, checked=True) for line in found.lines)
    made.readings.correct(page(label), revision, PageResult(replace(found, lines=lines), Entities()), "Reviewer One")


def filled(made: Catalogue, holding: str, *labels: str, corrected: bool = True, place: str = "box") -> None:
    _, keys = take(made, holding, *labels, place=place)
    read(made, keys, "المدعو سامر", stage=holding)
    for label in labels if corrected else ():
        correct(made, label)


def learned(made: Catalogue) -> dict[str, frozenset[int]]:
    allowed = [term.holding_id for term in made.consents.terms() if term.training]
    return {item.page.page_id: holders for holders, item in made.consents.may_be_learned_from(allowed)}


def test_nothing_is_allowed_until_it_is_said(made: Catalogue) -> None:
    filled(made, "first", "a", "b")
    [term] = made.consents.terms()
    assert (term.holding, term.training, term.by) == ("first", False, None)
    assert learned(made) == {}
    assert list(made.consents.may_be_learned_from([term.holding_id])) == [], "not even for one who asks for that holding"
    assert made.consents.left_out() == [LeftOut(1, "not-allowed", 2)]


def test_the_latest_decision_holds_and_all_are_kept(made: Catalogue, clock: Clock) -> None:
    filled(made, "first", "a")
    for training, reason in ((True, "letter 7"), (False, "asked to stop"), (True, "letter 9")):
        clock.now += 60
        assert made.consents.decide("first", training, reason, "Board").training is training
        assert bool(learned(made)) is training
    [term] = made.consents.terms()
    assert (term.reason, term.by, term.at) == ("letter 9", "Board", clock.now)
    said = [(entry.action, entry.subject, entry.actor) for entry, _ in made.custody.entries(1) if entry.action.startswith("training")]
    assert said == [("training-allowed", "1", "Board"), ("training-refused", "2", "Board"), ("training-allowed", "3", "Board")]
    assert "letter" not in str(list(made.custody.entries(1))), "the record holds the reason's digest, not its words"


def test_only_pages_a_person_has_been_over(made: Catalogue) -> None:
    filled(made, "first", "a")
    filled(made, "first", "b", corrected=False)
    made.consents.decide("first", True, "letter", "Board")
    assert learned(made) == {page("a"): frozenset({1})}
    assert made.consents.left_out() == []


def test_withdrawn_pages_never(made: Catalogue) -> None:
    filled(made, "first", "a", "b")
    made.consents.decide("first", True, "letter", "Board")
    made.readings.withdraw(page("a"), "a child", "Board")
    assert learned(made) == {page("b"): frozenset({1})}
    assert made.consents.left_out() == [LeftOut(1, "withdrawn", 1)]


def test_of_two_holdings_with_the_same_page_the_stricter_one_holds(made: Catalogue) -> None:
    filled(made, "first", "a", "b")
    filled(made, "second", "a", corrected=False, place="elsewhere")
    made.consents.decide("first", True, "letter", "Board")
    assert learned(made) == {page("b"): frozenset({1})}
    assert made.consents.left_out() == [LeftOut(1, "also-elsewhere", 1), LeftOut(2, "not-allowed", 1)]
    made.consents.decide("second", True, "letter", "Other board")
    assert learned(made) == {page("a"): frozenset({1, 2}), page("b"): frozenset({1})}


def test_no_such_holding(made: Catalogue) -> None:
    with pytest.raises(NotFound):
        made.consents.decide("none", True, "letter", "Board")


@pytest.mark.parametrize(
    "change",
    [
        "update consent set training = true",
        "update consent set reason = 'other'",
        "update consent set by = 'Somebody'",
        "delete from consent",
        "insert into consent (holding_id, training, reason, by, at) values (1, true, 'forged', 'Board', 2)",
    ],
)
def test_a_changed_decision_is_an_alarm(made: Catalogue, change: str) -> None:
    filled(made, "first", "a")
    made.consents.decide("first", False, "letter", "Board")
    assert list(verify.consents(made.custody, made.consents)) == []
    with made.database.write() as connection:
        connection.exec_driver_sql(change)
    assert {alarm.code for alarm in verify.consents(made.custody, made.consents)} == {"consent-changed"}
