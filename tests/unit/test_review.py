"""Corrections keep what was read first, name who made them, lose nothing a person keyed, and vouch for nothing nobody looked at."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline import indexing, review
from pipeline.catalogue import Catalogue
from pipeline.errors import SijillError, Usage
from pipeline.model import Box, Entities, Line, Person, Query, Reading, Word
from pipeline.review import LineIn, Outcome
from search.memory import MemoryIndex
from tests.support import catalogue, read, reading, take

PAGE = "p"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Catalogue]:
    fresh = catalogue(tmp_path / "c.db")
    yield fresh
    fresh.close()


def first_word(found: Reading) -> Entities:
    """Draws out one person a line: its first word."""
    return Entities(people=tuple(Person(line.words[0].text, (line.words[0].box,)) for line in found.lines if line.words))


def no_doubt(_: Sequence[Line]) -> Mapping[int, float]:
    return {}


def fix(text: str, line: int | None = None, **more: Any) -> LineIn:
    return LineIn(page_id=PAGE, revision=0, line=line, text=text, **more)


def texts(found: Reading) -> list[str]:
    return [line.text for line in found.lines]


def merged(found: Reading, *fixes: LineIn) -> Reading:
    return review.merge(found, fixes, "huda")[0]


# Merging.

THREE = reading("واحد", "اثنان معا", "ثلاثة")
CHANGES: dict[str, tuple[list[LineIn], list[str], int]] = {
    "nothing": ([], ["واحد", "اثنان معا", "ثلاثة"], 0),
    "as it was": ([fix("اثنان معا", 1)], ["واحد", "اثنان معا", "ثلاثة"], 0),
    "one changed": ([fix("أحد", 0)], ["أحد", "اثنان معا", "ثلاثة"], 1),
    "one emptied": ([fix("", 1)], ["واحد", "ثلاثة"], 1),
    "blanks empty it too": ([fix(" \t\u200f", 1)], ["واحد", "ثلاثة"], 1),
    "all emptied": ([fix("", 0), fix("", 1), fix("", 2)], [], 3),
    "one added last": ([fix("أربعة")], ["واحد", "اثنان معا", "ثلاثة", "أربعة"], 1),
    "one added first": ([fix("صفر", after=-1)], ["صفر", "واحد", "اثنان معا", "ثلاثة"], 1),
    "two added between": ([fix("أ", after=0), fix("ب", after=0)], ["واحد", "أ", "ب", "اثنان معا", "ثلاثة"], 2),
    "added after one emptied": ([fix("", 1), fix("بدل", after=1)], ["واحد", "بدل", "ثلاثة"], 2),
    "an empty one added": ([fix(" ")], ["واحد", "اثنان معا", "ثلاثة"], 0),
    "on one line": ([fix("أول\nثان\r\n", 0)], ["أول ثان", "اثنان معا", "ثلاثة"], 1),
    "without bidi marks": ([fix("\u202bأول\u202c\u0000", 0)], ["أول", "اثنان معا", "ثلاثة"], 1),
    "told twice alike": ([fix("أحد", 0), fix("أحد", 0)], ["أحد", "اثنان معا", "ثلاثة"], 1),
}


@pytest.mark.parametrize(("fixes", "lines", "changed"), CHANGES.values(), ids=CHANGES)
def test_merging(fixes: list[LineIn], lines: list[str], changed: int) -> None:
    found, count = review.merge(THREE, fixes, "huda")
    assert (texts(found), count) == (lines, changed)
    assert all(line.checked == (line not in THREE.lines) for line in found.lines)
    assert all(len(line.words) == len(line.text.split()) for line in found.lines)


def test_a_line_is_added_to_an_empty_page() -> None:
    assert texts(merged(reading(), fix("سطر"))) == texts(merged(reading(), fix("سطر", after=-1))) == ["سطر"]


@pytest.mark.parametrize("wrong", [fix("x", 3), fix("x", after=3), fix("x", after=99)], ids=["no such line", "after none", "far after"])
def test_what_has_no_place_is_told_not_dropped(wrong: LineIn) -> None:
    with pytest.raises(Usage) as caught:
        review.merge(THREE, [fix("أحد", 0), wrong], "huda")
    assert caught.value.code == "bad-line"


@pytest.mark.parametrize("second", [fix("آخر", 0), fix("واحد", 0), fix("", 0)], ids=["another", "as it was", "emptied"])
def test_two_corrections_of_one_line_are_told(second: LineIn) -> None:
    for fixes in ([fix("أحد", 0), second], [second, fix("أحد", 0)]):
        with pytest.raises(Usage) as caught:
            review.merge(THREE, fixes, "huda")
        assert caught.value.code == "bad-line"


def test_who_corrected_is_named_once() -> None:
    once = merged(THREE, fix("أ", 0))
    assert once.reader == "made 1 | corrected by huda"
    assert review.merge(once, [fix("ب", 0)], "omar")[0].reader == "made 1 | corrected by omar"


def test_words_keep_their_boxes_when_their_number_stays() -> None:
    found = merged(THREE, fix("إثنان معاً", 1)).lines[1]
    assert [word.box for word in found.words] == [word.box for word in THREE.lines[1].words]
    assert [(word.text, word.confidence) for word in found.words] == [("إثنان", 1.0), ("معاً", 1.0)]
    assert (found.box, found.confidence, found.checked) == (THREE.lines[1].box, 1.0, True)


def test_other_words_share_the_line_from_the_right() -> None:
    found = replace(THREE, lines=(Line("واحد", Box(100, 10, 200, 30), 0.5, (Word("واحد", Box(100, 10, 200, 30), 0.5),)),))
    [line] = merged(found, fix("أب جدة يد", 0)).lines
    assert [tuple(word.box) for word in line.words] == [(178, 10, 200, 30), (134, 10, 167, 30), (100, 10, 123, 30)]
    assert all(before.box.x0 > after.box.x1 for before, after in zip(line.words, line.words[1:], strict=False))
    assert Box.around([word.box for word in line.words]) == line.box


def test_an_added_line_stands_where_it_was_drawn_or_nowhere() -> None:
    drawn, placeless = merged(reading(), fix("سطر", box=(1, 2, 30, 40)), fix("آخر")).lines
    assert (drawn.box, placeless.box) == (Box(1, 2, 30, 40), Box(0, 0, 0, 0))


def test_confirming_a_line_as_it_stands() -> None:
    found, changed = review.merge(THREE, [fix("واحد", 0, checked=True)], "huda")
    assert (changed, [line.checked for line in found.lines]) == (1, [True, False, False])
    assert review.merge(found, [fix("واحد", 0, checked=True)], "huda")[1] == 0
    assert review.merge(found, [fix("واحد", 0)], "huda")[1] == 0, "not saying so takes nothing back"


@pytest.mark.parametrize("text", ["a  b", " أ", "كـتاب", "أ\u200fب", "ﻼ"])
def test_a_line_left_alone_is_not_taken_for_corrected(text: str) -> None:
    """Readings are not all in the normal form: what goes out and comes back untouched was not looked at by anybody."""
    found = replace(THREE, lines=(replace(THREE.lines[0], text=text),))
    kept, changed = review.merge(found, [fix(text, 0)], "huda")
    assert (changed, kept.lines) == (0, found.lines)


# Who is checked.


def test_only_people_whose_every_word_was_checked_are() -> None:
    found = merged(reading("سالم يوسف", "هند"), fix("سالم يوسف", 0, checked=True))
    [first, second], [third] = ([word.box for word in line.words] for line in found.lines)
    people = [Person("a", (first, second)), Person("b", (first, third)), Person("c", (third,)), Person("d", ())]
    marked = review.mark_checked(Entities(people=tuple(people)), found).people
    assert [person.checked for person in marked] == [True, False, False, False]


def test_a_box_that_an_unchecked_line_shares_proves_nothing() -> None:
    """Pages read elsewhere may come without boxes: all their words stand at the same place, nowhere."""
    nowhere = Box(0, 0, 0, 0)
    lines = tuple(Line(text, nowhere, 0.5, (Word(text, nowhere, 0.5),)) for text in ("سالم", "خالد"))
    found = merged(replace(THREE, lines=lines), fix("سالم", 0, checked=True))
    marked = review.mark_checked(Entities(people=(Person("خالد", (nowhere,)),)), found).people
    assert [person.checked for person in marked] == [False]


# Taking out and bringing in.


def out(made: Catalogue) -> list[dict[str, Any]]:
    return list(review.export(made.readings.lines(None), no_doubt))


def bring(made: Catalogue, rows: Sequence[dict[str, Any]], by: str = "huda") -> list[Outcome]:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    return list(review.apply(review.parse(lines), made.readings, first_word, by))


def test_every_line_goes_out_with_where_it_stands(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    [ref] = read(made, keys, "واحد", "اثنان")
    rows = list(review.export(made.readings.lines(None), lambda lines: {1: 0.7} if len(lines) == 2 else {}))
    assert [(row["page_id"], row["revision"], row["line"], row["text"], row["doubt"]) for row in rows] == [
        (ref.page_id, 0, 0, "واحد", 0.0), (ref.page_id, 0, 1, "اثنان", 0.7),
    ]  # fmt: skip
    assert (rows[0]["holding"], rows[0]["source"], rows[0]["page"], rows[0]["checked"], rows[0]["box"]) == (
        "h",
        "a",
        1,
        False,
        [0, 100, 1000, 140],
    )


def test_what_comes_back_untouched_changes_nothing(made: Catalogue) -> None:
    _, keys = take(made, "h", "a", "b")
    read(made, keys, "واحد", "a  b")
    assert [(outcome.revision, outcome.error) for outcome in bring(made, out(made))] == [(None, None)] * 2
    assert [item.revision for item in made.readings.lines(None)] == [0, 0]


def test_a_correction_is_a_new_revision_by_somebody_and_the_search_follows(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    [ref] = read(made, keys, "واحد", "سلم")
    index = MemoryIndex()
    indexing.drain(made.outbox, index)
    original = list(made.readings.digests())
    row = out(made)[1]
    [outcome] = bring(made, [row | {"text": "سالم"}])
    assert outcome == Outcome(ref.page_id, 1, 1)
    assert list(made.readings.digests())[:1] == original
    indexing.drain(made.outbox, index)
    assert {hit.page.key for hit in index.candidates(Query("سالم"), 5)} == set(keys)
    [stored] = made.readings.lines(None)
    assert (stored.revision, stored.checked, [person.checked for person in stored.entities.people]) == (1, True, [False, True])
    [entry] = [entry for entry, _ in made.custody.entries(1) if entry.action == "page-corrected"]
    assert (entry.actor, entry.subject) == ("huda", ref.page_id)
    with made.database.read() as connection:
        assert connection.exec_driver_sql('select "by" from reading order by revision').all() == [(None,), ("huda",)]


def test_a_stale_page_is_told_and_the_others_go_on(made: Catalogue) -> None:
    _, keys = take(made, "h", "a", "b", "c")
    refs = read(made, keys, "واحد", "اثنان")
    rows = out(made)
    bring(made, [rows[2] | {"text": "قبل"}], by="omar")
    outcomes = bring(made, [row | {"text": "بعد"} for row in rows[::2]])
    assert [(outcome.page_id, outcome.revision, outcome.error and outcome.error.code) for outcome in outcomes] == [
        (refs[0].page_id, 1, None), (refs[1].page_id, None, "stale-revision"), (refs[2].page_id, 1, None),
    ]  # fmt: skip
    assert [texts(item.reading)[0] for item in made.readings.lines(None)] == ["بعد", "قبل", "بعد"]


def test_a_stale_page_with_fewer_lines_is_told_as_stale(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    read(made, keys, "واحد", "اثنان")
    rows = out(made)
    bring(made, [rows[1] | {"text": ""}], by="omar")
    [outcome] = bring(made, [rows[1] | {"text": "بعد"}])
    assert isinstance(outcome.error, SijillError)
    assert outcome.error.code == "stale-revision"


def test_applying_the_same_file_twice_does_it_once(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    read(made, keys, "واحد", "اثنان")
    rows = [out(made)[0] | {"text": "أحد"}, out(made)[1]]
    assert [outcome.revision for outcome in bring(made, rows)] == [1]
    assert [outcome.revision for outcome in bring(made, rows)] == [None]
    assert [item.revision for item in made.readings.lines(None)] == [1]


def test_pages_that_are_not_there_or_withdrawn_are_told(made: Catalogue) -> None:
    _, keys = take(made, "h", "a", "b")
    [first, second] = read(made, keys, "واحد")
    rows = out(made)
    made.readings.withdraw(first.page_id, "consent", "huda")
    outcomes = bring(made, [{"page_id": "none", "revision": 0, "text": "x"}, *(row | {"text": "x"} for row in rows)])
    assert [(outcome.page_id, outcome.error and outcome.error.code) for outcome in outcomes] == [
        ("none", "not-found"), (first.page_id, "not-found"), (second.page_id, None),
    ]  # fmt: skip
    assert [row["page_id"] for row in out(made)] == [second.page_id]


GOOD = {"page_id": "p", "revision": 0, "line": 0, "text": "x", "checked": False, "box": [0, 0, 1, 1], "after": 0}
BAD: dict[str, tuple[str, str]] = {
    "not JSON": ("{", "the line"),
    "a list": ("[]", "the line"),
    "no page": ('{"revision": 0, "text": ""}', "page_id"),
    "no revision": ('{"page_id": "p", "text": ""}', "revision"),
    "no text": ('{"page_id": "p", "revision": 0}', "text"),
    "NUL": ('{"page_id": "p\x00", "revision": 0, "text": ""}', "the line"),
    "deep": ("[" * 100_000, "the line"),
    "lone surrogate": ('{"page_id": "p", "revision": 0, "text": "\\ud800"}', "the line"),
}
WRONG: dict[str, list[object]] = {
    "page_id": [5, "p" * 81],
    "revision": [-1, "0", True, 0.5, None],
    "line": [-1, True, "0", 1.0],
    "after": [-2, False],
    "text": [None, 5, "x" * 20_001],
    "checked": ["yes", 1],
    "box": [[0, 0, 1], [0, 0, 1, 1, 1], ["0", 0, 1, 1], [5, 0, 1, 1], [0, 5, 1, 1], [-1, 0, 1, 1], [0, 0, 10**30, 1], "0011"],
}
BAD |= {f"{name} {value!r:.20}": (json.dumps(GOOD | {name: value}), name) for name, values in WRONG.items() for value in values}


@pytest.mark.parametrize(("text", "what"), BAD.values(), ids=BAD)
def test_a_bad_line_stops_the_file_before_anything_is_done_and_is_named(text: str, what: str) -> None:
    with pytest.raises(Usage) as caught:
        review.parse([json.dumps(GOOD), "", text])
    assert caught.value.code == "bad-line"
    assert caught.value.detail.startswith(f"line 3: {what}")
    assert len(caught.value.detail) < 300
    assert "Nothing was applied" in caught.value.way_out


def test_what_comes_back_from_elsewhere_may_know_more_or_less() -> None:
    [(key, [line])] = review.parse([" ", json.dumps({"page_id": "p", "revision": 3, "text": "x", "note": {"a": [1]}})]).items()
    assert (key, line.line, line.after, line.checked, line.box) == (("p", 3), None, None, False, None)


def test_many_lines_are_gathered_by_page() -> None:
    rows = [json.dumps(GOOD | {"page_id": page, "line": line}) for line in range(200) for page in "ab"]
    assert {key: len(lines) for key, lines in review.parse(rows).items()} == {("a", 0): 200, ("b", 0): 200}
