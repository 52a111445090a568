"""Finds ruled lines, and what to take out of a page so that they go and the letters that cross them stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.model import Pixels

_RULE_MM = 10.0  # a straight run as long as this is no letter: the longest kashidas in body text stay under 8 mm
_UPRIGHT_MM = 8.0  # no letter stands as tall
_BRIDGE_MM = 4.0  # gaps in copied rules
_FAINT = 14  # levels of grey under the paper right above and below: the grain of paper stays under it over the length of a rule
_FAINT_MM = 15.0  # …which have to be longer than dark ones, for so are shadows and what shines through
_MOSTLY = 3.0  # times as much ruled with the faint strokes as without: a fold or what shines through beside true rules does not count
_DOT_MM = 1.2  # the dots of dotted rules, and
_DOTS_MM = 1.9  # the white between two
_THICK_MM = (1.5, 2.4)  # with the blur of copies: short rules are thinner than this, long ones than that
_SLENDER = 15  # times longer than thick, those between
_COMPANY_MM = 35.0  # all the runs in one row together; words are shorter
_BETWEEN_MM = 1.5  # …but for those that begin and end so near vertical rules
_WHOLE = 0.9  # share of a run that has to be ink
_BARE = (0.08, 0.2)  # share of ink at the whiter and the darker side of a rule, at most; words of flat letters have ink above
_LETTERED = 0.2  # …and at one side over some millimetres of it: there it is the baseline of flat letters, which dots or a rule go on from
_LETTERED_MM = 6.0
_UNBROKEN = 0.93  # of the columns of a run: baselines have the gaps of words in them, underlines that letters touch have none
_PALE = 0.5  # of the way from the threshold of ink to white: rules are drawn thin and copied pale
_BODY_MM = 1.2  # the smaller digits and letters are larger, dust and dots are smaller
_LONGEST_MM = 80.0  # no connected writing is as long


@dataclass(frozen=True)
class Rules:
    """0/255 images of horizontal and vertical rules, their gaps bridged."""

    across: "Pixels"
    down: "Pixels"

    @property
    def both(self) -> "Pixels":
        return cv2.bitwise_or(self.across, self.down).astype(np.uint8, copy=False)


def ink_of(grey: "Pixels", paler: float = 0.0) -> "Pixels":
    """Dark ink as 255, paper as 0 (Otsu, kept from splitting the grain of an empty sheet).

    ``paler``: how far to go from the threshold towards white, 0.0 to 1.0, for thin strokes on a reduced page.
    """
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return cv2.threshold(grey, min(threshold + (255 - threshold) * paler, 200), 255, cv2.THRESH_BINARY_INV)[1].astype(np.uint8, copy=False)


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
    hole = (shorter > px(3.5, dpi)) & (longer < 1.3 * shorter) & (area > 0.65 * width * height)
    drawn = (longer < px(_LONGEST_MM, dpi)) & ~hole
    drawn[0] = False
    body = drawn & (longer >= px(_BODY_MM, dpi))
    near = cv2.dilate(np.where(body[labels], 255, 0).astype(np.uint8), np.ones((px(3, dpi), px(3, dpi)), np.uint8))
    return np.where(drawn[labels], near, 0).astype(np.uint8)


def find_rules(grey: "Pixels", dpi: float) -> Rules:
    """Straight runs of ink, at least 10 mm long across and 8 mm down, thin and with white beside them; pale, broken and dotted ones too.

    Where nearly all that is ruled is fainter than ink can be, what lies that little below the paper about it counts as well.
    """
    strict = ink_of(grey)
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    pale = (grey < min(threshold + (255 - threshold) * _PALE, 230)).astype(np.uint8)
    faint = cv2.bitwise_or(pale, _below_paper(grey, dpi)).astype(np.uint8, copy=False)
    if np.count_nonzero(_full(faint, 2 * px(_RULE_MM, dpi))) <= _MOSTLY * np.count_nonzero(_full(pale, 2 * px(_RULE_MM, dpi))):
        dots = _dots(pale, dpi)
        return _ruled(cv2.bitwise_or(pale, _joined(dots, dpi)), pale, _both(strict, dots), dpi)
    upright = _below_paper(np.ascontiguousarray(grey.T), dpi).T
    return _ruled(faint, cv2.bitwise_or(pale, upright), _both(strict, faint), dpi, _FAINT_MM)


def _ruled(across: "cv2.typing.MatLike", dark: "cv2.typing.MatLike", beside: "Pixels", dpi: float, shortest_mm: float = 0.0) -> Rules:
    """The rules among what is dark (0/1) enough for horizontal ones, and for vertical ones. ``beside``: 255 where no paper is.

    Grain, dust and rows of dots have as much beside them as in them.
    """
    level_mm, upright_mm = (max(mm, shortest_mm) for mm in (_RULE_MM, _UPRIGHT_MM))
    aslant = [_straight(across, dpi, level_mm), _straight(np.ascontiguousarray(dark.T), dpi, upright_mm)]
    level_ink, upright_ink = (cv2.dilate(each.image(), np.ones((3, 3), np.uint8)).astype(np.uint8, copy=False) for each in aslant)
    level = _bare(aslant[0], beside, upright_ink.T, dpi)
    upright = _bare(aslant[1], np.ascontiguousarray(beside.T), level_ink.T, dpi)
    down = np.ascontiguousarray(upright.T)
    return Rules(_in_company(level, down, dpi), down)


def _below_paper(grey: "Pixels", dpi: float) -> "Pixels":
    """1 where a horizontal stroke no thicker than a rule is darker than the paper above and below it, however little."""
    kernel = np.ones((px(_THICK_MM[0], dpi) | 1, 1), np.uint8)
    return (cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, kernel) >= _FAINT).astype(np.uint8)


def _dots(pale: "Pixels", dpi: float) -> "Pixels":
    """The dots of a 0/1 image, those of letters too."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(pale, connectivity=8)
    small = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) <= px(_DOT_MM, dpi)
    small[0] = False
    found: Pixels = small.astype(np.uint8)[labels]
    return found


