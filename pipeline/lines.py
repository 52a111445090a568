"""Finds the text lines of a page from its ink alone: ridges of ink, and the letters, dots and signs that belong to each."""

import math
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from pipeline.model import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.model import Pixels

    Labels = NDArray[np.int32]
    Shares = NDArray[np.float64]

DPI = 150.0  # fine enough to find lines and rules, and to be done with them soon
_BODY_MM = 0.9  # the smaller digits and letters are larger; dust and dots are smaller
_TALLEST_MM = 12.0  # no letter is as tall
_LONGEST_MM = 80.0  # no connected writing is as long
_UNIT_MM = (2.0, 7.0)  # between these lies the height of connected writing
_HOLE_MM = 3.5  # punch holes are larger, and round
_REACH_MM = 4.5  # wider white parts pieces of a line
_SAME_LINE = 1.05  # heights between ridges; lines are at least twice as far from each other
_DENSE = 0.02  # share of ink over a window of 1.3 x 0.5 heights by which a ridge counts: a thin alif has .06
_ONE_LINE_MM = 30.0  # pieces of a row further apart are lines of their own
LETTER = 0.5  # heights: a piece on the open page holds a letter or figure as large, or it is dust
FIGURE = 0.3  # …and in a cell
_STROKES = 2.5  # square heights of ink that belongs to several lines; less, with no letter, is a stroke of the pen or a stamp


class Piece(NamedTuple):
    """A run of writing with no wide white in it: the box of its ink and, ``top`` to ``foot``, the rows about its ridge.

    ``letter`` is the size of its largest letter or figure, in heights of the page's connected writing.
    """

    box: Box
    top: int
    foot: int
    letter: float = 1.0


class Scale(NamedTuple):
    """From the reduced page (its height and width) to the whole one."""

    small: tuple[int, ...]
    whole: tuple[int, ...]

    def up(self, box: Box, margin: int = 1) -> Box:
        """A box of the reduced page on the whole one, with reduced pixels more at each side: where the ink is blurred away."""
        (height, width), (low, narrow) = self.whole, self.small
        by_x, by_y = width / narrow, height / low
        return Box(
            max(0, math.floor((box.x0 - margin) * by_x)),
            max(0, math.floor((box.y0 - margin) * by_y)),
            min(width, math.ceil((box.x1 + margin) * by_x)),
            min(height, math.ceil((box.y1 + margin) * by_y)),
        )


class Parts(NamedTuple):
    """Connected components of an ink image: label of each pixel, and for each label left, top, right, foot (exclusive) and area."""

    labels: "Labels"
    boxes: "Labels"
    area: "Labels"

    @property
    def width(self) -> "Labels":
        return self.boxes[:, 2] - self.boxes[:, 0]

    @property
    def height(self) -> "Labels":
        return self.boxes[:, 3] - self.boxes[:, 1]


def find_pieces(ink: "Pixels", walls: "Pixels", dpi: float) -> list[Piece]:
    """The pieces of text lines on a page without rules (0/255), ``walls`` (0/255) being what no line crosses; from the top.

    Rows where ink is densest are ridges, one a line: a smoothed image of the ink, its highest place within a letter's height. Ink that
    touches one ridge belongs to it whole, ink that touches several is parted half-way between them, and dots go with the nearest letters.
    """
    parts = parts_of(ink)
    drawn, body = _kinds(parts, dpi)
    unit = _unit(parts, body, dpi)
    ridges = _ridges(body.astype(np.uint8)[parts.labels], unit)
    if not ridges.any():
        return []
    reach = round(_REACH_MM / 25.4 * dpi)
    cores = cv2.dilate(ridges, np.ones((max(3, round(0.5 * unit)) | 1, reach | 1), np.uint8)).astype(np.uint8, copy=False)
    cores[walls > 0] = 0
    lines = _Lines(parts, drawn, body, cores, ridges, unit)
    return lines.pieces()


