"""Missing enclosures, rows and pages: what is noted, on which page, and what must not be."""

import pytest

from pipeline.gaps import gaps
from pipeline.model import Entities
from tests.growth import runs_away

HEAD = "م الاسم والنسبة اسم الأم تولد"


def notes(*pages: tuple[str | None, tuple[str, ...]]) -> list[list[tuple[str, str]]]:
    found = gaps([(number, lines, Entities(type=kind)) for number, (kind, lines) in enumerate(pages, start=1)])
    return [[(note.code, note.detail) for note in page] for page in found]


def table(*serials: str) -> tuple[str, ...]:
    return (HEAD, *(f"{serial} تميم نصوح الدباغ وصال القلال ١٩٨٧" for serial in serials))


@pytest.mark.parametrize(
    ("line", "announced"),
    [
        ("المرفقات: (٢)", "2"),
        ("المرفقات : 3", "3"),
        ("المرفقات: (اثنان)", "2"),
        ("المرفقات: (لا يوجد)", None),
        ("المرفقات: ( )", None),
        ("المرفقات: (0)", None),
        ("مع المرفقات المذكورة", None),
    ],
)
def test_enclosures(line: str, announced: str | None) -> None:
    expected = [("missing-attachments", announced)] if announced else []
    assert notes(("memo", (line,))) == [expected]


def test_enclosures_that_follow_are_not_missing() -> None:
    letter = ("memo", ("المرفقات: (٢)",))
    assert notes(letter, ("reg", ("جدول",))) == [[], []]
    assert notes(letter, ("memo", ("تتمة الكتاب",)))[0] == [("missing-attachments", "2")]
    assert notes(letter, (None, ()))[0] == [("missing-attachments", "2")]  # a blank page is no enclosure


@pytest.mark.parametrize(
    ("serials", "missing"),
    [
        (("١", "٢", "٣"), []),
        (("١٣", "١٤", "١٦"), [("missing-rows", "15")]),
        (("1", "2", "6", "7", "9"), [("missing-rows", "3-5, 8")]),
        (("1", "2", "8", "4", "5"), []),  # 8 is a misread 3
        (("1", "2", "كلمة", "4"), []),  # a serial that was not read is not a row that is not there
        (("7", "7", "8"), []),
        ((), []),
    ],
)
def test_rows(serials: tuple[str, ...], missing: list[tuple[str, str]]) -> None:
    assert notes(("reg", table(*serials))) == [missing]


def test_rows_over_pages() -> None:
    assert notes(("reg", table("1", "2")), ("reg", table("4", "5"))) == [[], [("missing-rows", "3")]]
    assert notes(("reg", table("1", "2")), ("reg", table("1", "2"))) == [[], []]


def test_rows_end_at_the_total() -> None:
    assert notes(("reg", (*table("1", "2"), "المجموع: 9", "14 شباط من العام الجاري"))) == [[]]


@pytest.mark.parametrize(
    ("feet", "missing"),
    [
        (("صفحة ١ من ٣", "صفحة ٢ من ٣"), [[], [("missing-pages", "3/3")]]),
        (("صفحة 1 من 2", "الصفحة 2 من 2"), [[], []]),
        (("صفحة 2/3",), [[("missing-pages", "1, 3/3")]]),
        (("صفحة 1 من 4", "صفحة 4 من 4"), [[], [("missing-pages", "2-3/4")]]),
        (("صفحة 1 من 3", "كلام", "صفحة 3 من 3"), [[], [], []]),  # the second page's foot was not read
        (("صفحة 1 من 2", "صفحة 1 من 2"), [[("missing-pages", "2/2")], [("missing-pages", "2/2")]]),
        (("صفحة 5 من 2",), [[]]),
        (("كلام",), [[]]),
    ],
)
def test_pages(feet: tuple[str, ...], missing: list[list[tuple[str, str]]]) -> None:
    assert notes(*(("memo", ("كلام", foot)) for foot in feet)) == missing


@pytest.mark.parametrize(
    "pages",
    [
        [("reg", table(*map(str, range(200)), "صفحة 1 من 999"))] * 80,
        [("reg", table(*map(str, range(8000))))],
        [("memo", ("المرفقات " * 10_000,))],
        [("reg", ("9" * 100_000,))],
    ],
    ids=["pages", "rows", "words", "digits"],
)
def test_the_cost_of_a_hostile_file_does_not_run_away(pages: list[tuple[str, tuple[str, ...]]]) -> None:
    """By the number of pages, of lines, and by the length of a line."""
    (kind, lines), *others = pages
    if others:
        assert not runs_away(lambda some: notes(*some), pages)
    elif lines[1:]:
        assert not runs_away(lambda some: notes((kind, some)), lines)
    else:
        assert not runs_away(lambda some: notes((kind, (some,))), lines[0])


def test_no_pages_lack_nothing() -> None:
    assert gaps([]) == ()


def test_a_leap_longer_than_the_table_is_a_misread_number() -> None:
    lines = ["م الاسم اسم الأب النسبة", *(f"{number} سامر نبيل الحمصي" for number in (1, 2, 3, 4, 61))]
    assert gaps([(1, lines, Entities())]) == ((),)
