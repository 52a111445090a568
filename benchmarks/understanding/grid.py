"""Rules a table on a leaf: headings over one or several columns, cells over several rows or columns, texts wrapped and centred."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2

from benchmarks.understanding.blocks import Cell, Column, Grid
from ocr_models.evaluation.paper import Paper
from ocr_models.evaluation.truth import TrueCell, TrueLine, TrueTable
from pipeline.model import Box

_PAD, _THICK = 12, 3


@dataclass(frozen=True)
class Laid:
    """A table, the lines of each of its cells, and the boxes of its rows without headings and total."""

    table: TrueTable
    lines: list[list[TrueLine]]
    rows: list[Box]


@dataclass
class _Ruler:
    leaf: Paper
    edges: list[int]
    size: int
    cells: list[TrueCell] = field(default_factory=list)
    lines: list[list[TrueLine]] = field(default_factory=list)
    taken: set[tuple[int, int]] = field(default_factory=set)

    def places(self, number: int, row: Sequence[Cell]) -> list[tuple[int, Cell]]:
        """The column each cell of a row stands in: the first that no cell above reaches down to."""
        found, column = [], 0
        for cell in row:
            while (number, column) in self.taken:
                column += 1
            found.append((column, cell))
            self.taken |= {(number + down, column + over) for down in range(cell.rows) for over in range(cell.columns)}
            column += cell.columns
        return found

    def height(self, cell: Cell, column: int) -> int:
        return round(self.size * (0.8 + 1.25 * max(1, len(self.wrapped(cell, column)))))

    def wrapped(self, cell: Cell, column: int) -> list[str]:
        return self.leaf.wrapped(cell.text, self.edges[column] - self.edges[column + cell.columns] - 2 * _PAD, self.size)

    def draw(self, number: int, column: int, cell: Cell, top: int, bottom: int, *, bold: bool) -> None:
        box = Box(self.edges[column + cell.columns], top, self.edges[column], bottom)
        cv2.rectangle(self.leaf.image, (box.x0, top), (box.x1, bottom), 0, _THICK)
        parts = self.wrapped(cell, column)
        y = top + (bottom - top - round(self.size * 1.25) * len(parts)) // 2 + round(self.size * 0.95)
        lines = []
        for part in parts:
            half = self.leaf.width(part, self.size, bold=bold) / 2
            if 2 * half > box.x1 - box.x0 - _PAD:
                raise ValueError("a word wider than its column")
            lines.append(self.leaf.put(part, (box.x0 + box.x1) / 2 + half, y, size=self.size, bold=bold))
            y += round(self.size * 1.25)
        self.cells.append(TrueCell(number, column, cell.text, box, cell.rows, cell.columns))
        self.lines.append(lines)


def lay_grid(leaf: Paper, grid: Grid, size: int, *, after: int | None = None) -> Laid:
    """Rule and fill the table below what is on the leaf. Raises ValueError where it does not fit."""
    unit = (leaf.right - leaf.left) / sum(column.width for column in grid.columns)
    edges = [round(leaf.right - unit * sum(column.width for column in grid.columns[:count])) for count in range(len(grid.columns) + 1)]
    ruler = _Ruler(leaf, edges, size)
    heads = _headings(grid.columns)
    rows = [*heads, *grid.rows, *([grid.total] if grid.total else [])]
    places = [ruler.places(number, row) for number, row in enumerate(rows)]
    heights = [max([ruler.height(cell, column) for column, cell in row if cell.rows == 1] or [round(1.6 * size)]) for row in places]
    tops = [leaf.y + round(0.4 * leaf.leading if after is None else 0)]
    for height in heights:
        tops.append(tops[-1] + height)
    for number, row in enumerate(places):
        for column, cell in row:
            ruler.draw(number, column, cell, tops[number], tops[number + cell.rows], bold=number < len(heads))
    leaf.y = tops[-1] + (round(0.3 * leaf.leading) if after is None else after)
    bodies = [Box(edges[-1], tops[number], edges[0], tops[number + 1]) for number in range(len(heads), len(heads) + len(grid.rows))]
    return Laid(TrueTable(Box(edges[-1], tops[0], edges[0], tops[-1]), tuple(ruler.cells)), ruler.lines, bodies)


def _headings(columns: Sequence[Column]) -> list[Sequence[Cell]]:
    """No row where nothing is headed, two where headings stand over several columns, else one."""
    if not any(column.heading for column in columns):
        return []
    if not any(column.over for column in columns):
        return [[Cell(column.heading) for column in columns]]
    upper: list[Cell] = []
    lower: list[Cell] = []
    for number, column in enumerate(columns):
        if not column.over:
            upper.append(Cell(column.heading, rows=2))
            continue
        lower.append(Cell(column.heading))
        if number == 0 or columns[number - 1].over != column.over:
            upper.append(Cell(column.over, columns=sum(other.over == column.over for other in columns)))
    return [upper, lower]
