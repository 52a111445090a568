"""Lines by themselves: cut from the drawn pages where they truly stand, and real printed ones kept out of training."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ocr_models.evaluation.normalise import Form, folded, printed
from ocr_models.evaluation.pagesets import SETS, Split, pages
from ocr_models.evaluation.wear import Grey
from ocr_models.training import real

LISTS = Path(__file__).parent / "sets"
CUT = "cut-"
REAL = ("jstor", "book")
_AIR = 6  # pixels of paper about a line cut out


@dataclass(frozen=True)
class LineItem:
    """One line and what it truly says; `form` is how both are compared."""

    name: str
    image: Grey
    text: str
    form: Form
    condition: str


def cut_out(name: str, split: Split = "test", limit: int | None = None) -> Iterator[LineItem]:
    """The lines of a page set's pages, each cut where it truly stands, a little paper about it; neighbours' ink comes with it."""
    for _, drawn in pages(name, split, limit):
        height, width = drawn.image.shape
        for number, line in enumerate(drawn.truth.lines):
            x0, y0, x1, y1 = line.box
            crop = drawn.image[max(0, y0 - _AIR) : min(height, y1 + _AIR), max(0, x0 - _AIR) : min(width, x1 + _AIR)]
            yield LineItem(f"{drawn.truth.name}/{number}", crop, line.text, printed, drawn.truth.condition)


def real_lines(name: str, folder: Path, limit: int | None = None) -> Iterator[LineItem]:
    """The lines a real set lists by name, found in a folder of collections. Raises FileNotFoundError when one is not there."""
    wanted = frozenset((LISTS / f"{name}.txt").read_text("utf-8").split())
    found = [line for line in real.lines(folder) if line.name in wanted]
    if len(found) < len(wanted):
        raise FileNotFoundError(f"{len(wanted) - len(found)} of the {len(wanted)} lines of sets/{name}.txt are not in {folder}")
    for line in found[:limit]:
        text = line.file.with_name(f"{line.name}.gt.txt").read_text("utf-8")
        yield LineItem(line.name, line.image(), text, folded, "real")


def known() -> tuple[str, ...]:
    """Every set there is: pages, lines cut from them, real lines."""
    return (*SETS, *(CUT + name for name in SETS), *REAL)
