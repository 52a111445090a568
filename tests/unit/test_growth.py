"""The guard against cost that runs away can tell, whatever else the machine does."""

import time
from collections.abc import Sequence

import pytest

from tests.growth import runs_away


def busy(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


@pytest.mark.parametrize(("power", "away"), [(1, False), (2, True)])
def test_square_cost_runs_away_and_linear_does_not(power: int, away: bool) -> None:
    assert runs_away(lambda part: busy(0.4 * (len(part) / 1000) ** power), "x" * 1000) is away


def test_a_cache_does_not_hide_it() -> None:
    known: set[int] = set()

    def work(part: Sequence[str]) -> None:
        if len(part) not in known:
            busy(0.4 * (len(part) / 1000) ** 2)
        known.add(len(part))

    assert runs_away(work, "x" * 1000)
