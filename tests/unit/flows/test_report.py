"""The ledger shown to an operator: complete, and free of names."""

from flows.report import MOST_ROWS, report, set_aside
from pipeline.ledger import Failure, HoldingLedger

NAME = "شخص مذكور"


def ledger(
    holding: int = 3, pages: int = 10, indexed: int = 9, failures: tuple[Failure, ...] = (), rescan: tuple[Failure, ...] = ()
) -> HoldingLedger:
    return HoldingLedger(holding, NAME, 5, 3, 1, 1, pages, indexed, 0, 1, 0, 0, failures, rescan)


def test_numbers_ids_codes_and_ways_out() -> None:
    failures = (
        Failure(NAME, 2, "reader-hung", NAME, "f00d-2"),
        Failure(NAME, None, "truncated", NAME),
        Failure(NAME, None, "truncated", NAME),
    )
    text = report("Batch 1", 3, [ledger(failures=failures, rescan=(Failure(NAME, 1, "blurred", NAME, "f00d-1"),))])
    assert "10 pages = 9 indexed + 0 waiting + 1 failed" in text
    assert "| 3 | 5 | 3 | 1 | 1 | 10 | 9 | 0 | 1 | yes |" in text
    assert "| reader-hung | 1 | The page took longer" in text
    assert "| reader-hung | `f00d-2` |" in text
    assert "| truncated | 2 |" in text
    assert "| blurred | 1 |" in text
    assert NAME not in text


def test_a_ledger_that_does_not_add_up_says_so() -> None:
    text = report("Batch 1", 3, [ledger(indexed=8)])
    assert "NOT every page" in text
    assert "**NO**" in text


def test_whatever_is_no_code_stays_out() -> None:
    text = report("Batch 1", 3, [ledger(failures=(Failure("s", 1, NAME, "r", "f00d-1"), Failure("s", None, "a|b", "r")))])
    assert NAME not in text
    assert "a|b" not in text
    assert text.count("| other |") == 3


def test_ten_thousand_failures_are_cut_short_with_their_number() -> None:
    failures = tuple(Failure("s", number, "reader-died", "r", f"f00d-{number}") for number in range(MOST_ROWS + 7))
    assert "and 7 more" in report("Batch 1", 3, [ledger(failures=failures)])


def test_other_holdings_are_in_the_table_and_their_failures_are_not() -> None:
    other = ledger(holding=4, failures=(Failure("s", 1, "reader-died", "r", "f00d-9"),))
    assert "f00d-9" not in report("Batch 1", 3, [ledger(), other])
    assert "f00d-9" in report("Reading again", 0, [ledger(), other])


def test_pages_set_aside_are_listed_with_the_way_out() -> None:
    failures = (Failure(NAME, 2, "reader-hung", NAME, "f00d-2"), Failure(NAME, None, "truncated", NAME))
    other = ledger(holding=4, failures=(Failure("s", 1, NAME, "r", "f00d-9"),))
    aside = set_aside(3, [ledger(failures=failures), other])
    assert aside is not None
    assert (aside.pages, dict(aside.codes)) == (1, {"reader-hung": 1})
    assert "| reader-hung | `f00d-2` |" in aside.markdown
    assert "sijill retry --failed-only" in aside.markdown
    assert NAME not in aside.markdown
    everywhere = set_aside(0, [ledger(failures=failures), other])
    assert everywhere is not None
    assert dict(everywhere.codes) == {"reader-hung": 1, "other": 1}
    assert set_aside(3, [ledger(), other]) is None
