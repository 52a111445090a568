"""How many of the lines and cells truly on made pages the layout finds, by condition, and what finding them costs."""

import argparse
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from os import environ
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np

from benchmarks.prose import table
from ocr_models.training import pages as made
from ocr_models.training.faces import find
from ocr_models.training.lexicon import load
from ocr_models.training.templates import TEMPLATES
from ocr_models.training.text import Author, Tally
from pipeline.layout import lay_out
from pipeline.model import Box, PageImage, Region
from pipeline.preprocess import prepare

LEAST_WIDE, LEAST_HIGH = 0.9, 0.8  # of the truth's ink box that one found box has to cover
MOST_HIGH = 1.8  # times the truth's height; a higher crop reads its neighbours too
LOW_MM = 3.5  # lines of low letters are given this height: margins must not tell against them
HEAD = ("condition", "lines", "found", "recall %", "split", "merged", "tall", "missed", "false",
        "cells", "cells right %", "ms a page", "prepare", "lay out")  # fmt: skip


@dataclass(frozen=True)
class Found:
    """What the layout makes of one page: line boxes and regions in pixels of the prepared page, seconds spent by step, resolution."""

    lines: Sequence[Box]
    regions: Sequence[Region]
    seconds: dict[str, float]
    dpi: float


def finding(
    image: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]", dpi: float
) -> tuple[Found, "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"]:
    """The page through prepare and lay_out; and the 2x3 matrix from its pixels back to the page as it came."""
    times = [perf_counter()]
    clean = prepare(PageImage(image, dpi))
    times.append(perf_counter())
    layout = lay_out(clean)
    times.append(perf_counter())
    spent = dict(zip(("prepare", "lay out"), np.diff(times).tolist(), strict=True))
    return Found([box for boxes in layout.lines for box in boxes], layout.regions, spent, clean.dpi), clean.to_page


def judged(truth: Sequence[Box], found: Sequence[Box], dpi: float) -> Counter[str]:
    """Counts of true lines that are found, split, merged (with a line above or below), too tall or missed, and of false boxes.

    A true line is found when one box covers at least 90 % of its width and 80 % of its height and is no more than 1.8 times as high;
    merged boxes and tall ones are not found. Boxes that hold ink of no line, by the middle, are false.
    """
    counts: Counter[str] = Counter(lines=len(truth))
    low = LOW_MM * dpi / 25.4
    for line in truth:
        parts = [
            box for box in found if _shared(box, line, 1) > 0.5 * min(line.y1 - line.y0, box.y1 - box.y0) and _shared(box, line, 0) > 0
        ]
        whole = [box for box in parts if covers(box, line)]
        fit = [box for box in whole if box.y1 - box.y0 <= MOST_HIGH * max(low, line.y1 - line.y0)]
        if fit:
            counts["found"] += 1
        elif any(sum(covers(box, other) and _shared(other, line, 1) <= 0 for other in truth) for box in whole):
            counts["merged"] += 1
        elif whole:
            counts["tall"] += 1
        else:
            counts["split" if sum(_shared(box, line, 0) for box in parts) > 0.5 * (line.x1 - line.x0) else "missed"] += 1
    counts["false"] = sum(not any(_shared(box, line, 0) > 0 and _shared(box, line, 1) > 0 for line in truth) for box in found)
    return counts


def cells_right(truth: made.TruePage, boxes: dict[tuple[int, int, int], Box], regions: Iterable[Region]) -> Counter[str]:
    """Of the true cells with text, those whose middle lies in a found cell of the same row and column of a table, and no other's."""
    filled = {(line.table, *line.cell) for line in truth.lines if line.table is not None and line.cell is not None}
    counts: Counter[str] = Counter(cells=len(filled))
    found = [region for region in regions if region.kind == "cell"]
    for place in filled:
        x, y = middle(boxes[place])
        here = [cell for cell in found if cell.box.x0 <= x < cell.box.x1 and cell.box.y0 <= y < cell.box.y1]
        alone = [cell for cell in here if sum(_holds(cell.box, other) for other in boxes.values()) == 1]
        counts["right"] += any((cell.row, cell.column) == place[1:] for cell in alone)
    return counts