def parts_of(ink: "Pixels") -> Parts:
    """The 8-connected components of a 0/255 image; the paper is number 0."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    boxes = stats[:, :4].astype(np.int32)
    boxes[:, 2:] += boxes[:, :2]
    return Parts(labels.astype(np.int32, copy=False), boxes, stats[:, cv2.CC_STAT_AREA].astype(np.int32))


def _kinds(parts: Parts, dpi: float) -> "tuple[NDArray[np.bool_], NDArray[np.bool_]]":
    """Which components may be writing at all (no punch holes, no edges of copies), and which are letters rather than dots and dust."""
    mm = dpi / 25.4
    longer, shorter = np.maximum(parts.width, parts.height), np.minimum(parts.width, parts.height)
    hole = (shorter > _HOLE_MM * mm) & (longer < 1.3 * shorter) & (parts.area > 0.65 * parts.width * parts.height)
    drawn = (longer < _LONGEST_MM * mm) & ~hole
    drawn[0] = False
    return drawn, drawn & (longer >= _BODY_MM * mm)


def _unit(parts: Parts, body: "NDArray[np.bool_]", dpi: float) -> float:
    """The height of connected writing on this page in pixels: that of three quarters of its components, the long ones counting for more."""
    least, most = (mm * dpi / 25.4 for mm in _UNIT_MM)
    heights, widths = parts.height[body], parts.width[body]
    fit = heights < _TALLEST_MM * dpi / 25.4
    if not fit.any():
        return most
    order = np.argsort(heights[fit])
    weight = np.cumsum(widths[fit][order])
    return float(np.clip(heights[fit][order][np.searchsorted(weight, 0.75 * weight[-1])], least, most))


def _ridges(ink: "Pixels", unit: float) -> "Pixels":
    """1 where smoothed ink (0/1) is at its highest within most of a letter's height above and below, 0 elsewhere."""
    wide, high = max(3, round(1.2 * unit)) | 1, max(3, round(0.3 * unit)) | 1
    dense = cv2.blur(ink.astype(np.float32), (wide, high), borderType=cv2.BORDER_CONSTANT)
    dense = cv2.blur(dense, (1, high), borderType=cv2.BORDER_CONSTANT)
    highest = cv2.dilate(dense, np.ones((max(3, round(1.8 * unit)) | 1, 1), np.uint8))
    return ((dense >= highest) & (dense > _DENSE)).astype(np.uint8)


