"""Puts together what was read line by line: lines in reading order, tables with their cells, and what could not be read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from statistics import fmean
from typing import NamedTuple

from pipeline.model import Box, Cell, Line, Region, Table, Word


class LineRead(NamedTuple):
    """The box of one text line, and the words read in it; none where the reader could read nothing."""

    box: Box
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Assembled:
    """Lines in reading order, the ruled tables, and the boxes of lines that were not read, in pixels of the image that was read."""

    lines: tuple[Line, ...]
    tables: tuple[Table, ...]
    unread: tuple[Box, ...]


def assemble(regions: Sequence[Region], found: Sequence[Sequence[Box]], words: Sequence[tuple[Word, ...]]) -> Assembled:
    """``found`` are the line boxes of each region; ``words`` are those of every line box, in the same order.

    Raises ValueError when there are not as many of them as there are lines.
    """
    lines = [LineRead(box, said) for box, said in zip((box for boxes in found for box in boxes), words, strict=True)]
    unread = tuple(line.box for line in lines if not line.words)
    given = iter(lines)
    read = [(region, list(islice(given, len(boxes)))) for region, boxes in zip(regions, found, strict=True)]
    return Assembled(_lines(read), _tables(read), unread)


Read = Sequence[tuple[Region, list[LineRead]]]


def _lines(read: Read) -> tuple[Line, ...]:
    """Lines of blocks as they stand; the cells of one table row, and the lines within each, are put together."""
    lines = []
    for (kind, _, _), group in groupby(read, key=lambda pair: (pair[0].kind, pair[0].table, pair[0].row)):
        parts = [line.words for _, lines_read in group for line in lines_read]
        for words in parts if kind == "block" else [tuple(word for part in parts for word in part)]:
            if words:
                lines.append(line_of(words))
    return tuple(lines)


def line_of(words: Sequence[Word]) -> Line:
    """One line of these words, in logical order; there must be one at least."""
    confidence = round(fmean(word.confidence for word in words), 4)
    return Line(" ".join(word.text for word in words), Box.around([word.box for word in words]), confidence, tuple(words))


def _tables(read: Read) -> tuple[Table, ...]:
    """The ruled tables in the order their first cells were met."""
    tables: dict[int, dict[int, list[tuple[Region, list[LineRead]]]]] = {}
    for region, lines in read:
        if region.kind == "cell":
            tables.setdefault(region.table, {}).setdefault(region.row, []).append((region, lines))
    return tuple(_table(rows) for rows in tables.values())


def _table(rows: dict[int, list[tuple[Region, list[LineRead]]]]) -> Table:
    cells = [sorted(rows[row], key=lambda pair: pair[0].column) for row in sorted(rows)]
    return Table(
        Box.around([region.box for row in cells for region, _ in row]),
        tuple(tuple(_cell(region, lines) for region, lines in row) for row in cells),
    )


def _cell(region: Region, lines: Sequence[LineRead]) -> Cell:
    text = " ".join(word.text for line in lines for word in line.words)
    return Cell(text, region.box, region.row_span, region.col_span)


def mapped(table: Table, home: Callable[[Box], Box]) -> Table:
    """The table with every box taken ``home`` to the page as it came."""
    rows = tuple(tuple(replace(cell, box=home(cell.box)) for cell in row) for row in table.rows)
    return Table(home(table.box), rows)
