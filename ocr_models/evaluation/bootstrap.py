"""Whether one model is truly better than another on the same items: the paired bootstrap (Efron and Tibshirani, 1993)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ocr_models.evaluation.metrics import LOWER_IS_BETTER, NOTHING
from ocr_models.evaluation.score import ItemScore

_ROUNDS, _SEED = 2000, 20_160_719


class Interval(NamedTuple):
    """How much better b is than a, in the measure's own units (a share): above 0 is better, whichever way the measure runs."""

    low: float
    middle: float
    high: float

    @property
    def better(self) -> bool:
        return self.low > 0

    @property
    def worse(self) -> bool:
        return self.high < 0


def compare(a: Sequence[ItemScore], b: Sequence[ItemScore], metric: str, *, rounds: int = _ROUNDS) -> Interval:
    """The 95 % interval of b's gain over a, items drawn anew `rounds` times, the same for both; the same items always give the same.

    Items are paired by set and name. Raises ValueError when the two did not measure the same items, or none has the measure.
    """
    ours, theirs = ({(item.set, item.name): item for item in items} for items in (a, b))
    if ours.keys() != theirs.keys():
        raise ValueError(f"the two measured different items: {len(ours.keys() ^ theirs.keys())} are on one side only")
    counts = np.array([[*ours[key].counts.get(metric, NOTHING), *theirs[key].counts.get(metric, NOTHING)] for key in sorted(ours)], float)
    counts = counts[(counts[:, [1, 3]] > 0).any(axis=1)] if counts.size else counts
    if not counts.size or not counts[:, 1].any() or not counts[:, 3].any():
        raise ValueError(f"no item has the measure {metric}")
    rng = np.random.default_rng(_SEED)
    gains = np.array([_gain(counts[rng.integers(0, len(counts), len(counts))]) for _ in range(rounds)])
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    low, high = np.nanpercentile(sign * gains, (2.5, 97.5))
    return Interval(float(low), float(sign * _gain(counts)), float(high))


def _gain(counts: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> float:
    """b's share less a's; not a number where the items drawn have nothing of the measure."""
    part_a, whole_a, part_b, whole_b = counts.sum(axis=0)
    return float(part_b / whole_b - part_a / whole_a) if whole_a and whole_b else float("nan")
