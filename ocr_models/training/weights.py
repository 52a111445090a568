"""The weights a shipped model was made of, in half precision beside it: where further training begins."""

import io
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from ocr_models.model_file import catalogue, damaged
from ocr_models.training.feed import SIGNS
from ocr_models.training.network import Recogniser, Shape

ENDING = ".weights"


def packed(net: Recogniser, shape: Shape) -> bytes:
    """The bytes of a weights file; reading them back changes a logit by rounding only."""
    state = {name: value.half() if value.is_floating_point() else value for name, value in net.state_dict().items()}
    out = io.BytesIO()
    torch.save({"shape": asdict(shape), "signs": SIGNS, "net": state}, out)
    return out.getvalue()


def of(model: Path) -> Path | None:
    """The weights file of a model NAME.onnx; None where it came without one."""
    file = model.with_suffix(ENDING)
    return file if file.is_file() else None


def unpacked(file: Path) -> tuple[Shape, dict[str, torch.Tensor]]:
    """Shape and state of a weights file listed in the models.json beside it.

    Raises Damaged (model-damaged) for other bytes than those listed, ValueError for another alphabet.
    """
    data = file.read_bytes()
    entry = catalogue(file.parent)["models"].get(file.stem) or {}
    if entry.get("weights_sha256") != sha256(data).hexdigest():
        raise damaged(file, "is not the one its models.json lists")
    held: dict[str, Any] = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    if held["signs"] != SIGNS:
        raise ValueError(f"{file} was trained for another alphabet: begin from nothing")
    return Shape(**held["shape"]), {name: value.float() if value.is_floating_point() else value for name, value in held["net"].items()}
