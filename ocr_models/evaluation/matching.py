"""Which words of a reading were read from which true line, whatever order and pieces the page was read in.

Two ways are tried and the one with fewer errors is taken: by boxes (each word read goes to the true line whose words' ink it covers
most), and by aligning the whole page's text sign by sign. So neither the order of columns and cells, nor lines put together or parted,
nor boxes that are a little off count as misread signs: order is measured apart. Words that belong to no true line are errors
(insertions), and so is all of a true line for which nothing was read; words on stamps and signatures are neither.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from statistics import median

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from ocr_models.evaluation.normalise import printed
from ocr_models.evaluation.truth import TruePage
from pipeline.model import Box, Reading

Values = NDArray[np.float64]
_LEAST_COVER = 0.1  # of a read word's box, by the ink of a true line's words
_AIR = 8  # pixels about a true word's ink that its box may miss it by


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A word as compared, its place in the reading (line, word), its box and confidence."""

    text: str
    line: int
    box: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class Matched:
    """For each true line the words read for it, in the reading's own order; ``extra`` belong to none."""

    pieces: tuple[tuple[ReadWord, ...], ...]
    extra: tuple[ReadWord, ...]

    def texts(self) -> tuple[str, ...]:
        return tuple(" ".join(word.text for word in piece) for piece in self.pieces)

    def extra_text(self) -> tuple[str, ...]:
        """Extra words, one text for each line they were read in."""
        return tuple(" ".join(word.text for word in words) for _, words in groupby(self.extra, key=lambda word: word.line))


def words_read(reading: Reading) -> list[ReadWord]:
    """The words of a reading in its order, those that say nothing left out."""
    found = []
    for number, line in enumerate(reading.lines):
        for word in line.words:
            found += [ReadWord(text, number, word.box, word.confidence) for text in printed(word.text).split()]
    return found


def match(page: TruePage, words: Sequence[ReadWord]) -> Matched:
    """The better of the two ways."""
    return min((by_boxes(page, words), by_text(page, words)), key=lambda way: _errors(page, way))


def by_boxes(page: TruePage, words: Sequence[ReadWord]) -> Matched:
    """Each word to the true line whose ink it covers most; those on stamps and signatures alone to none, and not counted."""
    pieces: list[list[ReadWord]] = [[] for _ in page.lines]
    extra = []
    owner = np.array([number for number, line in enumerate(page.lines) for _ in line.words], int)
    tight = np.array([word.box for line in page.lines for word in line.words], float).reshape(-1, 4)
    ink = tight + np.array([-_AIR, -_AIR, _AIR, _AIR])
    for word in words:
        cover = np.bincount(owner, covered(word.box, ink), len(pieces)) if len(owner) else np.zeros(1)
        best = int(cover.argmax())
        if cover[best] >= _LEAST_COVER:
            pieces[best].append(word)
        elif not _is_beside(page, word.box):
            extra.append(word)
    return Matched(tuple(map(tuple, pieces)), tuple(extra))


def by_text(page: TruePage, words: Sequence[ReadWord]) -> Matched:
    """Each word to the true line that its signs are aligned with in one alignment of the two whole texts."""
    pieces: list[list[ReadWord]] = [[] for _ in page.lines]
    truth = [printed(line.text) for line in page.lines]
    if not truth:
        return Matched((), tuple(word for word in words if not _is_beside(page, word.box)))
    starts = list(accumulate((len(text) + 1 for text in truth[:-1]), initial=0))
    at = _aligned(" ".join(truth), " ".join(word.text for word in words))
    end = 0
    for word in words:
        start, end = end, end + len(word.text) + 1
        middle = median(at[start : end - 1])
        pieces[max(0, bisect_right(starts, middle) - 1)].append(word)
    return Matched(tuple(map(tuple, pieces)), ())


def covered(box: Box, others: Values) -> Values:
    """How much of a box (0-1) each of the others, (n, 4), covers."""
    across = np.minimum(box.x1, others[:, 2]) - np.maximum(box.x0, others[:, 0])
    down = np.minimum(box.y1, others[:, 3]) - np.maximum(box.y0, others[:, 1])
    shared: Values = np.clip(across, 0, None) * np.clip(down, 0, None)
    return shared / max(1, (box.x1 - box.x0) * (box.y1 - box.y0))


def places(matched: Matched, words: Sequence[ReadWord]) -> list[float | None]:
    """Where each true line was read: the mean number of its words in the reading."""
    number = {id(word): place for place, word in enumerate(words)}
    return [sum(number[id(word)] for word in piece) / len(piece) if piece else None for piece in matched.pieces]


def _aligned(truth: str, read: str) -> list[int]:
    """For each sign read the place in the truth it is aligned with."""
    at: list[int] = []
    for step in Levenshtein.opcodes(truth, read):
        count = step.dest_end - step.dest_start
        at += [step.src_start] * count if step.tag == "insert" else [step.src_start + place for place in range(count)]
    return at


def _is_beside(page: TruePage, box: Box) -> bool:
    """Whether a word's middle lies on a stamp or a signature."""
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return any(beside.x0 <= x < beside.x1 and beside.y0 <= y < beside.y1 for beside in page.beside)


def _errors(page: TruePage, way: Matched) -> int:
    wrong = sum(Levenshtein.distance(printed(line.text), text) for line, text in zip(page.lines, way.texts(), strict=True))
    return wrong + sum(map(len, way.extra_text()))
