"""How much of the fixture scans' words and numbers is read: the whole path, and plain Tesseract beside it.

Normalisation, the same for both and for the truth: NFC, no tatweel, no vowel marks, no control or bidi marks, no presentation forms;
split at blanks; punctuation taken off both ends of a token. Letters and digits stay as they are. A number is a token with a digit in it,
``12/3/2013`` one of them; it counts when it is read exactly, once with the digits as printed and once with both sets of digits as one.
"""

import json
import os
import subprocess
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks import machine, scans
from benchmarks.results import Result
from benchmarks.watching import environment
from pipeline.arabic import ascii_digits, clean

Page = tuple[str, int]
"""File name and page number from 1."""
Texts = Mapping[Page, str]


class Found(NamedTuple):
    """How many tokens there are, and how many of them were read."""

    there: int
    read: int

    def __add__(self, other: object) -> "Found":
        if not isinstance(other, Found):
            return NotImplemented
        return Found(self.there + other.there, self.read + other.read)


MEASURES: dict[str, Callable[[str], Counter[str]]] = {
    "words": lambda text: Counter(token for token in tokens(text) if not _numeric(token)),
    "numbers": lambda text: Counter(token for token in tokens(text) if _numeric(token)),
    "numbers_folded": lambda text: Counter(ascii_digits(token) for token in tokens(text) if _numeric(token)),
}


def measure(only: Iterable[str] = ()) -> Result:
    """Read every fixture scan, or ``only`` files of these names, both ways."""
    chosen = [path for path, _ in scans.fixtures() if not only or path.name in only]
    about, truth = machine.describe(), _truth({path.name for path in chosen})
    ways: dict[str, Callable[[list[Path]], Texts]] = {"sijill": read_by_sijill, "tesseract": read_by_tesseract}
    result: Result = {"machine": about, "pages": len(truth), "files": len(chosen), "ways": {}}
    for name, read in ways.items():
        start = time.perf_counter()
        texts = read(chosen)
        result["ways"][name] = {"seconds": round(time.perf_counter() - start, 1), **scored(truth, texts)}
    return result


def scored(truth: Mapping[Page, Result], texts: Texts) -> Result:
    """Recall over all pages, by kind and by condition (a page has several), and how many words were given for a hundred there are."""
    pages = {page: _page(entry, texts.get(page, "")) for page, entry in truth.items()}
    kinds: dict[str, list[Page]] = {}
    conditions: dict[str, list[Page]] = {}
    for page, entry in truth.items():
        kinds.setdefault(entry["kind"], []).append(page)
        for condition in entry["condition"]:
            conditions.setdefault(condition, []).append(page)
    given = sum(len(tokens(texts.get(page, ""))) for page in truth)
    there = sum(len(tokens(_text(entry))) for entry in truth.values())
    blank = sum(len(tokens(texts.get(page, ""))) for page in kinds.get("blank", ()))
    return {
        "all": _total(pages, truth),
        "kinds": {kind: _total(pages, found) for kind, found in sorted(kinds.items()) if kind != "blank"},
        "conditions": {name: _total(pages, found) for name, found in sorted(conditions.items()) if name != "blank"},
        "given_a_hundred": round(100 * given / max(there, 1)), "on_blank_pages": blank,
    }  # fmt: skip


def tokens(text: str) -> list[str]:
    """The words and numbers of a text in the form they are compared in."""
    plain = "".join(char for char in clean(text) if unicodedata.category(char) != "Mn")
    return [token for token in map(_bare, plain.split()) if token]


def read_by_sijill(paths: list[Path]) -> Texts:
    """`sijill read --format json`, with the reader it has by default."""
    command = [machine.sijill(), "read", "--format", "json", *map(str, paths)]
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(command, env=environment(Path(home)), capture_output=True, check=True)
    return {(Path(page["source"]).name, page["page"]): page["text"] for page in json.loads(done.stdout)}


def read_by_tesseract(paths: list[Path]) -> Texts:
    """`tesseract FILE - -l ara`: pictures as they are, pages of PDFs drawn by `pdftoppm -r 300` first."""
    texts: dict[Page, str] = {}
    with tempfile.TemporaryDirectory() as name:
        for path in paths:
            if path.suffix == ".pdf":
                subprocess.run(["pdftoppm", "-r", "300", "-png", str(path), f"{name}/{path.stem}"], check=True)
                pictures = sorted(Path(name).glob(f"{path.stem}-*.png"))
                texts |= {(path.name, number): _tesseract(picture) for number, picture in enumerate(pictures, 1)}
            else:
                parts = _tesseract(path).split("\f")  # one form feed after each page
                texts |= {(path.name, number): part for number, part in enumerate(parts, 1)}
    return texts


def _tesseract(picture: Path) -> str:
    command = ["tesseract", str(picture), "-", "-l", "ara"]
    done = subprocess.run(command, env={**os.environ, "OMP_THREAD_LIMIT": "1"}, capture_output=True, check=True)
    return done.stdout.decode()


def _truth(names: set[str]) -> dict[Page, Result]:
    pages = json.loads((scans.FIXTURES / "truth.json").read_text("utf-8"))["pages"]
    return {(page["source"], page["page"]): page for page in pages if page["source"] in names}


def _text(entry: Result) -> str:
    return "\n".join(line["text"] for line in entry["lines"])


def _page(entry: Result, text: str) -> dict[str, Found]:
    """For each measure: how many tokens of the page were read, each as often as it stands there."""
    found = {}
    for name, counted in MEASURES.items():
        there = counted(_text(entry))
        found[name] = Found(there.total(), (there & counted(text)).total())
    return found


def _total(pages: Mapping[Page, dict[str, Found]], which: Iterable[Page]) -> Result:
    chosen = [pages[page] for page in which]
    sums = {name: sum((page[name] for page in chosen), Found(0, 0)) for name in MEASURES}
    return {"pages": len(chosen), **{name: list(found) for name, found in sums.items()}}


def _bare(token: str) -> str:
    """Without punctuation and symbols at its ends."""
    inside = [at for at, char in enumerate(token) if unicodedata.category(char)[0] not in "PS"]
    return token[inside[0] : inside[-1] + 1] if inside else ""


def _numeric(token: str) -> bool:
    return any(char.isdecimal() for char in token)
