"""What to scan again, and what a person should look at first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.model import DOUBTFUL, Box, CleanImage, Line, PageImage, Rescan, Word
from pipeline.orientation import DPI, lean, letters
from pipeline.rules import ink_of, text_of, third

if TYPE_CHECKING:
    from pipeline.model import Pixels

_LEAST_DPI = 145  # 150 is the least at which dots are two pixels wide
_LEAST_SHARPNESS = 0.33  # fixtures: 0.53 and more; blurred by 2 px at 300 dpi 0.34-0.47, by 3 px 0.26-0.31
_MOST_KEYSTONE = 0.7  # degrees between the upper and lower lines; the fixtures have 0.0, a height shrunk by 8 % at one side 0.4-2.0
_LEAST_LETTERS = 30  # fewer shapes than this are a stamp or a doodle, not an unread page
_LETTERS_A_WORD = 15  # more shapes than this for each word read: the page was hardly read
_MOST_STRAY_INK = 0.02  # share of an empty page that dust, holes and frames may darken
_MOST_DUST = 3  # letter-sized shapes on an empty page: a blot, a hair, a punch hole's edge
_STREWN = 0.01  # share of lone dark pixels; a dirty scan has 0.001
_HIGHEST_LINE = 25.0  # mm: higher things are pictures, stamps and seals
_CUT = {"left": 3, "right": 3, "top": 5, "bottom": 5}  # letters on the border: one a line at the sides, many in a line cut along


@dataclass(frozen=True, slots=True)
class Doubt:
    """A line to check: its number, from 0; how much may be wrong in it; the numbers of its words that look wrong."""

    line: int
    weight: float
    words: tuple[int, ...]


def rescan_reasons(image: PageImage, clean: CleanImage, lines: Sequence[Line]) -> tuple[Rescan, ...]:
    """Why this page should be scanned again; empty for a good scan.

    Codes: damaged-scan (parts of the file could not be drawn), low-resolution, blur, cut-edges, perspective, unread-ink.
    """
    found = []
    if any(step.values.get("whole") is False for step in image.steps):
        found.append(Rescan("damaged-scan", "parts of the file are broken and could not be drawn"))
    if image.dpi < _LEAST_DPI:
        found.append(Rescan("low-resolution", f"{image.dpi:.0f} dpi"))
    edges = sharpness(clean.pixels)
    if edges is not None and edges < _LEAST_SHARPNESS:
        found.append(Rescan("blur", f"edge sharpness {edges:.2f}"))
    if sides := cut_sides(image):
        found.append(Rescan("cut-edges", ", ".join(sides)))
    keystone = line_angles_apart(clean)
    if keystone is not None and keystone > _MOST_KEYSTONE:
        found.append(Rescan("perspective", f"{keystone:.1f} degrees"))
    words, shapes, ink = sum(len(line.words) for line in lines), letter_shapes(clean), ink_share(clean)
    if (shapes > _LEAST_LETTERS and shapes > _LETTERS_A_WORD * words) or (ink > _MOST_STRAY_INK and not words):
        found.append(Rescan("unread-ink", f"{words} words read from {shapes} shapes, {ink:.1%} of the page inked"))
    return tuple(found)


def doubt(lines: Sequence[Line], sure: float = DOUBTFUL) -> tuple[Doubt, ...]:
    """Lines worth checking, the most doubtful first: words under ``sure`` count, those with digits three times, for a wrong date
    or number is never noticed by reading on. Lines a person has checked are left out."""
    found = []
    for number, line in enumerate(lines):
        unsure = tuple(n for n, word in enumerate(line.words) if word.confidence < sure)
        if unsure and not line.checked:
            found.append(Doubt(number, round(sum(_loss(line.words[n]) for n in unsure), 4), unsure))
    return tuple(sorted(found, key=lambda item: (-item.weight, item.line)))


def _loss(word: Word) -> float:
    return (1.0 - word.confidence) * (3.0 if any(letter.isdigit() for letter in word.text) else 1.0)


def sharpness(grey: "Pixels") -> float | None:
    """Slope of the ink's edges half-way between ink and paper, as a share of their contrast (median); None without ink.

    About 0.7 for a sharp bilevel scan. Contrast and the amount of ink cancel out, unlike in the variance of the Laplacian.
    """
    smooth = cv2.GaussianBlur(grey, (3, 3), 0)
    around = np.ones((9, 9), np.uint8)
    contrast = cv2.morphologyEx(smooth, cv2.MORPH_GRADIENT, around)
    middle = cv2.add(cv2.erode(smooth, around), contrast // 2)
    places = np.nonzero((contrast > 120) & (cv2.absdiff(smooth, middle) < contrast // 8))
    if places[0].size < 200:
        return None
    across, down = (np.abs(cv2.Sobel(smooth, cv2.CV_16S, dx, 1 - dx)[places]) for dx in (1, 0))
    slopes = np.maximum(across, down) / 4
    return float(np.median(slopes / contrast[places]))


def cut_sides(image: PageImage) -> tuple[str, ...]:
    """Sides where writing runs over the border of the scan."""
    grey = image.pixels if image.pixels.ndim == 2 else image.pixels.max(axis=2)
    ink = letters(grey, image.dpi)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    letter = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) >= 6
    letter[0] = False
    borders = {"left": labels[:, 0], "right": labels[:, -1], "top": labels[0], "bottom": labels[-1]}
    return tuple(side for side, border in borders.items() if int(letter[np.unique(border)].sum()) >= _CUT[side])


def line_angles_apart(clean: CleanImage) -> float | None:
    """Degrees between the lines of the upper and of the lower half of a level page; None when either half says too little."""
    ink = letters(clean.pixels, clean.dpi)
    rows = np.flatnonzero(ink.any(axis=1))
    if rows.size < DPI:
        return None
    middle = (int(rows[0]) + int(rows[-1])) // 2
    halves = (ink[rows[0] : middle], ink[middle : rows[-1] + 1])
    if min(int(np.count_nonzero(half)) for half in halves) < 3000:
        return None
    top, bottom = (lean(np.ascontiguousarray(half), 3.0) for half in halves)
    return abs(top - bottom)


def letter_shapes(clean: CleanImage) -> int:
    """How many connected shapes of the size of letters the page has."""
    return _letter_shapes(text_of(third(ink_of(clean.pixels)), clean.dpi / 3), clean.dpi / 3)


def like_text(pixels: "Pixels", box: Box, dpi: float) -> bool:
    """Whether what stands in a box may be text: two shapes of the size of letters, and no more than a line of them is high."""
    part = ink_of(pixels[box.y0 : box.y1, box.x0 : box.x1])
    return (box.y1 - box.y0) / dpi * 25.4 < _HIGHEST_LINE and _letter_shapes(part, dpi) >= 2


def is_blank(clean: CleanImage) -> bool:
    """Whether a page holds paper and dust alone. One strewn with speckles (taken out before reading) is not blank."""
    lone = (step.values.get("lone", 0.0) for step in clean.steps if step.name == "noise")
    return letter_shapes(clean) <= _MOST_DUST and ink_share(clean) <= _MOST_STRAY_INK and all(float(share) < _STREWN for share in lone)


def _letter_shapes(ink: "Pixels", dpi: float) -> int:
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    size = np.maximum(stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]) / dpi * 25.4
    return int(np.count_nonzero((size > 1.2) & (size < 15)))


def ink_share(clean: CleanImage) -> float:
    """The share of the page that is dark."""
    return float(np.count_nonzero(ink_of(clean.pixels))) / clean.pixels.size
