"""Blended nets: weights between the two, statistics of their own, and every source of either named."""

from pathlib import Path

import pytest
import torch

from ocr_models.training.blend import blend
from ocr_models.training.feed import Sources
from ocr_models.training.network import Shape
from ocr_models.training.train import Trainer

TINY = Shape((8, 8, 16, 16, 32), inner=16, blocks=2)


def made(path: Path, seed: int, shape: Shape = TINY, **learned: frozenset[object]) -> Trainer:
    torch.manual_seed(seed)
    trainer = Trainer(path, shape, "cpu")
    for name, value in learned.items():
        setattr(trainer, name, value)
    trainer.save(path)
    return trainer


def test_weights_lie_between_and_statistics_are_new(tmp_path: Path) -> None:
    one = made(tmp_path / "a.pt", 1, real=frozenset({"books"}), holdings=frozenset({3}))
    other = made(tmp_path / "b.pt", 2, real=frozenset({"journals"}), holdings=frozenset({4}))
    found = blend(tmp_path / "a.pt", tmp_path / "b.pt", 0.25, Sources(5), steps=2)
    mixed = zip(found.mean.module.parameters(), one.mean.module.parameters(), other.mean.module.parameters(), strict=True)
    assert all(torch.allclose(blended, 0.75 * first + 0.25 * second, atol=1e-6) for blended, first, second in mixed)
    state, fresh = found.mean.module.state_dict(), other.mean.module.state_dict()
    means = [name for name in state if name.endswith("running_mean")]
    assert means
    assert all(not torch.equal(state[name], fresh[name]) for name in means)
    assert (found.real, found.holdings) == ({"books", "journals"}, {3, 4})


def test_nets_of_two_shapes_are_refused(tmp_path: Path) -> None:
    made(tmp_path / "a.pt", 1)
    made(tmp_path / "b.pt", 1, Shape((8, 8, 16, 16, 16), inner=16, blocks=1))
    with pytest.raises(ValueError, match="two shapes"):
        blend(tmp_path / "a.pt", tmp_path / "b.pt", 0.5, Sources(5))
