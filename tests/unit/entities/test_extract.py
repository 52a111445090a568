"""The whole of extraction: the fixtures' truth, hostile text, pages turned and skewed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.entities import extract
from pipeline.model import Box, Line, Reading, Word
from tests.growth import runs_away
from tests.unit.entities import truth
from tests.unit.entities.pages import entities, reading, row

FLOORS = {"people": 0.97, "parts": 0.97, "births": 0.97, "posts": 0.9, "dates": 0.97, "roles": 0.9, "facilities": 0.95, "references": 0.97}
TEXT = """المدعو تميم بن نصوح الدباغ والدته تولد ١٩٨٥ القيد رقم ١٢/٣ الفرع ٢١٥ العميد الركن رئيس بتاريخ ٣/٥/٢٠١٣ آب هـ
الموافق الاسم: : . ، م \u202e ـ عبد ال الله أولاً: السيد"""
WORDS = st.sampled_from(sorted(set(TEXT.split())))


def of_text(text: str) -> Reading:
    return Reading(100, 100, "test", (Line(text, Box(0, 0, 10, 10), 0.5, ()),))


@pytest.mark.skipif(not truth.TRUTH.exists(), reason="the fixture scans are not made yet")
def test_fixture_truth_is_found() -> None:
    scores = truth.scores(truth.pages())
    assert {kind: score for kind, score in scores.items() if score < FLOORS[kind]} == {}


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("تقرير وفاة", "death"),
        ("أمر إخلاء سبيل", "rel"),
        ("إعلام الحكم", "court"),
        ("محضر تسليم واستلام", "trans"),
        ("إذاعة بحث", "circ"),
        ("جدول بأسماء الموقوفين", "reg"),
        ("إخراج قيد فردي", "civ"),
        ("ورقة ضبط", "pol"),
        ("سجل الدفن", "bur"),
        ("الموضوع: توقيف مطلوبين", "memo"),
        ("كلام آخر", None),
    ],
)
def test_kinds_of_paper(title: str, code: str | None) -> None:
    assert entities(title).type == code


def test_places() -> None:
    found = entities("أوقف في بلدة تلكلخ بريف حمص ونقل إلى دمشق").places
    assert [(place.text, place.pcode is not None) for place in found][-2:] == [("حمص", True), ("دمشق", True)]


def test_lines_without_words_take_the_lines_box() -> None:
    (person,) = extract(of_text("المدعو تميم نصوح الدباغ")).people
    assert set(person.boxes) == {Box(0, 0, 10, 10)}
    assert extract(Reading(1, 1, "test", ())).people == ()


@pytest.mark.parametrize(
    "turn", [lambda x, y: (x, y), lambda x, y: (-x, -y), lambda x, y: (-y, x), lambda x, y: (x + y * 0.05, y - x * 0.05)]
)
def test_tables_are_read_on_turned_and_skewed_pages(turn) -> None:  # type: ignore[no-untyped-def]
    lines = [
        row(("م", "الاسم الثلاثي", "اسم الأم", "تولد"), 0),
        *(row((str(n), "تميم نصوح الدباغ", "وصال القلال", "1987"), 100 * n) for n in range(1, 9)),
    ]
    turned = [Line(one.text, one.box, 0.9, tuple(Word(w.text, _turned(w.box, turn), 0.9) for w in one.words)) for one in lines]
    found = extract(reading(*turned)).people
    assert {(person.name, person.mother) for person in found} == {("تميم نصوح الدباغ", "وصال القلال")}
    assert len(found) == 8


def _turned(box: Box, turn) -> Box:  # type: ignore[no-untyped-def]
    corners = [turn(x, y) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
    xs, ys = [int(x) for x, _ in corners], [int(y) for _, y in corners]
    return Box(min(xs), min(ys), max(xs), max(ys))


@pytest.mark.parametrize(
    "text",
    [
        *(word * 25_000 for word in ("عبد ", "بن ", "المدعو ", "الفرع ", "العميد ", "1/", "رقم أ/", "الاسم:", "ا", ".:", "والدته ")),
        "المدعو محمد بن علي الخطيب " * 3_000,
        "محمد علي الخطيب والدته فاطمة علي تولد 1985 " * 2_000,
        "\ud800\u0000\u202e" * 10_000,
        "ا" + "\u064b\u0651" * 50_000,
    ],
    ids=lambda text: repr(text[:12]).encode("ascii", "replace").decode(),
)
def test_the_cost_of_hostile_lines_does_not_run_away(text: str) -> None:
    assert not runs_away(lambda part: extract(of_text(part)), text)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(WORDS, max_size=12), max_size=8))
def test_extraction_is_total_and_deterministic(lines: list[list[str]]) -> None:
    page = reading(*(" ".join(words) for words in lines))
    assert extract(page) == extract(page)


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_at_all(text: str) -> None:
    extract(of_text(text))
