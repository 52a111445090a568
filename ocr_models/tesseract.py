"""Reads pages with Tesseract: all lines of a page in one run, so that its models are loaded once."""

import os
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ocr_models.letters import as_printed, is_latin
from ocr_models.program import pytesseract
from pipeline.errors import Missing, WorkerLost
from pipeline.model import Box, Word

if TYPE_CHECKING:
    from pipeline.model import Pixels

LANGUAGES = ("Arabic", "ara")  # on the fixtures .829 of the words, .469 of the numbers; ara first .825, .440; Arabic alone .816, .516
INSTALL = "Run `apt-get install tesseract-ocr tesseract-ocr-ara tesseract-ocr-script-arab`."
# One line a picture (7): measured on memos and ruled tables against whole pages (3, 6), blocks (6) and raw lines (13).
CONFIG = "--psm 7 -c textord_noise_rejrows=0 -c textord_noise_rejwords=0"
BORDER = 12  # white pixels around each line
_LEAST_CONTRAST = 32  # grey levels between the lightest and the darkest pixel of a line with ink


class TesseractReader:
    """LineReader over the tesseract program. Raises Missing when it or a language is not installed."""

    def __init__(self, languages: Sequence[str] = LANGUAGES, seconds: float = 120.0) -> None:
        """``seconds`` is the longest the lines of one page may take."""
        self._languages, self._seconds = tuple(languages), seconds
        os.environ["OMP_THREAD_LIMIT"] = "1"  # Tesseract's threads contend: 0.5 s a page becomes 15 s when two processes run
        self._models, known = _installed()
        if missing := sorted(set(self._languages) - known):
            raise Missing("not-installed", f"Tesseract does not know the language(s) {', '.join(missing)}.", INSTALL)

    @cached_property
    def identity(self) -> str:
        models = " ".join(f"{language}:{_model_hash(self._models, language)}" for language in self._languages)
        return f"tesseract {pytesseract.get_tesseract_version()} {models} {CONFIG} folded 1"

    def read(self, pixels: "Pixels", dpi: float, boxes: Sequence[Box]) -> list[tuple[Word, ...]]:
        """The words of each line. Raises WorkerLost (reader-hung, reader-died)."""
        if not boxes:
            return []
        with tempfile.TemporaryDirectory(prefix="sijill-") as folder:
            listed = _written(Path(folder), pixels, boxes)
            table = self._run(listed, dpi)
        if len(set(table["page_num"])) != len(boxes):
            raise WorkerLost("reader-died", f"Tesseract answered for {len(set(table['page_num']))} of {len(boxes)} lines.")
        words = defaultdict(list)
        for number, text, confidence, x, y, width, height in zip(
            *(table[name] for name in ("page_num", "text", "conf", "left", "top", "width", "height")), strict=True
        ):
            printed = as_printed(str(text))
            if printed and float(confidence) >= 0:
                box = boxes[number - 1]
                words[number].append(Word(printed, _on_page(box, x, y, width, height), round(float(confidence) / 100, 4)))
        return [() if _blank(pixels, box) else tuple(in_reading_order(words[number])) for number, box in enumerate(boxes, start=1)]

    def _run(self, listed: Path, dpi: float) -> dict[str, list[int]]:
        """Tesseract's table of words (TSV, one page number a picture)."""
        try:
            table: dict[str, list[int]] = pytesseract.image_to_data(
                str(listed),
                lang="+".join(self._languages),
                config=f"{CONFIG} --dpi {round(dpi)}",
                timeout=self._seconds,
                output_type=pytesseract.Output.DICT,
            )
        except pytesseract.TesseractNotFoundError as error:
            raise Missing("not-installed", "Tesseract is not installed.", INSTALL) from error
        except pytesseract.TesseractError as error:
            raise WorkerLost("reader-died", f"Tesseract ended with status {error.status}.") from error
        except RuntimeError as error:  # pytesseract's way to say that its timeout passed
            raise WorkerLost("reader-hung", f"Tesseract took longer than {self._seconds:g} s.") from error
        return table


def in_reading_order(words: Iterable[Word]) -> list[Word]:
    """Words of one line from right to left, runs of Latin words from left to right."""
    ordered: list[Word] = []
    from_right = sorted(words, key=lambda word: -word.box.x1)
    for latin, group in groupby(from_right, key=lambda word: is_latin(word.text)):
        run = list(group)
        ordered += run[::-1] if latin else run
    return ordered


def _blank(pixels: "Pixels", box: Box) -> bool:
    """Nothing but paper, on which Tesseract sees an alif as wide as the line."""
    return int(np.ptp(pixels[box.y0 : box.y1, box.x0 : box.x1])) < _LEAST_CONTRAST


def _written(folder: Path, pixels: "Pixels", boxes: Sequence[Box]) -> Path:
    """A list file naming one uncompressed picture a line, each with a white border."""
    names = []
    for number, box in enumerate(boxes):
        crop = pixels[box.y0 : box.y1, box.x0 : box.x1]
        name = folder / f"{number}.pgm"
        if not cv2.imwrite(str(name), cv2.copyMakeBorder(crop, BORDER, BORDER, BORDER, BORDER, cv2.BORDER_CONSTANT, value=255.0)):
            raise OSError(f"cannot write {name}")
        names.append(str(name))
    listed = folder / "lines.txt"
    listed.write_text("\n".join(names) + "\n")
    return listed


def _on_page(line: Box, x: int, y: int, width: int, height: int) -> Box:
    """A box of the bordered line picture on the page, kept inside its line and never empty."""
    left, top = (min(max(v - BORDER, 0), size - 1) for v, size in ((x, line.x1 - line.x0), (y, line.y1 - line.y0)))
    right, bottom = max(left + 1, x - BORDER + width), max(top + 1, y - BORDER + height)
    return Box(line.x0 + left, line.y0 + top, min(line.x0 + right, line.x1), min(line.y0 + bottom, line.y1))


def _installed() -> tuple[Path, frozenset[str]]:
    """The folder of models and the languages in it, as Tesseract itself lists them."""
    try:
        listed = subprocess.run(
            [pytesseract.pytesseract.tesseract_cmd, "--list-langs"], capture_output=True, text=True, timeout=30, check=True
        )
    except FileNotFoundError as error:
        raise Missing("not-installed", "Tesseract is not installed.", INSTALL) from error
    except subprocess.SubprocessError as error:
        raise WorkerLost("reader-died", "Tesseract does not start.") from error
    heading, *languages = (listed.stdout or listed.stderr).splitlines()
    return Path(heading.split('"')[1]), frozenset(languages)


def _model_hash(folder: Path, language: str) -> str:
    """Eight digits of the sha256 of a language's model: another model is another reader."""
    return sha256((folder / f"{language}.traineddata").read_bytes()).hexdigest()[:8]
