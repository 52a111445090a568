"""Changed faces keep what is written: the same strokes in the same order, on the same baseline, dots not lost."""

from random import Random

import cv2
import numpy as np
import pytest

from ocr_models.training.designs import broad, monoline, paced, proportioned, varied
from ocr_models.training.lines import Grey, Inked


def strokes() -> Inked:
    """Two uprights, a low bow between them, and two dots below: 60 × 200, the baseline on row 45."""
    mask = np.zeros((60, 200), np.uint8)
    mask[2:45, 20:28] = 255
    mask[2:45, 170:178] = 255
    mask[35:45, 20:178] = 255
    mask[52:57, 80:85] = 255
    mask[52:57, 95:100] = 255
    return Inked(mask, 45)


def parts(mask: Grey) -> int:
    return int(cv2.connectedComponents(np.asarray((mask > 127) * 255, np.uint8))[0]) - 1


@pytest.mark.parametrize("thick", [1, 2, 5])
def test_one_pen_draws_strokes_of_its_own_thickness_and_leaves_the_dots(thick: int) -> None:
    drawn = monoline(strokes().mask, thick)
    assert drawn.shape == (60, 200)
    assert parts(drawn) == 3
    across = int((drawn[20] > 127).sum())  # of the two uprights
    assert 2 * thick <= across <= 2 * (thick + 2) < 16
    assert (drawn[52:57, 80:85] > 127).mean() > 0.5


def test_proportions_change_on_each_side_of_the_baseline() -> None:
    taller = proportioned(strokes(), 1.5, 0.5, 1.0)
    assert (taller.baseline, taller.mask.shape) == (68, (76, 200))
    assert parts(taller.mask) == 3
    low, plain = (proportioned(strokes(), 1.0, 1.0, bend) for bend in (1.3, 1.0))
    assert np.array_equal(plain.mask, strokes().mask)
    assert (low.mask[:, 100] > 127).sum() < (plain.mask[:, 100] > 127).sum(), "the bow is lower, the uprights are as tall"
    assert (low.mask[:, 24] > 127).sum() == (plain.mask[:, 24] > 127).sum()


def test_a_pace_moves_columns_and_keeps_their_order() -> None:
    mask = strokes().mask
    moved = paced(mask, np.random.default_rng(1), 0.3)
    assert moved.shape[0] == 60
    assert 140 < moved.shape[1] < 260
    assert moved.shape[1] != 200
    assert parts(moved) == 3


@pytest.mark.parametrize(("weight", "wider"), [(1.0, True), (-1.0, False)])
def test_a_broad_nib_changes_strokes_across_it_alone(weight: float, wider: bool) -> None:
    mask = strokes().mask
    nibbed = broad(mask, 4, 0, weight)
    assert bool((nibbed[20] > 127).sum() > (mask[20] > 127).sum()) is wider
    assert (nibbed[:, 120] > 127).sum() == (mask[:, 120] > 127).sum()


def changed(inked: Inked, seed: int) -> Inked:
    return varied(inked, Random(seed), np.random.default_rng(seed))  # noqa: S311  # not for secrets


def test_changes_come_from_the_seed_and_low_lines_stay() -> None:
    assert np.array_equal(changed(strokes(), 3).mask, changed(strokes(), 3).mask)
    low = Inked(strokes().mask[40:50], 5)
    assert changed(low, 3) is low
    assert len({changed(strokes(), seed).mask.tobytes() for seed in range(20)}) > 15
