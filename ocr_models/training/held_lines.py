"""Lines for judging a trained net: synthetic ones of seeds training never draws, real ones as they came, and paper without writing."""

from random import Random

import cv2
import numpy as np

from ocr_models.bidi import to_visual
from ocr_models.line_image import HEIGHT, Grey, line_image
from ocr_models.training.faces import find
from ocr_models.training.feed import Example, Sources, encode, real_lines
from ocr_models.training.lexicon import load
from ocr_models.training.stream import Stream
from ocr_models.training.text import Author, Tally

JUDGED, CALIBRATED, MEASURED = 990_001, 990_002, 990_003
"""Seeds: lines on which the finished model is judged, its confidence is fitted, and its 8-bit ranges are measured."""


def synthetic(sources: Sources, seed: int, count: int) -> dict[str, list[Example]]:
    """Lines by condition."""
    stream = Stream(Author(load(sources.words, sources.places), Tally()), find(held_out=False), seed)
    found: dict[str, list[Example]] = {}
    for index in range(count):
        sample = stream.sample(index)
        found.setdefault(sample.condition, []).append(Example(line_image(sample.image), encode(sample.text.visual)))
    return found


def real(sources: Sources, seed: int, count: int) -> list[Example]:
    """Real lines of those that may be learned from, so their figures flatter."""
    everything = real_lines(sources)
    chosen = Random(seed).sample(everything, min(count, len(everything)))  # noqa: S311 not for secrets
    return [Example(line_image(line.image()), encode(to_visual(line.label))) for line in chosen]


def wordless(seed: int, count: int) -> list[Example]:
    """Strips of grain, smudges, rules and cloth-like noise: whatever is read there is wrong."""
    rng = np.random.default_rng(seed)
    return [Example(line_image(_smudged(rng)), ()) for _ in range(count)]


def _smudged(rng: np.random.Generator) -> Grey:
    width = int(rng.integers(40, 1200))
    noise = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, width)).astype(np.float32), (0, 0), float(rng.uniform(0.3, 12)))
    grain = noise * (rng.uniform(4, 90) / max(float(noise.std()), 1e-6))
    strip = np.asarray(np.clip(rng.uniform(150, 255) + grain, 0, 255), np.uint8)
    for _ in range(int(rng.integers(0, 4))):
        one, other = ((int(rng.integers(width)), int(rng.integers(HEIGHT))) for _ in range(2))
        cv2.line(strip, one, other, float(rng.integers(0, 150)), int(rng.integers(1, 5)))
    return strip
