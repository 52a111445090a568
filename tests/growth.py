"""A guard against cost that runs away with the size of what comes in, and against nothing else: speed is measured in benchmarks/."""

import time
from collections.abc import Callable, Sequence
from typing import Any

ATTEMPTS = 3
TIMES = 8
SLACK = 0.2  # seconds below which growth cannot be told from noise


def runs_away(work: Callable[[Any], object], whole: Sequence[Any]) -> bool:
    """Whether an eighth of ``whole`` costs so much less than all of it that cost must grow faster than size.

    Linear work gives a ratio of 8, square work one of 64; above 24 it has run away. Of three attempts one that stays under clears it,
    so that a busy machine cannot accuse it; each takes another length, so that no cache can clear it. Processor seconds of this process.
    """
    return all(_attempt(work, whole, number) for number in range(ATTEMPTS))


def _attempt(work: Callable[[Any], object], whole: Sequence[Any], number: int) -> bool:
    less = _seconds(work, whole[: max(1, len(whole) // TIMES - number)])
    return _seconds(work, whole[: len(whole) - number]) > 3 * TIMES * less + SLACK


def _seconds(work: Callable[[Any], object], part: Sequence[Any]) -> float:
    start = time.process_time()
    work(part)
    return time.process_time() - start
