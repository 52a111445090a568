"""Every step of ageing keeps size, type and polarity, and leaves the line legible."""

from collections.abc import Callable

import numpy as np
import pytest

from ocr_models.training import ageing, marks, press
from ocr_models.training.conditions import CONDITIONS, Condition
from ocr_models.training.faces import Face
from ocr_models.training.lines import Grey, Setting, ink
from ocr_models.training.stream import legible

STEPS: dict[str, Callable[[Grey, np.random.Generator], Grey]] = {
    "blur": lambda image, _: ageing.blur(image, 1.0),
    "low_resolution": lambda image, _: ageing.low_resolution(image, 0.5),
    "bilevel": lambda image, rng: ageing.bilevel(image, 150, rng, 40),
    "thicker": lambda image, _: ageing.thicker(image, 0.6),
    "thinner": lambda image, _: ageing.thinner(image, 0.6),
    "contrast": lambda image, _: ageing.contrast(image, 90, 200),
    "uneven_ink": lambda image, rng: ageing.uneven_ink(image, rng, 0.5),
    "ribbon": lambda image, rng: ageing.ribbon(image, rng, 0.6),
    "carbon": lambda image, rng: ageing.carbon(image, rng, 1.0),
    "photocopy": lambda image, rng: ageing.photocopy(image, rng, 0.8),
    "fax": lambda image, rng: ageing.fax(image, rng, 1.0),
    "speckle": lambda image, rng: ageing.speckle(image, rng, 6e-4),
    "bleed_through": lambda image, _: ageing.bleed_through(image, image, 0.4),
    "grainy": lambda image, rng: ageing.grainy(image, rng, 9, 35),
    "jpeg": lambda image, _: ageing.jpeg(image, 25),
    "skewed": lambda image, _: ageing.skewed(image, 1.5, 2.0, 255),
    "curled": lambda image, _: ageing.curled(image, 1.0, 1.0, 1.0, 255),
    "typed": lambda image, rng: 255 - press.typed(255 - image, rng, 20),
    "dotted": lambda image, rng: 255 - press.dotted(255 - image, rng, 24),
    "pressed": lambda image, rng: 255 - press.pressed(255 - image, rng, 0.5),
}


MARKS: dict[str, Callable[[Grey, np.random.Generator], Grey]] = {
    "ruled": lambda image, rng: marks.ruled(image, rng, 40),
    "framed": marks.framed,
    "stamped": lambda image, rng: marks.stamped(image, rng, None),
    "signed": marks.signed,
    "punched": lambda image, rng: marks.punched(image, rng, 8),
}


@pytest.fixture(scope="module")
def line(faces: tuple[Face, ...]) -> Grey:
    """A clean line with a margin all round."""
    face = next(face for face in faces if face.design.name == "DejaVu Sans")
    return 255 - np.pad(ink("تاريخ ١٢/٥/٢٠١٣ الفرع 215", face, Setting(42)).mask, 10)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_keeps_the_line(name: str, line: Grey) -> None:
    given = line.copy()
    for seed in range(4):
        aged = STEPS[name](given, np.random.default_rng(seed))
        assert aged.shape == line.shape
        assert aged.dtype == np.uint8
        assert legible(aged, line), seed
        assert aged.mean() > 110
    assert np.array_equal(given, line), "the given image is left alone"


@pytest.mark.parametrize("name", MARKS)
def test_a_mark_leaves_the_writing_dark(name: str, line: Grey) -> None:
    given = line.copy()
    for seed in range(6):
        marked = MARKS[name](given, np.random.default_rng(seed))
        assert marked.shape == line.shape
        assert marked.dtype == np.uint8
        assert np.all(marked[line < 90] < 180)
        assert marked.mean() > 110
    assert np.array_equal(given, line), "the given image is left alone"
    assert any(not np.array_equal(MARKS[name](given, np.random.default_rng(seed)), line) for seed in range(6))


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_a_condition_is_seldom_too_much(condition: Condition, line: Grey) -> None:
    aged = [condition.age(line, np.random.default_rng(seed)) for seed in range(25)]
    assert all(image.shape == line.shape and image.dtype == np.uint8 for image in aged)
    assert sum(legible(image, line) for image in aged) >= 23
    assert not np.array_equal(aged[0], aged[1])


def test_an_inverted_page_is_refused(line: Grey) -> None:
    with pytest.raises(ValueError, match="inverted"):
        ageing.contrast(line, 200, 90)


def test_blank_and_inverted_are_not_legible(line: Grey) -> None:
    assert not legible(np.full_like(line, 255), line)
    assert not legible(255 - line, line)


def test_shares_add_up() -> None:
    assert sum(condition.weight for condition in CONDITIONS) == pytest.approx(1.0)
