"""What is said of a reading that should not be believed as it stands."""

import numpy as np
import pytest

from pipeline.model import Box, Line, PageImage, Word
from pipeline.notes import is_latin, is_writing, notes

PAGE = PageImage(np.full((700, 500), 255, np.uint8), 150)
SCRAP = PageImage(np.full((300, 40), 255, np.uint8), 150)
BOX = Box(10, 10, 90, 40)


def lines(text: str, confidence: float) -> tuple[Line, ...]:
    return (Line(text, BOX, confidence, tuple(Word(word, BOX, confidence) for word in text.split())),)


GOOD = lines("المدعو سامر الحلبي", 0.9)


@pytest.mark.parametrize(
    ("image", "read", "unread", "blank", "latin", "said"),
    [
        (PAGE, GOOD, (), False, False, ()),
        (PAGE, GOOD, (BOX,), False, False, ("not-all-read",)),
        (PAGE, (), (), True, False, ("blank",)),
        (PAGE, (), (), False, False, ("no-text",)),
        (PAGE, (), (BOX,), False, False, ("no-text", "not-all-read")),
        (PAGE, (), (BOX,), False, True, ("latin-script", "not-all-read")),
        (PAGE, lines("The report of", 0.3), (), False, True, ("latin-script", "low-confidence")),
        (PAGE, lines("المدعو سامر", 0.49), (), False, False, ("low-confidence",)),
        (PAGE, lines("المدعو سامر", 0.5), (), False, False, ()),
        (SCRAP, GOOD, (), False, False, ("too-small",)),
    ],
)
def test_notes(image: PageImage, read: tuple[Line, ...], unread: tuple[Box, ...], blank: bool, latin: bool, said: tuple[str, ...]) -> None:
    assert notes(image, read, unread, blank=blank, latin=latin) == said


@pytest.mark.parametrize(
    ("text", "latin"),
    [
        ("The committee received the report", True),
        ("Liste des détenus à l'hôpital", True),
        ("المدعو سامر بن نزار الحلبي", False),
        ("قرار رقم 12/B صادر عن اللجنة", False),
        ("12345678901234567890", False),
        ("B 12", False),
    ],
)
def test_a_script_is_told_by_its_letters(text: str, latin: bool) -> None:
    assert is_latin(lines(text, 0.9)) is latin


@pytest.mark.parametrize(
    ("text", "confidence", "writing"),
    [
        ("المدعو سامر بن نزار", 0.9, True),
        ("المدعو سامر بن نزار", 0.2, True),  # a bad fax: every word of it may matter
        ("المدعو سامر بن نزار", 0.1, False),
        ("ر ل ٢ ا", 0.3, False),
        ("ر ل ٢ ا", 0.6, True),
    ],
)
def test_what_is_seen_in_noise_and_pictures_is_no_writing(text: str, confidence: float, writing: bool) -> None:
    assert is_writing(lines(text, confidence)) is writing


def test_nothing_is_no_writing() -> None:
    assert not is_writing(())
