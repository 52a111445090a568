"""One reading as a single text with the words behind every letter, and where they stand along the lines."""

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from pipeline.arabic import clean
from pipeline.entities.lexicon import Phrase, fold
from pipeline.model import Box, Line, Reading, Table, Word

_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]")
_SPECKS = str.maketrans("", "", " '`´‘’\"*|~^°·•_")  # dust and stamp ink read as marks
_TOKEN = re.compile(r"[^\W\d_]+|\d+")


class Token(NamedTuple):
    """A run of letters or of digits, folded, at ``start``..``end`` of the page's folded text."""

    text: str
    start: int
    end: int
    line: int


@dataclass(frozen=True)
class Page:
    """The folded text of a page, lines by newline; ``at`` leads from a folded letter to the letter as read;
    ``tables`` are the ruled ones."""

    raw: str
    fold: str
    at: Sequence[int]
    words: tuple[Word, ...]
    starts: tuple[int, ...]
    lines: tuple[tuple[int, int], ...]
    tables: tuple[Table, ...] = ()

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        return tuple(Token(m[0], *m.span(), self.line(m.start())) for m in _TOKEN.finditer(self.fold))

    @cached_property
    def token_texts(self) -> Phrase:
        return tuple(token.text for token in self.tokens)

    @cached_property
    def label_texts(self) -> Phrase:
        """The tokens as labels are told by: «والدة», a mother, is not folded to «والده», his father."""
        return tuple(
            "والده_" if token.text == "والده" and self.text(token.end - 1, token.end).startswith("ة") else token.text
            for token in self.tokens
        )

    @cached_property
    def token_starts(self) -> list[int]:
        return [token.start for token in self.tokens]

    @cached_property
    def longest(self) -> int:
        """Letters in the longest line."""
        return max((end - start for start, end in self.lines), default=0)

    def runs_on(self, number: int) -> bool:
        """Whether a line is as long as running text is: over six tenths of the page's longest."""
        start, end = self.lines[number]
        return number >= 0 and (end - start) * 10 > self.longest * 6

    def line(self, position: int) -> int:
        """The number of the line a letter stands in."""
        return bisect_right(self.lines, (position, math.inf)) - 1

    def text(self, start: int, end: int) -> str:
        """The text as read."""
        return self.raw[self.at[start] : self.at[end] if end < len(self.at) else None].replace("\n", " ") if end > start else ""

    def between(self, start: int, end: int) -> range:
        """The words with a letter between two places."""
        first = max(bisect_right(self.starts, start) - 1, 0)
        return range(first, bisect_left(self.starts, end, lo=first))

    def boxes(self, start: int, end: int) -> tuple[Box, ...]:
        return tuple(self.words[number].box for number in self.between(start, end))

    def confidence(self, start: int, end: int) -> float | None:
        """Mean confidence of the words; None when there are none."""
        found = [self.words[number].confidence for number in self.between(start, end)]
        return sum(found) / len(found) if found else None

    def gap(self, index: int) -> str:
        """What stands before a token and after the one before it, but for blanks and specks; a blank when nothing does."""
        start = self.tokens[index - 1].end if index else 0
        return self.fold[start : self.tokens[index].start].translate(_SPECKS) or " "

    def first_token(self, position: int) -> int:
        """The number of the first token that starts at a place or after it."""
        return bisect_left(self.token_starts, position)

    @cached_property
    def _direction(self) -> tuple[float, float]:
        """The way the lines run, from their first words to their last: right to left on an upright page, whatever its skew."""
        x = y = 0.0
        for start, end in self.lines:
            ends = self.between(start, end) if end > start else range(0)
            if len(ends) > 1:
                first, last = self.words[ends[0]].box, self.words[ends[-1]].box
                x += last.x0 + last.x1 - first.x0 - first.x1
                y += last.y0 + last.y1 - first.y0 - first.y1
        length = math.hypot(x, y)
        return (x / length, y / length) if length else (-1.0, 0.0)

    def extent(self, start: int, end: int) -> tuple[float, float]:
        """Where words begin and end along the reading direction, in pixels."""
        x, y = self._direction
        spans = [_along(box, x, y) for box in self.boxes(start, end)]
        return min(low for low, _ in spans), max(high for _, high in spans)


def _along(box: Box, x: float, y: float) -> tuple[float, float]:
    """A box's span on the axis (x, y)."""
    middle = ((box.x0 + box.x1) * x + (box.y0 + box.y1) * y) / 2
    half = ((box.x1 - box.x0) * abs(x) + (box.y1 - box.y0) * abs(y)) / 2
    return middle - half, middle + half


def read(reading: Reading) -> Page:
    """The page of a reading. A line without words is split at its blanks, each word with the line's box and confidence."""
    raw: list[str] = []
    words: list[Word] = []
    starts: list[int] = []
    lines: list[tuple[int, int]] = []
    length = 0
    for line in reading.lines:
        start = length
        for word in line.words or _split(line):
            text = " ".join(clean(word.text).split())
            if text:
                words.append(word)
                raw.append(text if length == start else " " + text)
                starts.append(length if length == start else length + 1)
                length += len(raw[-1])
        raw.append("\n")
        lines.append((start, length))
        length += 1
    return replace(_unmarked("".join(raw), tuple(words), starts, lines), tables=reading.tables)


def _split(line: Line) -> tuple[Word, ...]:
    return tuple(Word(text, line.box, line.confidence) for text in line.text.split())


def _unmarked(raw: str, words: tuple[Word, ...], starts: list[int], lines: list[tuple[int, int]]) -> Page:
    """The page with vowel marks left out of its folded text."""
    if not _MARKS.search(raw):
        return Page(raw, _folded(raw), range(len(raw)), words, tuple(starts), tuple(lines))
    at = [number for number, char in enumerate(raw) if not _MARKS.match(char)]
    moved = [bisect_left(at, start) for start in starts]
    spans = tuple((bisect_left(at, start), bisect_left(at, end)) for start, end in lines)
    return Page(raw, _folded(_MARKS.sub("", raw)), at, words, tuple(moved), spans)


def _folded(text: str) -> str:
    return "\n".join(map(fold, text.split("\n")))
