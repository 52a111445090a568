"""Which way up a page lies and how far it leans, from its ink alone: no reading engine, no model."""

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.model import Pixels

    Places = NDArray[np.float64]
    Spans = NDArray[np.int32]

DPI = 100.0  # letters are still letters, and a page is a megapixel
_UPSIDE_DOWN = 0.125  # asymmetry as far below nothing as this; written pages upright have 0.17..0.77
_SIDEWAYS = 0.2  # more letters have their next one above or below, as a share; on written pages 0.8 to 1.0 have it beside, short lists 0.2
_ENOUGH = 20_000  # pixels of ink to look at for a lean
_LETTER_MM = 1.8  # dots and dust are smaller; they stand above and below letters
_LETTERS = (400, 10_000)  # how many to look at, and of how many at most: grain has more
_LEAST_INK = 400  # pixels at 100 dpi, about a dozen letters: less says nothing


class Lie(NamedTuple):
    """``turn``: degrees counter-clockwise that set the page upright (0, 90, 180, 270); ``skew``: further degrees, counter-clockwise.

    The evidence: ``beside`` (-1.0 .. 1.0), by how much more letters stand beside each other than above each other as the page came, and
    ``asymmetry`` (-1.0 upside-down .. 1.0 upright) along its lines.
    """

    turn: int
    skew: float
    beside: float
    asymmetry: float


def lie(grey: "Pixels", dpi: float, furthest: float = 12.0) -> Lie:
    """How a page (uint8, H x W, dark ink on light paper) lies, for leans up to ``furthest`` degrees either way.

    The next letter is nearer than the next line: that tells a page on its side (the nearest neighbours of O'Gorman, "The document
    spectrum for page layout analysis", 1993), be it columns of numbers or typed in a fixed pitch. Which way up its lines lie the baseline
    tells that Arabic hangs on: going down, the row profile rises slowly through alifs and lams and falls at once below the baseline. The
    sign of the summed cubes of its differences is that of the page (the measure of Caprari, "Algorithm for text page up/down orientation
    determination", 2000, on differences). A page is turned only when the evidence is clear.
    """
    ink = letters(grey, dpi)
    if int(np.count_nonzero(ink)) < _LEAST_INK:
        return Lie(0, 0.0, 0.0, 0.0)
    beside = _beside(ink)
    turn, clear = (90, 0.0) if beside < -_SIDEWAYS else (0, _UPSIDE_DOWN)
    along = np.ascontiguousarray(np.rot90(ink)) if turn else ink
    skew = lean(along, furthest)
    upright = asymmetry(turned(along, skew))
    return Lie(turn + 180 if upright < -clear else turn, skew, beside, upright)


def letters(grey: "Pixels", dpi: float) -> "Pixels":
    """A 0/255 image at 100 dpi of what may be letters: no rules, no frames, no dust, no dark margins."""
    small = shrunk(grey, DPI / dpi)
    threshold, _ = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    ink = (small < min(threshold, 200)).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    width, height, area = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_AREA]
    longer, shorter = np.maximum(width, height), np.minimum(width, height)
    letter = (longer <= DPI) & ((longer < 40) | (longer < 12 * shorter)) & (area >= 3)
    letter[0] = False
    found: Pixels = np.where(letter[labels], 255, 0).astype(np.uint8)
    return found


def shrunk(pixels: "Pixels", factor: float) -> "Pixels":
    """The image smaller by ``factor``, at least one pixel each way; never larger."""
    if factor >= 1.0:
        return pixels
    size = (max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def lean(ink: "Pixels", furthest: float) -> float:
    """Degrees counter-clockwise that set the lines of a 0/255 image level: the sharpest row profile, to a twentieth of a degree."""
    columns = ink[:, :: max(1, int(np.count_nonzero(ink)) // _ENOUGH)]
    rows, places = np.nonzero(columns)
    y = rows - (ink.shape[0] - 1) / 2
    x = places * (ink.shape[1] / columns.shape[1]) - (ink.shape[1] - 1) / 2
    best = 0.0
    for reach, step in ((furthest, 1.0), (1.0, 0.25), (0.2, 0.05)):
        angles = best + np.arange(-reach, reach + step / 2, step)
        best = float(max(angles, key=lambda angle: (_sharpness(x, y, float(angle)), -abs(angle))))
    return round(best, 2) + 0.0  # never -0.0


def _sharpness(x: "Places", y: "Places", angle: float) -> float:
    """How abruptly the row profile of points changes once they are turned counter-clockwise: sum of squared differences."""
    if not x.size:
        return 0.0
    down = y * np.cos(np.radians(angle)) - x * np.sin(np.radians(angle))
    profile = np.bincount((down - down.min()).astype(np.intp))
    return float(np.square(np.diff(profile, prepend=0, append=0)).sum())


def turned(ink: "Pixels", angle: float) -> "Pixels":
    """The image turned counter-clockwise about its middle, on a canvas of its own size."""
    height, width = ink.shape
    return cv2.warpAffine(ink, cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0), (width, height)).astype(np.uint8, copy=False)


def asymmetry(ink: "Pixels") -> float:
    """-1.0 (Arabic upside-down) .. 1.0 (upright): the row profile's slopes, cubed, summed and made free of scale."""
    slopes = np.diff(cv2.reduce(ink, 1, cv2.REDUCE_SUM, dtype=cv2.CV_64F).ravel() / 255)
    total = float((np.abs(slopes) ** 3).sum())
    return float(-(slopes**3).sum() / total) if total else 0.0


def _beside(ink: "Pixels") -> float:
    """-1.0 (all above or below) .. 1.0 (all to the right or left): where the letter next to each letter of a 0/255 image stands."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    large = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) >= round(_LETTER_MM / 25.4 * DPI)
    x0, y0, width, height = stats[1:, :4][large].T
    if not 2 <= len(x0) <= _LETTERS[1]:
        return 0.0
    some = np.linspace(0, len(x0) - 1, min(_LETTERS[0], len(x0))).astype(np.intp)
    apart = _gaps(x0, x0 + width, some) + _gaps(y0, y0 + height, some)
    apart[np.arange(len(some)), some] = np.iinfo(apart.dtype).max
    near = apart.argmin(axis=1)
    along, down = (np.abs((2 * start + size)[near] - (2 * start + size)[some]) for start, size in ((x0, width), (y0, height)))
    return float(np.sign(along - down).mean())


def _gaps(start: "Spans", end: "Spans", some: "NDArray[np.intp]") -> "Spans":
    """(some, all): the white between spans, 0 where they overlap."""
    gaps: Spans = np.maximum(np.maximum(start - end[some, None], start[some, None] - end), 0)
    return gaps