def covers(box: Box, line: Box) -> bool:
    return _shared(box, line, 0) >= LEAST_WIDE * (line.x1 - line.x0) and _shared(box, line, 1) >= LEAST_HIGH * (line.y1 - line.y0)


def middle(box: Box) -> tuple[float, float]:
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def _holds(box: Box, other: Box) -> bool:
    x, y = middle(other)
    return box.x0 <= x < box.x1 and box.y0 <= y < box.y1


def _shared(one: Box, other: Box, axis: int) -> int:
    return min(one[axis + 2], other[axis + 2]) - max(one[axis], other[axis])


def prepared(box: tuple[int, int, int, int], to_page: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> Box:
    """The box of the page as it came, in pixels of the prepared page; what a turn of the page added to it is taken off again."""
    back = cv2.invertAffineTransform(to_page)
    x, y = back @ np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 1.0])
    scale = float(np.hypot(*back[:, 0]))
    slope = abs(float(back[0, 1] / back[0, 0]))
    wide, high = box[2] - box[0], box[3] - box[1]
    half_w, half_h = (scale * max(size - slope * other, 0.5 * size) / 2 for size, other in ((wide, high), (high, wide)))
    return Box(round(x - half_w), round(y - half_h), round(x + half_w), round(y + half_h))


def judge(page: made.TruePage) -> tuple[Counter[str], dict[str, float]]:
    """Counts of lines and cells of one made page, and seconds by step."""
    found, to_page = finding(page.image, made.DPI)
    lines = [Box(*made.around([prepared(word.box, to_page) for word in line.words])) for line in page.lines]
    cells = {place: prepared(box, to_page) for place, box in page.cells.items()}
    return judged(lines, found.lines, found.dpi) + cells_right(page, cells, found.regions), found.seconds


def pages(count: int, seed: int) -> Iterator[made.TruePage]:
    """Made pages, the kinds of page by turns, conditions as often as in training."""
    author, faces = Author(load(), Tally()), find(held_out=False)
    kinds = list(TEMPLATES)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        yield made.page(author, faces, {kind: TEMPLATES[kind]}, seed, number)


def tesseract_seconds(page: made.TruePage) -> float:
    """What plain ``tesseract -l ara`` takes for the page, on one core."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "page.png"
        cv2.imwrite(str(picture), page.image)
        start = perf_counter()
        subprocess.run(
            ["tesseract", str(picture), "-", "-l", "ara", "--dpi", str(made.DPI)],
            check=True, capture_output=True, env={**environ, "OMP_THREAD_LIMIT": "1"},
        )  # fmt: skip
        return perf_counter() - start


def rows(results: Iterable[tuple[str, Counter[str], dict[str, float]]]) -> Iterator[tuple[str, ...]]:
    """A row of the table for each condition and one for all pages, from the condition, counts and seconds of each page."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    seconds: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for condition, counted, took in results:
        for name in (condition, "**all**"):
            counts[name] += counted
            for step, duration in {**took, "pages": 1.0}.items():
                seconds[name][step] += duration
    for name, count in counts.items():
        spent = seconds[name]
        share, cells = (
            f"{100 * part / max(1, whole):.2f}" for part, whole in ((count["found"], count["lines"]), (count["right"], count["cells"]))
        )
        failed = (str(count[how]) for how in ("split", "merged", "tall", "missed", "false"))
        steps = [1000 * spent[step] / spent["pages"] for step in ("prepare", "lay out")]
        yield (
            name,
            str(count["lines"]),
            str(count["found"]),
            share,
            *failed,
            str(count["cells"]),
            cells,
            *(f"{ms:.0f}" for ms in (sum(steps), *steps)),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=80)
    parser.add_argument("--seed", type=int, default=501)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    drawn = list(pages(asked.pages, asked.seed))
    results = [(page.condition, *judge(page)) for page in drawn]
    sys.stdout.write(table(HEAD, sorted(rows(results))) + "\n")
    sample = drawn[:: max(1, len(drawn) // 6)]
    mine = sum(sum(judge(page)[1].values()) for page in sample)
    theirs = sum(map(tesseract_seconds, sample))
    times = f"{mine / len(sample):.2f} s a page, tesseract -l ara {theirs / len(sample):.2f} s: {theirs / mine:.1f} times as long"
    sys.stdout.write(f"\n{len(sample)} pages: {times}.\n")


if __name__ == "__main__":
    main()
