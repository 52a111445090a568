"""Reads sets with readers, side by side in the same run, and adds the counts up."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ocr_models.evaluation import linesets, metrics, pagesets
from ocr_models.evaluation.linesets import CUT, REAL, LineItem
from ocr_models.evaluation.pagesets import Split
from ocr_models.evaluation.readers import Measured
from ocr_models.evaluation.score import ItemScore, Pairs, score_line, score_page

_GROUP = 100
_MOST_PAIRS = 40
Tick = Callable[[int], None]


@dataclass(frozen=True)
class Limits:
    """Which split of the drawn sets; where real line collections are, if anywhere; the first so many pages, or lines of a real set."""

    split: Split = "test"
    lines: Path | None = None
    most: int | None = None


def measure_set(
    name: str, readers: Mapping[str, Measured], limits: Limits, tick: Tick = lambda _: None
) -> dict[str, list[ItemScore]] | None:
    """Every reader's scores of one set, each item read by all of them in turn; None for real lines that were not given.

    `tick` is told how many items are done. Raises KeyError for a set there is not.
    """
    scores: dict[str, list[ItemScore]] = {reader: [] for reader in readers}
    if name in pagesets.SETS:
        for _, drawn in pagesets.pages(name, limits.split, limits.most):
            for reader, measured in readers.items():
                reading, seconds = measured.page(drawn.image)
                scores[reader].append(score_page(name, drawn.truth, reading, seconds, with_cells=measured.finds_tables))
            tick(1)
        return scores
    if name in REAL and limits.lines is None:
        return None
    for group in _groups(_lines(name, limits)):
        for reader, measured in readers.items():
            scores[reader] += _scored(name, measured, group)
        tick(len(group))
    return scores


def _lines(name: str, limits: Limits) -> Iterator[LineItem]:
    if name in REAL and limits.lines is not None:
        return linesets.real_lines(name, limits.lines, limits.most)
    return linesets.cut_out(name.removeprefix(CUT), limits.split, limits.most)


def _scored(name: str, reader: Measured, group: Sequence[LineItem]) -> list[ItemScore]:
    read, seconds = reader.lines([item.image for item in group])
    each = seconds / len(group)
    return [score_line(name, item.name, item.text, words, each, item.form, item.condition) for item, words in zip(group, read, strict=True)]


def _groups(items: Iterable[LineItem]) -> Iterator[list[LineItem]]:
    rest = iter(items)
    while group := list(islice(rest, _GROUP)):
        yield group


def summary(scores: Sequence[ItemScore]) -> dict[str, Any]:
    """Shares of one reader on one set, by condition too, calibration, and the signs most often misread."""
    filled = metrics.joined_bins(score.bins for score in scores)
    pairs: Pairs = sum((score.confusions for score in scores), Pairs())
    return {
        "items": len(scores),
        "seconds": round(sum(score.seconds for score in scores) / max(1, len(scores)), 4),
        **_shares(scores),
        "conditions": _by(scores, lambda score: score.condition),
        "faces": _by(scores, lambda score: score.face),
        "bins": [list(each) for each in filled],
        "confusions": [[true, read, count] for (true, read), count in pairs.most_common(_MOST_PAIRS)],
    }


def _by(scores: Sequence[ItemScore], key: Callable[[ItemScore], str]) -> dict[str, Any]:
    groups: dict[str, list[ItemScore]] = {}
    for score in scores:
        groups.setdefault(key(score), []).append(score)
    return {name: {"items": len(some), **_shares(some)} for name, some in sorted(groups.items())}


def _shares(scores: Sequence[ItemScore]) -> dict[str, Any]:
    total = metrics.total(score.counts for score in scores)
    ece = metrics.ece(metrics.joined_bins(score.bins for score in scores))
    return {
        "counts": {measure: list(count) for measure, count in total.items() if count.whole},
        "ece": None if ece is None else round(ece, 4),
    }
