"""The readers measured side by side: any line reader behind the pipeline, and Tesseract as a user runs it."""

import os
import resource
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Protocol

import cv2
import numpy as np

from ocr_models.evaluation.paper import DPI
from ocr_models.evaluation.wear import Grey
from ocr_models.program import pytesseract
from pipeline.model import Box, Line, PageImage, Reading, Word
from pipeline.ports import LineReader
from pipeline.process import read_image

_BORDER = 12
_BATCH = 100
Words = tuple[Word, ...]


class Timed(NamedTuple):
    """A page's reading and the processor seconds of this process and its children from image to words."""

    reading: Reading
    seconds: float


class Measured(Protocol):
    """What the runner asks of a reader."""

    @property
    def identity(self) -> str: ...

    @property
    def finds_tables(self) -> bool: ...

    def page(self, image: Grey) -> Timed:
        """A whole page at 300 dpi."""

    def lines(self, crops: Sequence[Grey]) -> tuple[list[Words], float]:
        """Line images, each read as one line, and the seconds of all of them."""


@dataclass(frozen=True)
class Piped:
    """A line reader behind the pipeline's own cleaning, layout and line finding: what users get."""

    reader: LineReader
    finds_tables: bool = True

    @property
    def identity(self) -> str:
        return self.reader.identity

    def page(self, image: Grey) -> Timed:
        start = processor_seconds()
        return Timed(read_image(PageImage(image, float(DPI)), self.reader), processor_seconds() - start)

    def lines(self, crops: Sequence[Grey]) -> tuple[list[Words], float]:
        start = processor_seconds()
        found = [self.reader.read(crop, float(DPI), [Box(0, 0, crop.shape[1], crop.shape[0])])[0] for crop in crops]
        return found, processor_seconds() - start


@dataclass(frozen=True)
class PlainTesseract:
    """`tesseract` as a user runs it: the page image as it is (psm 3), lines raw with a white border (psm 13), one thread.

    The image is an uncompressed file before the clock starts; loading Tesseract's models is part of every page's time, as it is for users.
    """

    languages: str
    finds_tables: bool = False

    @property
    def identity(self) -> str:
        return f"tesseract {pytesseract.get_tesseract_version()} {self.languages}, psm 3, lines psm 13"

    def page(self, image: Grey) -> Timed:
        with TemporaryDirectory(prefix="sijill-") as folder:
            file = _written(Path(folder) / "page.pgm", image)
            start = processor_seconds()
            table = self._run(file, f"--psm 3 --dpi {DPI}")
            seconds = processor_seconds() - start
        lines = [_line(words) for _, words in _by_line(table, ("block_num", "par_num", "line_num"))]
        return Timed(Reading(image.shape[1], image.shape[0], self.identity, tuple(lines)), seconds)

    def lines(self, crops: Sequence[Grey]) -> tuple[list[Words], float]:
        found, start = [], processor_seconds()
        for first in range(0, len(crops), _BATCH):
            batch = crops[first : first + _BATCH]
            read = dict(self._batch(batch))
            found += [read.get(number, ()) for number in range(1, len(batch) + 1)]
        return found, processor_seconds() - start

    def _batch(self, crops: Sequence[Grey]) -> list[tuple[int, Words]]:
        """(number from 1, words) of line images read in one run."""
        with TemporaryDirectory(prefix="sijill-") as name:
            folder = Path(name)
            bordered = [np.pad(crop, _BORDER, constant_values=255) for crop in crops]
            files = [_written(folder / f"{number}.pgm", crop) for number, crop in enumerate(bordered)]
            listed = folder / "lines.txt"
            listed.write_text("\n".join(map(str, files)) + "\n")
            table = self._run(listed, f"--psm 13 --dpi {DPI}")
        return [(int(key[0]), words) for key, words in _by_line(table, ("page_num",))]

    def _run(self, file: Path, config: str) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = pytesseract.image_to_data(
            str(file), lang=self.languages, config=config, output_type=pytesseract.Output.DICT
        )
        return found


def _own() -> LineReader:
    from ocr_models.recogniser import Recogniser  # noqa: PLC0415 - ONNX Runtime, and the model is looked for: only when it is measured

    return Recogniser()


OURS = "sijill"
READERS: Mapping[str, Callable[[], Measured]] = {
    OURS: lambda: Piped(_own()),
    "tesseract-ara": lambda: PlainTesseract("ara"),
    "tesseract-Arabic": lambda: PlainTesseract("Arabic"),
    "tesseract-ara+Arabic": lambda: PlainTesseract("ara+Arabic"),
}


def one_core() -> None:
    """This process and its children on one core with one thread each, so that seconds can be compared."""
    os.environ["OMP_THREAD_LIMIT"] = os.environ["OMP_NUM_THREADS"] = "1"
    cv2.setNumThreads(1)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def processor_seconds() -> float:
    """Of this process and the children it has waited for: other programs on the machine do not count."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _by_line(table: Mapping[str, list[Any]], keys: tuple[str, ...]) -> list[tuple[tuple[Any, ...], Words]]:
    """Words of Tesseract's table by line, in its own (logical) order."""
    rows = [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]
    said = [row for row in rows if str(row["text"]).strip() and float(row["conf"]) >= 0]
    return [(key, tuple(map(_word, row))) for key, row in groupby(said, key=lambda row: tuple(row[key] for key in keys))]


def _word(row: Mapping[str, Any]) -> Word:
    x, y = int(row["left"]), int(row["top"])
    return Word(str(row["text"]), Box(x, y, x + int(row["width"]), y + int(row["height"])), float(row["conf"]) / 100)


def _line(words: Words) -> Line:
    confidence = sum(word.confidence for word in words) / len(words)
    return Line(" ".join(word.text for word in words), Box.around([word.box for word in words]), confidence, words)


def _written(path: Path, image: Grey) -> Path:
    if not cv2.imwrite(str(path), image):
        raise OSError(f"{path} cannot be written")
    return path
