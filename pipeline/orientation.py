"""Which way up a page lies and how far it leans, from its ink alone: no reading engine, no model."""

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.model import Pixels

    Places = NDArray[np.float64]

DPI = 100.0  # letters are still letters, and a page is a megapixel
_UPSIDE_DOWN = 0.125  # asymmetry as far below nothing as this; written pages upright have 0.19..0.77
_ACROSS = 2.7  # times the ridges of the rows that those of the columns must have; written pages have 10 to 70 times as many in rows
_SWELL_MM = 7.9  # what rises and falls more slowly than this in a profile is columns and blocks, not lines
_ENOUGH = 20_000  # pixels of ink to look at for a lean
_LEAST_INK = 400  # pixels at 100 dpi, about a dozen letters: less says nothing


class Lie(NamedTuple):
    """``turn``: degrees counter-clockwise that set the page upright (0, 90, 180, 270); ``skew``: further degrees, counter-clockwise.

    ``asymmetry`` is the evidence for the chosen turn, ``as_it_came`` for leaving the page alone; 0.0 is none, 1.0 the most.
    """

    turn: int
    skew: float
    asymmetry: float
    as_it_came: float


def lie(grey: "Pixels", dpi: float, furthest: float = 12.0) -> Lie:
    """How a page (uint8, H x W, dark ink on light paper) lies, for leans up to ``furthest`` degrees either way.

    Lines make ridges in the profile across them, and columns of letters hardly any: that tells a page on its side. Which way up it
    lies then tells the baseline that Arabic hangs on: going down, the row profile rises slowly through alifs and lams and falls at once
    below the baseline. The sign of the summed cubes of its differences is therefore that of the page, and across the lines there is no
    such sign (the measure of Caprari, "Algorithm for text page up/down orientation determination", 2000, on differences). A page is
    turned on its side only where both say so, and upside down only where the sign is clear.
    """
    along = letters(grey, dpi)
    if int(np.count_nonzero(along)) < _LEAST_INK:
        return Lie(0, 0.0, 0.0, 0.0)
    across = np.ascontiguousarray(np.rot90(along))
    skews = (lean(along, furthest), lean(across, furthest))
    rows, columns = (_profile(turned(ink, skew)) for ink, skew in zip((along, across), skews, strict=True))
    as_it_came, sideways = asymmetry(rows), asymmetry(columns)
    if abs(sideways) > abs(as_it_came) and _ridged(columns) > _ACROSS * _ridged(rows):
        return Lie(90 if sideways > 0 else 270, skews[1], abs(sideways), as_it_came)
    return Lie(180 if as_it_came < -_UPSIDE_DOWN else 0, skews[0], abs(as_it_came), as_it_came)


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


def asymmetry(profile: "Places") -> float:
    """-1.0 (Arabic upside-down) .. 1.0 (upright): a row profile's slopes, cubed, summed and made free of scale."""
    slopes = np.diff(profile)
    total = float((np.abs(slopes) ** 3).sum())
    return float(-(slopes**3).sum() / total) if total else 0.0


def _ridged(profile: "Places") -> float:
    """How much a profile goes up and down about its own swell: the sum of squares once what is wider than lines is taken off."""
    wide = round(_SWELL_MM / 25.4 * DPI) | 1
    return float(np.square(profile - np.convolve(profile, np.ones(wide) / wide)[wide // 2 : wide // 2 + profile.size]).sum())


def _profile(ink: "Pixels") -> "Places":
    """Pixels of ink in each row of a 0/255 image."""
    return np.asarray(cv2.reduce(ink, 1, cv2.REDUCE_SUM, dtype=cv2.CV_64F).ravel() / 255, np.float64)
