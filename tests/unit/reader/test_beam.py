"""The beam finds what adding up every path finds."""

from collections import defaultdict
from itertools import groupby, product
from math import prod

import numpy as np
import pytest

from ocr_models.beam import readings


def by_hand(likely: np.ndarray) -> dict[tuple[int, ...], float]:
    """Every path of CTC, added up by what it says."""
    found: dict[tuple[int, ...], float] = defaultdict(float)
    for path in product(range(likely.shape[1]), repeat=len(likely)):
        said = tuple(code for code, _ in groupby(path) if code)
        found[said] += prod(float(likely[frame, code]) for frame, code in enumerate(path))
    return found


@pytest.mark.parametrize("seed", range(8))
def test_chances_are_those_of_all_paths(seed: int) -> None:
    likely = np.random.default_rng(seed).dirichlet(np.ones(4), 5).astype(np.float32)
    wanted = by_hand(likely)
    found = readings(likely, 400)
    assert found[0][0] == max(wanted, key=lambda codes: wanted[codes])
    for codes, chance in found[:10]:
        assert chance == pytest.approx(wanted[codes], abs=0.02), "frames under one in a hundred are let go"
    assert [chance for _, chance in found] == sorted((chance for _, chance in found), reverse=True)


def test_the_likeliest_text_need_not_be_on_the_best_path() -> None:
    likely = np.array([[0.4, 0.3, 0.3], [0.4, 0.3, 0.3]], np.float32)  # best path: blank, blank; 1 in three ways, 2 in three ways
    assert readings(likely, 10)[0][0] in ((1,), (2,))


def test_a_sign_twice_needs_a_blank_between() -> None:
    assert readings(np.array([[0, 1], [0, 1], [0, 1]], np.float32), 4) == [((1,), 1.0)]
    assert readings(np.array([[0, 1], [1, 0], [0, 1]], np.float32), 4) == [((1, 1), 1.0)]


def test_a_class_left_out_is_in_no_reading() -> None:
    likely = np.random.default_rng(1).dirichlet(np.ones(4), 6).astype(np.float32)
    assert any(2 in codes for codes, _ in readings(likely, 20))
    assert not any(2 in codes for codes, _ in readings(likely, 20, without=2))


def test_at_most_as_many_as_asked() -> None:
    assert len(readings(np.full((12, 9), 1 / 9, np.float32), 5)) == 5
    assert readings(np.zeros((0, 3), np.float32), 5) == [((), 1.0)]
