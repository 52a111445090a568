"""What came in: every file is accounted for, whoever offers it, however often."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline import custody
from pipeline.catalogue import Catalogue
from pipeline.ledger import Offered, Standing
from tests.contract.cases import acts
from tests.contract.conftest import Again
from tests.support import FAR, counts, offered, read, sha, take


def test_a_holding_is_made_once(made: Catalogue) -> None:
    first, second = (made.accessions.open("الأرشيف", box, {"seized_at": "دمشق"}, "tester") for box in ("box 1", None))
    other = made.accessions.open("other", None, {}, "tester")
    assert first.holding_id == second.holding_id != other.holding_id
    assert len({first.id, second.id, other.id}) == 3
    assert [row.holding for row in made.ledger.holdings()] == ["الأرشيف", "other"]


def test_pages_wait_in_order_and_know_where_they_came_from(made: Catalogue) -> None:
    _, keys = take(made, "h", "b.pdf", "a.pdf", pages=3)
    assert made.work.pending() == keys == sorted(keys)
    refs = made.work.lease(keys, "me", FAR)
    assert [(ref.key, ref.number, ref.source) for ref in refs] == [
        (key, number, name) for key, (name, number) in zip(keys, [(n, i) for n in ("b.pdf", "a.pdf") for i in (1, 2, 3)], strict=True)
    ]
    assert {(ref.page_id, ref.sha256, ref.holding, ref.media_type) for ref in refs[:1]} == {
        (f"{sha('b.pdf')}-1", sha("b.pdf"), "h", "application/pdf")
    }
    assert counts(made, "h") == {"files": 2, "accepted": 2, "pages": 6, "waiting": 6}


@pytest.mark.parametrize("status", ["accepted", "refused", "duplicate"])
def test_recording_again_changes_nothing(made: Catalogue, status: str) -> None:
    accession, first = take(made, "h", "held")
    offer = offered("a", status, code="truncated" if status == "refused" else None)
    new = made.accessions.record(accession, [offer], "tester")
    before = counts(made, "h")
    assert made.accessions.record(accession, [offer], "tester") == []
    later = made.accessions.open("h", None, {}, "tester")
    assert made.accessions.record(later, [offer], "tester") == []
    assert counts(made, "h") == before
    assert made.work.pending() == first + new


def test_an_accepted_file_is_entered_once_in_the_custody_record(made: Catalogue) -> None:
    accession, _ = take(made, "h", "a")
    made.accessions.record(accession, [offered("a")], "tester")
    assert acts(made).count(("file-accepted", sha("a"))) == 1


@pytest.mark.parametrize("later", ["refused", "duplicate"])
def test_of_two_batches_at_once_a_worse_outcome_does_not_undo_a_better(made: Catalogue, later: str) -> None:
    """Both met the file before either had entered it; the second one's probing was killed."""
    accession, keys = take(made, "h", "a", pages=2)
    made.accessions.record(accession, [offered("a", later, code="out-of-memory")], "other")
    assert made.work.pending() == keys
    assert counts(made, "h") == {"files": 1, "accepted": 1, "pages": 2, "waiting": 2}


def test_the_same_bytes_in_another_place_are_a_duplicate_whoever_says_accepted(made: Catalogue) -> None:
    take(made, "h", "a", place="box 1")
    accession, keys = take(made, "h", "a", place="box 2")
    assert keys == []
    assert made.accessions.record(accession, [offered("b"), offered("b", place="box 3")], "tester")
    assert counts(made, "h") == {"files": 4, "accepted": 2, "duplicates": 2, "pages": 2, "waiting": 2}


def test_a_refused_file_that_is_taken_later_keeps_one_row_and_belongs_to_the_later_batch(made: Catalogue) -> None:
    first = made.accessions.open("h", None, {}, "tester")
    made.accessions.record(first, [offered("a", "refused", code="reader-hung", detail="hung")], "tester")
    assert [(failure.source, failure.page, failure.code, failure.reason) for failure in made.ledger.holdings()[0].failures] == [
        ("a", None, "reader-hung", "hung")
    ]
    second, keys = take(made, "h", "a", pages=2)
    assert counts(made, "h") == {"files": 1, "accepted": 1, "pages": 2, "waiting": 2}
    assert made.ledger.holdings()[0].failures == ()
    read(made, keys, "نص")
    assert list(made.work.files(first)) == []
    assert [[ref.number for ref, _, _ in file] for file in made.work.files(second)] == [[1, 2]]


