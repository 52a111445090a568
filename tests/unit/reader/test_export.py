"""A tiny net goes out as ONNX and says the same there; what does not say the same is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from ocr_models.line_image import HEIGHT
from ocr_models.model_file import catalogue, verified
from ocr_models.recogniser import Recogniser as Reader
from ocr_models.training import export, held_lines, weights
from ocr_models.training.feed import SIGNS, Example, collate
from ocr_models.training.graph import onnx_model
from ocr_models.training.network import Recogniser, Shape
from ocr_models.training.train import Trainer
from pipeline.errors import Damaged
from pipeline.model import Box

TINY = Shape((4, 6, 6, 8, 12), 6, 3, 2)


@pytest.fixture(scope="module")
def net() -> Recogniser:
    """A random net whose normalisations have seen something, so that folding them must be right."""
    torch.manual_seed(4)
    made = Recogniser(len(SIGNS), TINY)
    made.train()
    for _ in range(3):
        made(torch.rand(2, 1, HEIGHT, 64))
    return made.eval()


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    rng = np.random.default_rng(3)
    return [
        Example(rng.integers(0, 255, (HEIGHT, int(width)), dtype=np.uint8), tuple(int(code) for code in rng.integers(1, 90, 6)))
        for width in rng.integers(17, 300, 12)
    ]


def test_onnx_says_what_the_net_says_at_any_width_and_batch(net: Recogniser, examples: list[Example]) -> None:
    run = export.session(onnx_model(net, {}))
    assert export.must_equal(net, run, examples) < 1e-4
    batch = collate(examples)
    with torch.no_grad():
        wanted = net(torch.from_numpy(batch.lines)).numpy()
    assert np.abs(run.run(None, {"lines": batch.lines})[0] - wanted).max() < 1e-4


def test_a_net_that_answers_otherwise_is_refused(net: Recogniser, examples: list[Example]) -> None:
    other = Recogniser(len(SIGNS), TINY).eval()
    with pytest.raises(export.Unequal, match="differs"):
        export.must_equal(other, export.session(onnx_model(net, {})), examples)


def test_the_same_weights_give_the_same_bytes(net: Recogniser) -> None:
    one, two = (onnx_model(net, {"name": "a"}).SerializeToString(deterministic=True) for _ in range(2))
    assert one == two


def test_a_layer_it_does_not_know_is_refused() -> None:
    strange = Recogniser(len(SIGNS), TINY).eval()
    strange.layers[-1] = torch.nn.Linear(12, 4)
    with pytest.raises(TypeError, match="Linear"):
        onnx_model(strange, {})


@pytest.fixture(scope="module")
def written(net: Recogniser, examples: list[Example], tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines = export.Lines({"clean": examples, "wordless": held_lines.wordless(1, 3)}, examples, examples)
    data, entry = export.export(export.Checkpoint(net, TINY, 1234, 5.0), "tiny-1", lines)
    return export.write(tmp_path_factory.mktemp("models"), "tiny-1", data, entry, default=True, kept=weights.packed(net, TINY))


def test_an_exported_model_is_read_by_the_reader(written: Path) -> None:
    reader = Reader(written)
    assert reader.identity.startswith(f"sijill-lines tiny-1 {verified(written).sha256[:12]} ")
    noise = np.random.default_rng(1).integers(0, 255, (60, 400), dtype=np.uint8)
    assert len(reader.read(noise, 300, [Box(0, 0, 400, 60)])) == 1
    entry = catalogue(written.parent)["models"]["tiny-1"]
    assert entry["lines"] == 1234
    assert entry["precision"] in ("int8", "fp32")
    assert set(entry["cer"]) == {"clean"}


def test_an_exported_model_that_was_altered_is_refused(written: Path, tmp_path: Path) -> None:
    data = bytearray(written.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / written.name).write_bytes(data)
    (tmp_path / "models.json").write_text((written.parent / "models.json").read_text())
    with pytest.raises(Damaged, match="model-damaged"):
        Reader(tmp_path / written.name)


def test_a_second_model_joins_the_first(written: Path, tmp_path: Path) -> None:
    entry = catalogue(written.parent)["models"]["tiny-1"]
    export.write(tmp_path, "one", b"1", entry, default=True)
    export.write(tmp_path, "two", b"2", entry, default=False)
    held = json.loads((tmp_path / "models.json").read_text())
    assert (held["default"], sorted(held["models"])) == ("one", ["one", "two"])
    assert not list(tmp_path.glob("*.part"))


def test_a_checkpoint_of_another_alphabet_is_refused(tmp_path: Path) -> None:
    torch.save({"signs": "abc"}, tmp_path / "old.pt")
    with pytest.raises(ValueError, match="another alphabet"):
        export.load(tmp_path / "old.pt")


def test_a_checkpoint_gives_its_averaged_net(net: Recogniser, examples: list[Example], tmp_path: Path) -> None:
    state = {f"module.{key}": value for key, value in net.state_dict().items()} | {"n_averaged": torch.tensor(7)}
    shape = {"channels": list(TINY.channels), "inner": TINY.inner, "reach": TINY.reach, "blocks": TINY.blocks}
    torch.save({"signs": SIGNS, "shape": shape, "mean": state, "lines": 5, "seconds": 90.0}, tmp_path / "new.pt")
    held = export.load(tmp_path / "new.pt")
    assert (held.lines, held.minutes, held.net.training) == (5, 1.5, False)
    assert export.must_equal(held.net, export.session(onnx_model(net, {})), examples) < 1e-4


def test_wordless_strips_say_nothing_and_come_back() -> None:
    one, two = held_lines.wordless(5, 4), held_lines.wordless(5, 4)
    assert all(np.array_equal(a.image, b.image) and a.codes == b.codes == () for a, b in zip(one, two, strict=True))


def test_training_begins_with_the_weights_of_a_model(written: Path, net: Recogniser, examples: list[Example], tmp_path: Path) -> None:
    file = weights.of(written)
    assert file is not None
    shape, state = weights.unpacked(file)
    trainer = Trainer(tmp_path / "new.pt", shape, "cpu")
    trainer.begin_with(state)
    batch = torch.from_numpy(collate(examples[:4]).lines)
    with torch.no_grad():
        assert torch.allclose(trainer.mean.eval()(batch), net(batch), atol=0.05)
    file.write_bytes(file.read_bytes() + b"1")
    with pytest.raises(Damaged, match="model-damaged"):
        weights.unpacked(file)
    assert weights.of(tmp_path / "none.onnx") is None
