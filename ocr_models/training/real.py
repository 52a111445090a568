"""Real line collections: NAME.png with NAME.gt.txt beside it, as OCR projects publish them, and which of them are kept for testing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from ocr_models.bidi import survives
from ocr_models.line_image import Grey
from ocr_models.training.alphabet import ARABIC_DIGITS, DIGITS, label_of, readable

_LISTS = Path(__file__).parent.parent / "evaluation" / "sets"
_TEST_BOOK = "book_IbnQutayba.Adab_"
_LETTERS = str.maketrans("کھڪ\u200c", "كهك ")
_SLIPPED = re.compile(r"(?:^|\s)[\u064b-\u0652]|^\.\s|^\d+(?:\s+\d+)+$")
_EASTERN = str.maketrans(DIGITS, ARABIC_DIGITS)


@dataclass(frozen=True)
class RealLine:
    """`typed`: the text as published. `label`: the same normalised as every label (alphabet.label_of); both in logical order."""

    name: str
    file: Path
    typed: str
    label: str

    def image(self) -> Grey:
        """Grey pixels. Raises ValueError for a file that is no image."""
        pixels = cv2.imdecode(np.fromfile(self.file, np.uint8), cv2.IMREAD_GRAYSCALE)
        if pixels is None:
            raise ValueError(f"{self.file} is no image: take it out of the collection")
        return np.asarray(pixels, np.uint8)


def lines(folder: Path) -> Iterator[RealLine]:
    """Every pair of a folder, by name. Raises FileNotFoundError when there is none."""
    found = False
    for text in sorted(folder.rglob("*.gt.txt")):
        image = text.with_name(text.name.removesuffix(".gt.txt") + ".png")
        if image.is_file():
            found = True
            typed = text.read_text(encoding="utf-8").strip()
            yield RealLine(image.stem, image, typed, label_of(typed.translate(_LETTERS)))
    if not found:
        raise FileNotFoundError(f"{folder} holds no NAME.png with NAME.gt.txt beside it")


def for_training(folder: Path, *, as_ascii: bool = False) -> Iterator[RealLine]:
    """Lines that may be learned from: not kept for testing, nor saying what a test line says, with a label that can be trusted.

    `as_ascii` collections typed every Eastern figure as ASCII: they become Eastern again. Left out are slips of typing seen in
    published collections (a vowel mark that begins a word stands after exchanged letters, a line that begins with a full stop or
    holds figures only was typed the wrong way round), signs the recogniser does not know (Farsi ی, which stands for ي as well
    as ى) and texts that paper order does not give back.
    """
    everything = list(lines(folder))
    spoken = {line.label for line in everything if kept_for_testing(line.name)}
    for line in everything:
        if kept_for_testing(line.name) or line.label in spoken:
            continue
        label = line.label.translate(_EASTERN) if as_ascii else line.label
        if readable(label) and survives(label) and not _SLIPPED.search(line.typed):
            yield replace(line, label=label)


def kept_for_testing(name: str) -> bool:
    """Whether a line belongs to a frozen test set: one whole book, and the journal lines listed by name."""
    return name.startswith(_TEST_BOOK) or name in _listed()


@cache
def _listed() -> frozenset[str]:
    return frozenset(name for file in _LISTS.glob("*.txt") for name in file.read_text(encoding="utf-8").split())
