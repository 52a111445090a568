"""Models there are to read with: those shipped, those trained beside an archive, and which of all is the default there.

An archive's own folder has a models.json like the shipped one (`ocr_models.model_file`); its `default` may also name a shipped
model, and while it names none the shipped default holds. `promotions` tells who made what the default, when, and on what evidence.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from ocr_models import model_file
from ocr_models.model_file import SHIPPED
from pipeline.errors import NotFound, Usage

LISTING = "models.json"
_NAME = "abcdefghijklmnopqrstuvwxyz0123456789-_."
_EMPTY: dict[str, Any] = {"default": None, "models": {}}


@dataclass(frozen=True)
class Model:
    """One listed model: its file, the sha256 it is listed with, and all that its entry says."""

    name: str
    file: Path
    sha256: str
    entry: Mapping[str, Any] = field(default_factory=dict)
    default: bool = False

    @property
    def bytes(self) -> int | None:
        """Size of the file, None when it is gone."""
        return self.file.stat().st_size if self.file.is_file() else None

    @property
    def sound(self) -> bool:
        """Whether the file's bytes are those listed."""
        return self.file.is_file() and sha256(self.file.read_bytes()).hexdigest() == self.sha256

    @property
    def holdings(self) -> tuple[int, ...]:
        """Holdings of this archive whose corrected lines it learned from."""
        return tuple(self.entry.get("data", {}).get("holdings", ()))


def models(own: Path, shipped: Path = SHIPPED) -> Iterator[Model]:
    """Every model, own ones first. Raises Damaged (model-damaged) for a listing that cannot be understood."""
    chosen = _default_name(own, shipped)
    for folder in dict.fromkeys((own, shipped)):
        for name, entry in _listing(folder)["models"].items():
            yield Model(name, folder / f"{name}.onnx", str(entry.get("sha256", "")), entry, chosen == (folder, name))


def default(own: Path, shipped: Path = SHIPPED) -> Path:
    """The file of the model to read with. Raises Missing (model-missing), Damaged (model-damaged)."""
    chosen = _default_name(own, shipped)
    return chosen[0] / f"{chosen[1]}.onnx" if chosen else model_file.default(shipped)


def named(name: str, own: Path, shipped: Path = SHIPPED) -> Model:
    """The model of that name, own ones first. Raises NotFound (no-such-model)."""
    for model in models(own, shipped):
        if model.name == name:
            return model
    raise NotFound("no-such-model", f"there is no model {name!r}", "`sijill model list` tells which there are.")


def present(own: Path, shipped: Path = SHIPPED) -> Model:
    """The default model. Raises Missing (model-missing), Damaged (model-damaged)."""
    file = default(own, shipped)
    return next(model for model in models(own, shipped) if model.file == file)


def require_free(name: str, own: Path, shipped: Path = SHIPPED) -> None:
    """Raises Usage (bad-model-name) for a name no file should have, or that another model has: readings tell models by it."""
    if not name or not set(name) <= set(_NAME) or name[0] in "-." or len(name) > 60:
        raise Usage("bad-model-name", "a model's name has up to 60 small Latin letters, digits, - _ and .", "Choose another name.")
    if any(model.name == name for model in models(own, shipped)):
        raise Usage("bad-model-name", f"there is a model {name!r} already", "Choose another name.")


def open_folder(own: Path) -> None:
    """Make an archive's own folder and its empty listing, so that the first model in it is not yet the default."""
    own.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (own / LISTING).exists():
        _write(own, _EMPTY)


def write_card(own: Path, name: str) -> Path:
    """NAME.md beside the model: what it learned from, whose lines are in it, and how it measured when it was made."""
    model = named(name, own, own)
    entry, data = model.entry, model.entry.get("data", {})
    holdings = ", ".join(map(str, model.holdings))
    rates = "\n".join(f"| {condition} | {rate:.2%} |" for condition, rate in entry.get("cer", {}).items())
    own_lines = (
        f"corrected lines of holdings {holdings} of this archive, with their consent. Keep it where the papers are kept"
        if holdings
        else "no lines of this archive"
    )
    card = f"""# {name}

- sha256: {model.sha256}
- {entry.get("lines", 0):,} lines learned from in {entry.get("minutes", 0)} minutes; {entry.get("precision", "unknown")} precision
- data: synthetic lines; collections: {", ".join(data.get("real", ())) or "none"}; {own_lines}
- expected calibration error: {entry.get("calibration_error", "not measured")}

Signs read wrong on synthetic lines of each condition, and on real ones it may have learned from:

| condition | CER |
|---|---|
{rates}
"""
    file = own / f"{name}.md"
    file.write_text(card, "utf-8")
    return file


def choose(own: Path, name: str, evidence: Mapping[str, Any]) -> None:
    """Make a model the default of this archive from now on, and keep who, when and why."""
    open_folder(own)
    listing = _listing(own)
    _write(own, listing | {"default": name, "promotions": [*listing.get("promotions", ()), {"name": name, **evidence}]})


def _default_name(own: Path, shipped: Path) -> tuple[Path, str] | None:
    wanted = _listing(own).get("default")
    folders = (own, shipped)
    if not wanted:
        wanted, folders = _listing(shipped).get("default"), (shipped, shipped)
    if not wanted:
        return None
    found = next((folder for folder in folders if wanted in _listing(folder)["models"]), None)
    if found is None:
        raise model_file.damaged(own / f"{wanted}.onnx", "is the default and is not listed")
    return found, str(wanted)


def _listing(folder: Path) -> dict[str, Any]:
    """models.json of a folder; empty where there is none."""
    return model_file.catalogue(folder) if (folder / LISTING).exists() else _EMPTY


def _write(folder: Path, listing: Mapping[str, Any]) -> None:
    """Beside and renamed, flushed: whoever reads sees the old choice or the new one."""
    part = folder / f"{LISTING}.part"
    with part.open("w", encoding="utf-8") as file:
        file.write(json.dumps(listing, indent=2, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / LISTING)
