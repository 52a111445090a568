"""Text lines as geometry: the pieces of writing found on a page, rows of them, and the boxes of their lines."""

import math
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from pipeline.model import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

_JOINABLE = 1.9  # times the usual height of a piece; higher ones are several lines that a stamp or a stroke has run together
_ONE_LINE_MM = 30.0  # pieces of a row further apart are lines of their own


class Piece(NamedTuple):
    """A run of writing with no wide white in it: the box of its ink and, ``top`` to ``foot``, the rows about its ridge.

    ``letter`` is the size of its largest letter or figure, in heights of the page's connected writing.
    """

    box: Box
    top: int
    foot: int
    letter: float = 1.0


class Scale(NamedTuple):
    """From the reduced page (its height and width) to the whole one."""

    small: tuple[int, ...]
    whole: tuple[int, ...]

    def up(self, box: Box, margin: int = 1) -> Box:
        """A box of the reduced page on the whole one, with reduced pixels more at each side: where the ink is blurred away."""
        (height, width), (low, narrow) = self.whole, self.small
        by_x, by_y = width / narrow, height / low
        return Box(
            max(0, math.floor((box.x0 - margin) * by_x)),
            max(0, math.floor((box.y0 - margin) * by_y)),
            min(width, math.ceil((box.x1 + margin) * by_x)),
            min(height, math.ceil((box.y1 + margin) * by_y)),
        )


def line_boxes(pieces: "Sequence[Piece]", dpi: float) -> list[Box]:
    """Boxes of lines from the top; pieces far apart on one row are lines of their own, from the right."""
    apart = _ONE_LINE_MM / 25.4 * dpi
    boxes: list[Box] = []
    for row in rows_of(pieces) if pieces else []:
        for number, piece in enumerate(row):
            if number and boxes[-1].x0 - piece.box.x1 < apart:
                boxes[-1] = Box.around([boxes[-1], piece.box])
            else:
                boxes.append(piece.box)
    return boxes


def middle(piece: Piece) -> tuple[float, float]:
    return (piece.box.x0 + piece.box.x1) / 2, (piece.top + piece.foot) / 2


def within(piece: Piece, box: Box) -> bool:
    x, y = middle(piece)
    return box.x0 <= x < box.x1 and box.y0 <= y < box.y1


def rows_of(pieces: "Sequence[Piece]") -> list[list[Piece]]:
    """Pieces that stand on one line put together, rows from the top, pieces from the right; lines run together join no row."""
    most = _JOINABLE * median(piece.box.y1 - piece.box.y0 for piece in pieces)
    rows: list[list[Piece]] = []
    row: list[Piece] = []
    for piece in sorted(pieces, key=lambda each: each.top + each.foot):
        if piece.box.y1 - piece.box.y0 > most:
            rows.append([piece])
        elif row and min(piece.foot, row[-1].foot) - max(piece.top, row[-1].top) > 0.3 * (piece.foot - piece.top):
            row.append(piece)
        else:
            row = [piece]
            rows.append(row)
    return [sorted(row, key=lambda each: -each.box.x1) for row in rows]
