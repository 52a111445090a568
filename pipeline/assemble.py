"""Puts together what was read line by line: lines in reading order, tables with their cells, and what could not be read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice, pairwise
from statistics import fmean
from typing import NamedTuple

from pipeline.model import Box, Cell, Line, Region, Table, Word

_MOST = 2 / 3  # of the lines of a column are labels, or begin with one
_LEAST_ROWS = 2  # that facing columns share
_FILL = " .…·_-"  # what forms are ruled with where a value is to be written


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
    """Lines of blocks as they stand, or as forms are filled in; the cells of one table row, and the lines within each, are put together."""
    lines: list[Line] = []
    for (kind, _, _), group in groupby(read, key=lambda pair: (pair[0].kind, pair[0].table, pair[0].row)):
        parts = [[line_of(line.words) for line in lines_read if line.words] for _, lines_read in group]
        if kind == "block":
            lines += _form_order(parts)
        elif words := [word for part in parts for line in part for word in line.words]:
            lines.append(line_of(words))
    return tuple(lines)


def _form_order(blocks: Sequence[Sequence[Line]]) -> list[Line]:
    """The lines of blocks in reading order, those of forms so that every label stands before its value.

    A column of labels («الاسم:») and the column of values that faces it become one column, each value on the line of its label.
    Facing columns of fields with different labels are about one thing, and read row by row; where a label comes again, each column
    is of a person of its own and is read by itself, as all other blocks are.
    """
    columns = [list(block) for block in blocks if block]
    columns = [_joined(column) for column in _together(columns, _labels_and_values)]
    return [line for column in _together(columns, _one_form) for line in column]


def line_of(words: Sequence[Word]) -> Line:
    """One line of these words, in logical order; there must be one at least."""
    confidence = round(fmean(word.confidence for word in words), 4)
    return Line(" ".join(word.text for word in words), Box.around([word.box for word in words]), confidence, tuple(words))


def _together(columns: Iterable[list[Line]], belong: Callable[[list[Line], list[Line]], bool]) -> list[list[Line]]:
    """The columns, those that face the one before them and belong to it put among its rows."""
    found: list[list[Line]] = []
    for column in columns:
        if found and _face(found[-1], column) and belong(found[-1], column):
            found[-1] = _by_rows([*found[-1], *column])
        else:
            found.append(column)
    return found


def _face(right: Sequence[Line], left: Sequence[Line]) -> bool:
    """Whether two columns stand side by side and share rows."""
    beside = min(line.box.x0 for line in right) >= max(line.box.x1 for line in left)
    return beside and sum(any(_level(line, other) for other in right) for line in left) >= _LEAST_ROWS


def _level(one: Line, other: Line) -> bool:
    """Whether two lines stand on one row: half of the lower one's height beside the other."""
    shared = min(one.box.y1, other.box.y1) - max(one.box.y0, other.box.y0)
    return 2 * shared > min(one.box.y1 - one.box.y0, other.box.y1 - other.box.y0)


def _by_rows(lines: Iterable[Line]) -> list[Line]:
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda each: each.box.y0 + each.box.y1):
        if rows and _level(rows[-1][0], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda each: -each.box.x1)]


def _joined(lines: Sequence[Line]) -> list[Line]:
    """The lines, a label alone and the value to the left of it made one."""
    found = list(lines[:1])
    for before, line in pairwise(lines):
        if _is_label(before) and _is_plain(line) and _level(before, line) and line.box.x1 <= before.box.x0:
            found[-1] = line_of((*before.words, *line.words))
        else:
            found.append(line)
    return found


def _labels_and_values(right: Sequence[Line], left: Sequence[Line]) -> bool:
    return _share(right, _is_label) >= _MOST and _share(left, _is_plain) >= _MOST


def _one_form(right: Sequence[Line], left: Sequence[Line]) -> bool:
    """Whether two columns are of fields, and no label is in both."""
    labels = [[_label(line) for line in column if not _is_plain(line)] for column in (right, left)]
    fields = all(len(found) >= _MOST * len(column) for found, column in zip(labels, (right, left), strict=True))
    return fields and not {*labels[0]} & {*labels[1]}


def _share(lines: Sequence[Line], which: Callable[[Line], bool]) -> float:
    return sum(map(which, lines)) / len(lines)


def _is_plain(line: Line) -> bool:
    """Whether a line begins with no label: no word ends with a colon."""
    return not any(word.text.endswith(":") for word in line.words)


def _is_label(line: Line) -> bool:
    """Whether a line is a label and nothing else."""
    return not _is_plain(line) and line.text.rstrip(_FILL).endswith(":")


def _label(line: Line) -> str:
    """What stands before a line's first colon."""
    return line.text.partition(":")[0].strip()


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
