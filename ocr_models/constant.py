"""A reader that reads the first line of every page as one fixed text: for measuring everything around reading, and for tests."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.model import Box, Word

if TYPE_CHECKING:
    from pipeline.model import Pixels

TEXT = "المدعو سامر بن نزار الحلبي تاريخ ١٢/٣/٢٠١٣"


class ConstantReader:
    """LineReader that looks at nothing: fixed words across the first line, none in the others."""

    identity = "constant 2"

    def read(self, pixels: "Pixels", dpi: float, boxes: Sequence[Box]) -> list[tuple[Word, ...]]:  # noqa: ARG002 the port's arguments
        return [() if number else _placed(box) for number, box in enumerate(boxes)]


def _placed(line: Box) -> tuple[Word, ...]:
    words, width = TEXT.split(), line.x1 - line.x0
    edges = [line.x1 - round(width * part / len(words)) for part in range(len(words) + 1)]
    sides = zip(words, edges, edges[1:], strict=False)
    return tuple(Word(text, Box(left, line.y0, max(right, left + 1), line.y1), 1.0) for text, right, left in sides)
