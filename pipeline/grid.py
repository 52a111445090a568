"""Finds the tables that rules make, and cuts their cells: broken rules bridged, merged cells one cell over several rows or columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.model import Box
from pipeline.rules import px

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.model import Pixels
    from pipeline.rules import Rules

    Shares = NDArray[np.float64]

_LEAST_MM = (25.0, 10.0)  # tables are wider and higher
_NEAR_MM = 2.5  # rules nearer than this are one
_TOUCH_MM = 3.0  # rules that end so near another one are meant to touch it
_LARGEST_CELL_MM = 45.0  # taller "cells" are frames and form bodies, read as running text
_CLOSED = 0.5  # share of an edge between two cells that has to be ruled; less is a merged cell
_RULED = 0.7  # …and of one edge at least, for a rule to be one of the table
_LEAST_RULED = 0.25  # …and of its whole length: a stroke in one cell must not shift the columns of all rows
_FULL = 0.9  # …where it does not run from rule to rule: headings over two narrow columns are parted by short ones
_LEAST_TORN = 0.5  # …where it ends within a cell: strokes of the pen do, and worn rules, which go on elsewhere


@dataclass(frozen=True)
class GridCell:
    """One cell, rules excluded; row and column are those of its top right corner, both counted from 0, columns from the right."""

    box: Box
    row: int
    column: int
    row_span: int = 1
    col_span: int = 1


@dataclass(frozen=True)
class Grid:
    """A ruled table with its cells row by row from the right."""

    box: Box
    cells: tuple[GridCell, ...]


def find_tables(rules: "Rules", dpi: float) -> tuple[Grid, ...]:
    """Grids of at least two rows and two columns, from the top; frames and underlines are none."""
    if not rules.across.any() or not rules.down.any():
        return ()
    touch = px(_TOUCH_MM, dpi) | 1
    longer = cv2.bitwise_or(cv2.dilate(rules.across, np.ones((3, touch), np.uint8)), cv2.dilate(rules.down, np.ones((touch, 3), np.uint8)))
    _, _, stats, _ = cv2.connectedComponentsWithStats(longer, connectivity=8)
    found = []
    for x, y, width, height in stats[1:, :4].tolist():
        if width > px(_LEAST_MM[0], dpi) and height > px(_LEAST_MM[1], dpi):
            found.append(_grid(rules, Box(x, y, x + width, y + height), dpi))
    return tuple(sorted((grid for grid in found if grid), key=lambda grid: (grid.box.y0, -grid.box.x1)))


def _grid(rules: "Rules", box: Box, dpi: float) -> Grid | None:
    across, down = (image[box.y0 : box.y1, box.x0 : box.x1] for image in (rules.across, rules.down))
    if not across.any() or not down.any():
        return None
    aside, beside = np.ascontiguousarray(down.T), np.ascontiguousarray(across.T)
    ys, xs = _places(across, dpi), _places(aside, dpi)
    ys, xs = _closed(_meant(across, ys, xs, dpi), down, dpi), _closed(_meant(aside, xs, ys, dpi), beside, dpi)
    if len(ys) < 2 or len(xs) < 2:
        return None
    above, left = _covered(across, ys, xs, dpi) >= _CLOSED, _covered(aside, xs, ys, dpi).T >= _CLOSED
    cells = tuple(_cells(above, left, ys, xs, box, dpi))
    if len({cell.row for cell in cells}) < 2 or len({cell.column for cell in cells}) < 2:
        return None
    return Grid(Box(box.x0 + xs[0], box.y0 + ys[0], box.x0 + xs[-1] + 1, box.y0 + ys[-1] + 1), cells)


def _places(rules: "Pixels", dpi: float) -> list[int]:
    """Rows in which horizontal rules run, near ones put together."""
    _, _, stats, middles = cv2.connectedComponentsWithStats(rules, connectivity=8)
    apart = px(_NEAR_MM, dpi)
    groups: list[list[tuple[float, int]]] = []
    for place, length in sorted(
        (float(middle), int(width)) for (_, middle), width in zip(middles[1:], stats[1:, cv2.CC_STAT_WIDTH], strict=True)
    ):
        if groups and place - groups[-1][-1][0] < apart:
            groups[-1].append((place, length))
        else:
            groups.append([(place, length)])
    return [round(sum(place * length for place, length in group) / sum(length for _, length in group)) for group in groups]


def _meant(rules: "Pixels", places: list[int], others: list[int], dpi: float) -> list[int]:
    """Places of rules that close at least one cell; letters and underlines within cells do not."""
    if not places or len(others) < 2:
        return places
    shares = _covered(rules, places, others, dpi)
    stretches = np.diff(others) / (others[-1] - others[0])
    length = shares @ stretches
    torn = ((shares > 1 - _RULED) & (shares < _RULED)).any(axis=1)  # it ends in the middle of a cell, as no rule does
    clean = ((shares < 1 - _FULL) | (shares > _FULL)).all(axis=1)  # from rule to rule, and nothing beyond
    enough = np.where(torn, _LEAST_TORN, np.where(clean, 0.0, _LEAST_RULED))
    whole = (shares.max(axis=1) >= _RULED) & (length >= enough)
    return [place for place, is_whole in zip(places, whole, strict=True) if is_whole]


def _closed(places: list[int], crossing: "Pixels", dpi: float) -> list[int]:
    """The places, and those where most crossing rules end when they go on beyond the outermost: tables drawn without outer rules."""
    counts = (crossing > 0).sum(axis=1)
    reached = np.flatnonzero(counts >= max(1, 0.5 * counts.max()))
    apart = 2 * px(_NEAR_MM, dpi)
    first, last = int(reached[0]), int(reached[-1])
    before = [first] if not places or first < places[0] - apart else []
    after = [last] if not places or last > places[-1] + apart else []
    return [*before, *places, *after]


def _covered(rules: "Pixels", places: list[int], others: list[int], dpi: float) -> "Shares":
    """(places, others - 1): how much of each stretch between two crossing rules a horizontal rule at a place covers, 0.0 to 1.0."""
    reach, skip = px(_NEAR_MM / 2, dpi), px(0.6, dpi)
    shares = np.zeros((len(places), len(others) - 1))
    for row, place in enumerate(places):
        inked = np.asarray(rules[max(0, place - reach) : place + reach + 1].any(axis=0))
        for column, (start, end) in enumerate(pairwise(others)):
            part = inked[start + skip : max(end - skip, start + skip + 1)]
            shares[row, column] = part.mean() if part.size else 1.0
    return shares


def _cells(above: "NDArray[np.bool_]", left: "NDArray[np.bool_]", ys: list[int], xs: list[int], box: Box, dpi: float) -> Iterator[GridCell]:
    """Row by row from the right. ``above`` (rows + 1, columns) and ``left`` (rows, columns + 1): edges that are ruled."""
    rows, columns = len(ys) - 1, len(xs) - 1
    inset = px(0.3, dpi)
    seen = np.zeros((rows, columns), bool)
    for row in range(rows):
        for column in range(columns - 1, -1, -1):
            if seen[row, column]:
                continue
            wide, high = _span(above, left, seen, row, column)
            seen[row : row + high, column - wide + 1 : column + 1] = True
            x0, x1 = xs[column - wide + 1] + inset, xs[column + 1] - inset
            y0, y1 = ys[row] + inset, ys[row + high] - inset
            if y1 - y0 < px(_LARGEST_CELL_MM, dpi):
                cell = Box(box.x0 + x0, box.y0 + y0, box.x0 + max(x1, x0 + 1), box.y0 + max(y1, y0 + 1))
                yield GridCell(cell, row, columns - 1 - column, high, wide)


def _span(above: "NDArray[np.bool_]", left: "NDArray[np.bool_]", seen: "NDArray[np.bool_]", row: int, column: int) -> tuple[int, int]:
    """Columns leftwards and rows downwards that are open to the cell at a top right corner, as far as they make a rectangle."""
    wide = 1
    while column - wide >= 0 and not left[row, column - wide + 1] and not seen[row, column - wide]:
        wide += 1
    high = 1
    inside = slice(column - wide + 1, column + 1)
    while row + high < len(seen) and not above[row + high, inside].any() and not left[row + high, column - wide + 2 : column + 1].any():
        high += 1
    return wide, high
