"""A page that cannot be read is tried as often as it helps, then set aside with a reason."""

from pipeline.catalogue import Catalogue
from pipeline.model import Entities, PageResult, Rescan
from tests.contract.cases import BROKEN, HUNG, PEOPLE, acts
from tests.support import FAR, counts, indexed, read, reading, result, sha, take


def test_a_page_is_tried_again_until_its_attempts_are_used_up(made: Catalogue) -> None:
    _, keys = take(made, "h", "a", "b")
    [ref] = made.work.lease(keys[:1], "me", FAR)
    assert [made.work.fail(ref, HUNG, 3, "tester") for _ in range(3)] == [True, True, False]
    [row] = made.ledger.holdings()
    assert [(failure.source, failure.page, failure.code, failure.reason, failure.page_id) for failure in row.failures] == [
        ("a", 1, "reader-hung", "took too long", ref.page_id)
    ]
    assert counts(made, "h") == {"files": 2, "accepted": 2, "pages": 2, "waiting": 1, "failed": 1}
    assert made.outbox.waiting(10) == []
    [entry] = [entry for entry, _ in made.custody.entries(1) if entry.action == "page-failed"]
    assert (entry.subject, entry.details) == (ref.page_id, {"code": "reader-hung", "attempts": 3})


def test_what_trying_again_cannot_mend_is_set_aside_at_once(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    assert not made.work.fail(made.work.lease(keys, "me", FAR)[0], BROKEN, 3, "tester")
    assert made.work.pending() == []
    assert counts(made, "h")["failed"] == 1


def test_a_late_failure_does_not_undo_what_another_worker_read(made: Catalogue) -> None:
    """The lease ran out, another worker read the page, and only then the first one gives up."""
    _, keys = take(made, "h", "a")
    [ref] = made.work.lease(keys, "slow", FAR)
    made.work.release("slow")
    read(made, keys, "نص")
    indexed(made)
    assert not made.work.fail(ref, BROKEN, 3, "slow")
    assert counts(made, "h") == {"files": 1, "accepted": 1, "pages": 1, "indexed": 1}


def test_a_late_reading_mends_a_failure(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    [ref] = made.work.lease(keys, "me", FAR)
    made.work.fail(ref, BROKEN, 3, "tester")
    made.work.record([(ref, "s", result("نص"))], "slow")
    indexed(made)
    [row] = made.ledger.holdings()
    assert (row.indexed, row.failed, row.failures) == (1, 0, ())


def test_failed_pages_are_tried_anew(made: Catalogue) -> None:
    _, keys = take(made, "h", "a", "b")
    _, others = take(made, "other", "c")
    for ref in made.work.lease([keys[0], *others], "me", FAR):
        made.work.fail(ref, BROKEN, 3, "tester")
    assert made.work.retry("tester") == [keys[0], *others]
    assert made.work.retry("tester") == []
    assert made.work.pending() == keys + others
    assert ("page-retried", f"{sha('a')}-1") in acts(made, 1)
    assert ("page-retried", f"{sha('c')}-1") in acts(made, 2)
    [ref] = made.work.lease(keys[:1], "me", FAR)
    assert made.work.fail(ref, HUNG, 2, "tester"), "attempts count from nothing again"


def test_gaps_are_noted_anew_and_other_rescan_notes_stay(made: Catalogue) -> None:
    _, keys = take(made, "h", "a", "b")
    read(made, keys[1:], "نص")
    made.work.note_gaps([], [])
    made.work.note_gaps(keys, [(keys[0], Rescan("missing-rows", "5")), (keys[0], Rescan("missing-pages", "3/3"))])
    made.work.note_gaps(keys, [(keys[0], Rescan("missing-rows", "7"))])
    [ref] = made.work.lease(keys[:1], "me", FAR)
    made.work.record([(ref, "s", PageResult(reading("نص"), Entities(), (Rescan("dark", "0.9"),)))], "tester")
    rescan = made.ledger.holdings()[0].rescan
    assert [(note.source, note.page, note.code, note.reason) for note in rescan] == [
        ("a", 1, "dark", "0.9"), ("a", 1, "missing-rows", "7"),
    ]  # fmt: skip


def test_the_files_of_a_batch_with_their_read_pages(made: Catalogue) -> None:
    accession, keys = take(made, "h", "a", "b", pages=2)
    take(made, "h", "c")
    [ref] = made.work.lease(keys[:1], "me", FAR)
    made.work.fail(ref, BROKEN, 1, "tester")
    read(made, keys[1:], "نص", people=PEOPLE)
    files = list(made.work.files(accession))
    assert [[(ref.source, ref.number) for ref, _, _ in file] for file in files] == [[("a", 2)], [("b", 1), ("b", 2)]]
    assert files[0][0][1:] == (reading("نص"), Entities(PEOPLE, type="memo"))
