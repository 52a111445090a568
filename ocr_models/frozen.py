"""A model's scores on the frozen test sets, kept by the hashes of the model, of the set, and of the code that reads and measures."""

from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

import pipeline
from ocr_models import promotion
from ocr_models.evaluation import pagesets
from ocr_models.evaluation.linesets import REAL
from ocr_models.evaluation.readers import Piped
from ocr_models.evaluation.run import Limits, measure_set
from ocr_models.evaluation.score import ItemScore
from ocr_models.recogniser import Recogniser

_ROOMS = (Path(pipeline.__file__).parent, Path(__file__).parent, Path(__file__).parent / "evaluation")


def known(lines: Path | None) -> tuple[str, ...]:
    """The page sets, and those of real lines where their collections are at hand."""
    return (*pagesets.SETS, *(REAL if lines else ()))


def size(name: str) -> int:
    """Pages of a set; 0 for real lines, which are counted as they are met."""
    return pagesets.SETS[name].pages if name in pagesets.SETS else 0


def scores(
    model: Path, digest: str, name: str, kept: Path, lines: Path | None = None, tick: Callable[[int], None] = lambda _: None
) -> list[ItemScore]:  # fmt: skip
    """Of one model (NAME.onnx beside its models.json, and its sha256) on one set; measured where they are not kept yet.

    Raises Missing, Damaged for the model; KeyError for a set there is not; FileNotFoundError for missing faces or real lines.
    """

    def measure() -> Sequence[ItemScore]:
        found = measure_set(name, {"it": Piped(Recogniser(model))}, Limits(lines=lines), tick)
        return (found or {})["it"]

    return promotion.cached(kept, digest, key(name), measure)


@cache
def key(name: str) -> str:
    """Hash of a set and of all code that reads and measures it: a kept score never outlives what made it."""
    code = b"".join(file.read_bytes() for room in _ROOMS for file in sorted(room.glob("*.py")))
    return sha256(f"{name} {pagesets.recipe()}".encode() + code).hexdigest()
