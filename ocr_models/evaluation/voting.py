"""What Tesseract beside our reader would gain on doubtful words, on the dev pages: python -m ocr_models.evaluation.voting --pages 3."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from ocr_models.evaluation import pagesets
from ocr_models.evaluation.normalise import printed
from ocr_models.evaluation.pagesets import DrawnPage
from ocr_models.evaluation.paper import DPI
from ocr_models.evaluation.readers import Measured, Piped
from pipeline.model import Box, Line, Word
from pipeline.ports import LineReader

DOUBTFUL = 0.9
_SAME = 0.4  # of either box lies in the other: the same word
_ROOM = 4  # pixels around a line for the second reader, that cuts it out of the page as it came


@dataclass(frozen=True, slots=True)
class Doubt:
    """A word read with little confidence: what is on the paper, what we read, our other readings, what the second reader read there."""

    truth: str
    ours: str
    others: tuple[str, ...]
    confidence: float
    theirs: str | None = None
    their_confidence: float = 0.0
    in_name: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page's doubts; its signs and words in all."""

    set: str
    doubts: tuple[Doubt, ...]
    signs: int
    words: int


Choose = Callable[[Doubt], bool]
"""Whether to take the second reader's word."""
CHOICES: Mapping[str, Choose] = {
    "ours": lambda _: False,
    "the second reader's": lambda _: True,
    "the more confident one": lambda doubt: doubt.their_confidence > doubt.confidence,
    "the second reader's, where it is among our other readings": lambda doubt: doubt.theirs in doubt.others,
    "the one that is right (no rule can know)": lambda doubt: _wrong(doubt.truth, doubt.theirs or "") < _wrong(doubt.truth, doubt.ours),
}
KINDS: Mapping[str, Choose] = {
    "words": lambda _: True,
    "numbers": lambda doubt: any(sign.isdigit() for sign in doubt.truth),
    "words of names": lambda doubt: doubt.in_name,
}


def measure(drawn: DrawnPage, name: str, ours: Measured, second: LineReader) -> Page:
    """Reads a page with ours, the lines that hold doubtful words with the second reader, and brings both together by their boxes.

    A doubtful word that lies on no true one is left out: there is nothing to be right about.
    """
    height, width = drawn.image.shape
    lines = [line for line in ours.page(drawn.image).reading.lines if any(map(_doubtful, line.words))]
    read = second.read(drawn.image, float(DPI), [_roomy(line, width, height) for line in lines])
    truth = {word.box: printed(word.text) for line in drawn.truth.lines for word in line.words}
    in_names = {part for full in drawn.truth.names for part in printed(full).split()}
    doubts = [doubt for line, words in zip(lines, read, strict=True) for doubt in _doubts(line, words, truth, in_names)]
    return Page(name, tuple(doubts), len(printed(drawn.truth.text)), len(truth))


def told(pages: Sequence[Page]) -> Iterator[str]:
    """Rows of a Markdown table: wrong signs of all, and how many doubtful words, numbers and words of names are right, by way to choose."""
    doubts, signs = [doubt for page in pages for doubt in page.doubts], sum(page.signs for page in pages)
    of = {kind: [doubt for doubt in doubts if belongs(doubt)] for kind, belongs in KINDS.items()}
    yield f"{len(pages)} pages, {sum(page.words for page in pages)} words, {len(doubts)} of them doubtful"
    yield "| taken | " + " | ".join(f"{kind} right of {len(some)}" for kind, some in of.items()) + " | CER gained, points |"
    yield "| --- |" + " ---: |" * (len(of) + 1)
    for name, choose in CHOICES.items():
        right = (str(sum(taken(doubt, choose) == doubt.truth for doubt in some)) for some in of.values())
        gain = sum(_wrong(doubt.truth, doubt.ours) - _wrong(doubt.truth, taken(doubt, choose)) for doubt in doubts)
        yield f"| {name} | {' | '.join(right)} | {100 * gain / max(1, signs):+.2f} |"


def taken(doubt: Doubt, choose: Choose) -> str:
    """Ours stands where the second reader has nothing."""
    return doubt.theirs if doubt.theirs is not None and choose(doubt) else doubt.ours


def main(words: Sequence[str] | None = None) -> int:
    from ocr_models.recogniser import Recogniser  # noqa: PLC0415 - as readers.READERS does
    from ocr_models.tesseract import TesseractReader  # noqa: PLC0415

    parser = argparse.ArgumentParser(prog="python -m ocr_models.evaluation.voting", description=__doc__)
    parser.add_argument("--pages", type=int, default=3, help="the first so many of each set")
    given = parser.parse_args(words)
    ours, second = Piped(Recogniser()), TesseractReader()
    drawn = ((name, page) for name in pagesets.SETS for _, page in pagesets.pages(name, "dev", given.pages))
    pages = [measure(page, name, ours, second) for name, page in drawn]
    sys.stdout.writelines(f"{row}\n" for row in told(pages))
    return 0


def _doubts(line: Line, words: Sequence[Word], truth: Mapping[Box, str], in_names: set[str]) -> Iterator[Doubt]:
    boxes = [word.box for word in words]
    for word in filter(_doubtful, line.words):
        true, there = _same(word.box, list(truth)), _same(word.box, boxes)
        if true is None:
            continue
        text = truth[true]
        theirs = words[boxes.index(there)] if there else None
        yield Doubt(
            text, printed(word.text), tuple(printed(other.text) for other in word.alternatives), word.confidence,
            printed(theirs.text) if theirs else None, theirs.confidence if theirs else 0.0, text in in_names,
        )  # fmt: skip


def _doubtful(word: Word) -> bool:
    return word.confidence < DOUBTFUL


def _same(box: Box, others: Sequence[Box]) -> Box | None:
    """The one of the others that is the same word: that shares most with the box."""
    shares = [(min(_shared(box, other), _shared(other, box)), other) for other in others]
    share, best = max(shares, key=lambda found: found[0], default=(0.0, box))
    return best if share > _SAME else None


def _shared(box: Box, other: Box) -> float:
    """Share of the box that lies in the other."""
    across, down = min(box.x1, other.x1) - max(box.x0, other.x0), min(box.y1, other.y1) - max(box.y0, other.y0)
    return max(0, across) * max(0, down) / ((box.x1 - box.x0) * (box.y1 - box.y0))


def _roomy(line: Line, width: int, height: int) -> Box:
    box = line.box
    return Box(max(0, box.x0 - _ROOM), max(0, box.y0 - _ROOM), min(width, box.x1 + _ROOM), min(height, box.y1 + _ROOM))


def _wrong(truth: str, read: str) -> int:
    return Levenshtein.distance(truth, read)


if __name__ == "__main__":
    sys.exit(main())
