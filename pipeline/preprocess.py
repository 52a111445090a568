"""Makes a page ready for reading: stamps and paper away, upright, level, at 300 dpi; and knows the way back."""

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.model import Box, CleanImage, Line, PageImage, Step
from pipeline.orientation import Lie, lie, shrunk

if TYPE_CHECKING:
    from pipeline.model import Affine, Pixels

READING_DPI = 300.0  # finer scans are reduced to this
_REDUCE_ABOVE = 390.0  # between here and the next the scan is read as it is: readers scale every line themselves
_ENLARGE_BELOW = 180.0
_ENLARGED_DPI = 200.0
_LARGEST = 30_000_000  # pixels to work on: A3 at 300 dpi is 17 million
_LONGEST = 16_000  # pixels: OpenCV's warps stop at 32,767
_LEAST_SKEW = 0.1  # degrees: less than a pixel over a word
_STRIP = 64  # rows of each sample, a quarter of the page in all
_ALONE = np.array([[-1, -1, -1], [-1, 1, -1], [-1, -1, -1]], np.float32)
_SPECKLED = 0.0004  # lone dark pixels per pixel; clean scans have under 0.0001
_NEGATIVE = 0.65  # share of dark pixels no written page has
_GREYISH = 24  # chroma below which a colour scan holds no colour
_COLOURED = (0.002, 0.5)  # share of the ink: below there is no stamp, above colour is the writing itself


def prepare(image: PageImage) -> CleanImage:
    """The page as a grey image at about 300 dpi, upright and level, dark ink on white; coordinates map back through ``to_page``."""
    pixels, scale = reduced(image.pixels, image.dpi)
    dpi = image.dpi * scale
    grey, colour = without_colour(pixels)
    grey, side = positive(grey)
    grey, margins = without_margins(grey)
    grey, noise = without_speckle(grey)
    grey, paper = without_paper(grey)
    found = lie(grey, dpi)
    grow = enlargement(dpi, grey.shape)
    level, back = set_upright(grey, found, grow)
    geometry = Step("upright", {**{k: round(v, 3) for k, v in found._asdict().items()}, "scale": round(scale * grow, 4)})
    to_page: Affine = back / scale
    return CleanImage(level, dpi * grow, to_page, (*image.steps, colour, side, margins, noise, paper, geometry))


def reduced(pixels: "Pixels", dpi: float) -> "tuple[Pixels, float]":
    """The image at 300 dpi when it came at far more, or smaller still when it is huge; and the factor applied (at most 1.0)."""
    height, width = pixels.shape[:2]
    factor = READING_DPI / dpi if dpi > _REDUCE_ABOVE else 1.0
    factor = min(factor, math.sqrt(_LARGEST / (height * width)), _LONGEST / max(height, width))
    return (shrunk(pixels, factor), factor) if factor < 1.0 else (pixels, 1.0)


def enlargement(dpi: float, shape: tuple[int, ...]) -> float:
    """How much to enlarge towards 200 dpi: never more than twice, which only smears, and never beyond the working size."""
    room = min(math.sqrt(_LARGEST / (shape[0] * shape[1])), _LONGEST / max(shape[:2]))
    return max(1.0, min(_ENLARGED_DPI / dpi, 2.0, room)) if dpi < _ENLARGE_BELOW else 1.0


def without_colour(pixels: "Pixels") -> "tuple[Pixels, Step]":
    """Grey (H, W) from BGR, coloured stamps bleached while they are the smaller part of the ink.

    The paper is made neutral first, so that yellowed sheets are not taken for coloured ink. Bleaching is the brightest channel plus
    the chroma: it leaves neutral ink as it is, black under a stamp included.
    """
    if pixels.ndim == 2:
        return pixels, Step("colour", {"action": "none"})
    sample = pixels[::4, ::4].astype(np.int16)
    if int(np.percentile(np.ptp(sample, axis=2), 99.95)) < _GREYISH:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False), Step("colour", {"action": "none"})
    neutral = cv2.LUT(pixels, _white_balance(pixels))
    brightest, darkest = neutral.max(axis=2), neutral.min(axis=2)
    chroma = brightest - darkest
    ink = darkest < 190
    share = np.count_nonzero(ink & (chroma > 60)) / max(1, int(np.count_nonzero(ink)))
    if share < _COLOURED[0]:
        return cv2.cvtColor(neutral, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False), Step(
            "colour", {"action": "none", "share": round(share, 4)}
        )
    if share > _COLOURED[1]:
        return darkest, Step("colour", {"action": "kept", "share": round(share, 4)})
    return cv2.add(brightest, chroma).astype(np.uint8, copy=False), Step("colour", {"action": "bleached", "share": round(share, 4)})


def _white_balance(pixels: "Pixels") -> "Pixels":
    """A look-up table (1, 256, 3) that takes the paper's colour, the 80th percentile of each channel, to white."""
    paper = np.percentile(pixels[::8, ::8].reshape(-1, 3), 80, axis=0)
    table = np.arange(256)[:, None] * (255.0 / np.maximum(paper, 64.0))
    return np.clip(table, 0, 255).astype(np.uint8)[None]


def positive(grey: "Pixels") -> "tuple[Pixels, Step]":
    """Dark writing on light paper, also from a negative (microfilm, a bilevel scan with its colours swapped)."""
    dark = float((grey[::4, ::4] < 96).mean())
    if dark < _NEGATIVE:
        return grey, Step("negative", {"action": "none"})
    return cv2.bitwise_not(grey).astype(np.uint8, copy=False), Step("negative", {"action": "inverted", "dark": round(dark, 3)})


