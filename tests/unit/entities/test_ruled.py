"""Ruled tables and forms by their rulings: heads in two rows, ditto and merged cells, labels beside or over values, unknown headings."""

from collections.abc import Sequence

import pytest

from pipeline.entities import extract
from pipeline.model import Box, Cell, Entities, Line, Reading, Table
from tests.unit.entities.pages import line

WIDTH, HEIGHT = 500, 100
Placed = tuple[str, int, int]  # text, rows, columns


def ruled(*rows: Sequence[str | Placed]) -> Entities:
    """A page that is one table, its columns from right to left."""
    taken: dict[int, int] = {}
    lines, table = list[Line](), []
    for number, row in enumerate(rows):
        column, cells, words = 0, [], []
        for one in row:
            text, down, across = one if isinstance(one, tuple) else (one, 1, 1)
            while taken.get(column, 0) > number:
                column += 1
            right, top = 3000 - column * WIDTH, number * HEIGHT
            cells.append(Cell(text, Box(right - across * WIDTH, top, right, top + down * HEIGHT), down, across))
            words += line(text, top + 20, right - 10).words
            taken.update((at, number + down) for at in range(column, column + across))
            column += across
        table.append(tuple(cells))
        if words:
            lines.append(Line(" ".join(word.text for word in words), Box.around([word.box for word in words]), 0.9, tuple(words)))
    box = Box(0, 0, 3000, len(rows) * HEIGHT)
    return extract(Reading(3000, 4000, "test", tuple(lines), tables=(Table(box, tuple(table)),)))


def people(found: Entities) -> list[tuple[str | None, ...]]:
    return [(one.given, one.father, one.family, one.mother) for one in found.people]


@pytest.mark.parametrize("mark", ['"', "=", "//", "كذلك"])
def test_ditto_marks_stand_for_the_cell_above(mark: str) -> None:
    found = ruled(("م", "الاسم", "اسم الأب", "الشهرة", "الأم"), ("1", "تميم", "نصوح", "الدباغ", "وصال"), ("2", "غياث", mark, mark, mark))
    assert people(found) == [("تميم", "نصوح", "الدباغ", "وصال"), ("غياث", "نصوح", "الدباغ", "وصال")]
    assert len(found.people[1].boxes) == 1


def test_an_empty_cell_is_no_ditto_and_a_merged_one_is() -> None:
    found = ruled(
        ("الاسم", "اسم الأب", "الكنية", "الأم"),
        ("تميم", ("نصوح", 2, 1), "الدباغ", "وصال"),
        ("غياث", "القهوجي", ""),
    )
    assert people(found) == [("تميم", "نصوح", "الدباغ", "وصال"), ("غياث", "نصوح", "القهوجي", None)]


def test_heads_in_two_rows() -> None:
    found = ruled(
        (("الاسم والنسبة", 2, 1), ("الأب", 2, 1), ("تاريخ", 1, 2)), ("التوقيف", "الإفراج"), ("تميم الدباغ", "نصوح", "7/7/2013", "15/1/2014")
    )
    assert [date.role for date in found.dates] == ["arrest", "release"]
    assert people(found) == [("تميم", "نصوح", "الدباغ", None)]


def test_forms_with_labels_beside_their_values() -> None:
    found = ruled(("الاسم", "تميم", "الكنية", "الدباغ"), ("اسم الأب", "نصوح", "تولد", "1985"), ("اسم الأم", "وصال", "الرتبة", "مجند"))
    assert people(found) == [("تميم", "نصوح", "الدباغ", "وصال")]
    assert (found.people[0].rank, found.people[0].birth and found.people[0].birth.year) == ("مجند", 1985)


def test_unknown_headings_are_told_by_their_columns() -> None:
    found = ruled(("س", "ع", "ص"), ("1", "أحمد علي الحسن", "1985"), ("2", "خالد محمد الخطيب", "1979"), ("3", "عمر يوسف الأحمد", "1990"))
    assert [(one.name, one.birth and one.birth.year) for one in found.people][:2] == [("أحمد علي الحسن", 1985), ("خالد محمد الخطيب", 1979)]
