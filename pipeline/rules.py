"""Finds ruled lines and the tables they make, and takes the rules out without taking the letters that cross them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.model import Box

if TYPE_CHECKING:
    from pipeline.model import Pixels

_RULE_MM = 10.0  # a straight run as long as this is no letter: the longest kashidas in body text stay under 8 mm
_UPRIGHT_MM = 8.0  # no letter stands as tall
_BRIDGE_MM = 4.0  # gaps in copied rules
_BODY_MM = 1.2  # the smaller digits and letters are larger, dust and dots are smaller
_LONGEST_MM = 80.0  # no connected writing is as long
_LARGEST_CELL_MM = 45.0  # taller "cells" are frames and form bodies, read as running text


@dataclass(frozen=True)
class Rules:
    """0/255 images of horizontal and vertical rules, their gaps bridged."""

    across: "Pixels"
    down: "Pixels"

    @property
    def both(self) -> "Pixels":
        return cv2.bitwise_or(self.across, self.down).astype(np.uint8, copy=False)


@dataclass(frozen=True)
class Cell:
    """One cell, rules excluded; row and column are those of its top right corner, both counted from 0, columns from the right."""

    box: Box
    row: int
    column: int


@dataclass(frozen=True)
class Table:
    """A ruled grid with its cells row by row from the right."""

    box: Box
    cells: tuple[Cell, ...]


def ink_of(grey: "Pixels") -> "Pixels":
    """Dark ink as 255, paper as 0 (Otsu, kept from splitting the grain of an empty sheet)."""
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return cv2.threshold(grey, min(threshold, 200), 255, cv2.THRESH_BINARY_INV)[1].astype(np.uint8, copy=False)


def third(ink: "Pixels") -> "Pixels":
    """A third of the size, any ink counting: fine enough to find things, nine times less to look at."""
    padded = cv2.copyMakeBorder(ink, 0, -ink.shape[0] % 3, 0, -ink.shape[1] % 3, cv2.BORDER_CONSTANT, value=0.0)
    return np.ascontiguousarray(cv2.dilate(padded, np.ones((3, 3), np.uint8))[1::3, 1::3]).astype(np.uint8, copy=False)


def text_of(ink: "Pixels", dpi: float) -> "Pixels":
    """The part of a 0/255 ink image by which lines and blocks are found: letters with the dots near them.

    Dust, punch holes and the black edges of copies are left out here, and only here: what is read keeps every dot. ``dpi`` is that
    of the given image; a third of the reading resolution is enough.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    width, height, area = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_AREA]
    longer, shorter = np.maximum(width, height), np.minimum(width, height)
    hole = (shorter > _px(3.5, dpi)) & (longer < 1.3 * shorter) & (area > 0.65 * width * height)
    drawn = (longer < _px(_LONGEST_MM, dpi)) & ~hole
    drawn[0] = False
    body = drawn & (longer >= _px(_BODY_MM, dpi))
    near = cv2.dilate(np.where(body[labels], 255, 0).astype(np.uint8), np.ones((_px(3, dpi), _px(3, dpi)), np.uint8))
    return np.where(drawn[labels], near, 0).astype(np.uint8)


def find_rules(ink: "Pixels", dpi: float) -> Rules:
    """Straight runs of ink, at least 10 mm long across and 8 mm down, thinner than 1.5 mm."""
    down = _straight(np.ascontiguousarray(ink.T), dpi, _UPRIGHT_MM)
    return Rules(_straight(ink, dpi, _RULE_MM), np.ascontiguousarray(down.T))


def _straight(ink: "Pixels", dpi: float, shortest_mm: float) -> "Pixels":
    """Horizontal rules; a run may climb a pixel or two on the way."""
    long = _px(shortest_mm, dpi)
    thick = cv2.dilate(ink, np.ones((3, 1), np.uint8))
    runs = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
    runs = cv2.morphologyEx(runs, cv2.MORPH_CLOSE, np.ones((1, _px(_BRIDGE_MM, dpi)), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
    width, area = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_AREA]
    rule = (area < width * _px(1.5, dpi)) & (width > 1.5 * long)  # mean thickness, so that a leaning rule still counts
    for label in np.flatnonzero(~rule)[1:]:  # few, and far less work than going over the page
        x, y, w, h = stats[label, :4]
        runs[y : y + h, x : x + w][labels[y : y + h, x : x + w] == label] = 0
    return runs.astype(np.uint8, copy=False)


def without_rules(grey: "Pixels", rules: Rules) -> "Pixels":
    """The page with rules painted white; strokes that go on at both sides of a rule are kept whole."""
    band = cv2.dilate(rules.both, np.ones((3, 3), np.uint8))
    beside = cv2.bitwise_and(ink_of(grey), cv2.bitwise_not(band)).astype(np.uint8, copy=False)
    kept = cv2.bitwise_or(_crossing(beside, rules.across, (1, 15)), _crossing(beside, rules.down, (15, 1)))
    return np.where((band > 0) & (kept == 0), np.uint8(255), grey)


def _crossing(beside: "Pixels", rule: "Pixels", reach: tuple[int, int]) -> "Pixels":
    """Where ink stands right at both sides of a rule, over the rule's whole thickness. ``reach``: width and height to bridge."""
    bridged = cv2.morphologyEx(beside, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, reach))
    return cv2.bitwise_and(bridged, cv2.dilate(rule, np.ones((3, 3), np.uint8))).astype(np.uint8, copy=False)


def find_tables(rules: Rules, dpi: float) -> tuple[Table, ...]:
    """Grids of at least two rows and two columns, from the top; merged cells are one cell, frames and underlines are none."""
    joined = cv2.dilate(rules.both, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    tables = []
    for label in range(1, count):
        x, y, width, height = (int(v) for v in stats[label, :4])
        if width > _px(25, dpi) and height > _px(10, dpi):
            part = labels[y : y + height, x : x + width] == label
            cells = _cells(part, x, y, dpi)
            if len({c.row for c in cells}) > 1 and len({c.column for c in cells}) > 1:
                tables.append(Table(Box(x, y, x + width, y + height), cells))
    return tuple(sorted(tables, key=lambda table: (table.box.y0, -table.box.x1)))


def _cells(rules: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]", x: int, y: int, dpi: float) -> tuple[Cell, ...]:
    """The spaces between the rules of one grid; its bounding box closes tables drawn without outer rules."""
    free = (~rules).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(free, connectivity=4)
    boxes = [
        Box(x + int(left), y + int(top), x + int(left + width), y + int(top + height))
        for left, top, width, height, area in stats[1:]
        if width > _px(3, dpi) and _px(3.5, dpi) < height < _px(_LARGEST_CELL_MM, dpi) and area > 0.5 * width * height
    ]
    rights = _groups([-box.x1 for box in boxes], _px(2.5, dpi))
    tops = _groups([box.y0 for box in boxes], _px(2.5, dpi))
    cells = [Cell(box, row, column) for box, row, column in zip(boxes, tops, rights, strict=True)]
    return tuple(sorted(cells, key=lambda cell: (cell.row, cell.column)))


def _groups(values: list[int], apart: int) -> list[int]:
    """For each value the number of its group, smallest first; groups are more than ``apart`` from each other."""
    starts: list[int] = []
    last = None
    for value in sorted(values):
        if last is None or value - last > apart:
            starts.append(value)
        last = value
    return [sum(value >= start for start in starts) - 1 for value in values]


def _px(mm: float, dpi: float) -> int:
    return max(1, round(mm / 25.4 * dpi))
