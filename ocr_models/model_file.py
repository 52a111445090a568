"""Models of the line recogniser on disk: models.json says which there are, which one is the default, and the sha256 of each.

    {"default": "lines-1", "models": {"lines-1": {"sha256": …, "bytes": …, …}}}

Every model NAME is the file NAME.onnx beside its models.json. Nothing is run whose bytes are not those listed.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pipeline.errors import Damaged, Missing

SHIPPED = Path(__file__).parent / "models"
_RESTORE = "Put the file back as it was, or install Sijill again; `--reader tesseract` reads without it."


@dataclass(frozen=True)
class ModelFile:
    """A model whose bytes are those listed."""

    name: str
    sha256: str
    data: bytes


def default(folder: Path = SHIPPED) -> Path:
    """The file of the default model. Raises Missing (model-missing), Damaged (model-damaged)."""
    listed = catalogue(folder)
    name = listed.get("default")
    if not isinstance(name, str) or name not in listed["models"]:
        raise Damaged("model-damaged", f"{folder / 'models.json'} names no default model.", _RESTORE)
    return folder / f"{name}.onnx"


def verified(file: Path) -> ModelFile:
    """The bytes of a listed model. Raises Missing (model-missing), Damaged (model-damaged: not listed, or not what is listed)."""
    entry = catalogue(file.parent)["models"].get(file.stem)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Missing("model-missing", f"The reader's model {file} cannot be read.", _RESTORE) from error
    found = sha256(data).hexdigest()
    if not isinstance(entry, dict) or entry.get("sha256") != found:
        raise Damaged("model-damaged", f"The reader's model {file} is not the one its models.json lists.", _RESTORE)
    return ModelFile(file.stem, found, data)


def damaged(file: Path, what: str) -> Damaged:
    """The error for a listed model that cannot be used."""
    return Damaged("model-damaged", f"The reader's model {file} {what}.", _RESTORE)


def catalogue(folder: Path) -> dict[str, Any]:
    """What models.json says, with "models" a dict. Raises Missing (model-missing), Damaged (model-damaged)."""
    file = folder / "models.json"
    try:
        listed = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Missing("model-missing", f"The reader's list of models {file} cannot be read.", _RESTORE) from error
    except ValueError as error:
        raise Damaged("model-damaged", f"{file} is not JSON.", _RESTORE) from error
    if not isinstance(listed, dict) or not isinstance(listed.get("models"), dict):
        raise Damaged("model-damaged", f"{file} does not list models.", _RESTORE)
    return listed
