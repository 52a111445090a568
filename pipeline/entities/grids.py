"""Ruled tables as the reader found them: every cell with its place in the grid and its letters on the page."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.entities.page import Page
from pipeline.model import Cell, Table

_AGREEING = 0.7  # of the filled cells must have words, else the rulings do not fit the lines


@dataclass(frozen=True)
class GridCell:
    """A cell at a row and column of the grid, over so many of them; ``start`` is ``end`` when it is empty."""

    row: int
    column: int
    rows: int
    columns: int
    start: int
    end: int

    @property
    def filled(self) -> bool:
        return self.end > self.start


@dataclass(frozen=True)
class Grid:
    """The cells that begin in each row, by column."""

    rows: tuple[tuple[GridCell, ...], ...]

    @cached_property
    def width(self) -> int:
        return max((cell.column + cell.columns for row in self.rows for cell in row), default=0)

    @cached_property
    def over(self) -> tuple[dict[int, GridCell], ...]:
        """For every row, the cell that covers each column, of this row or reaching down from one above."""
        found: list[dict[int, GridCell]] = [{} for _ in self.rows]
        for row in self.rows:
            for cell in row:
                for below in found[cell.row : cell.row + cell.rows]:
                    below.update((column, cell) for column in range(cell.column, cell.column + cell.columns))
        return tuple(found)


def read(page: Page) -> tuple[Grid, ...]:
    """The page's ruled tables whose rulings agree with its lines; others are left to be read by where words stand."""
    found = (_grid(page, table) for table in page.tables)
    return tuple(grid for grid in found if grid)


def _grid(page: Page, table: Table) -> Grid | None:
    placed = [_placed(number, cells) for number, cells in enumerate(_numbered(table))]
    covering: list[list[tuple[Cell, int, int]]] = [[] for _ in table.rows]
    for row in placed:
        for cell, number, column in row:
            for below in covering[number : number + max(cell.row_span, 1)]:
                below.append((cell, number, column))
    held = _held(page, table, covering)
    rows = tuple(
        tuple(GridCell(n, column, max(cell.row_span, 1), max(cell.col_span, 1), *held.get((n, column), (0, 0))) for cell, n, column in row)
        for row in placed
    )
    filled = sum(bool(cell.text.strip()) for row in table.rows for cell in row)
    return Grid(rows) if filled and len(held) >= _AGREEING * filled else None


def _numbered(table: Table) -> Iterator[list[tuple[Cell, int]]]:
    """The cells of each row with the column each begins in: places taken from above are passed over, as in HTML."""
    taken: dict[int, int] = {}
    for number, row in enumerate(table.rows):
        column, cells = 0, []
        for cell in row:
            while taken.get(column, 0) > number:
                column += 1
            cells.append((cell, column))
            width = min(max(cell.col_span, 1), 200)
            taken.update((at, number + max(cell.row_span, 1)) for at in range(column, column + width))
            column += width
        yield cells


def _placed(number: int, cells: Sequence[tuple[Cell, int]]) -> list[tuple[Cell, int, int]]:
    return [(cell, number, column) for cell, column in cells]


def _held(page: Page, table: Table, covering: Sequence[Sequence[tuple[Cell, int, int]]]) -> dict[tuple[int, int], tuple[int, int]]:
    """The letters of each cell, by its row and column: those of the words whose middle is in it, as long as they follow one another."""
    tops = [min((cell.box.y0 for cell, n, _ in row if n == number), default=0) for number, row in enumerate(covering)]
    if tops != sorted(tops):
        return {}
    found: dict[tuple[int, int], tuple[int, int, int]] = {}
    for word, start in enumerate(page.starts):
        box = page.words[word].box
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        if not (table.box.x0 <= x <= table.box.x1 and table.box.y0 <= y <= table.box.y1):
            continue
        row = covering[max(bisect_right(tops, y) - 1, 0)]
        key = next(((n, column) for cell, n, column in row if cell.box.x0 <= x <= cell.box.x1), None)
        if key is None:
            continue
        end = page.starts[word + 1] - 1 if word + 1 < len(page.starts) else len(page.fold.rstrip("\n"))
        before = found.get(key)
        if before is None:
            found[key] = (start, end, word)
        elif before[2] == word - 1:
            found[key] = (before[0], end, word)
    return {key: (start, end) for key, (start, end, _) in found.items()}