def _joined(dots: "Pixels", dpi: float) -> "Pixels":
    """Dots that follow each other closely in a row made one stroke."""
    return cv2.morphologyEx(dots, cv2.MORPH_CLOSE, np.ones((1, px(_DOTS_MM, dpi) | 1), np.uint8)).astype(np.uint8, copy=False)


def _both(ink: "Pixels", marks: "Pixels") -> "Pixels":
    """0/255 ink with 0/1 marks put in."""
    return np.where(marks > 0, np.uint8(255), ink)


class Runs(NamedTuple):
    """Straight runs: a label for each pixel, and number, left, top, width and height of those that may be rules."""

    labels: "NDArray[np.int32]"
    boxes: "list[tuple[int, tuple[int, int, int, int]]]"

    def image(self) -> "Pixels":
        """All of them as 255."""
        drawn = np.zeros(self.labels.shape, np.uint8)
        for number, (x, y, width, height) in self.boxes:
            drawn[y : y + height, x : x + width][self.labels[y : y + height, x : x + width] == number] = 255
        return drawn


def _straight(pale: "cv2.typing.MatLike", dpi: float, shortest_mm: float) -> Runs:
    """Thin horizontal runs; a run may climb a pixel or two on the way, and a tenth of it may be missing."""
    long = px(shortest_mm, dpi)
    thick = cv2.dilate(pale, np.ones((3, 1), np.uint8))
    runs = cv2.dilate(_full(pale, long).astype(np.uint8), np.ones((1, long + px(_BRIDGE_MM, dpi)), np.uint8))
    runs = cv2.morphologyEx(cv2.bitwise_and(runs, thick), cv2.MORPH_CLOSE, np.ones((1, px(_BRIDGE_MM, dpi)), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
    width, area = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_AREA]
    thin = np.clip(width / _SLENDER, px(_THICK_MM[0], dpi), px(_THICK_MM[1], dpi))  # mean thickness, so that a leaning rule still counts
    rule = (area < width * thin) & (width > 1.3 * long)
    return Runs(
        labels.astype(np.int32, copy=False),
        [(number, tuple(stats[number, :4].tolist())) for number in np.flatnonzero(rule).tolist() if number],
    )


def _full(pale: "cv2.typing.MatLike", long: int) -> "NDArray[np.bool_]":
    """Where a row and those next to it are dark (1) over most of so many pixels."""
    thick = cv2.dilate(pale, np.ones((3, 1), np.uint8))
    return np.asarray(cv2.boxFilter(thick, cv2.CV_16U, (long, 1), normalize=False, borderType=cv2.BORDER_CONSTANT) >= _WHOLE * long)


def _bare(runs: "Runs", ink: "Pixels", crossing: "Pixels", dpi: float) -> "Pixels":
    """The runs that have white at one side, and little else at the other, as 255; what crosses them counts for neither."""
    reach = px(0.9, dpi)
    kept = np.zeros_like(ink)
    for number, (x, y, width, height) in runs.boxes:
        top, foot = max(0, y - reach - 1), min(len(ink), y + height + reach + 1)
        part = (runs.labels[top:foot, x : x + width] == number).astype(np.uint8)
        dark, crossed = ink[top:foot, x : x + width] > 0, crossing[top:foot, x : x + width] > 0
        inked = dark & ~crossed
        body = cv2.dilate(part, np.ones((3, 1), np.uint8)) > 0
        sides = [cv2.dilate(part, np.ones((reach, 1), np.uint8), anchor=(0, anchor)) > body for anchor in (reach - 1, 0)]
        lower, higher = sorted(float(inked[side].mean()) if side.any() else 0.0 for side in sides)
        if lower < _BARE[0] and higher < _BARE[1]:
            if higher * width > _LETTERED * px(_LETTERED_MM, dpi) / 2:  # less ink is letters nowhere
                first, last = _free(sides, inked, (dark | crossed) & body, px(_LETTERED_MM, dpi))
                part[:, :first], part[:, last:] = 0, 0
            kept[top:foot, x : x + width][part > 0] = 255
    return kept


def _free(sides: "Sequence[NDArray[np.bool_]]", inked: "NDArray[np.bool_]", own: "NDArray[np.bool_]", reach: int) -> tuple[int, int]:
    """The columns (from, to) a run is a rule in: without ends on which letters stand, over ``reach`` pixels or more, as on a baseline.

    Between two bare stretches as long it is one all the same (writing that touches a rule in a narrow cell), and where its ``own`` ink
    has no gap.
    """
    shares = [(side & inked).sum(axis=0) / np.maximum(1, side.sum(axis=0)) for side in sides]
    dense = np.max([cv2.blur(share[None].astype(np.float32), (reach | 1, 1)) for share in shares], axis=0)
    lettered = cv2.dilate((dense > _LETTERED).astype(np.uint8), np.ones((1, reach | 1), np.uint8))
    bare = np.flatnonzero(cv2.morphologyEx(1 - lettered, cv2.MORPH_OPEN, np.ones((1, reach | 1), np.uint8)))
    width, there = own.shape[1], np.asarray(own.any(axis=0))
    first, last = (int(bare[0]), int(bare[-1]) + 1) if bare.size else (width, width)
    if first and there[:first].mean() >= _UNBROKEN:
        first = 0
    if last < width and there[last:].mean() >= _UNBROKEN:
        last = width
    return first, last


def _in_company(runs: "Pixels", down: "Pixels", dpi: float) -> "Pixels":
    """Horizontal runs but for those no longer than a word that stand alone in their rows: the baselines of flat, torn words.

    Those from one vertical rule to another stay: they part a heading from those under it.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
    boxes = stats[1:, :4].astype(int)
    middles = boxes[:, 1] + boxes[:, 3] / 2
    near = np.abs(middles[:, None] - middles[None, :]) < px(1.5, dpi)
    alone = (near * boxes[None, :, 2]).sum(axis=1) < px(_COMPANY_MM, dpi)
    reach = px(_BETWEEN_MM, dpi)
    for number in np.flatnonzero(alone).tolist():
        x, y, width, height = boxes[number].tolist()
        ends = (down[y : y + height, max(0, end - reach) : end + reach].any() for end in (x, x + width))
        if not all(ends):
            runs[y : y + height, x : x + width][labels[y : y + height, x : x + width] == number + 1] = 0
    return runs


def rule_ink(ink: "Pixels", rules: Rules, dpi: float, edge: int = 1) -> "Pixels":
    """What to take out of a page (0/255) so that its rules go, with ``edge`` pixels beside them; strokes that cross a rule stay."""
    band = cv2.dilate(rules.both, np.ones((2 * edge + 1, 2 * edge + 1), np.uint8))
    beside = cv2.bitwise_and(ink, cv2.bitwise_not(band)).astype(np.uint8, copy=False)
    reach = px(1.2, dpi) | 1
    kept = cv2.bitwise_or(_crossing(beside, rules.across, (1, reach)), _crossing(beside, rules.down, (reach, 1)))
    return cv2.bitwise_and(band, cv2.bitwise_not(kept)).astype(np.uint8, copy=False)


def _crossing(beside: "Pixels", rule: "Pixels", reach: tuple[int, int]) -> "Pixels":
    """Where ink stands right at both sides of a rule, over the rule's whole thickness. ``reach``: width and height to bridge."""
    bridged = cv2.morphologyEx(beside, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, reach))
    return cv2.bitwise_and(bridged, cv2.dilate(rule, np.ones((3, 3), np.uint8))).astype(np.uint8, copy=False)


def px(mm: float, dpi: float) -> int:
    """Millimetres in whole pixels, at least one."""
    return max(1, round(mm / 25.4 * dpi))
