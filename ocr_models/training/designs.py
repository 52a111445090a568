"""Faces nobody drew: a line's ink given other proportions, letter widths, stroke contrast, or one pen's stroke throughout.

A net sees few designs, and papers come in any: what is learned must not be one design's measures. Ink mask in, ink mask out
(0 paper, 255 ink); of the same size where the geometry stays.
"""

from random import Random

import cv2
import numpy as np

from ocr_models.training.lines import Grey, Inked

_LEAST = 12  # rows: smaller ink is left as it is


def varied(inked: Inked, words: Random, rng: np.random.Generator) -> Inked:
    """One to all of the changes, each as likely as not; a line too low to be changed stays as it is."""
    if inked.mask.shape[0] < _LEAST:
        return inked
    if words.random() < 0.5:
        inked = proportioned(inked, words.uniform(0.75, 1.3), words.uniform(0.75, 1.3), words.uniform(0.8, 1.25))
    if words.random() < 0.5:
        inked = Inked(paced(inked.mask, rng, words.uniform(0.08, 0.3)), inked.baseline)
    pen = words.random()
    if pen < 0.3:
        return Inked(monoline(inked.mask, max(1, round(inked.mask.shape[0] * words.uniform(0.03, 0.08)))), inked.baseline)
    if pen < 0.6:
        length = words.randint(2, max(2, inked.mask.shape[0] // 20))
        return Inked(broad(inked.mask, length, words.uniform(0, 180), words.uniform(-0.7, 0.8)), inked.baseline)
    return inked


def proportioned(inked: Inked, above: float, below: float, bend: float) -> Inked:
    """Rows above the baseline stretched by ``above``, those below by ``below``; ``bend`` over 1: low letters lower beside tall ones."""
    height, baseline = inked.mask.shape[0], int(np.clip(inked.baseline, 1, inked.mask.shape[0] - 1))
    up, down = max(1, round(baseline * above)), max(1, round((height - baseline) * below))
    over = baseline * (1 - (np.arange(up, 0, -1) / up) ** (1 / bend))
    rows = np.concatenate([over, baseline + np.arange(down) * (height - baseline) / down]).astype(np.float32)
    return Inked(_remapped(inked.mask, rows[:, None], np.arange(inked.mask.shape[1], dtype=np.float32)[None, :]), up)


def paced(mask: Grey, rng: np.random.Generator, depth: float) -> Grey:
    """Letters wider here and narrower there, by up to about ``depth`` (a share), changing over some letter widths."""
    height, width = mask.shape
    knots = rng.uniform(1 - depth, 1 + depth, max(4, round(width / height) + 4))
    pace = np.interp(np.linspace(0, len(knots) - 1, width), np.arange(len(knots)), knots)
    ends = np.concatenate([[0], np.cumsum(pace)])
    columns = np.interp(np.arange(max(1, int(ends[-1]))), ends, np.arange(width + 1)).astype(np.float32)
    return _remapped(mask, np.arange(height, dtype=np.float32)[:, None], columns[None, :])


def monoline(mask: Grey, thick: int) -> Grey:
    """Every stroke as thick as a pen of ``thick`` pixels, as typewriters and many office faces have it; dots keep their size.

    The middle of the strokes is the morphological skeleton (Lantuéjoul 1977; Gonzalez and Woods, Digital Image Processing, 9.5).
    """
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    solid = np.asarray((mask > 110) * 255, np.uint8)
    middle, left = np.zeros_like(solid), solid
    while left.any():
        inner = np.asarray(cv2.erode(left, cross), np.uint8)
        middle |= left & ~np.asarray(cv2.dilate(inner, cross), np.uint8)
        left = inner
    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thick + 1, thick + 1))
    drawn = np.asarray(cv2.dilate(cv2.morphologyEx(middle, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), pen), np.uint8)
    return np.asarray(cv2.GaussianBlur(drawn | _dots(solid), (0, 0), 0.6), np.uint8)


def broad(mask: Grey, length: int, angle: float, weight: float) -> Grey:
    """Strokes across ``angle`` (degrees) thicker by up to ``length`` pixels, as a broad nib held so draws them.

    ``weight``: how much of that, from 1 down to -1, which makes them as much thinner.
    """
    size = 2 * (length // 2) + 1
    nib = np.zeros((size, size), np.uint8)
    away = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * (length / 2)
    one, other = (tuple(int(part) for part in np.round(size // 2 + sign * away)) for sign in (-1, 1))
    cv2.line(nib, one, other, 1)
    changed = cv2.dilate(mask, nib) if weight > 0 else cv2.erode(mask, nib)
    return np.asarray(cv2.addWeighted(mask, 1 - abs(weight), changed, abs(weight), 0), np.uint8)


def _dots(solid: Grey) -> Grey:
    """Marks that are small beside the line: what tells ب from ت must not be lost or flow together."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(solid)
    most = solid.shape[0] / 4
    small = (stats[:, cv2.CC_STAT_WIDTH] < 2 * most) & (stats[:, cv2.CC_STAT_HEIGHT] < most)
    small[0] = False
    return np.asarray(small[labels] * 255, np.uint8)


def _remapped(mask: Grey, rows: np.ndarray, columns: np.ndarray) -> Grey:
    """The mask as seen from those rows (H, 1) and columns (1, W)."""
    shape = (rows.shape[0], columns.shape[1])
    y, x = (np.ascontiguousarray(np.broadcast_to(part, shape), np.float32) for part in (rows, columns))
    return np.asarray(cv2.remap(mask, x, y, cv2.INTER_LINEAR), np.uint8)
