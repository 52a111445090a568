"""Fits the map from a reading's evidence to the probability that a word is exactly right, and says how far off it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from ocr_models.confidence import FEATURES, Calibration, Chances
from ocr_models.decode import features, visual_lines
from ocr_models.training.feed import SIGNS

_RIDGE, _ROUNDS, _BINS = 1.0, 50, 15


@dataclass(frozen=True)
class Judged:
    """Evidence of every word read, (words, features), and whether it is exactly what is written there."""

    evidence: NDArray[np.float64]
    right: NDArray[np.bool_]


def judged(lines: Sequence[Chances], truths: Sequence[tuple[int, ...]]) -> Judged:
    """Words of lines in paper order beside their true classes; a word is right where aligning both lines leaves it alone."""
    read = visual_lines(lines, SIGNS)
    right: list[bool] = []
    for line, truth in zip(read, truths, strict=True):
        wanted = "".join(SIGNS[code - 1] for code in truth).split()
        found = [token.text for token in line.tokens]
        marks = [False] * len(found)
        for block in Levenshtein.opcodes(found, wanted):
            if block.tag == "equal":
                marks[block.src_start : block.src_end] = [True] * (block.src_end - block.src_start)
        right += marks
    return Judged(features(read), np.array(right, np.bool_))


def fit(words: Judged) -> Calibration:
    """Logistic regression with a light ridge, by Newton's method."""
    inputs = np.column_stack([words.evidence, np.ones(len(words.right))])
    ridge = np.diag([_RIDGE] * len(FEATURES) + [0.0])
    weights = np.zeros(inputs.shape[1])
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-inputs @ weights))
        slope = inputs.T @ (words.right - chance) - ridge @ weights
        bend = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + ridge + 1e-9 * np.eye(len(weights))
        step = np.linalg.solve(bend, slope)
        weights = weights + step
        if float(np.abs(step).max()) < 1e-8:
            break
    return Calibration(tuple(round(float(each), 6) for each in weights[:-1]), round(float(weights[-1]), 6))


def calibration_error(chances: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error over 15 bins of equal width (Guo et al., 2017)."""
    bins = np.minimum((chances * _BINS).astype(int), _BINS - 1)
    off = [abs(float((chances[bins == at] - right[bins == at]).sum())) for at in range(_BINS)]
    return sum(off) / max(len(right), 1)
