"""How ink met paper: typewriter, dot matrix, letterpress. Ink mask in, ink mask of the same size out (0 paper, 255 ink)."""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_models.training.lines import Grey
from ocr_models.training.noise import cloud, even, grain

Value = TypeVar("Value", bound=np.generic)


def typed(mask: Grey, rng: np.random.Generator, pitch: int) -> Grey:
    """Types struck unevenly: every `pitch` columns a pixel higher or lower, and lighter or darker."""
    height, width = mask.shape
    count = width // pitch + 2
    jump = rng.choice(np.array([-1, 0, 0, 0, 0, 1]), count) if height > 24 else np.zeros(count, int)
    rows = np.clip(np.arange(height)[:, None] - _by_column(jump, pitch, width, rng), 0, height - 1)
    force = _by_column(rng.uniform(0.65, 1.0, count).astype(np.float32), pitch, width, rng)
    return _bytes(np.take_along_axis(mask, rows, axis=0) * force)


def _by_column(values: NDArray[Value], pitch: int, width: int, rng: np.random.Generator) -> NDArray[Value]:
    start = int(rng.integers(pitch))
    return np.repeat(values, pitch)[start : start + width]


def dotted(mask: Grey, rng: np.random.Generator, rows: int) -> Grey:
    """A needle printer's dots, `rows` of them from top to bottom (9 to 24 needles)."""
    height, width = mask.shape
    step = height / rows
    small = cv2.resize(mask, (max(1, round(width / step)), rows), interpolation=cv2.INTER_AREA)
    struck = np.where(small > 90, 255, 0).astype(np.float32) * (1 - 0.35 * even(small.shape, rng))
    y, x = (np.arange(height) / step) % 1 - 0.5, (np.arange(width) / width * small.shape[1]) % 1 - 0.5
    dot = np.clip(2.1 - 3.0 * np.hypot(y[:, None], x[None, :]), 0, 1).astype(np.float32)
    return _bytes(cv2.resize(struck, (width, height), interpolation=cv2.INTER_NEAREST) * dot)


def pressed(mask: Grey, rng: np.random.Generator, spread: float) -> Grey:
    """Metal type: ink squeezed to the edges, letters filled in or starved patch by patch. `spread` -1 starved … 1 filled."""
    soft = cv2.GaussianBlur(mask, (0, 0), 0.9).astype(np.float32)
    uneven = cloud(mask.shape, 24, rng) - 0.5
    middle = 0.5 * float(np.percentile(soft[soft > 16], 85)) if (soft > 16).any() else 128.0
    edge = middle * (1 - 0.5 * spread) + 60 * uneven + 14 * grain(mask.shape, rng)
    cover = np.clip((soft - edge) * 0.03 + 0.5, 0, 1)
    inner = cv2.erode(mask, np.ones((3, 3), np.uint8)).astype(np.float32) / 255
    return _bytes(255 * cover * (1 - inner * (0.12 + 0.3 * even(mask.shape, rng) * (uneven > 0.1))))


def _bytes(values: NDArray[np.floating]) -> Grey:
    return np.asarray(np.clip(values, 0, 255), np.uint8)
