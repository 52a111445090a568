"""Types a paper on a sheet of A4: with a drawn face as an image, or with made-up widths where only the text and its boxes are wanted."""

import math
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

import numpy as np

from benchmarks.understanding.blocks import Block, Boxes, Cell, Column, Grid, Head, Pairs, Para, Row, Sign, Space
from benchmarks.understanding.grid import Laid, lay_grid
from benchmarks.understanding.plain import plain_face
from benchmarks.understanding.typist import Paper
from ocr_models.evaluation import geometry, wear
from ocr_models.evaluation.clerk import Clerk
from ocr_models.evaluation.paper import DEPTH, DPI, WIDTH
from ocr_models.evaluation.paper import Paper as Leaf
from ocr_models.evaluation.truth import TrueLine
from ocr_models.training.faces import Face, find
from pipeline.assemble import assemble
from pipeline.model import Box, PageImage, Reading, Region, Word

WEAR: dict[str, wear.Wear] = {"clean": wear.office, "photocopy": wear.photocopy}
SKEW = {"clean": 0.3, "photocopy": 1.0}
_SIZE, _SMALLER, _SMALLEST = 54, 3, 27
_TABLE = 0.78  # of the size of running text


@dataclass
class Sheet:
    """A leaf being typed; `rows` are the boxes of the table rows people stand in, in the order they were written."""

    leaf: Leaf
    rows: list[Box] = field(default_factory=list)
    regions: list[tuple[Region, list[TrueLine]]] = field(default_factory=list)
    tables: int = 0

    def block(self, lines: list[TrueLine]) -> None:
        if lines:
            self.regions.append((Region("block", Box.around([line.box for line in lines])), lines))


def lay(paper: Paper, face: Face, bold: Face) -> Sheet:
    """The paper typed, smaller where it does not fit. Raises ValueError when nothing is small enough."""
    for size in range(_SIZE, _SMALLEST, -_SMALLER):
        sheet = Sheet(Leaf(Clerk(Random(0), "latin"), face, bold, size, 1.5))  # noqa: S311 not for secrets
        try:
            for block in paper.blocks:
                _lay(sheet, block)
        except ValueError:  # a word falls off the paper
            continue
        if sheet.leaf.y < DEPTH - 60:
            return sheet
    raise ValueError(f"{paper.name} does not fit on a sheet")


class Typed(NamedTuple):
    """A paper's reading, and where its table rows are."""

    reading: Reading
    rows: list[Box]


def typed(paper: Paper) -> Typed:
    """What a reader without fault would give: lines in reading order, the cells of a table row as one line, tables."""
    sheet = lay(paper, *plain_face())
    regions, lines = [region for region, _ in sheet.regions], [lines for _, lines in sheet.regions]
    words = [tuple(Word(word.text, word.box, 1.0) for word in line.words) for some in lines for line in some]
    read = assemble(regions, [[line.box for line in some] for some in lines], words)
    return Typed(Reading(WIDTH, DEPTH, "truth", read.lines, tables=read.tables), sheet.rows)


@dataclass(frozen=True)
class Drawn:
    """An image of a paper, and where its table rows are on it."""

    image: PageImage
    rows: list[Box]


def drawn(paper: Paper, condition: str) -> Drawn:
    """The paper in a face no reader was trained on, worn. Raises FileNotFoundError where no such face is on this machine."""
    seed = f"{paper.name}/{condition}"
    rng, dice = Random(seed), np.random.default_rng(list(seed.encode()))  # noqa: S311 not for secrets
    face, bold = rng.choice(_faces(paper))
    sheet = lay(paper, face, bold)
    move = geometry.crooked(sheet.leaf.image, float(dice.uniform(-SKEW[condition], SKEW[condition])))
    corners = [np.array([(box.x0, box.y0), (box.x1, box.y1)], float) for box in sheet.rows]
    rows = [Box(*(int(value) for value in move.points(points).ravel())) for points in corners]
    return Drawn(PageImage(WEAR[condition](move.image, dice), float(DPI)), rows)


