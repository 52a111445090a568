"""What to know about a reading before believing it: codes, each explained in docs/formats.md."""

from collections.abc import Sequence
from statistics import fmean

from pipeline.model import Box, Line, PageImage

SMALL = 64
"""Pixels: a page narrower or lower than this is a scrap, too small to hold a line and its surroundings."""
LOW = 0.5
"""Mean confidence under which most words of a page are probably wrong."""
_LEAST = 0.15  # synthetic papers and real lines 0.4 and more; Latin print 0.12, a photograph 0.13, as our own reader sees them
_LEAST_OF_SPECKS = 0.4  # noise is "read" as lone letters and digits, at 0.25
_SPECK = 2.0  # letters a word: Arabic words have 4 to 5
_ENOUGH = 10  # letters by which a script can be told


def notes(image: PageImage, lines: Sequence[Line], unread: Sequence[Box], *, blank: bool, latin: bool) -> tuple[str, ...]:
    """Notes on what was read of an image, in this order: too-small, blank, no-text, latin-script, low-confidence, not-all-read.

    ``blank``: there is paper and dust alone; ``latin``: what the reader made of it was mostly Latin letters.
    """
    said = {
        "too-small": min(image.width, image.height) < SMALL,
        "blank": not lines and blank,
        "no-text": not lines and not blank and not latin,
        "latin-script": latin,
        "low-confidence": bool(lines) and confidence(lines) < LOW,
        "not-all-read": bool(unread),
    }
    return tuple(code for code, holds in said.items() if holds)


def is_writing(lines: Sequence[Line]) -> bool:
    """Whether these lines were read, rather than seen in noise, a picture or a script the reader does not know."""
    words = [word.text for line in lines for word in line.words]
    if not words:
        return False
    sure = confidence(lines)
    return sure >= _LEAST and (sure >= _LEAST_OF_SPECKS or fmean(map(len, words)) > _SPECK)


def is_latin(lines: Sequence[Line]) -> bool:
    """Whether most letters read are Latin; digits and marks tell nothing."""
    letters = [sign for line in lines for sign in line.text if sign.isalpha()]
    return len(letters) >= _ENOUGH and 2 * sum(sign < "ɐ" for sign in letters) > len(letters)


def confidence(lines: Sequence[Line]) -> float:
    """Mean confidence of the words; 0 when there are none."""
    words = [word.confidence for line in lines for word in line.words]
    return fmean(words) if words else 0.0
