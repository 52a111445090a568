"""A word's evidence is CTC's own sum, and the calibration says what it was fitted to say."""

import json
from itertools import groupby, product
from math import prod

import numpy as np
import pytest

from ocr_models.confidence import FEATURES, Calibration, Spelling, likelihoods, log_odds
from ocr_models.training.calibrate import Judged, calibration_error, fit


def by_hand(likely: np.ndarray, codes: tuple[int, ...]) -> float:
    paths = product(range(likely.shape[1]), repeat=len(likely))
    said = ((path, tuple(code for code, _ in groupby(path) if code)) for path in paths)
    return sum(prod(float(likely[frame, code]) for frame, code in enumerate(path)) for path, text in said if text == codes)


def test_likelihoods_add_up_every_path() -> None:
    rng = np.random.default_rng(3)
    words = [
        Spelling(rng.dirichlet(np.ones(4), frames).astype(np.float32), codes)
        for frames, codes in [(1, (2,)), (3, (1, 2)), (5, (3, 3)), (6, (1, 2, 1)), (4, (1, 2, 3, 1)), (3, (1, 1, 1)), (6, (2,))]
    ]
    assert likelihoods(words) == pytest.approx([by_hand(word.likely, word.codes) for word in words], abs=1e-6)


def test_what_is_no_word_is_not_likely() -> None:
    frame = np.array([[0.0, 1.0]], np.float32)
    assert likelihoods([Spelling(np.repeat(frame, 700, axis=0), (1,))]).tolist() == [0.0]
    assert likelihoods([Spelling(np.repeat(frame, 100, axis=0), (1,) * 65)]).tolist() == [0.0]
    assert likelihoods([]).tolist() == []


def test_log_odds_end_where_single_precision_does() -> None:
    assert log_odds(np.array([0.0, 0.5, 1.0])).tolist() == [-9.0, 0.0, 9.0]


def test_a_calibration_comes_back_from_a_models_metadata() -> None:
    made = Calibration((0.5, -0.25, 0.0, 1.0, 2.0), -0.125)
    assert Calibration.parse(made.text()) == made
    assert made(np.zeros((1, len(FEATURES)))) == pytest.approx([1 / (1 + np.exp(0.125))])


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"weights": {}, "offset": 0}', json.dumps({"weights": dict.fromkeys(FEATURES, "x"), "offset": 0}),
             json.dumps({"weights": dict.fromkeys(FEATURES, float("nan")), "offset": 0})],
)  # fmt: skip
def test_what_is_no_calibration_is_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Calibration.parse(text)


def test_the_fit_finds_the_law_behind_the_words() -> None:
    rng = np.random.default_rng(5)
    evidence = rng.normal(0, 2, (20_000, len(FEATURES)))
    law = Calibration((0.8, -0.3, 0.0, 0.1, 0.2), 0.5)
    right = rng.random(len(evidence)) < law(evidence)
    found = fit(Judged(evidence, right))
    assert (*found.weights, found.offset) == pytest.approx((*law.weights, law.offset), abs=0.06)
    assert calibration_error(found(evidence), right) < 0.012
    assert calibration_error(np.full(len(right), 0.99), right) > 0.2


def test_a_fit_on_words_that_are_all_right_stays_finite() -> None:
    found = fit(Judged(np.ones((50, len(FEATURES))), np.ones(50, np.bool_)))
    assert np.isfinite([*found.weights, found.offset]).all()