def _faces(paper: Paper) -> list[tuple[Face, Face]]:
    """Faces of print kept out of training that draw every sign of the paper, regular and bold."""
    signs = {sign for text in texts(paper) for sign in text} - {" "}
    faces = [face for face in find(held_out=True) if face.design.kind in ("book", "office") and face.signs.issuperset(signs)]
    regular = [face for face in faces if "Bold" not in face.file.stem]
    if not regular:
        raise FileNotFoundError("no face kept out of training draws it: python -m ocr_models.training.fetch_faces")
    return [(face, next((bold for bold in faces if bold.design == face.design and "Bold" in bold.file.stem), face)) for face in regular]


def texts(paper: Paper) -> list[str]:
    """Everything typed on the paper, piece by piece."""
    return [word.text for line in typed(paper).reading.lines for word in line.words]


def _lay(sheet: Sheet, block: Block) -> None:
    leaf = sheet.leaf
    match block:
        case Head(right, left):
            _side_by_side(sheet, (right, left), (0.21, 0.8))
        case Row(text, at, bold):
            leaf.down()
            middle = {"right": 0.0, "centre": 0.5, "left": 0.78}[at]
            edge = leaf.right if at == "right" else _across(leaf, middle) + leaf.width(text, bold=bold) / 2
            for number, part in enumerate(leaf.wrapped(text, edge - leaf.left)):
                leaf.down(1.0 if number else 0.0)
                sheet.block([leaf.say(part, edge, bold=bold)])
        case Para(text):
            before = len(leaf.lines)
            leaf.paragraph(text, indent=90)
            sheet.block(leaf.lines[before:])
        case Pairs(rows):
            for row in rows:
                _pairs(sheet, row)
        case Sign(columns):
            share = 1 / len(columns)
            _side_by_side(sheet, columns, [share * (number + 0.5) for number in range(len(columns))])
            leaf.down(1.5)
        case Space(lines):
            leaf.down(lines)
        case Grid() | Boxes():
            _ruled(sheet, block)


def _ruled(sheet: Sheet, block: Grid | Boxes) -> None:
    leaf, size = sheet.leaf, round(sheet.leaf.size * _TABLE)
    if isinstance(block, Grid):
        laid = lay_grid(leaf, block, size)
        _ruled_regions(sheet, laid)
        sheet.rows += laid.rows
    else:  # each row has edges of its own
        for number, row in enumerate(block.rows):
            columns = tuple(Column("", _room(text)) for text in row)
            _ruled_regions(sheet, lay_grid(leaf, Grid(columns, (tuple(map(Cell, row)),)), size, after=0), number)
        leaf.down(0.5)
    sheet.tables += 1


def _room(text: str) -> float:
    return max(3.0, math.pow(len(text), 0.8))


def _ruled_regions(sheet: Sheet, laid: Laid, first: int = 0) -> None:
    for cell, lines in zip(laid.table.cells, laid.lines, strict=True):
        region = Region("cell", cell.box, sheet.tables, first + cell.row, cell.column, cell.row_span, cell.col_span)
        sheet.regions.append((region, lines))


def _pairs(sheet: Sheet, row: tuple[str, ...]) -> None:
    leaf = sheet.leaf
    leaf.down()
    step = (leaf.right - leaf.left) / len(row)
    for number, text in enumerate(row):
        if text and leaf.width(text) > step:
            raise ValueError("a field wider than its column")
        if text:
            sheet.block([leaf.say(text, leaf.right - number * step)])


def _side_by_side(sheet: Sheet, columns: tuple[tuple[str, ...], ...], middles: tuple[float, ...] | list[float]) -> None:
    """Columns of centred lines; each is read from top to bottom before the next one to its left."""
    leaf, top = sheet.leaf, sheet.leaf.y
    for column, middle in zip(columns, middles, strict=True):
        leaf.y, lines = top, []
        for text in column:
            leaf.down()
            lines.append(leaf.say(text, _across(leaf, middle) + leaf.width(text) / 2))
        sheet.block(lines)
    leaf.y = top + max(len(column) for column in columns) * leaf.leading


def _across(leaf: Leaf, share: float) -> float:
    """Pixels from the left of a point this share of the width from the right margin."""
    return leaf.right - share * (leaf.right - leaf.left)
