"""Finds the pieces of text lines from the ink alone: ridges of ink, and the letters, dots and signs that belong to each."""

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from pipeline.lines import Piece
from pipeline.model import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.model import Pixels

    Labels = NDArray[np.int32]
    Shares = NDArray[np.float64]
    Names = NDArray[np.uint16]

DPI = 120.0  # fine enough to find lines and rules, and to be done with them soon
_BODY_MM = 0.7  # the smaller digits and letters are larger; dust and dots are smaller
_TALLEST_MM = 12.0  # no letter is as tall
_LONGEST_MM = 80.0  # no connected writing is as long; writing that the pen or a smear has joined is, with much white in it
_SOLID = 0.35  # share of ink in the box of the edge of a copy, or of a picture
_UNIT_MM = (2.0, 7.0)  # between these lies the height of connected writing
_HOLE_MM = 3.5  # punch holes are larger, and round
_REACH_MM = 4.5  # wider white parts pieces of a line
_SAME_LINE = 1.05  # heights between ridges; lines are at least twice as far from each other
_DENSE = 0.02  # share of ink over a window of 1.3 x 0.5 heights by which a ridge counts: a thin alif has .06
_CHAINED = 1.6  # heights: ridges of one line lie in fewer rows
_LEVEL = (1.2, 0.3, 0.35)  # heights along and down, and how much of the length ridges in that window fill but for where they climb
LETTER = 0.5  # heights: a piece on the open page holds a letter or figure as large, or it is dust
_TALL = 2.4  # heights: what is taller is no letter, or letters of several lines that touch
FIGURE = 0.3  # …and in a cell
_OWN = 0.7  # share of a component's ink in cores that has to lie in one, for it to belong there whole
_NEAR = ((0.9, 0.9), (0.4, 2.2))  # heights: twice how far, down and across, signs stand from their letters, and dots in a row
_LONG = 3.0  # heights: lines as long rise and hang as lines of this page do
_SEVERAL = (6, 14)  # of as many components one, or two, may reach further than the writing does
_USUAL = (0.5, 0.6)  # heights, where no line is as long
_SLACK = 0.15  # heights
_DOT = 0.15  # heights: zeros and full stops are larger
_STROKES = 2.5  # square heights of ink that belongs to several lines; less, with no letter, is a stroke of the pen or a stamp


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
    return _Lines(parts, drawn, ridges, walls, unit, dpi).pieces()


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
    solid = (longer > _LONGEST_MM * mm) & (parts.area > _SOLID * parts.width * parts.height)
    drawn = ~solid & ~hole
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
    dense = cv2.boxFilter(ink, cv2.CV_16U, (wide, high), normalize=False, borderType=cv2.BORDER_CONSTANT)
    dense = cv2.boxFilter(dense, cv2.CV_16U, (1, high), normalize=False, borderType=cv2.BORDER_CONSTANT)
    highest = cv2.dilate(dense, np.ones((max(3, round(1.8 * unit)) | 1, 1), np.uint8))
    return ((dense >= highest) & (dense > _DENSE * wide * high * high)).astype(np.uint8)


