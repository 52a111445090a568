"""Randomness by the sheet: drawn once, cut from anywhere, because drawing it anew for every line costs most of the time."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]
_HEIGHT, _WIDTH = 320, 8192


@cache
def _grain() -> Values:
    return np.random.default_rng(20_481).standard_normal((_HEIGHT, _WIDTH), dtype=np.float32)


@cache
def _even() -> Values:
    return np.random.default_rng(20_482).random((_HEIGHT, _WIDTH), dtype=np.float32)


def grain(shape: tuple[int, ...], rng: np.random.Generator) -> Values:
    """Normal noise, mean 0, deviation 1; a page larger than the sheet sees it repeat."""
    return _piece(_grain(), shape, rng)


def even(shape: tuple[int, ...], rng: np.random.Generator) -> Values:
    """Uniform noise in 0-1."""
    return _piece(_even(), shape, rng)


def cloud(shape: tuple[int, ...], patch: int, rng: np.random.Generator) -> Values:
    """Slow unevenness between 0 and 1, patches about `patch` pixels across."""
    height, width = shape[0], shape[1]
    coarse = rng.random((height // patch + 3, width // patch + 3), dtype=np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _piece(sheet: Values, shape: tuple[int, ...], rng: np.random.Generator) -> Values:
    height, width = shape[0], shape[1]
    if height > _HEIGHT or width > _WIDTH:
        return np.asarray(np.tile(sheet, (-(-height // _HEIGHT), -(-width // _WIDTH)))[:height, :width], np.float32)
    top, left = int(rng.integers(_HEIGHT - height + 1)), int(rng.integers(_WIDTH - width + 1))
    return sheet[top : top + height, left : left + width]
