"""Scores with how sure they are: right records found, people shown as likely who are not there, stated against true chances."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

DEPTH = 10
BINS = 10
_ROUNDS, _SEED = 2000, 20_110_318


class Share(NamedTuple):
    """A share (0.0-1.0) and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Shown:
    """One hit: the number of the person it shows (None: it shows a page), and whether it is said to be likely."""

    person: int | None
    likely: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a question: the rank of the first right record (None: not among the first DEPTH), hits, any likely, milliseconds."""

    rank: int | None
    hits: int
    likely: bool
    ms: float


class Bin(NamedTuple):
    """Queries with neighbouring stated chances of a miss: how many, the mean of what was stated, and the share that was missed."""

    queries: int
    stated: float
    missed: float


def outcome(hits: Sequence[Shown], right: Iterable[int], ms: float) -> Outcome:
    """A hit that shows a page takes up a rank and is not right: the record is what was asked for."""
    wanted = frozenset(right)
    ranks = (rank for rank, hit in enumerate(hits[:DEPTH], start=1) if hit.person in wanted)
    return Outcome(next(ranks, None), len(hits), any(hit.likely for hit in hits), ms)


def recall(outcomes: Sequence[Outcome], most: int) -> Share:
    """The share with a right record among the first ``most``; the interval by the bootstrap over queries."""
    return bootstrap([one.rank is not None and one.rank <= most for one in outcomes])


def bootstrap(found: Sequence[bool]) -> Share:
    """A share and its percentile interval, queries drawn anew; the same queries always give the same."""
    values = np.asarray(found, dtype=float)
    rng = np.random.default_rng(_SEED)
    drawn = rng.binomial(len(values), values.mean(), _ROUNDS) / len(values)  # drawing yes and no anew is a binomial
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Share(float(values.mean()), float(low), float(high))


def likely(outcomes: Sequence[Outcome]) -> Share:
    """The share with anything shown as likely; the interval is Wilson's, which says something where none was."""
    number, count = len(outcomes), sum(one.likely for one in outcomes)
    z, share = 1.96, count / number
    middle, width = share + z * z / (2 * number), z * np.sqrt(share * (1 - share) / number + z * z / (4 * number * number))
    return Share(share, float(max(0.0, (middle - width) / (1 + z * z / number))), float((middle + width) / (1 + z * z / number)))


def calibration(stated: Sequence[float], missed: Sequence[bool], bins: int = BINS) -> list[Bin]:
    """Queries sorted by the stated chance of a miss, in ``bins`` of equal count (the first longer by one where they must be)."""
    if len(stated) != len(missed) or len(stated) < bins:
        raise ValueError(f"{bins} bins want as many queries, each stated and judged")
    order = np.argsort(np.asarray(stated), kind="stable")
    parts = np.array_split(order, bins)
    said, lost = np.asarray(stated, float), np.asarray(missed, float)
    return [Bin(len(part), float(said[part].mean()), float(lost[part].mean())) for part in parts]


def worst(bins: Iterable[Bin]) -> float:
    """The largest difference between stated and true, in points (0.0-1.0)."""
    return max(abs(one.stated - one.missed) for one in bins)