class _Lines:
    """Ink shared out among the cores of lines."""

    def __init__(
        self, parts: Parts, drawn: "NDArray[np.bool_]", body: "NDArray[np.bool_]", cores: "Pixels", ridges: "Pixels", unit: float
    ) -> None:
        self._parts, self._drawn, self._body, self._unit = parts, drawn, body, unit
        self._count, separate = cv2.connectedComponents(cores, connectivity=8)
        self._cores = _united(separate.astype(np.int32, copy=False), ridges, self._count, unit)
        self._spans = self._ridge_rows(ridges)

    def pieces(self) -> list[Piece]:
        """Boxes of the ink of each core; cores without ink give none."""
        owner, shared = self._owners()
        extents = _Extents(self._count)
        whole = np.flatnonzero(owner > 0)
        extents.add(owner[whole], self._parts.boxes[whole])
        self._add_shared(extents, shared)
        self._add_near(extents, owner)
        letters = np.where(extents.shared > _STROKES * self._unit**2, 1.0, self._letters(owner))
        found = [(core, box) for core, box in extents.boxes() if core and letters[core] >= FIGURE and self._spans[core, 1] > 0]
        pieces = [Piece(box, int(self._spans[core, 0]), int(self._spans[core, 1]), float(letters[core])) for core, box in found]
        return sorted(_absorbed(pieces), key=lambda piece: (piece.top, -piece.box.x1))

    def _letters(self, owner: "NDArray[np.int_]") -> "Shares":
        """For each core the size of the largest component that is its alone, in heights."""
        sizes = np.zeros(self._count)
        np.maximum.at(sizes, owner, np.where(owner > 0, np.maximum(self._parts.width, self._parts.height), 0) / self._unit)
        return sizes

    def _ridge_rows(self, ridges: "Pixels") -> "NDArray[np.int_]":
        """For each core the rows its ridge runs in, a part of a letter's height allowed above and below; 0, 0 without a ridge."""
        rows, columns = np.nonzero(ridges)
        core = self._cores[rows, columns]
        total, count = np.bincount(core, rows, self._count), np.bincount(core, minlength=self._count)
        mean = total / np.maximum(count, 1)
        half = 0.45 * self._unit
        spans = np.stack([np.maximum(mean - half, 0), mean + half], axis=1).astype(int)
        spans[count == 0] = 0
        return spans

    def _owners(self) -> "tuple[NDArray[np.int_], NDArray[np.bool_]]":
        """For each component the one core it touches, 0 for none or several; and which touch several or are too tall for one line."""
        rows, columns = np.nonzero(self._cores)
        part = self._parts.labels[rows, columns]
        touching = self._drawn[part]
        pairs = np.unique(part[touching].astype(np.int64) * self._count + self._cores[rows, columns][touching])
        part, core = np.divmod(pairs, self._count)
        ridged = self._spans[core, 1] > 0
        part, core = part[ridged], core[ridged]
        owner = np.zeros(len(self._parts.area), int)
        owner[part] = core
        shared = (np.bincount(part, minlength=owner.size) > 1) | ((owner > 0) & (self._parts.height > 2.4 * self._unit))
        owner[shared] = 0
        return owner, shared

    def _add_shared(self, extents: "_Extents", shared: "NDArray[np.bool_]") -> None:
        """Ink of components that touch several cores, pixel by pixel to the nearest one, no further than a letter's height."""
        if not shared.any():
            return
        far, nearest = cv2.distanceTransformWithLabels((self._cores == 0).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_CCOMP)
        rows, columns = np.nonzero(shared[self._parts.labels] & (far < 1.1 * self._unit))
        core = self._named(nearest)[nearest[rows, columns]]
        extents.add(core, np.stack([columns, rows, columns + 1, rows + 1], axis=1))
        extents.shared += np.bincount(core, minlength=self._count)

    def _named(self, nearest: "Labels") -> "NDArray[np.int_]":
        """The number of the core behind each label of the distance transform."""
        rows, columns = np.nonzero(self._cores)
        named = np.zeros(int(nearest.max()) + 1, int)
        named[nearest[rows, columns]] = self._cores[rows, columns]
        return named

    def _add_near(self, extents: "_Extents", owner: "NDArray[np.int_]") -> None:
        """Dots and signs that touch no core go with the nearest ink that does, when it is near."""
        inked = owner[self._parts.labels]
        far, nearest = cv2.distanceTransformWithLabels((inked == 0).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_CCOMP)
        loose = np.flatnonzero(self._drawn & (owner == 0) & (self._parts.height < 1.3 * self._unit) & (self._parts.width < 2 * self._unit))
        if not loose.size:
            return
        x, y = ((self._parts.boxes[loose, axis] + self._parts.boxes[loose, axis + 2]) // 2 for axis in (0, 1))
        rows, columns = np.nonzero(inked)
        named = np.zeros(int(nearest.max()) + 1, int)
        named[nearest[rows, columns]] = inked[rows, columns]
        near = far[y, x] < 0.45 * self._unit
        extents.add(named[nearest[y[near], x[near]]], self._parts.boxes[loose[near]])


def _united(cores: "Labels", ridges: "Pixels", count: int, unit: float) -> "Labels":
    """Cores of one line under one number: short ridges (deep bowls, rows of signs) above or below a longer one, nearer than any line."""
    rows, columns = np.nonzero(ridges)
    core = cores[rows, columns]
    lengths = np.bincount(core, minlength=count)
    middle = np.bincount(core, rows, count) / np.maximum(1, lengths)
    left, right = np.full(count, cores.shape[1]), np.zeros(count, int)
    np.minimum.at(left, core, columns)
    np.maximum.at(right, core, columns)
    name = np.arange(count)
    longest = [int(n) for n in np.argsort(-lengths) if n and lengths[n]]
    for number, short in enumerate(longest):
        near = [
            n
            for n in longest[:number]
            if abs(middle[n] - middle[short]) < _SAME_LINE * unit and left[n] <= right[short] and left[short] <= right[n]
        ]
        if near:
            name[short] = name[near[0]]
    united: Labels = name.astype(np.int32)[cores]
    return united


class _Extents:
    """Boxes that grow, one a core."""

    def __init__(self, count: int) -> None:
        self._low = np.full((count, 2), np.iinfo(np.int32).max)
        self._high = np.zeros((count, 2), int)
        self.shared = np.zeros(count, int)

    def add(self, core: "NDArray[np.int_]", boxes: "Labels") -> None:
        np.minimum.at(self._low, core, boxes[:, :2])
        np.maximum.at(self._high, core, boxes[:, 2:])

    def boxes(self) -> list[tuple[int, Box]]:
        return [(core, Box(*map(int, (*self._low[core], *self._high[core])))) for core in np.flatnonzero(self._high[:, 0]).tolist()]


def _absorbed(pieces: list[Piece]) -> list[Piece]:
    """Deep bowls and high signs with a ridge of their own put to the piece in whose box they lie."""
    kept: list[Piece] = []
    for piece in sorted(pieces, key=lambda each: -(each.box.x1 - each.box.x0)):
        x0, y0, x1, y1 = piece.box
        for number, (box, top, foot, letter) in enumerate(kept):
            across, down = min(x1, box.x1) - max(x0, box.x0), min(y1, box.y1) - max(y0, box.y0)
            if across > 0.5 * (x1 - x0) and down > 0.3 * (y1 - y0) and y1 - y0 < 0.8 * (box.y1 - box.y0):
                kept[number] = Piece(Box.around([piece.box, box]), top, foot, max(letter, piece.letter))
                break
        else:
            kept.append(piece)
    return kept


def line_boxes(pieces: "Sequence[Piece]", dpi: float) -> list[Box]:
    """Boxes of lines from the top; pieces far apart on one row are lines of their own, from the right."""
    apart = _ONE_LINE_MM / 25.4 * dpi
    boxes: list[Box] = []
    for row in rows_of(list(pieces)):
        for number, piece in enumerate(row):
            if number and boxes[-1].x0 - piece.box.x1 < apart:
                boxes[-1] = Box.around([boxes[-1], piece.box])
            else:
                boxes.append(piece.box)
    return boxes


def middle(piece: Piece) -> tuple[float, float]:
    return (piece.box.x0 + piece.box.x1) / 2, (piece.top + piece.foot) / 2


def within(piece: Piece, box: Box) -> bool:
    x, y = middle(piece)
    return box.x0 <= x < box.x1 and box.y0 <= y < box.y1


def rows_of(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces that stand on one line put together, rows from the top, pieces from the right."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda each: each.top + each.foot):
        last = rows[-1][-1] if rows else None
        if last and min(piece.foot, last.foot) - max(piece.top, last.top) > 0.3 * min(piece.foot - piece.top, last.foot - last.top):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda each: -each.box.x1) for row in rows]


def runs(marked: "NDArray[np.bool_]") -> list[tuple[int, int]]:
    """(start, end) of each run of True."""
    steps = np.flatnonzero(np.diff(np.concatenate(([0], marked.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(steps[::2], steps[1::2], strict=True)]
