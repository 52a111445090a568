"""The states papers come in: which faces, how printed, how aged. One preset a condition."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ocr_models.training import ageing, press
from ocr_models.training.faces import Kind
from ocr_models.training.lines import Grey

Rng = np.random.Generator
Press = Callable[[Grey, Rng], Grey]
Age = Callable[[Grey, Rng], Grey]
_PRINTED: dict[Kind, float] = {"book": 0.40, "office": 0.34, "title": 0.10, "typewriter": 0.05, "hand": 0.11}


@dataclass(frozen=True)
class Condition:
    """`sizes`: pixels per em, lowest and highest; `kinds`: how often each kind of face; `weight`: its share of the stream."""

    name: str
    weight: float
    sizes: tuple[int, int]
    age: Age
    press: Press | None = None
    kinds: Mapping[Kind, float] = field(default_factory=lambda: _PRINTED)


def _maybe(rng: Rng, chance: float) -> bool:
    return bool(rng.random() < chance)


def _clean(image: Grey, rng: Rng) -> Grey:
    if _maybe(rng, 0.4):
        image = ageing.blur(image, rng.uniform(0.3, 0.8))
    image = ageing.contrast(image, int(rng.integers(0, 60)), int(rng.integers(225, 256)))
    return ageing.grainy(image, rng, rng.uniform(0.5, 4)) if _maybe(rng, 0.6) else image


def _office(image: Grey, rng: Rng) -> Grey:
    if _maybe(rng, 0.35):
        image = ageing.low_resolution(image, rng.uniform(0.45, 0.85))
    image = _weight(image, rng, 0.7)
    if _maybe(rng, 0.4):
        image = ageing.uneven_ink(image, rng, rng.uniform(0.15, 0.55))
    image = ageing.blur(image, rng.uniform(0.3, 1.0))
    image = ageing.contrast(image, int(rng.integers(20, 110)), int(rng.integers(185, 250)))
    return ageing.grainy(image, rng, rng.uniform(2, 9), rng.uniform(0, 35))


def _typewriter(image: Grey, rng: Rng) -> Grey:
    if _maybe(rng, 0.6):
        image = ageing.ribbon(image, rng, rng.uniform(0.1, 0.6))
    image = ageing.blur(_weight(image, rng, 0.8), rng.uniform(0.3, 0.9))
    if _maybe(rng, 0.3):
        return ageing.photocopy(image, rng, rng.uniform(0.2, 0.7))
    image = ageing.contrast(image, int(rng.integers(20, 100)), int(rng.integers(195, 250)))
    return ageing.grainy(image, rng, rng.uniform(2, 9), rng.uniform(0, 25))


def _photocopy(image: Grey, rng: Rng) -> Grey:
    image = ageing.photocopy(_weight(image, rng, 0.8), rng, rng.uniform(0.15, 0.8))
    if _maybe(rng, 0.35):
        image = ageing.bilevel(image, int(rng.integers(110, 185)), rng, rng.uniform(0, 30))
    return ageing.grainy(image, rng, rng.uniform(1, 6)) if _maybe(rng, 0.5) else image


def _copy_of_copy(image: Grey, rng: Rng) -> Grey:
    for _ in range(int(rng.integers(2, 4))):
        image = ageing.photocopy(image, rng, rng.uniform(0.4, 0.9))
        image = _weight(image, rng, 0.6)
    if _maybe(rng, 0.5):
        image = ageing.bilevel(image, int(rng.integers(110, 190)), rng, rng.uniform(0, 60))
    if _maybe(rng, 0.4):
        image = ageing.low_resolution(image, rng.uniform(0.5, 0.85))
    return ageing.speckle(image, rng, rng.uniform(0, 4e-4))


def _fax(image: Grey, rng: Rng) -> Grey:
    if _maybe(rng, 0.3):
        image = ageing.photocopy(image, rng, rng.uniform(0.2, 0.6))
    image = ageing.fax(_weight(image, rng, 0.5), rng, rng.uniform(0.2, 1.0))
    image = ageing.speckle(image, rng, rng.uniform(0, 6e-4))
    return ageing.blur(image, rng.uniform(0.3, 0.8)) if _maybe(rng, 0.5) else image


def _carbon(image: Grey, rng: Rng) -> Grey:
    if _maybe(rng, 0.5):
        image = ageing.uneven_ink(image, rng, rng.uniform(0.1, 0.5))
    image = ageing.carbon(image, rng, rng.uniform(0.1, 1.0))
    return ageing.photocopy(image, rng, rng.uniform(0.1, 0.5)) if _maybe(rng, 0.2) else image


def _letterpress(image: Grey, rng: Rng) -> Grey:
    image = ageing.blur(image, rng.uniform(0.3, 0.8))
    if _maybe(rng, 0.6):
        return ageing.bilevel(image, int(rng.integers(90, 190)), rng, rng.uniform(0, 40))
    image = ageing.contrast(image, int(rng.integers(10, 80)), int(rng.integers(190, 250)))
    return ageing.grainy(image, rng, rng.uniform(2, 8), rng.uniform(0, 25))


def _weight(image: Grey, rng: Rng, chance: float) -> Grey:
    """Strokes a little thicker or thinner."""
    if not _maybe(rng, chance):
        return image
    change = ageing.thicker if _maybe(rng, 0.55) else ageing.thinner
    return change(image, float(rng.uniform(0.2, 0.7)))


def _struck(mask: Grey, rng: Rng) -> Grey:
    if _maybe(rng, 0.3):
        return press.dotted(mask, rng, int(rng.integers(16, 30)))
    return press.typed(mask, rng, max(6, round(mask.shape[0] * rng.uniform(0.3, 0.6))))


def _metal(mask: Grey, rng: Rng) -> Grey:
    return press.pressed(mask, rng, float(rng.uniform(-0.7, 1)))


CONDITIONS: tuple[Condition, ...] = (
    Condition("clean", 0.16, (24, 56), _clean),
    Condition("office", 0.20, (22, 52), _office),
    Condition("typewriter", 0.15, (26, 50), _typewriter, _struck, {"typewriter": 0.62, "book": 0.2, "office": 0.18}),
    Condition("photocopy", 0.15, (24, 52), _photocopy),
    Condition("copy-of-copy", 0.10, (28, 56), _copy_of_copy),
    Condition("fax", 0.10, (26, 52), _fax),
    Condition("carbon", 0.06, (26, 50), _carbon, None, {"typewriter": 0.6, "book": 0.25, "office": 0.15}),
    Condition("letterpress", 0.08, (26, 56), _letterpress, _metal, {"book": 0.85, "office": 0.05, "title": 0.1}),
)
