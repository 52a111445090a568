"""What time, copiers and wires do to a line: grey image (0 ink, 255 paper) in, grey image of the same size out."""

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_models.training.lines import Grey
from ocr_models.training.noise import cloud, even, grain

_DISC = np.asarray(cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)), np.uint8)


def blur(image: Grey, sigma: float) -> Grey:
    """Out of focus by `sigma` pixels."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def low_resolution(image: Grey, factor: float) -> Grey:
    """Scanned with `factor` (0-1) of the pixels a side and enlarged again."""
    height, width = image.shape
    small = cv2.resize(image, (max(1, round(width * factor)), max(1, round(height * factor))), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def bilevel(image: Grey, level: int, rng: np.random.Generator, wander: float = 0.0) -> Grey:
    """Black and white at `level`, which wanders by `wander` grey levels over the page."""
    limit = level if wander == 0 else level + wander * (cloud(image.shape, 60, rng) - 0.5)
    return np.where(image > limit, 255, 0).astype(np.uint8)


def thicker(image: Grey, weight: float) -> Grey:
    """Strokes grown by up to a pixel a side: `weight` 0-1 of the grown image over the given one."""
    return np.asarray(cv2.addWeighted(image, 1 - weight, cv2.erode(image, _DISC), weight, 0), np.uint8)


def thinner(image: Grey, weight: float) -> Grey:
    """Strokes eaten away by up to a pixel a side; `weight` 0-1 keeps hairlines and dots from vanishing."""
    return np.asarray(cv2.addWeighted(image, 1 - weight, cv2.dilate(image, _DISC), weight, 0), np.uint8)


def contrast(image: Grey, ink: int, paper: int) -> Grey:
    """Ink and paper at these grey levels. Raises ValueError where ink would be no darker than paper."""
    if ink >= paper:
        raise ValueError(f"ink at {ink} on paper at {paper} is an inverted page")
    table = np.linspace(ink, paper, 256).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table), np.uint8)


def uneven_ink(image: Grey, rng: np.random.Generator, depth: float) -> Grey:
    """Ink paler in patches: up to `depth` (0-1) of it is missing."""
    return _faded(image, depth * cloud(image.shape, 40, rng))


def ribbon(image: Grey, rng: np.random.Generator, depth: float) -> Grey:
    """A worn ribbon: the upper or lower part of the types pale, the weave showing."""
    height = image.shape[0]
    fall = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    fall = fall if rng.random() < 0.5 else 1 - fall
    weave = 0.75 + 0.25 * even(image.shape, rng)
    return _faded(image, np.clip(depth * (0.35 + 0.65 * fall) * weave, 0, 0.9))


def carbon(image: Grey, rng: np.random.Generator, wear: float) -> Grey:
    """A carbon copy: soft, grainy, pale strokes on a smudged sheet."""
    soft = blur(image, 0.8 + 0.7 * wear).astype(np.float32)
    cover = np.clip((255 - soft) / 255 * (1.25 - 0.35 * wear) * (1 - (0.25 + 0.3 * wear) * even(image.shape, rng)), 0, 1)
    sheet = 232 - 34 * wear * cloud(image.shape, 50, rng) + 5 * grain(image.shape, rng)
    return _bytes(sheet * (1 - cover) + 75 * cover)


def photocopy(image: Grey, rng: np.random.Generator, wear: float) -> Grey:
    """One trip over the copier's glass: soft, then hard about the middle of ink and paper; toner missing in grains and patches, specks."""
    soft = blur(image, 0.5 + 0.4 * wear)
    middle = float(np.clip(0.55 * float(np.percentile(soft, 2)) + 115, 135, 205))
    values = (
        (soft.astype(np.float32) - middle) * (1.5 + wear)
        + 135
        + 40 * wear * (cloud(image.shape, 70, rng) - 0.45)
        + 10 * wear * grain(image.shape, rng)
    )
    starved = even(image.shape, rng) < 0.12 * wear
    values[starved] += 70
    return speckle(_bytes(np.clip(values, 12, 246)), rng, 4e-5 * wear)


def fax(image: Grey, rng: np.random.Generator, wear: float) -> Grey:
    """204 × 98 or 196 dots an inch, bilevel; torn and lost scan lines as `wear` grows."""
    height, width = image.shape
    rows = max(18, round(height * (0.85 - 0.3 * wear)))
    low = cv2.resize(image, (max(1, round(width * (0.9 - 0.2 * wear))), rows), interpolation=cv2.INTER_AREA).astype(np.float32)
    black = low + 24 * wear * grain(low.shape, rng) < rng.uniform(120, 172) - 12 * wear
    for y in rng.integers(0, rows, rng.poisson(1.2 * wear)):
        start, length = sorted(rng.integers(0, low.shape[1], 2))
        black[y, start:length] = rng.random() < 0.4
    full = cv2.resize(np.where(black, 0, 255).astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(full, np.uint8)


def speckle(image: Grey, rng: np.random.Generator, share: float) -> Grey:
    """Specks of dirt, black and white, of 1-3 pixels: `share` of the pixels are their middles."""
    out = image.copy()
    height, width = image.shape
    for _ in range(rng.poisson(share * height * width)):
        y, x, size = int(rng.integers(height)), int(rng.integers(width)), int(rng.integers(1, 4))
        out[y : y + size, x : x + size] = 255 if rng.random() < 0.2 else int(rng.integers(0, 110))
    return out


def bleed_through(image: Grey, back: Grey, depth: float) -> Grey:
    """The other side's writing (`back`, as large) seen mirrored through thin paper: `depth` 0-1 of its darkness."""
    shown = cv2.GaussianBlur(back[:, ::-1], (0, 0), 1.6).astype(np.float32)
    return _bytes(image * (1 - depth * (255 - shown) / 255))


def grainy(image: Grey, rng: np.random.Generator, sigma: float, shade: float = 0.0) -> Grey:
    """A scanner's noise of `sigma` grey levels and light uneven by up to `shade` levels."""
    values = image + sigma * grain(image.shape, rng)
    return _bytes(values - shade * cloud(image.shape, 160, rng) if shade else values)


def jpeg(image: Grey, quality: int) -> Grey:
    """Through JPEG at `quality` 1-100."""
    _, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def skewed(image: Grey, rise: float, shear: float, paper: int) -> Grey:
    """A crop laid a little crooked: the left end `rise` pixels higher than the right, `shear` pixels aslant from top to foot."""
    height, width = image.shape
    matrix = np.array([[1, shear / height, -shear / 2], [-rise / width, 1, rise / 2]], np.float64)
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=(paper,)), np.uint8)


def curled(image: Grey, depth: float, phase: float, waves: float, paper: int) -> Grey:
    """A sheet that did not lie flat: columns rise and fall by `depth` pixels in `waves` waves along the line."""
    height, width = image.shape
    rise = depth * np.sin(np.linspace(0, 2 * np.pi * waves, width, dtype=np.float32) + phase)
    across, down = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.asarray(cv2.remap(image, across, down + rise.astype(np.float32), cv2.INTER_LINEAR, borderValue=(paper,)), np.uint8)


def _faded(image: Grey, share: NDArray[np.float32]) -> Grey:
    return _bytes(image + (255 - image.astype(np.float32)) * share)


def _bytes(values: NDArray[np.floating]) -> Grey:
    return np.asarray(np.clip(values, 0, 255), np.uint8)
