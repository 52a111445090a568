"""Cuts a region into its text lines: what a line reader is given, one crop a line."""

from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.model import Box
from pipeline.rules import ink_of, text_of, third

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.model import Pixels, Region

_BODY_MM = 2.4  # a band lower than this is dots, a dash or a flat digit: it belongs to its neighbour
_NEAR_MM = 2.1  # …when no more than this lies between them
_LEAST_MM = 0.4  # lower bands are grain
_MARGIN_MM = 0.25
_TALL_MM = 9.0  # a taller band may be lines that touch


def text_lines(pixels: "Pixels", dpi: float, regions: "Sequence[Region]") -> list[list[Box]]:
    """For each region the boxes of its lines from the top, tight around their ink; none where there is no ink."""
    ink = ink_of(pixels)
    near = cv2.resize(text_of(third(ink), dpi / 3), None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)[: ink.shape[0], : ink.shape[1]]
    text = cv2.bitwise_and(ink, near).astype(np.uint8, copy=False)
    return [_lines(text if region.kind == "block" else ink, region.box, dpi) for region in regions]


def _lines(ink: "Pixels", box: Box, dpi: float) -> list[Box]:
    mm = dpi / 25.4
    part = ink[box.y0 : box.y1, box.x0 : box.x1] > 0
    profile = part.sum(axis=1)
    bands = [cut for band in _joined(runs(profile > 0), mm) for cut in _parted(profile, band, mm)]
    margin = round(_MARGIN_MM * mm)
    lines = []
    for top, bottom in bands:
        columns = np.flatnonzero(part[top:bottom].any(axis=0))
        if bottom - top >= _LEAST_MM * mm and columns.size:
            left, right = int(columns[0]), int(columns[-1]) + 1
            low, high = box.y0 + max(0, top - margin), min(box.y1, box.y0 + bottom + margin)
            lines.append(Box(max(box.x0, box.x0 + left - margin), low, min(box.x1, box.x0 + right + margin), high))
    return lines


def _joined(bands: list[tuple[int, int]], mm: float) -> list[tuple[int, int]]:
    """Bands of ink, low ones (dots, dashes) put to the nearer neighbour when it is near."""
    joined: list[tuple[int, int]] = []
    for number, (top, bottom) in enumerate(bands):
        above = top - joined[-1][1] if joined else np.inf
        below = bands[number + 1][0] - bottom if number + 1 < len(bands) else np.inf
        low = bottom - top < _BODY_MM * mm and above <= below
        if joined and above < _NEAR_MM * mm and (low or joined[-1][1] - joined[-1][0] < _BODY_MM * mm):
            joined[-1] = (joined[-1][0], bottom)
        else:
            joined.append((top, bottom))
    return joined


def _parted(profile: "NDArray[np.int_]", band: tuple[int, int], mm: float) -> list[tuple[int, int]]:
    """A band of touching lines cut where the ink is thinnest between two baselines; any other band as it is."""
    top, bottom = band
    if bottom - top < _TALL_MM * mm:
        return [band]
    width = max(3, round(1.2 * mm)) | 1
    smooth = np.convolve(profile[top:bottom], np.ones(width) / width, mode="same")
    baselines = _peaks(smooth, 0.4 * float(smooth.max()), round(4.5 * mm))
    cuts = [a + int(np.argmin(smooth[a:b])) for a, b in pairwise(baselines)]
    cuts = [cut for cut in cuts if smooth[cut] < 0.35 * smooth.max()]
    edges = [0, *cuts, bottom - top]
    return [(top + a, top + b) for a, b in pairwise(edges)]


def _peaks(values: "NDArray[np.float64]", least: float, apart: int) -> list[int]:
    """Places of the highest values, best first, none nearer than ``apart`` to a better one; in order of place."""
    peaks: list[int] = []
    for place in np.argsort(-values, kind="stable"):
        if values[place] < least:
            break
        if all(abs(int(place) - peak) >= apart for peak in peaks):
            peaks.append(int(place))
    return sorted(peaks)


def runs(marked: "NDArray[np.bool_]") -> list[tuple[int, int]]:
    """(start, end) of each run of True."""
    steps = np.flatnonzero(np.diff(np.concatenate(([0], marked.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(steps[::2], steps[1::2], strict=True)]
