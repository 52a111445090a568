"""Lines, tables and what was not read, put together from what was read line by line."""

import pytest

from pipeline.assemble import Assembled, assemble, mapped
from pipeline.model import Box, Cell, Region, Word

HEIGHT = 40


def words(text: str, line: Box) -> tuple[Word, ...]:
    """The words of a line, from the right."""
    parts = text.split()
    width = (line.x1 - line.x0) // max(len(parts), 1)
    return tuple(Word(part, Box(line.x1 - (n + 1) * width, line.y0, line.x1 - n * width, line.y1), 0.9) for n, part in enumerate(parts))


def cell(row: int, column: int, row_span: int = 1, col_span: int = 1) -> Region:
    """A cell of a grid of 100 by 100 pixels, column 0 at the right."""
    return Region(
        "cell",
        Box(900 - 100 * (column + col_span), 100 * row, 900 - 100 * column, 100 * (row + row_span)),
        0, row, column, row_span, col_span,
    )  # fmt: skip


def lines_of(region: Region, count: int) -> list[Box]:
    x0, y0, x1, _ = region.box
    return [Box(x0 + 5, y0 + 5 + HEIGHT * n, x1 - 5, y0 + HEIGHT * (n + 1)) for n in range(count)]


def put_together(*parts: tuple[Region, list[str]]) -> Assembled:
    found = [lines_of(region, len(texts)) for region, texts in parts]
    said = [words(text, box) for (_, texts), boxes in zip(parts, found, strict=True) for text, box in zip(texts, boxes, strict=True)]
    return assemble([region for region, _ in parts], found, said)


def test_lines_of_blocks_stand_as_they_are() -> None:
    read = put_together((Region("block", Box(0, 0, 500, 200)), ["بسم الله", "الرحمن"]), (Region("block", Box(0, 300, 500, 400)), ["دمشق"]))
    assert [line.text for line in read.lines] == ["بسم الله", "الرحمن", "دمشق"]
    assert read.tables == () == read.unread


def test_a_row_of_cells_is_one_line_and_a_table_row() -> None:
    read = put_together(
        (Region("block", Box(0, 0, 500, 90)), ["جدول"]),
        (cell(1, 0), ["الاسم"]), (cell(1, 1), ["اسم", "الأب"]), (cell(1, 2), []),
        (cell(2, 0), ["سامر"]), (cell(2, 1), []), (cell(2, 2), ["حلب"]),
    )  # fmt: skip
    assert [line.text for line in read.lines] == ["جدول", "الاسم اسم الأب", "سامر حلب"]
    [table] = read.tables
    assert [[item.text for item in row] for row in table.rows] == [["الاسم", "اسم الأب", ""], ["سامر", "", "حلب"]]
    assert table.box == Box(600, 100, 900, 300)


def test_spans_are_kept_and_empty_rows_too() -> None:
    read = put_together((cell(0, 0, row_span=2), ["رأس"]), (cell(0, 1, col_span=2), ["عنوان"]), (cell(1, 1), []), (cell(1, 2), []))
    [table] = read.tables
    assert [[(c.text, c.row_span, c.col_span) for c in row] for row in table.rows] == [
        [("رأس", 2, 1), ("عنوان", 1, 2)],
        [("", 1, 1), ("", 1, 1)],
    ]


def test_a_line_without_words_is_unread_and_no_line() -> None:
    read = put_together((Region("block", Box(0, 0, 500, 200)), ["بسم", ""]), (cell(3, 0), [""]))
    assert [line.text for line in read.lines] == ["بسم"]
    assert read.unread == (Box(5, 45, 495, 80), lines_of(cell(3, 0), 1)[0])
    assert [[c.text for c in row] for row in read.tables[0].rows] == [[""]]


@pytest.mark.parametrize("answers", [0, 2])
def test_a_reader_that_answers_for_other_lines_is_caught(answers: int) -> None:
    block = Region("block", Box(0, 0, 500, 200))
    with pytest.raises(ValueError, match="zip"):
        assemble([block], [lines_of(block, 1)], [words("بسم", block.box)] * answers)


def test_a_table_goes_home_with_every_cell() -> None:
    [table] = put_together((cell(0, 0), ["أ"]), (cell(0, 1), [])).tables
    moved = mapped(table, lambda box: Box(*(at + 10 for at in box)))
    assert moved.box == Box(710, 10, 910, 110)
    assert moved.rows == ((Cell("أ", Box(810, 10, 910, 110)), Cell("", Box(710, 10, 810, 110))),)


def column(right: int, *texts: str, width: int = 300) -> tuple[Region, list[str]]:
    """A block of lines, one every 40 pixels from the top, with its right edge there."""
    return Region("block", Box(right - width, 0, right, HEIGHT * len(texts))), list(texts)


@pytest.mark.parametrize(
    ("columns", "read"),
    [
        pytest.param(
            [column(1000, "الاسم:", "الأم:", "الأب:"), column(600, "سامر", "هدى", "نزار")],
            ["الاسم: سامر", "الأم: هدى", "الأب: نزار"],
            id="labels and values",
        ),
        pytest.param(
            [column(1000, "الاسم:", "الأم: .....", "الأب:"), column(600, "سامر", "", "نزار")],
            ["الاسم: سامر", "الأم: .....", "الأب: نزار"],
            id="a value that is not there takes no other one's label",
        ),
        pytest.param(
            [column(1000, "الاسم: سامر", "المهنة: حداد"), column(600, "اللقب: أبو نزار", "الهاتف: ٤")],
            ["الاسم: سامر", "اللقب: أبو نزار", "المهنة: حداد", "الهاتف: ٤"],
            id="facing fields row by row",
        ),
        pytest.param(
            [column(1000, "الاسم: سامر", "الأم: هدى"), column(600, "الاسم: نزار", "الأم: رولا")],
            ["الاسم: سامر", "الأم: هدى", "الاسم: نزار", "الأم: رولا"],
            id="two people side by side",
        ),
        pytest.param(
            [column(1000, "الاسم:", "الأم:", width=190), column(800, "سامر", "هدى", width=190),
             column(600, "المهنة:", "الهاتف:", width=190), column(400, "حداد", "٤", width=190)],
            ["الاسم: سامر", "المهنة: حداد", "الأم: هدى", "الهاتف: ٤"],
            id="two columns of labels, two of values",
        ),
        pytest.param(
            [column(1000, "الجمهورية العربية السورية", "وزارة الداخلية"), column(600, "الرقم: ٧", "التاريخ: ٥")],
            ["الجمهورية العربية السورية", "وزارة الداخلية", "الرقم: ٧", "التاريخ: ٥"],
            id="a letterhead",
        ),
        pytest.param(
            [column(1000, "الشهود:", "الموقعون:"), column(1000, "سامر", "نزار")],
            ["الشهود:", "الموقعون:", "سامر", "نزار"],
            id="one above the other",
        ),
    ],
)  # fmt: skip
def test_forms_are_read_label_before_value(columns: list[tuple[Region, list[str]]], read: list[str]) -> None:
    assert [line.text for line in put_together(*columns).lines] == read


def test_a_label_and_a_value_far_to_the_left_of_it_are_one_line() -> None:
    label, value = Box(700, 0, 1000, 40), Box(0, 2, 300, 38)
    [line] = assemble([Region("block", Box(0, 0, 1000, 40))], [[label, value]], [words("الاسم:", label), words("سامر", value)]).lines
    assert (line.text, line.box) == ("الاسم: سامر", Box(0, 0, 1000, 40))
