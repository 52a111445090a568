"""Every catalogue accounts for every file and page, gives each page to one worker at a time, and forgets nothing."""

import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import custody
from pipeline.catalogue import Catalogue, records
from pipeline.errors import Conflict, NotFound, PageFailed, SijillError, Usage, WorkerLost
from pipeline.ledger import Offered, Standing
from pipeline.model import (
    Alternative,
    Box,
    Cell,
    DateMention,
    Entities,
    FacilityMention,
    Line,
    PageResult,
    Person,
    PlaceMention,
    Reading,
    ReferenceMention,
    Rescan,
    Span,
    Step,
    Table,
    Word,
)
from tests.support import FAR, Clock, catalogue, counts, indexed, offered, read, reading, result, sha, take, whole

Again = Callable[[], Catalogue]
HUNG = WorkerLost("reader-hung", "took too long")
BROKEN = PageFailed("render-failed", "cannot be drawn")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite"])
def again(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Again]:
    """Opens the one catalogue of this test, as another process would."""
    del request
    opened: list[Catalogue] = []

    def open_() -> Catalogue:
        opened.append(catalogue(tmp_path / "catalogue.db", clock))
        return opened[-1]

    yield open_
    for made in opened:
        made.close()


@pytest.fixture
def made(again: Again) -> Iterator[Catalogue]:
    """A fresh catalogue. However a test leaves it, every file and page is accounted for and every chain holds."""
    fresh = again()
    yield fresh
    assert whole(fresh)
    for holding in fresh.custody.holdings():
        assert custody.check(fresh.custody.entries(holding))


def acts(made: Catalogue, holding: int = 1) -> list[tuple[str, str]]:
    return [(entry.action, entry.subject) for entry, _ in made.custody.entries(holding)]


def waiting_texts(made: Catalogue) -> dict[int, str | None]:
    """What the index would be told: page key to text, None for a page to be taken out."""
    return {ref.key: page.text if page else None for ref, page in made.outbox.waiting(1000)}


# What came in.


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


# Leases.


def test_pending_is_of_one_holding_or_of_all(made: Catalogue) -> None:
    first, keys = take(made, "h", "a", "b")
    second, others = take(made, "other", "a")
    assert made.work.pending() == keys + others
    assert (made.work.pending(first.holding_id), made.work.pending(second.holding_id), made.work.pending(99)) == (keys, others, [])


def test_a_leased_page_is_its_owners_alone(made: Catalogue) -> None:
    _, keys = take(made, "h", "a", "b", "c")
    assert [ref.key for ref in made.work.lease(keys[:2], "me", FAR)] == keys[:2]
    assert [ref.key for ref in made.work.lease(keys, "you", FAR)] == keys[2:]
    assert [ref.key for ref in made.work.lease(keys, "me", FAR)] == keys[:2]
    assert sorted(made.work.owners()) == ["me", "you"]
    assert made.work.lease([], "me", FAR) == made.work.lease([99], "me", FAR) == []


def test_a_lease_ends_when_given_back(made: Catalogue) -> None:
    _, keys = take(made, "h", "a", "b", "c")
    made.work.lease(keys[:2], "me", FAR)
    made.work.lease(keys[2:], "you", FAR)
    assert made.work.release("me") == 2
    assert made.work.release("me") == 0
    assert made.work.owners() == ["you"]
    assert [ref.key for ref in made.work.lease(keys, "they", FAR)] == keys[:2]


def test_a_lease_ends_with_its_time(made: Catalogue, clock: Clock) -> None:
    _, keys = take(made, "h", "a")
    made.work.lease(keys, "me", 60)
    clock.now += 59
    assert made.work.lease(keys, "you", 60) == []
    clock.now += 2
    assert len(made.work.lease(keys, "you", 60)) == 1
    assert made.work.lease(keys, "me", 60) == []


def test_only_waiting_pages_are_leased(made: Catalogue) -> None:
    _, keys = take(made, "h", "a", "b", "c")
    read(made, keys[:1], "نص")
    made.work.fail(made.work.lease(keys[1:2], "me", FAR)[0], BROKEN, 3, "tester")
    assert [ref.key for ref in made.work.lease(keys, "you", FAR)] == keys[2:]
    assert made.work.owners() == ["you"], "a lease ends with its page"


def test_eight_workers_never_hold_the_same_page(again: Again, made: Catalogue) -> None:
    _, keys = take(made, "h", *map(str, range(60)))
    start = threading.Barrier(8)

    def work(owner: int) -> list[int]:
        mine = again()
        start.wait()
        return [ref.key for at in range(0, 60, 5) for ref in mine.work.lease(keys[at : at + 10], str(owner), FAR)]

    with ThreadPoolExecutor(8) as pool:
        held = [set(some) for some in pool.map(work, range(8))]
    assert sum(map(len, held)) == len(set.union(*held)) == 60


# Results.