class _Lines:
    """Ink shared out among the cores of lines."""

    def __init__(self, parts: Parts, drawn: "NDArray[np.bool_]", ridges: "Pixels", walls: "Pixels", unit: float, dpi: float) -> None:
        self._parts, self._drawn, self._unit = parts, drawn, unit
        reach = (max(3, round(0.5 * unit)) | 1, round(_REACH_MM / 25.4 * dpi) | 1)
        self._count, separate = _separate(ridges, walls, reach)
        climbing = _climbing(separate, ridges, self._count, unit)
        if climbing.any():
            ridges = np.where(climbing, 0, ridges).astype(np.uint8)
            self._count, separate = _separate(ridges, walls, reach)
        self._cores = _united(separate, ridges, self._count, unit)
        self._spans = self._ridge_rows(ridges)

    def pieces(self) -> list[Piece]:
        """Boxes of the ink of each core; cores without ink give none."""
        owner, shared = self._owners()
        extents = _Extents(self._count)
        parts, core = self._own(owner)
        boxes = self._parts.boxes[parts]
        top, foot = self._rows(core, boxes)
        boxes[:, 1], boxes[:, 3] = np.maximum(boxes[:, 1], top[core]), np.minimum(boxes[:, 3], foot[core])
        inside = boxes[:, 1] < boxes[:, 3]
        extents.add(core[inside], boxes[inside])
        self._add_shared(extents, shared, top, foot)
        letters = np.where(extents.shared > _STROKES * self._unit**2, 1.0, self._letters(owner))
        found = [(core, box) for core, box in extents.boxes() if core and letters[core] >= FIGURE and self._spans[core, 1] > 0]
        pieces = [Piece(box, int(self._spans[core, 0]), int(self._spans[core, 1]), float(letters[core])) for core, box in found]
        return sorted(_absorbed(pieces), key=lambda piece: (piece.top, -piece.box.x1))

    def _own(self, owner: "Names") -> "tuple[NDArray[np.intp], Names]":
        """The components that belong to one core whole, dots and signs near them included, and the core of each."""
        whole = np.flatnonzero(owner > 0)
        loose, core = self._near(owner)
        return np.concatenate([whole, loose]), np.concatenate([owner[whole], core])

    def _rows(self, core: "Names", boxes: "Labels") -> "tuple[NDArray[np.int_], NDArray[np.int_]]":
        """For each core the rows its writing may fill: as far as several of its components reach, or those of the lines of this page.

        So rings and stars of stamps and loops of the pen that touch a line make its box no higher than its writing.
        """
        left, right = np.full(self._count, self._parts.labels.shape[1]), np.zeros(self._count, int)
        np.minimum.at(left, core, boxes[:, 0])
        np.maximum.at(right, core, boxes[:, 2])
        long = (right - left > _LONG * self._unit) & (self._spans[:, 1] > 0)
        rise = self._reach(core, self._spans[core, 0] - boxes[:, 1], long, _USUAL[0])
        drop = self._reach(core, boxes[:, 3] - self._spans[core, 1], long, _USUAL[1])
        return (self._spans[:, 0] - rise).astype(int), np.ceil(self._spans[:, 1] + drop).astype(int)

    def _reach(self, core: "Names", reach: "NDArray[np.int_]", long: "NDArray[np.bool_]", usual: float) -> "Shares":
        """How far each core's writing may reach beyond its ridge: as far as several components do, or three quarters of long lines."""
        sure = _highest(core, reach, self._count)
        most = float(np.percentile(sure[long], 75)) if long.any() else usual * self._unit
        return np.maximum(sure, most) + _SLACK * self._unit

    def _letters(self, owner: "Names") -> "Shares":
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

    def _owners(self) -> "tuple[Names, NDArray[np.bool_]]":
        """For each component the core it belongs to, 0 for none or several; and which touch several or are too tall for one line.

        A letter that but grazes another core, that of a sign above it, belongs to its own.
        """
        inside = np.flatnonzero(self._cores)
        part, core = self._parts.labels.ravel()[inside], self._cores.ravel()[inside]
        touching = self._drawn[part]
        pairs, pixels = np.unique(part[touching].astype(np.int64) * self._count + core[touching], return_counts=True)
        part, core = np.divmod(pairs, self._count)
        kept = np.argsort(pixels, kind="stable")
        kept = kept[self._spans[core[kept], 1] > 0]
        part, core, pixels = part[kept], core[kept], pixels[kept]
        owner = np.zeros(len(self._parts.area), np.uint16)
        most = np.zeros(owner.size)
        owner[part], most[part] = core, pixels  # in order of pixels: the last one, that of most, stays
        several = most < _OWN * np.bincount(part, pixels, owner.size)
        shared = several | ((owner > 0) & (self._parts.height > _TALL * self._unit))
        owner[shared] = 0
        return owner, shared

    def _add_shared(self, extents: "_Extents", shared: "NDArray[np.bool_]", top: "NDArray[np.int_]", foot: "NDArray[np.int_]") -> None:
        """Ink of components that touch several cores, pixel by pixel to the core within a letter's height, from ``top`` to ``foot``."""
        if not shared.any():
            return
        core = cv2.dilate(self._cores, np.ones((round(2.2 * self._unit) | 1, 1), np.uint8)).astype(np.uint16, copy=False)
        core[~shared[self._parts.labels]] = 0
        rows, columns = np.nonzero(core)
        core = core[rows, columns]
        inside = (rows >= top[core]) & (rows < foot[core])
        core, rows, columns = core[inside], rows[inside], columns[inside]
        extents.add(core, np.stack([columns, rows, columns + 1, rows + 1], axis=1))
        extents.shared += np.bincount(core, minlength=self._count)

    def _near(self, owner: "Names") -> "tuple[NDArray[np.intp], Names]":
        """Dots and signs that touch no core go with ink near them that does: full stops and zeros from a blank away."""
        loose = np.flatnonzero(self._drawn & (owner == 0) & (self._parts.height < 1.3 * self._unit) & (self._parts.width < 2 * self._unit))
        inked = owner[self._parts.labels]
        near, along = (cv2.dilate(inked, np.ones([round(size * self._unit) | 1 for size in reach], np.uint8)) for reach in _NEAR)
        x, y = ((self._parts.boxes[loose, axis] + self._parts.boxes[loose, axis + 2]) // 2 for axis in (0, 1))
        dot = np.maximum(self._parts.width, self._parts.height)[loose] >= _DOT * self._unit
        core = np.where((near[y, x] == 0) & dot, along[y, x], near[y, x])
        return loose[core > 0], core[core > 0].astype(np.uint16, copy=False)


def _separate(ridges: "Pixels", walls: "Pixels", reach: tuple[int, int]) -> "tuple[int, Labels]":
    """How many cores, the paper being one, and the number of each pixel's: ridges made wider by ``reach`` (rows, columns), cut at walls."""
    cores = cv2.dilate(ridges, np.ones(reach, np.uint8))
    cores[walls > 0] = 0
    count, separate = cv2.connectedComponents(cores, connectivity=8)
    return count, separate.astype(np.int32, copy=False)


def _climbing(cores: "Labels", ridges: "Pixels", count: int, unit: float) -> "NDArray[np.bool_]":
    """Ridges that leave their rows, in cores that reach over several lines: rings of stamps and loops of the pen chain lines so."""
    rows, columns = np.nonzero(ridges)
    core = cores[rows, columns]
    top, foot = np.full(count, len(ridges)), np.zeros(count, int)
    np.minimum.at(top, core, rows)
    np.maximum.at(foot, core, rows)
    chained = foot - top > _CHAINED * unit
    chained[0] = False
    climbs = np.zeros(ridges.shape, bool)
    if chained.any():
        wide, high = (max(3, round(size * unit)) | 1 for size in _LEVEL[:2])
        near = cv2.boxFilter(ridges, cv2.CV_16U, (wide, high), normalize=False, borderType=cv2.BORDER_CONSTANT)
        climbs[rows, columns] = chained[core] & (near[rows, columns] < _LEVEL[2] * wide)
    return climbs


def _highest(core: "Names", values: "NDArray[np.int_]", count: int) -> "NDArray[np.int_]":
    """For each core the highest of its values, the second of six or more, the third of fourteen or more; 0 without any."""
    order = np.lexsort((-values, core))
    many = np.bincount(core, minlength=count)
    place = np.cumsum(many) - many + np.digitize(many, _SEVERAL)
    found = np.zeros(count, int)
    found[many > 0] = values[order][place[many > 0]]
    return found


def _united(cores: "Labels", ridges: "Pixels", count: int, unit: float) -> "Names":
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
    # A core is some hundreds of pixels at least, so that the largest page holds fewer than 65,536.
    united: Names = name.astype(np.uint16)[cores]
    return united


class _Extents:
    """Boxes that grow, one a core."""

    def __init__(self, count: int) -> None:
        self._low = np.full((count, 2), np.iinfo(np.int32).max)
        self._high = np.zeros((count, 2), int)
        self.shared = np.zeros(count, int)

    def add(self, core: "Names", boxes: "NDArray[np.integer]") -> None:
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
            near = min(piece.foot, foot) - max(piece.top, top) > -0.25 * (foot - top)  # else a line of its own in a taller tangle
            if (
                (near or y1 - y0 < 0.4 * (box.y1 - box.y0))
                and across > 0.5 * (x1 - x0)
                and down > 0.3 * (y1 - y0)
                and y1 - y0 < 0.8 * (box.y1 - box.y0)
            ):
                kept[number] = Piece(Box.around([piece.box, box]), top, foot, max(letter, piece.letter))
                break
        else:
            kept.append(piece)
    return kept
