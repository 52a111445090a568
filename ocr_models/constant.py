"""A reader that reads every page as one fixed line: for measuring everything around reading, and for tests."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.model import Box, Line, Region, Word

if TYPE_CHECKING:
    from pipeline.model import Pixels

TEXT = "المدعو سامر بن نزار الحلبي تاريخ ١٢/٣/٢٠١٣"


class ConstantReader:
    """PageReader that looks at nothing: one line across the first region, none where there are no regions."""

    identity = "constant 1"

    def read(self, pixels: "Pixels", dpi: float, regions: Sequence[Region]) -> tuple[Line, ...]:  # noqa: ARG002 the port's arguments
        if not regions:
            return ()
        box, words = regions[0].box, TEXT.split()
        width = box.x1 - box.x0
        edges = [box.x1 - round(width * part / len(words)) for part in range(len(words) + 1)]
        placed = tuple(
            Word(text, Box(left, box.y0, max(right, left + 1), box.y1), 1.0)
            for text, right, left in zip(words, edges, edges[1:], strict=False)
        )
        return (Line(TEXT, box, 1.0, placed),)
