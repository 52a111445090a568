"""The typist: digits of one set or the other, and letters left out, the same in the text as in the truth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from benchmarks.understanding.blocks import Block, Boxes, Cell, Grid, Head, Pairs, Para, Row, Sign, Space
from benchmarks.understanding.truth import Truth

_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_BARE = str.maketrans("أإآ", "ااا")


@dataclass(frozen=True)
class Paper:
    """A paper as it is to be typed, and what is truly on it."""

    name: str
    blocks: tuple[Block, ...]
    truth: Truth


def typed(name: str, blocks: Sequence[Block], truth: Truth, rng: Random) -> Paper:
    """The paper in some typist's digits and spelling, its truth (which is changed) the same."""
    digits = rng.choices(("arabic", "latin", "mixed"), (60, 28, 12))[0]
    bare = rng.random() < 0.2
    round_ta = bare and rng.random() < 0.25

    def spelled(text: str) -> str:
        text = text.translate(_BARE) if bare else text
        return text.replace("ة", "ه") if round_ta else text

    def figured(text: str) -> str:
        arabic = digits == "arabic" or (digits == "mixed" and rng.random() < 0.5)
        return spelled(text).translate(_ARABIC) if arabic else spelled(text)

    for person in truth.people:
        person.parts = {part: spelled(text) for part, text in person.parts.items()}
    truth.optional_facilities -= truth.facilities
    return Paper(name, tuple(_mapped(block, figured) for block in blocks), truth)


def _mapped(block: Block, typed: Callable[[str], str]) -> Block:
    """The block with every text as typed."""

    def cells(row: Sequence[Cell]) -> tuple[Cell, ...]:
        return tuple(replace(cell, text=typed(cell.text)) for cell in row)

    def texts(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(map(typed, row)) for row in rows)

    match block:
        case Head(right, left):
            return Head(tuple(map(typed, right)), tuple(map(typed, left)))
        case Row() | Para():
            return replace(block, text=typed(block.text))
        case Pairs(rows) | Boxes(rows):
            return type(block)(texts(rows))
        case Sign(columns):
            return Sign(texts(columns))
        case Grid(columns, rows, total):
            heads = tuple(replace(column, heading=typed(column.heading), over=typed(column.over)) for column in columns)
            return Grid(heads, tuple(map(cells, rows)), cells(total))
        case Space():
            return block
