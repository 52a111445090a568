"""Pages for tests: lines of text as a reader gives them, with a box for every word, right to left."""

from collections.abc import Sequence

from pipeline.entities import extract
from pipeline.model import Box, Entities, Line, Reading, Word

LETTER = 20  # pixels a letter takes
WIDTH = 3000


def line(text: str, top: int, right: int = WIDTH, confidence: float = 0.9) -> Line:
    words = []
    for word in text.split():
        words.append(Word(word, Box(right - len(word) * LETTER, top, right, top + 40), confidence))
        right -= (len(word) + 1) * LETTER
    box = Box.around([word.box for word in words]) if words else Box(0, top, WIDTH, top + 40)
    return Line(text, box, confidence, tuple(words))


def row(cells: Sequence[str], top: int, column: int = 500) -> Line:
    """A row of a table whose columns are ``column`` pixels wide."""
    parts = [line(cell, top, WIDTH - number * column) for number, cell in enumerate(cells) if cell]
    words = tuple(word for part in parts for word in part.words)
    return Line(" ".join(part.text for part in parts), Box.around([word.box for word in words]), 0.9, words)


def reading(*lines: str | Line) -> Reading:
    made = [one if isinstance(one, Line) else line(one, 100 * number) for number, one in enumerate(lines)]
    return Reading(WIDTH, 4000, "test", tuple(made))


def entities(*lines: str | Line) -> Entities:
    return extract(reading(*lines))
