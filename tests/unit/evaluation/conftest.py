"""Readings put together from the truth, for measures to be right or wrong about."""

from collections.abc import Callable, Sequence

import pytest

from ocr_models.evaluation.truth import TrueCell, TrueLine, TruePage, TrueTable, TrueWord
from pipeline.model import Box, Cell, Line, Reading, Table, Word

Made = Callable[..., Reading]


def line_at(text: str, y: int, right: int = 1000) -> TrueLine:
    """Words of 100 pixels from `right` leftwards, 20 apart, 40 high."""
    return TrueLine(tuple(TrueWord(word, Box(right - 120 * n - 100, y, right - 120 * n, y + 40)) for n, word in enumerate(text.split())))


def page_of(*texts: str, **more: object) -> TruePage:
    return TruePage("page-000", "memo", "clean", "none", tuple(line_at(text, 100 * n) for n, text in enumerate(texts)), **more)  # type: ignore[arg-type]


@pytest.fixture
def grid_page() -> TruePage:
    """A heading over two columns beside one through two rows, and a row below."""
    cells = (
        TrueCell(0, 0, "الاسم", Box(700, 0, 1000, 80), 2, 1),
        TrueCell(0, 1, "التوقيف", Box(100, 0, 700, 40), 1, 2),
        TrueCell(1, 1, "تاريخه", Box(400, 40, 700, 80)),
        TrueCell(1, 2, "جهته", Box(100, 40, 400, 80)),
        TrueCell(2, 0, "سامر", Box(700, 80, 1000, 120)),
        TrueCell(2, 1, "", Box(400, 80, 700, 120)),
        TrueCell(2, 2, "٢٢٧", Box(100, 80, 400, 120)),
    )
    return page_of("الاسم", tables=(TrueTable(Box(100, 0, 1000, 120), cells),))


def echo(page: TruePage, lines: Sequence[TrueLine] | None = None, confidence: float = 1.0) -> Reading:
    """A reading of exactly these lines (the page's own), tables and all."""
    told = tuple(
        Line(line.text, line.box, confidence, tuple(Word(word.text, word.box, confidence) for word in line.words))
        for line in (page.lines if lines is None else lines)
    )
    return Reading(2480, 3508, "echo 1", told, tables=tuple(map(table_of, page.tables)))


def table_of(table: TrueTable) -> Table:
    rows = sorted({cell.row for cell in table.cells})
    return Table(
        table.box,
        tuple(tuple(Cell(c.text, c.box, c.row_span, c.col_span) for c in table.cells if c.row == row) for row in rows),
    )