PEOPLE = (
    Person("سالم يوسف الحداد", (Box(1, 2, 3, 4),), "سالم", "يوسف", None, "الحداد", "هند", None, "12", "subject", None, None, 0.5, "marker"),
    Person("خالد", ()),
)
ENTITIES = Entities(
    PEOPLE,
    (
        DateMention(
            "٣/٤", (Box(0, 0, 1, 1),), "2013-03-04", "2013-03-04", (Span("2013-04-03", "2013-04-03"),), "hijri", "arrest", 0.1, ("f",)
        ),
    ),
    (FacilityMention("ف", (), "id", "name", 0.2),),
    (PlaceMention("حمص", (), "SY04"),),
    (ReferenceMention("١٢", (), "12"),),
    "court",
)


def test_a_reading_stored_before_there_were_tables_and_alternatives_can_be_unpacked() -> None:
    word = '{"text":"ا","box":[1,2,3,4],"confidence":0.5}'
    line = f'{{"text":"ا","box":[1,2,3,4],"confidence":0.5,"words":[{word}],"checked":true}}'
    old = f'{{"width":10,"height":20,"reader":"r","lines":[{line}],"steps":[{{"name":"colour","values":{{"action":"none"}}}}]}}'
    found = records.unpack(zlib.compress(old.encode()))
    box = Box(1, 2, 3, 4)
    lines = (Line("ا", box, 0.5, (Word("ا", box, 0.5),), checked=True),)
    assert found == Reading(10, 20, "r", lines, (Step("colour", {"action": "none"}),))
    assert found.status == "read"


