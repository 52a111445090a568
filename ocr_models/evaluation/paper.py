"""A sheet of A4 at 300 dpi being typed for evaluation, word by word, with the truth of what stands where."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_models.evaluation.clerk import Clerk
from ocr_models.evaluation.truth import TrueCell, TrueLine, TrueTable, TrueWord
from ocr_models.training.faces import Face
from pipeline.model import Box

Grey = NDArray[np.uint8]
"""(3508, 2480): 0 ink, 255 paper."""

DPI, WIDTH, DEPTH = 300, 2480, 3508


@dataclass(frozen=True)
class Heading:
    """A column of a table: its heading, what its cells are filled with, its width in parts; `over` is a heading above several."""

    text: str
    slot: str
    width: float
    over: str = ""


@dataclass
class Paper:
    """Goes down from `y`; `right` and `left` are the margins. `bold` is the heavier face of the same design, where there is one."""

    clerk: Clerk
    face: Face
    bold: Face
    size: int
    spacing: float = 1.75
    image: Grey = field(default_factory=lambda: np.full((DEPTH, WIDTH), 255, np.uint8))
    lines: list[TrueLine] = field(default_factory=list)
    tables: list[TrueTable] = field(default_factory=list)
    beside: list[Box] = field(default_factory=list)
    y: int = 210
    right: int = WIDTH - 230
    left: int = 200

    @property
    def leading(self) -> int:
        return round(self.size * self.spacing)

    def down(self, lines: float = 1.0) -> int:
        self.y += round(lines * self.leading)
        return self.y

    def put(self, text: str, right: float, y: int, *, size: int = 0, bold: bool = False, space: float = 0.0) -> TrueLine:
        """Sets words leftwards from `right` on the baseline `y`. Raises ValueError where the paper ends: the template is wrong."""
        font = (self.bold if bold else self.face).font(size or self.size)
        gap = space or self._gap(size or self.size, bold=bold)
        words, x = [], right
        for word in text.split():
            mask, (dx, dy) = font.getmask2(word, "L", direction="rtl", language="ar", anchor="rs")
            words.append(TrueWord(word, self._ink(mask, round(x + dx), round(y + dy))))
            x -= font.getlength(word, direction="rtl", language="ar") + gap
        return TrueLine(tuple(words))

    def say(self, text: str, right: float, *, size: int = 0, bold: bool = False) -> TrueLine:
        line = self.put(text, right, self.y, size=size, bold=bold)
        self.lines.append(line)
        return line

    def width(self, text: str, size: int = 0, *, bold: bool = False) -> float:
        font = (self.bold if bold else self.face).font(size or self.size)
        words = text.split()
        return float(
            sum(font.getlength(word, direction="rtl", language="ar") for word in words)
            + self._gap(size or self.size, bold=bold) * (len(words) - 1)
        )

    def wrapped(self, text: str, room: float, size: int = 0) -> list[str]:
        rows: list[str] = []
        for word in text.split():
            if rows and self.width(f"{rows[-1]} {word}", size) <= room:
                rows[-1] += f" {word}"
            else:
                rows.append(word)
        return rows

    def centred(self, text: str, middle: float = 0.0, *, size: int = 0, bold: bool = False, underlined: bool = False) -> TrueLine:
        half = self.width(text, size, bold=bold) / 2
        line = self.say(text, (middle or (self.left + self.right) / 2) + half, size=size, bold=bold)
        if underlined:
            y = self.y + round(self.size * 0.42)
            cv2.line(self.image, (line.box.x0 - 6, y), (line.box.x1 + 6, y), 0, 4)
        return line

    def paragraph(self, text: str, *, indent: int = 0, right: int = 0) -> None:
        """Justified but for its last line; a first line that starts `indent` pixels further left."""
        right, first = right or self.right, True
        words = text.split()
        while words:
            edge = right - (indent if first else 0)
            row = self.wrapped(" ".join(words), edge - self.left)[0]
            count = len(row.split())
            words = words[count:]
            self.down()
            spare = (edge - self.left - self.width(row)) / max(1, count - 1)
            self.lines.append(self.put(row, edge, self.y, space=self._gap(self.size) + spare if words and count > 1 else 0.0))
            first = False

    def dotted(self, right: float, left: float) -> None:
        """A fill line of dots on the baseline, with paper between it and the writing: no text."""
        for x in range(round(left), round(right) - 8, 15):
            cv2.circle(self.image, (x, self.y + 2), 3, 20, -1, cv2.LINE_AA)

    def rule(self, x0: float, y0: float, x1: float, y1: float, thick: int = 4) -> None:
        cv2.line(self.image, (round(x0), round(y0)), (round(x1), round(y1)), 0, thick)

    def table(
        self, columns: Sequence[Heading], rows: Sequence[Sequence[str]], *, size: int, thick: int = 3, total: tuple[str, str] | None = None
    ) -> None:
        """A ruled table with a merged heading where columns stand under one, texts wrapped in their cells, and a total below.

        `total`: a text over all columns but the last, and what stands in the last.
        """
        unit = (self.right - self.left) / sum(column.width for column in columns)
        edges = [round(self.right - unit * sum(column.width for column in columns[:count])) for count in range(len(columns) + 1)]
        grid = _Grid(self, edges, size, thick, top=self.y + round(self.leading * 0.5))
        grid.heading(columns)
        for row in rows:
            grid.row([(text, 1) for text in row])
        if total:
            grid.row([(total[0], len(columns) - 1), (total[1], 1)])
        self.y = grid.close() + round(self.leading * 0.4)

    def _gap(self, size: int, *, bold: bool = False) -> float:
        return max(float((self.bold if bold else self.face).font(size).getlength(" ")), size * 0.2)

    def _ink(self, mask: object, x0: int, y0: int) -> Box:
        across, down = mask.size  # type: ignore[attr-defined]  # Pillow's core images are not typed
        piece = np.frombuffer(bytes(mask), np.uint8).reshape(down, across)  # type: ignore[call-overload]
        x, y, width, height = cv2.boundingRect(piece)
        box = Box(x0 + x, y0 + y, x0 + x + width, y0 + y + height)
        if not width or box.x0 < 0 or box.y0 < 0 or box.x1 > WIDTH or box.y1 > DEPTH:
            raise ValueError(f"a word of {across} pixels falls off the paper at {box}")
        target = self.image[box.y0 : box.y1, box.x0 : box.x1]
        np.minimum(target, 255 - piece[y : y + height, x : x + width], out=target)
        return box


@dataclass
class _Grid:
    """The rows of a table as they are ruled; cells stand in `cells` as truth, their lines on the paper."""

    paper: Paper
    edges: list[int]
    size: int
    thick: int
    top: int
    number: int = 0
    begin: int = -1
    cells: list[TrueCell] = field(default_factory=list)

    def heading(self, columns: Sequence[Heading]) -> None:
        """One row, or two where a heading stands over several columns and the others go through both."""
        self.begin = self.top
        if not any(column.over for column in columns):
            return self.row([(column.text, 1) for column in columns], bold=True)
        tall = round(self.size * 1.9)
        upper = lower = 0
        below = []
        while upper < len(columns):
            over = columns[upper].over
            lower = upper + 1
            while over and lower < len(columns) and columns[lower].over == over:
                lower += 1
            if over:
                self._cell(over, upper, lower - upper, self.top, tall, 1, bold=True)
                below += list(range(upper, lower))
            else:
                self._cell(columns[upper].text, upper, 1, self.top, 2 * tall, 2, bold=True)
            upper = lower
        self.number, self.top = self.number + 1, self.top + tall
        for column in below:
            self._cell(columns[column].text, column, 1, self.top, tall, 1, bold=True)
        self.number, self.top = self.number + 1, self.top + tall
        return None

    def row(self, texts: Sequence[tuple[str, int]], *, bold: bool = False) -> None:
        """Cells from the right, each over so many columns; as tall as its fullest cell."""
        places, column = [], 0
        for text, span in texts:
            places.append((text, column, span))
            column += span
        most = max(len(self._wrapped(text, column, span)) for text, column, span in places)
        tall = round(self.size * (0.7 + 1.25 * most))
        for text, start, span in places:
            self._cell(text, start, span, self.top, tall, 1, bold=bold)
        self.number, self.top = self.number + 1, self.top + tall

    def close(self) -> int:
        box = Box(self.edges[-1], self.begin, self.edges[0], self.top)
        self.paper.tables.append(TrueTable(box, tuple(self.cells)))
        return self.top

    def _wrapped(self, text: str, column: int, span: int) -> list[str]:
        return self.paper.wrapped(text, self.edges[column] - self.edges[column + span] - 24, self.size)

    def _cell(self, text: str, column: int, span: int, top: int, tall: int, rows: int, *, bold: bool) -> None:
        right, left = self.edges[column], self.edges[column + span]
        cv2.rectangle(self.paper.image, (left, top), (right, top + tall), 0, self.thick)
        parts = self._wrapped(text, column, span)
        y = top + (tall - round(self.size * 1.25) * len(parts)) // 2 + round(self.size * 0.92)
        for part in parts:
            half = self.paper.width(part, self.size, bold=bold) / 2
            self.paper.lines.append(self.paper.put(part, (left + right) / 2 + half, y, size=self.size, bold=bold))
            y += round(self.size * 1.25)
        self.cells.append(TrueCell(self.number, column, text, Box(left, top, right, top + tall), rows, span))
