"""One question in, hits out."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from pipeline.model import IMPORTED, Birth, Box, Entities, IndexedPage, Person, Query, Reading, StoredPage
from search.coverage import Counts, coverage
from search.find import Answer, find
from search.memory import MemoryIndex
from tests.unit.search.pages import person, reading, ref


class Record:
    """A record of made pages."""

    def __init__(self, *found: StoredPage, ledger: Counts = Counts(1, 1, 0, 0, 0)) -> None:  # noqa: B008 - frozen
        self.ledger = ledger
        self.held = {one.page.key: one for one in found}

    def pages(self, keys: Sequence[int]) -> Mapping[int, StoredPage]:
        return {key: self.held[key] for key in keys if key in self.held}

    def counts(self, query: Query) -> Counts:  # noqa: ARG002 - the port asks for it
        return self.ledger


def found(key: int, read: Reading, *people: Person, **changes: object) -> StoredPage:
    made = StoredPage(ref(key), 0, read, Entities(people))
    return replace(made, **changes)  # type: ignore[arg-type]


def ask(text: str, *pages: StoredPage, record: Record | None = None, **query: object) -> Answer:
    index = MemoryIndex()
    index.apply([IndexedPage(one.page, 0, one.reading.text, one.entities, None) for one in pages])
    return find(Query(text, **query), index, record or Record(*pages))  # type: ignore[arg-type]


SAMER = person("سامر نبيل الحمصي", "فاطمة", 1985, "حمص", boxes=(Box(950, 160, 1000, 200), Box(890, 160, 940, 200)), role="subject")
PAPER = reading("الفرع 215", "سامر نبيل الحمصي", "قرار رقم ١٢٣/ب عبد الرحمن")


def test_a_person_opens_at_its_words() -> None:
    (hit,) = ask("سامر الحمصي", found(1, PAPER, SAMER)).hits
    assert json.loads(json.dumps(hit.as_json())) == {
        "kind": "person",
        "holding": "box-1",
        "source": "scan-1.pdf",
        "page": 1,
        "page_id": hit.page.page_id,
        "box": [890, 160, 1000, 200],
        "boxes": [[950, 160, 1000, 200], [890, 160, 940, 200]],
        "text": "سامر نبيل الحمصي",
        "score": 1.0,
        "likely": False,
        "checked": False,
        "image": True,
        "person": {
            "text": "سامر نبيل الحمصي", "name": "سامر نبيل الحمصي", "given": "سامر", "father": "نبيل", "grandfather": None,
            "family": "الحمصي", "mother": "فاطمة", "registry": None, "role": "subject", "rank": None, "post": None,
            "birth": {"year": 1985, "date": None, "place": "حمص"}, "confidence": None, "how": None,
        },
        "reasons": [
            {"part": "given", "rule": "same", "asked": "سامر", "read": "سامر"},
            {"part": "family", "rule": "same", "asked": "الحمصي", "read": "الحمصي"},
        ],
        "statement": "سامر نبيل الحمصي appears in document scan-1.pdf page 1 (document), unverified.",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "boxes"),
    [
        ("نبيل", "سامر نبيل الحمصي", [[890, 160, 940, 200]]),
        ("رقم 123/ب", "قرار رقم ١٢٣/ب عبد الرحمن", [[890, 220, 940, 260], [830, 220, 880, 260]]),
        ("عبدالرحمن", "قرار رقم ١٢٣/ب عبد الرحمن", [[770, 220, 820, 260], [710, 220, 760, 260]]),
    ],
)
def test_a_page_opens_at_the_words_that_matched(text: str, line: str, boxes: list[list[int]]) -> None:
    (hit,) = ask(text, found(1, PAPER)).hits
    shown = hit.as_json()
    assert (shown["kind"], shown["text"], shown["boxes"], shown["person"]) == ("page", line, boxes, None)


def test_words_apart_show_their_lines_in_reading_order() -> None:
    (hit,) = ask("قرار سامر", found(1, PAPER)).hits
    assert hit.spot.text == "سامر نبيل الحمصي\nقرار رقم ١٢٣/ب عبد الرحمن"
    assert len(hit.spot.boxes) == 2


def test_lines_without_words_are_shown_whole() -> None:
    bare = replace(PAPER, lines=tuple(replace(line, words=()) for line in PAPER.lines))
    (hit,) = ask("سامر", found(1, bare, page=replace(ref(1), media_type=IMPORTED))).hits
    assert hit.as_json()["boxes"] == [[0, 160, 1000, 200]]
    assert hit.as_json()["image"] is False


def test_one_place_is_told_once_unless_the_page_says_more() -> None:
    assert [hit.kind for hit in ask("سامر نبيل", found(1, PAPER, SAMER)).hits] == ["person"]
    assert {hit.kind for hit in ask("سامر قرار", found(1, PAPER, SAMER)).hits} == {"person", "page"}
    misread = replace(SAMER, text="سامر نبيل الخمضي", family="الخمضي")
    assert {hit.kind for hit in ask("الحمصي", found(1, PAPER, misread)).hits} == {"person", "page"}


def test_what_the_record_no_longer_has_is_left_out() -> None:
    gone, withdrawn, moved, kept = (found(key, PAPER, SAMER) for key in (1, 2, 3, 4))
    record = Record(
        replace(withdrawn, page=replace(withdrawn.page, withdrawn=True)), replace(moved, page=replace(moved.page, holding="box-2")), kept
    )
    answer = ask("سامر نبيل", gone, withdrawn, moved, kept, record=record, holdings=("box-1",), limit=1)
    assert [hit.page.key for hit in answer.hits] == [4]


def test_a_corrected_person_is_shown_as_corrected_or_not_at_all() -> None:
    old = found(1, PAPER, SAMER)
    checked = Record(replace(old, entities=Entities((person("جابر طلال"), replace(SAMER, checked=True, mother="خديجة")))))
    (hit,) = ask("سامر نبيل", old, record=checked).hits
    assert (hit.kind, hit.checked, hit.person.mother if hit.person else None) == ("person", True, "خديجة")
    renamed = Record(replace(old, entities=Entities((person("جابر طلال"),))))
    assert [hit.kind for hit in ask("سامر نبيل", old, record=renamed).hits] == ["page"]


def test_checked_lines_make_a_checked_hit() -> None:
    lines = tuple(replace(line, checked=at == 1) for at, line in enumerate(PAPER.lines))
    page = found(1, replace(PAPER, lines=lines))
    assert [hit.checked for text in ("سامر", "قرار") for hit in ask(text, page).hits] == [True, False]


def test_the_limit_and_the_notice() -> None:
    pages = [found(key, PAPER, SAMER) for key in range(1, 9)]
    assert [hit.page.key for hit in ask("سامر", *pages, limit=3).hits] == [1, 2, 3]
    assert ask("سامر", *pages, limit=3).notice is None
    assert ask("سامر " + " ".join(f"كلمة{at}" for at in range(99)), *pages).as_json()["notice"]


def test_nothing_found_still_says_what_was_not_seen() -> None:
    answer = ask("وائل", record=Record(ledger=Counts(26, 22, 3, 1, 2))).as_json()
    assert answer["hits"] == []
    assert answer["coverage"] == {
        "pages": 26, "indexed": 22, "waiting": 3, "failed": 1, "low_confidence": 2, "complete": False,
        "note": "22 of 26 pages were searched: 3 not read yet, 1 failed, 2 read with low confidence. "
        "What is on those pages may be missing here.",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "complete", "note"),
    [
        (Counts(0, 0, 0, 0, 0), False, "There are no pages here to search."),
        (Counts(1, 1, 0, 0, 0), True, "The one page there is was searched."),
        (Counts(26, 26, 0, 0, 0), True, "All 26 pages were searched."),
        (
            Counts(26, 26, 0, 0, 4),
            True,
            "26 of 26 pages were searched: 4 read with low confidence. What is on those pages may be missing here.",
        ),
        (Counts(1, 0, 1, 0, 0), False, "0 of 1 page were searched: 1 not read yet. What is on those pages may be missing here."),
    ],
)
def test_coverage(counts: Counts, complete: bool, note: str) -> None:
    assert (coverage(counts).complete, coverage(counts).note) == (complete, note)


def test_a_birth_date_gives_its_year() -> None:
    born = replace(SAMER, birth=Birth(None, "1985-03-02"))
    (hit,) = ask("سامر نبيل مواليد 1985", found(1, PAPER, born)).hits
    assert hit.likely


def test_searching_imports_nothing_heavy() -> None:
    code = (
        "import sys, search.find, search.fts5; print([m for m in ('prefect', 'cv2', 'onnxruntime', 'pandas', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
