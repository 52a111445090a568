"""Only a model whose bytes are those listed is ever run; everything else stops with a way out."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from ocr_models import model_file
from ocr_models.model_file import SHIPPED
from ocr_models.recogniser import Recogniser
from pipeline.errors import Damaged, Missing

BYTES = b"not a graph"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.onnx").write_bytes(BYTES)
    listing = {"default": "one", "models": {"one": {"sha256": sha256(BYTES).hexdigest()}}}
    (tmp_path / "models.json").write_text(json.dumps(listing))
    return tmp_path


def test_a_listed_model_is_given_as_it_is(folder: Path) -> None:
    file = model_file.default(folder)
    held = model_file.verified(file)
    assert (file.name, held.name, held.data, held.sha256) == ("one.onnx", "one", BYTES, sha256(BYTES).hexdigest())


@pytest.mark.parametrize("changed", [BYTES[:-1], BYTES + b"\n", b"", BYTES.upper()])
def test_altered_bytes_are_not_run(folder: Path, changed: bytes) -> None:
    (folder / "one.onnx").write_bytes(changed)
    with pytest.raises(Damaged) as caught:
        Recogniser(folder / "one.onnx")
    assert caught.value.code == "model-damaged"
    assert caught.value.way_out


def test_a_model_that_is_not_listed_is_not_run(folder: Path) -> None:
    (folder / "two.onnx").write_bytes(BYTES)
    with pytest.raises(Damaged, match="model-damaged"):
        Recogniser(folder / "two.onnx")


@pytest.mark.parametrize("gone", ["one.onnx", "models.json"])
def test_a_missing_file_is_told(folder: Path, gone: str) -> None:
    (folder / gone).unlink()
    with pytest.raises(Missing) as caught:
        Recogniser(folder / "one.onnx")
    assert (caught.value.code, gone in caught.value.detail, bool(caught.value.way_out)) == ("model-missing", True, True)


@pytest.mark.parametrize(
    "listing", ["", "[]", "{}", '{"models": []}', '{"default": "two", "models": {}}', '{"default": 1, "models": {"one": 5}}']
)
def test_a_list_that_says_nothing_is_damage(folder: Path, listing: str) -> None:
    (folder / "models.json").write_text(listing)
    with pytest.raises(Damaged, match="model-damaged"):
        model_file.verified(model_file.default(folder))


def test_bytes_that_are_no_graph_are_damage_even_when_listed(folder: Path) -> None:
    with pytest.raises(Damaged, match="this version can run"):
        Recogniser(folder / "one.onnx")


def test_the_shipped_models_are_those_listed_and_small() -> None:
    listed = model_file.catalogue(SHIPPED)
    assert {f"{name}.onnx" for name in listed["models"]} == {file.name for file in SHIPPED.glob("*.onnx")}
    for name, entry in listed["models"].items():
        held = model_file.verified(SHIPPED / f"{name}.onnx")
        assert len(held.data) == entry["bytes"] <= 25_000_000
