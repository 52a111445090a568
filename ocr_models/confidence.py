"""How sure a reading of a word is: evidence from the net's own probabilities, and the map from it to a calibrated probability."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

FEATURES = ("word", "signs", "figures", "spaces", "line")
_SUREST = 9.0  # single precision tells nothing beyond: log odds of 1 in 8,000
_MOST_FRAMES, _MOST_SIGNS = 600, 64
_TOGETHER = 64

Chances = NDArray[np.float32]


@dataclass(frozen=True)
class Spelling:
    """One word on its frames: (frames, classes) probabilities, and the classes of its signs from left to right."""

    likely: Chances
    codes: tuple[int, ...]


@dataclass(frozen=True)
class Calibration:
    """Logistic regression from the features to the probability that a word is exactly right (Platt, 1999), fitted at export."""

    weights: tuple[float, ...]
    offset: float

    @classmethod
    def parse(cls, text: str) -> "Calibration":
        """From a model's metadata. Raises ValueError, KeyError, TypeError for what is no calibration of these features."""
        held = json.loads(text)
        weights = tuple(float(held["weights"][name]) for name in FEATURES)
        if not np.isfinite([*weights, float(held["offset"])]).all():
            raise ValueError("a weight is no number")
        return cls(weights, float(held["offset"]))

    def text(self) -> str:
        return json.dumps(asdict(self) | {"weights": dict(zip(FEATURES, self.weights, strict=True))})

    def __call__(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """(words, features) to probabilities from 0 to 1."""
        scores: NDArray[np.float64] = features @ np.array(self.weights) + self.offset
        return np.asarray(1 / (1 + np.exp(-scores)), np.float64)


def log_odds(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cut off at 1 in 8,000 to either side."""
    safe = np.clip(chance, 1e-12, 1 - 1e-12)
    return np.asarray(np.clip(np.log(safe) - np.log1p(-safe), -_SUREST, _SUREST), np.float64)


def likelihoods(words: Sequence[Spelling]) -> NDArray[np.float64]:
    """Probability of each word among everything its frames could say: CTC's forward sum (Graves et al., 2006, eq. 6-8).

    Zero for more than 64 signs or 600 frames between two spaces: no word of these papers.
    """
    found = np.zeros(len(words))
    fit = [i for i, word in enumerate(words) if len(word.codes) <= _MOST_SIGNS and len(word.likely) <= _MOST_FRAMES]
    fit.sort(key=lambda i: len(words[i].likely))
    for at in range(0, len(fit), _TOGETHER):
        some = fit[at : at + _TOGETHER]
        found[some] = _forward([words[i] for i in some])
    return found


def _forward(words: Sequence[Spelling]) -> NDArray[np.float64]:
    """All words at once, a frame a step; probabilities, not their logarithms: a word's are seldom under 1e-30."""
    states = 2 * max(len(word.codes) for word in words) + 1
    frames = max(len(word.likely) for word in words)
    emitted = np.zeros((frames, len(words), states))
    skips = np.zeros((len(words), states))
    ends = np.array([[len(word.likely) - 1, 2 * len(word.codes)] for word in words])
    for row, word in enumerate(words):
        labels = np.zeros(2 * len(word.codes) + 1, np.intp)
        labels[1::2] = word.codes
        emitted[: len(word.likely), row, : len(labels)] = word.likely[:, labels]
        skips[row, 2 : len(labels)] = (labels[2:] != 0) & (labels[2:] != labels[:-2])
    reached = np.zeros((frames, len(words), states))
    reached[0, :, :2] = emitted[0, :, :2]
    for frame in range(1, frames):
        before, now = reached[frame - 1], reached[frame]
        now += before
        now[:, 1:] += before[:, :-1]
        now[:, 2:] += before[:, :-2] * skips[:, 2:]
        now *= emitted[frame]
    rows = np.arange(len(words))
    return np.asarray(reached[ends[:, 0], rows, ends[:, 1]] + reached[ends[:, 0], rows, ends[:, 1] - 1])
