"""What happens to a whole sheet before it is scanned: other ways than ocr_models.training.ageing, and none of its code.

Grey (3508, 2480) at 300 dpi in and out, 0 ink, 255 paper; geometry (skew, a hand's sway) is in `geometry`.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Dice = np.random.Generator
Wear = Callable[[Grey, Dice], Grey]


def office(image: Grey, dice: Dice) -> Grey:
    """Laser print, flatbed scanner: soft edges, paper not quite white, fibres."""
    soft = cv2.GaussianBlur(image, (0, 0), dice.uniform(0.6, 1.1)).astype(np.float32)
    paper = dice.uniform(232, 252) + 3 * _fractal(image.shape, dice, (1024, 256)) + dice.normal(0, 1.5, image.shape)
    return _bytes(soft / 255 * paper + dice.uniform(8, 40) * (1 - soft / 255))


def photocopy(image: Grey, dice: Dice) -> Grey:
    """One good copier and its scan: edges hard but not bilevel, streaks down the sheet, pepper, a dark edge where the lid stood open."""
    return _scanned(_copied(image, dice, dice.uniform(0.9, 1.5)), dice)


def third_copy(image: Grey, dice: Dice) -> Grey:
    """A copy of a copy of a copy: each bilevel about its neighbourhood, a little turned and scaled, letters filling up or breaking."""
    for _ in range(3):
        image = _copied(image, dice, dice.uniform(1.1, 1.7))
        reach = int(dice.integers(20, 40)) * 2 + 1
        level = np.minimum(cv2.boxFilter(image, -1, (reach, reach)).astype(np.float32) - dice.uniform(18, 34), 205)
        image = np.where(image < level, 0, 255).astype(np.uint8)
    return _scanned(cv2.GaussianBlur(image, (0, 0), 1.0).astype(np.uint8), dice)


def fax_standard(image: Grey, dice: Dice) -> Grey:
    """Group 3, standard: 204 × 98 dots an inch."""
    return _fax(image, dice, 98)


def fax_fine(image: Grey, dice: Dice) -> Grey:
    """Group 3, fine: 204 × 196 dots an inch, on a worse line."""
    return _fax(image, dice, 196)


def typed(image: Grey, dice: Dice) -> Grey:
    """Type bars on a ribbon: each stroke as hard as the finger, edges torn by the weave, ink bled into the paper."""
    force = 0.72 + 0.28 * cv2.resize(dice.random((90, 110), dtype=np.float32), image.shape[::-1], interpolation=cv2.INTER_NEAREST)
    weave = (
        0.8
        + 0.2
        * np.sin(np.arange(image.shape[1], dtype=np.float32) * 1.9)[None]
        * np.sin(np.arange(image.shape[0], dtype=np.float32) * 1.7)[:, None]
    )
    torn = cv2.GaussianBlur(dice.normal(0, 1, image.shape).astype(np.float32), (0, 0), 1.2)
    ink = cv2.GaussianBlur(255 - _struck(image), (0, 0), 1.4).astype(np.float32) / 255
    struck = np.clip((ink + 0.35 * torn * ink - 0.30) * 3, 0, 1) * cv2.GaussianBlur(force, (0, 0), 3) * weave
    return _bytes(dice.uniform(226, 246) - 190 * struck + dice.normal(0, 3, image.shape))


def needles(image: Grey, dice: Dice) -> Grey:
    """Nine needles, near letter quality: dots 1/144 inch apart both ways, struck in passes that do not meet, on a tired ribbon."""
    height, width = image.shape
    pitch = 300 / 144
    rows, columns = round(height / pitch), round(width / pitch)
    struck = cv2.resize(_struck(image), (columns, rows), interpolation=cv2.INTER_AREA) < 150
    struck &= dice.random(struck.shape) > 0.02
    y, x = np.nonzero(struck)
    drift = np.repeat(dice.choice((-1, 0, 0, 1), rows // 18 + 1), 18)[:rows]
    dots = np.zeros((height, width), np.float32)
    dots[np.clip(np.round(y * pitch).astype(int), 0, height - 1), np.clip(np.round(x * pitch).astype(int) + drift[y], 0, width - 1)] = 1
    ink = np.clip(cv2.GaussianBlur(dots, (0, 0), 1.15) * 7.0, 0, 1) * dice.uniform(0.65, 0.85)
    return _bytes(240 - 215 * ink + dice.normal(0, 3, image.shape))


def carbon(image: Grey, dice: Dice) -> Grey:
    """The third sheet under the carbon: spread, starved in clouds, smeared paper, pale."""
    ink = cv2.GaussianBlur(255 - _struck(image), (0, 0), dice.uniform(1.6, 2.3)).astype(np.float32) / 255
    starved = np.clip(0.95 + 0.35 * _fractal(image.shape, dice, (512, 96, 12)), 0.35, 1.1)
    sheet = dice.uniform(212, 228) + 12 * _fractal(image.shape, dice, (600, 150, 40)) + dice.normal(0, 4, image.shape)
    return _bytes(sheet - 125 * np.clip(ink * 1.15 * starved, 0, 1))


def _struck(image: Grey) -> Grey:
    """Strokes a pixel wider all round: types and needles leave 0.35 mm, the face draws half of it."""
    return cv2.erode(image, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))).astype(np.uint8)


def _copied(image: Grey, dice: Dice, soft: float) -> Grey:
    """Optics, a toner curve, streaks, pepper, and the sheet laid down a little off."""
    height, width = image.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(dice.normal(0, 0.03)), 1.0)
    laid = cv2.warpAffine(image, turn, (width, height), flags=cv2.INTER_LINEAR, borderValue=(255,))
    grey = cv2.GaussianBlur(laid, (0, 0), soft).astype(np.float32) / 255
    toner = 1 / (1 + np.exp(-(grey - dice.uniform(0.48, 0.62)) * dice.uniform(9, 14)))
    marks = cv2.GaussianBlur(dice.random((1, width), dtype=np.float32), (0, 0), 3)
    streaks = 1 - dice.uniform(0.02, 0.12) * np.clip((marks - np.quantile(marks, 0.985)) * 40, 0, 1)
    copied = _bytes(255 * np.clip(toner * streaks + dice.normal(0, 0.015, image.shape), 0, 1))
    for y, x in zip(dice.integers(0, height, 130), dice.integers(0, width, 130), strict=True):
        cv2.ellipse(
            copied, (int(x), int(y)), (int(dice.integers(1, 4)), int(dice.integers(1, 3))), 0, 0, 360, int(dice.integers(0, 90)), -1
        )
    return copied


def _scanned(image: Grey, dice: Dice) -> Grey:
    soft = cv2.GaussianBlur(image, (0, 0), 0.7).astype(np.float32)
    out = soft * dice.uniform(0.9, 0.98) + dice.uniform(4, 20) + dice.normal(0, 2.5, image.shape)
    if dice.random() < 0.5:
        edge = int(dice.integers(15, 60))
        out[:, :edge] = dice.uniform(10, 60)
    return _bytes(out)


def _fax(image: Grey, dice: Dice, lines: int) -> Grey:
    """Scanned, sent and printed: thresholded dots, lines lost (white) or sent twice, bursts that push the rest of a line aside."""
    height, width = image.shape
    rows, columns = round(height * lines / 300), round(width * 204 / 300)
    grey = cv2.resize(cv2.GaussianBlur(image, (0, 0), 1.0), (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
    dots = np.where(grey + dice.normal(0, 9, grey.shape) < dice.uniform(150, 178), 0, 255).astype(np.uint8)
    for y in dice.integers(1, rows, round(rows * (0.006 if lines < 150 else 0.012))):
        if dice.random() < 0.35:
            dots[y] = 255
        elif dice.random() < 0.6:
            dots[y] = dots[y - 1]
        else:
            start = int(dice.integers(columns))
            dots[y, start:] = np.roll(dots[y, start:], int(dice.integers(-6, 7)))
    dots[dice.random(dots.shape) < 0.0006] = 0
    printed = cv2.resize(dots, (width, height), interpolation=cv2.INTER_NEAREST)
    return _scanned(cv2.GaussianBlur(printed, (0, 0), 1.0).astype(np.uint8), dice)


def _fractal(shape: tuple[int, ...], dice: Dice, sizes: tuple[int, ...]) -> NDArray[np.float32]:
    """Clouds of several sizes (pixels), mean 0, within about -1 to 1."""
    height, width = shape
    total = np.zeros(shape, np.float32)
    for number, size in enumerate(sizes):
        coarse = dice.normal(0, 0.5 / (number + 1), (height // size + 2, width // size + 2)).astype(np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return total


def _bytes(values: NDArray[np.floating]) -> Grey:
    return np.asarray(np.clip(values, 0, 255), np.uint8)
