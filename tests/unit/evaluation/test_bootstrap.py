"""The paired bootstrap tells a gain from luck."""

from collections.abc import Sequence
from random import Random

import pytest

from ocr_models.evaluation.bootstrap import compare
from ocr_models.evaluation.metrics import Count, bins
from ocr_models.evaluation.score import ItemScore


def items(errors: Sequence[int], measure: str = "cer") -> list[ItemScore]:
    return [ItemScore("set", f"{number}", {measure: Count(part, 50)}, bins([]), 0.0) for number, part in enumerate(errors)]


def test_a_gain_on_every_item_is_sure() -> None:
    errors = [5 + number % 3 for number in range(60)]
    found = compare(items(errors), items([part - 2 for part in errors]), "cer")
    assert found.better
    assert found.middle == pytest.approx(0.04)
    assert compare(items([part - 2 for part in errors]), items(errors), "cer").worse


def test_luck_is_neither() -> None:
    rng = Random(3)  # noqa: S311 not for secrets
    errors = [rng.randint(0, 10) for _ in range(60)]
    found = compare(items(errors), items(errors[::-1]), "cer")
    assert not found.better
    assert not found.worse


def test_of_shares_read_more_is_better() -> None:
    assert compare(items([40] * 20, "names"), items([45] * 20, "names"), "names").better


def test_the_same_items_give_the_same() -> None:
    one, other = items([1, 2, 3, 9]), items([2, 2, 2, 2])
    assert compare(one, other, "cer") == compare(one, other[::-1], "cer")


def test_items_must_be_the_same_and_have_the_measure() -> None:
    with pytest.raises(ValueError, match="different items"):
        compare(items([1, 2]), items([1]), "cer")
    with pytest.raises(ValueError, match="cells"):
        compare(items([1, 2]), items([1, 2]), "cells")