def without_margins(grey: "Pixels", deepest: float = 0.06, dark: int = 110) -> "tuple[Pixels, Step]":
    """The black edges a copier or scanner leaves, painted like the paper: rows and columns mostly dark, from each side inwards."""
    edges = [_dark_edge(grey if side in "tb" else grey.T, deepest, dark, last=side in "br") for side in "tblr"]
    top, bottom, left, right = edges
    if not any(edges):
        return grey, Step("margins", {"action": "none"})
    paper = int(np.percentile(grey[::8, ::8], 80))
    kept = np.full_like(grey, paper)
    inside = np.s_[top : grey.shape[0] - bottom, left : grey.shape[1] - right]
    kept[inside] = grey[inside]
    return kept, Step("margins", {"action": "painted", "top": top, "bottom": bottom, "left": left, "right": right})


def _dark_edge(grey: "Pixels", deepest: float, dark: int, *, last: bool) -> int:
    """How many rows at one end are at least 60 % dark, counting inwards, at most ``deepest`` of the height."""
    reach = int(grey.shape[0] * deepest)
    rows = grey[::-1][:reach] if last else grey[:reach]
    is_dark = (rows < dark).mean(axis=1) > 0.6
    return reach if is_dark.all() else int(np.argmin(is_dark))


def without_speckle(grey: "Pixels") -> "tuple[Pixels, Step]":
    """Salt and pepper taken out by a median of 3, and only where there is some: connected-component filters eat Arabic dots."""
    strips = [grey[start : start + _STRIP] for start in range(0, grey.shape[0], 4 * _STRIP)]
    limit = float(grey[::4, ::4].mean()) - 50
    lone = sum(map(partial(_lone, limit=limit), strips)) / sum(strip.size for strip in strips)
    if lone < _SPECKLED:
        return grey, Step("noise", {"action": "none", "lone": round(lone, 6)})
    return cv2.medianBlur(grey, 3).astype(np.uint8, copy=False), Step("noise", {"action": "median 3", "lone": round(lone, 6)})


def _lone(strip: "Pixels", limit: float) -> int:
    """How many pixels of a strip are dark with none dark beside them."""
    ink = (strip < limit).astype(np.uint8)
    return int(np.count_nonzero(cv2.filter2D(ink, -1, _ALONE) == 1))


def without_paper(grey: "Pixels") -> "tuple[Pixels, Step]":
    """Grey divided by its background, then stretched so that the darkest ink is black: shadows, tints and fading go, grey stays."""
    sample = grey[::3, ::3]
    if np.count_nonzero((sample > 8) & (sample < 247)) < 0.005 * sample.size:
        return grey, Step("paper", {"action": "bilevel"})
    paper = cv2.medianBlur(cv2.dilate(shrunk(grey, 1 / 8), np.ones((7, 7), np.uint8)), 13)
    background = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    flat = cv2.divide(grey, np.maximum(background, 48), scale=255)
    ink = min(float(np.percentile(flat[::3, ::5], 0.5)), 190.0)  # a blank sheet's grain is not ink
    stretched = np.clip((np.arange(256) - int(ink)) * (255 / (248 - ink)), 0, 255).round().astype(np.uint8)
    return cv2.LUT(flat, stretched).astype(np.uint8, copy=False), Step(
        "paper", {"action": "divided", "paper": float(np.median(paper)), "ink": round(ink, 1)}
    )


def set_upright(grey: "Pixels", found: Lie, grow: float) -> "tuple[Pixels, Affine]":
    """The image turned, levelled and enlarged in one resampling on a canvas that loses no corner, and the 2x3 matrix back.

    Coordinates are those of pixel edges (pixel 0 covers 0.0..1.0), so that boxes with exclusive ends map without a shift.
    """
    height, width = grey.shape
    angle = found.turn + (found.skew if abs(found.skew) >= _LEAST_SKEW else 0.0)
    if angle == 0 and grow == 1.0:
        return grey, np.eye(2, 3)
    cos, sin = math.cos(math.radians(angle)) * grow, math.sin(math.radians(angle)) * grow
    out_w, out_h = (round(abs(width * a) + abs(height * b)) for a, b in ((cos, sin), (sin, cos)))
    forward = np.array([[cos, sin, 0.0], [-sin, cos, 0.0]])
    forward[:, 2] = np.array([out_w, out_h]) / 2 - forward[:, :2] @ np.array([width, height]) / 2
    back: Affine = cv2.invertAffineTransform(forward).astype(np.float64)
    centres = back.copy()
    centres[:, 2] += back[:, :2] @ np.array([0.5, 0.5]) - 0.5
    flags = (cv2.INTER_CUBIC if grow > 1.0 else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(grey, centres, (out_w, out_h), flags=flags, borderValue=255.0).astype(np.uint8, copy=False), back


def map_box(box: Box, to_page: "Affine", width: int, height: int) -> Box:
    """The upright box on the page as it came (``width`` x ``height``) that holds this box of the clean image; never empty."""
    corners = np.array([(x, y, 1.0) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]) @ to_page.T
    (x0, y0), (x1, y1) = np.floor(corners.min(axis=0) + 1e-6), np.ceil(corners.max(axis=0) - 1e-6)
    left, top = min(max(int(x0), 0), width - 1), min(max(int(y0), 0), height - 1)
    return Box(left, top, max(left + 1, min(int(x1), width)), max(top + 1, min(int(y1), height)))


def map_lines(lines: Iterable[Line], to_page: "Affine", width: int, height: int) -> tuple[Line, ...]:
    """Lines read on the clean image, with boxes on the page as it came."""

    def home(box: Box) -> Box:
        return map_box(box, to_page, width, height)

    return tuple(replace(line, box=home(line.box), words=tuple(replace(w, box=home(w.box)) for w in line.words)) for line in lines)