def test_bytes_that_could_not_be_had_are_replaced_by_those_that_can(made: Catalogue) -> None:
    accession = made.accessions.open("h", None, {}, "tester")
    made.accessions.record(accession, [offered("a", "refused", sha256="", code="unreadable")], "tester")
    made.accessions.record(accession, [offered("a")], "tester")
    assert counts(made, "h") == {"files": 1, "accepted": 1, "pages": 1, "waiting": 1}


def test_other_bytes_at_the_same_place_are_another_file(made: Catalogue) -> None:
    take(made, "h", "a")
    accession = made.accessions.open("h", None, {}, "tester")
    made.accessions.record(accession, [offered("a", sha256=sha("changed"))], "tester")
    assert counts(made, "h") == {"files": 2, "accepted": 2, "pages": 2, "waiting": 2}


def test_standing(made: Catalogue) -> None:
    accession, _ = take(made, "h", "a")
    made.accessions.record(accession, [offered("a", place="copy"), offered("bad", "refused", code="truncated")], "tester")
    take(made, "other", "elsewhere")
    asked = [("/box/a", sha("a")), ("/copy/a", sha("a")), ("/new/a", sha("a")), ("/box/bad", sha("bad")),
             ("/box/elsewhere", sha("elsewhere")), ("/box/a", sha("changed"))]  # fmt: skip
    assert made.accessions.standing(accession, asked) == [
        Standing("accepted", True), Standing("duplicate", True), Standing(None, True), Standing("refused", False), Standing(None, False),
        Standing(None, False),
    ]  # fmt: skip
    assert made.accessions.standing(accession, []) == []
    many = [(f"/box/{number}", sha(str(number))) for number in range(2000)]
    assert made.accessions.standing(accession, many) == [Standing(None, False)] * 2000


NAMES = {
    "bidi marks": "memo\u202egnp.\u2066٣\u2069.png", "newlines": "a\n\rb\x00c.png", "4 KB": "س" * 2000, "markup": "<b>'\"%s{0}`id`$(id)",
    "escaped bytes": r"memo-\xff.png", "empty": "",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_hostile_names_come_back_as_they_were(made: Catalogue, name: str) -> None:
    accession = made.accessions.open("h", None, {}, "tester")
    [key] = made.accessions.record(accession, [Offered("/box/" + name, name, "accepted", sha("a"), 1, "image/png", (1,))], "tester")
    assert made.work.lease([key], "me", FAR)[0].source == name
    assert made.accessions.standing(accession, [("/box/" + name, sha("a"))]) == [Standing("accepted", True)]
    assert name == "" or not any(name in str(entry) for entry, _ in made.custody.entries(1)), "names stay out of the custody record"


def test_closing_tells_where_the_chain_ends(made: Catalogue) -> None:
    accession, _ = take(made, "h", "a")
    take(made, "other", "b")
    checkpoint = made.accessions.close(accession, "tester")
    assert checkpoint.holding == accession.holding_id
    assert custody.check(made.custody.entries(accession.holding_id), [checkpoint]) == checkpoint
    assert [entry.details for entry, _ in made.custody.entries(1)][-1] == {"files": 1}
    take(made, "h", "c")
    assert custody.check(made.custody.entries(accession.holding_id), [checkpoint]) != checkpoint


def test_eight_batches_at_once_take_every_file_once(again: Again, made: Catalogue) -> None:
    labels = [f"f{number}" for number in range(20)]

    def batch(place: str) -> list[int]:
        mine = again()
        accession = mine.accessions.open("h", None, {}, place)
        return [key for label in labels for key in mine.accessions.record(accession, [offered(label, pages=2, place=place)], place)]

    with ThreadPoolExecutor(8) as pool:
        keys = [key for some in pool.map(batch, [f"p{number % 4}" for number in range(8)]) for key in some]
    assert sorted(keys) == made.work.pending()
    assert counts(made, "h") == {"files": 80, "accepted": 20, "duplicates": 60, "pages": 40, "waiting": 40}
