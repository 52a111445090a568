"""One page or one line scored: counts for every measure, kept apart so that any two readers can be compared item by item."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ocr_models.evaluation import metrics
from ocr_models.evaluation.matching import Matched, ReadWord, by_boxes, covered, match, places, words_read
from ocr_models.evaluation.metrics import Bins, Count
from ocr_models.evaluation.normalise import Form, printed
from ocr_models.evaluation.truth import TruePage, TrueTable
from pipeline.model import DOUBTFUL, Reading, Table, Word

"""Words under this confidence are marked for people to look at (pipeline.quality.doubt)."""
Pairs = Counter[tuple[str, str]]


@dataclass(frozen=True)
class ItemScore:
    """What one reader got of one page or line. `seconds`: processor time of reading it, its share of a batch for lines."""

    set: str
    name: str
    counts: Mapping[str, Count]
    bins: Bins
    seconds: float
    kind: str = ""
    condition: str = ""
    face: str = ""
    confusions: Pairs = field(default_factory=Counter, compare=False)

    def to_json(self) -> dict[str, Any]:
        counts = {measure: list(count) for measure, count in self.counts.items()}
        return {
            "set": self.set,
            "name": self.name,
            "kind": self.kind,
            "condition": self.condition,
            "face": self.face,
            "seconds": self.seconds,
            "counts": counts,
        }


def score_page(name: str, page: TruePage, reading: Reading, seconds: float, *, with_cells: bool = True) -> ItemScore:
    """A page read whole; `with_cells` is not for readers that give no tables at all."""
    read = words_read(reading)
    found, boxed = match(page, read), by_boxes(page, read)
    truth = [printed(line.text) for line in page.lines]
    texts = found.texts()
    confidences = [(word.confidence, right) for word, right in _judged(truth, found)]
    whole, in_lines = printed(reading.text), " ".join(texts)
    counts = {
        **_per_line(truth, texts, found.extra_text()),
        "words": Count(sum(right for _, right in confidences), sum(len(text.split()) for text in truth)),
        "numbers": metrics.numbers("\n".join(truth), "\n".join(_lines(reading))),
        "four_digits": metrics.four_digits("\n".join(truth), "\n".join(_lines(reading))),
        "names": metrics.names(map(printed, page.names), whole, in_lines),
        "dropped": Count(sum(map(metrics.is_dropped, truth, texts)), len(truth)),
        "order": metrics.order(_kept_places(truth, boxed, read)),
        "cells": cells(page.tables, reading.tables) if with_cells else metrics.NOTHING,
        **metrics.flags(confidences, DOUBTFUL),
    }
    pairs = sum((metrics.confusions(true, text) for true, text in zip(truth, texts, strict=True)), Pairs())
    return ItemScore(name, page.name, counts, metrics.bins(confidences), seconds, page.kind, page.condition, page.face, pairs)


def score_line(name: str, item: str, truth: str, read: Sequence[Word], seconds: float, form: Form, condition: str = "") -> ItemScore:
    """A line read by itself; `form` is the normal form both texts are compared in."""
    true, words = form(truth), [(text, word.confidence) for word in read for text in form(word.text).split()]
    text = form(" ".join(word.text for word in read))
    right = metrics.right_words(true.split(), [word for word, _ in words])
    confidences = [(confidence, is_right) for (_, confidence), is_right in zip(words, right, strict=True)]
    counts = {
        **_per_line([true], [text], ()),
        "words": Count(sum(right), len(true.split())),
        "numbers": metrics.numbers(true, text),
        "four_digits": metrics.four_digits(true, text),
        "dropped": Count(int(metrics.is_dropped(true, text)), 1),
        **metrics.flags(confidences, DOUBTFUL),
    }
    return ItemScore(name, item, counts, metrics.bins(confidences), seconds, "line", condition, "", metrics.confusions(true, text))


def cells(truth: Sequence[TrueTable], read: Sequence[Table]) -> Count:
    """Cells with text of which text, row and column are right, in the table read whose box covers most of the true one.

    Spans count through the places of the cells after them, as in HTML: a span missed moves its neighbours.
    """
    right = there = 0
    for table in truth:
        boxes = np.array([each.box for each in read], float).reshape(-1, 4)
        cover = covered(table.box, boxes)
        placed = dict(grid(read[int(cover.argmax())])) if cover.any() else {}
        full = [cell for cell in table.cells if printed(cell.text)]
        there += len(full)
        right += sum(printed(placed.get((cell.row, cell.column), "")) == printed(cell.text) for cell in full)
    return Count(right, there)


def grid(table: Table) -> Iterator[tuple[tuple[int, int], str]]:
    """((row, column from the right), text) of each cell's top right corner, spanned places skipped."""
    taken: set[tuple[int, int]] = set()
    for row, cells_of_row in enumerate(table.rows):
        column = 0
        for cell in cells_of_row:
            while (row, column) in taken:
                column += 1
            yield (row, column), cell.text
            taken |= {(row + down, column + left) for down in range(cell.row_span) for left in range(cell.col_span)}


def _per_line(truth: Sequence[str], texts: Sequence[str], extra: Sequence[str]) -> dict[str, Count]:
    pairs = [*zip(truth, texts, strict=True), *(("", text) for text in extra)]
    sums = {"cer": metrics.NOTHING, "letters": metrics.NOTHING, "wer": metrics.NOTHING}
    for true, text in pairs:
        sums["cer"] += metrics.signs(true, text)
        sums["letters"] += metrics.arabic_letters(true, text)
        sums["wer"] += metrics.words(true.split(), text.split())
    return sums


def _judged(truth: Sequence[str], found: Matched) -> Iterator[tuple[ReadWord, bool]]:
    """Every word read and whether it is right; those that belong to no line are wrong."""
    for true, piece in zip(truth, found.pieces, strict=True):
        yield from zip(piece, metrics.right_words(true.split(), [word.text for word in piece]), strict=True)
    yield from ((word, False) for word in found.extra)


def _lines(reading: Reading) -> list[str]:
    return [printed(line.text) for line in reading.lines]


def _kept_places(truth: Sequence[str], boxed: Matched, read: Sequence[ReadWord]) -> list[float | None]:
    """Where lines were read that were not dropped."""
    return [
        None if metrics.is_dropped(true, text) else place
        for true, text, place in zip(truth, boxed.texts(), places(boxed, read), strict=True)
    ]
