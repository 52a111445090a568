"""What was read comes back as it was, once, and no machine writes over a person."""

import zlib
from dataclasses import replace

import pytest

from pipeline.catalogue import Catalogue, records
from pipeline.model import Alternative, Box, Cell, Line, PageResult, Reading, Step, Table, Word
from tests.contract.cases import ENTITIES, acts, waiting_texts
from tests.support import FAR, counts, indexed, read, reading, result, sha, take


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
    made.work.record([(ref, sha(f"s {ref.page_id}"), result("آخر"))], "late worker")
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
    assert made.work.known(ref, sha(f"{stage} {ref.page_id}")) is taken
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