def test_a_reading_comes_back_as_it_went_in(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    lines = reading("المدعو سالم", "بطاقة \u0000 ١٢").lines
    [first, second] = lines
    doubtful = replace(second, words=(replace(second.words[0], alternatives=(Alternative("بطانة", 0.2),)), *second.words[1:]))
    table = Table(Box(0, 0, 9, 9), ((Cell("ا", Box(0, 0, 9, 4), 1, 2),), (Cell("", Box(5, 4, 9, 9)),)))
    steps = (Step("deskew", {"angle": 0.1, "on": True, "n": 1, "of": "x"}),)
    given = Reading(10, 20, "r", (first, doubtful), steps, (table,), (Box(1, 2, 3, 4),), ("not-all-read",))
    [ref] = made.work.lease(keys, "me", FAR)
    made.work.record([(ref, "stage", PageResult(given, ENTITIES))], "tester")
    assert made.readings.current(ref.page_id) == (0, given)
    [(told, page)] = made.outbox.waiting(10)
    assert page is not None
    assert (page.entities, page.text, page.confidence, page.checked) == (ENTITIES, given.text, given.confidence, False)
    [stored] = made.readings.lines(None)
    assert (stored.page, stored.revision, stored.reading, stored.entities) == (page.page, 0, given, ENTITIES)
    assert made.readings.found([ref.key]) == {ref.key: stored}
    assert (told.key, told.version) == (ref.key, ref.version + 1) == (page.page.key, page.page.version)
    assert ("page-read", ref.page_id) in acts(made)


def test_a_blank_page_is_read_and_is_no_failure(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    read(made, keys)
    assert waiting_texts(made) == {keys[0]: ""}
    indexed(made)
    assert counts(made, "h") == {"files": 1, "accepted": 1, "pages": 1, "indexed": 1}


def test_a_page_waits_until_the_index_has_it(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    read(made, keys, "نص", confidence=0.3)
    assert made.work.pending() == []
    assert counts(made, "h") == {"files": 1, "accepted": 1, "pages": 1, "waiting": 1, "low_confidence": 1}
    indexed(made)
    assert counts(made, "h") == {"files": 1, "accepted": 1, "pages": 1, "indexed": 1, "low_confidence": 1}


def test_the_same_result_twice_is_one_revision(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    [ref] = read(made, keys, "نص")
    made.work.record([(ref, f"s {ref.page_id}", result("آخر"))], "late worker")
    assert made.readings.current(ref.page_id) == (0, reading("نص"))
    made.work.record([], "tester")


def test_another_stage_gives_a_new_revision_beside_the_first(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    [ref] = read(made, keys, "نص")
    made.work.record([(ref, "better", result("نصف", reader="made 2"))], "tester")
    assert made.readings.current(ref.page_id) == (1, reading("نصف", reader="made 2"))
    assert [revision for _, revision, _ in made.readings.digests()] == [0, 1]


def test_a_new_machine_reading_reaches_every_holding_that_has_the_page(made: Catalogue) -> None:
    _, first = take(made, "h", "a")
    read(made, first, "نص", confidence=0.3)
    indexed(made)
    _, second = take(made, "other", "a")
    read(made, second, "نصف", stage="better")
    assert waiting_texts(made) == {first[0]: "نصف", second[0]: "نصف"}
    indexed(made)
    assert "low_confidence" not in counts(made, "h")
    assert counts(made, "h")["indexed"] == counts(made, "other")["indexed"] == 1


def test_a_machine_never_writes_over_a_person(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    [ref] = read(made, keys, "نص")
    made.readings.correct(ref.page_id, 0, result("صحيح"), "huda")
    made.work.record([(ref, "better", result("خطأ"))], "tester")
    assert made.readings.current(ref.page_id) == (1, reading("صحيح"))


@pytest.mark.parametrize(("stage", "taken"), [("s", True), ("other", False)])
def test_a_page_known_from_another_holding_is_not_read_again(made: Catalogue, stage: str, taken: bool) -> None:
    _, first = take(made, "h", "a")
    read(made, first, "نص")
    _, second = take(made, "other", "a")
    [ref] = made.work.lease(second, "me", FAR)
    assert made.work.known(ref, f"{stage} {ref.page_id}") is taken
    assert counts(made, "other")["waiting"] == 1
    assert made.work.pending() == ([] if taken else second)
    assert waiting_texts(made) == {first[0]: "نص"} | ({second[0]: "نص"} if taken else {})


def test_a_page_corrected_elsewhere_is_known_whatever_the_stage(made: Catalogue) -> None:
    _, first = take(made, "h", "a")
    [ref] = read(made, first, "نص")
    made.readings.correct(ref.page_id, 0, result("صحيح"), "huda")
    _, second = take(made, "other", "a")
    assert made.work.known(made.work.lease(second, "me", FAR)[0], "other stage")
    assert waiting_texts(made)[second[0]] == "صحيح"


def test_nothing_is_known_of_a_new_page(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    assert not made.work.known(made.work.lease(keys, "me", FAR)[0], "s")
    assert made.work.pending() == keys


def test_one_scan_in_two_holdings_is_two_pages_and_one_reading(made: Catalogue) -> None:
    for holding in ("h", "other"):
        _, keys = take(made, holding, "a")
        read(made, keys, "نص")
    assert sorted(waiting_texts(made).values(), key=str) == ["نص", "نص"]
    assert len(list(made.readings.digests())) == 1
    assert list(made.ledger.blobs()) == [sha("a")]
    assert [item.page.holding for item in made.readings.lines(None)] == ["h", "other"]
    assert [item.page.holding for item in made.readings.lines("other")] == ["other"]
    assert list(made.readings.lines("none")) == []


# Failures.


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


# Outbox.


def test_an_index_that_is_behind_stays_so(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    read(made, keys, "نص")
    [(old, _)] = made.outbox.waiting(10)
    made.readings.correct(old.page_id, 0, result("صحيح"), "huda")
    made.outbox.done([old])
    [(new, page)] = made.outbox.waiting(10)
    assert page is not None
    assert (page.text, page.revision) == ("صحيح", 1)
    assert new.version > old.version
    assert (counts(made, "h")["waiting"], made.ledger.counts(None).indexed) == (1, 0)
    made.outbox.done([new])
    assert made.outbox.waiting(10) == []
    assert counts(made, "h")["indexed"] == 1
    made.outbox.done([old, new])
    made.outbox.done([])


def test_versions_only_grow(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    [ref] = read(made, keys, "نص")
    seen = [made.ledger.versions()[ref.key]]
    made.readings.correct(ref.page_id, 0, result("صحيح"), "huda")
    seen.append(made.ledger.versions()[ref.key])
    made.work.record([(ref, "other", result("x"))], "tester")
    seen.append(made.ledger.versions()[ref.key])
    made.readings.withdraw(ref.page_id, "consent", "huda")
    seen.append(made.outbox.waiting(1)[0][0].version)
    assert seen == sorted(set(seen))


def test_the_outbox_is_given_in_pieces(made: Catalogue) -> None:
    _, keys = take(made, "h", *map(str, range(7)))
    read(made, keys, "نص")
    assert made.ledger.behind() == 7
    seen = []
    while batch := made.outbox.waiting(3):
        assert len(batch) <= 3
        seen += [ref.key for ref, _ in batch]
        made.outbox.done([ref for ref, _ in batch])
    assert sorted(seen) == keys


def test_refilling_puts_every_read_page_back(made: Catalogue) -> None:
    _, keys = take(made, "h", "a", "b", "c", "d")
    [first, _, _] = read(made, keys[:3], "نص")
    indexed(made)
    assert made.outbox.refill() == 3
    assert made.outbox.refill() == 0
    assert counts(made, "h") == {"files": 4, "accepted": 4, "pages": 4, "waiting": 4}, "no search says that it looked at all of them"
    indexed(made)
    made.readings.withdraw(first.page_id, "consent", "huda")
    made.outbox.refill()
    assert waiting_texts(made) == {keys[0]: None, keys[1]: "نص", keys[2]: "نص"}
    assert made.ledger.versions().keys() == {keys[1], keys[2]}


# Readings.


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
