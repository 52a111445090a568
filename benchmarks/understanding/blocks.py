"""What a paper is made of, top to bottom, before it is typed."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Head:
    """The letterhead: lines at the top right, and the reference lines at the top left, each centred in its column."""

    right: tuple[str, ...]
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """A line of its own."""

    text: str
    at: Literal["right", "centre", "left"] = "right"
    bold: bool = False


@dataclass(frozen=True)
class Para:
    text: str


@dataclass(frozen=True)
class Pairs:
    """Labelled fields standing side by side, a column each."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Cell:
    text: str
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True)
class Column:
    """A column's heading and width in parts; `over` is a heading above several neighbours."""

    heading: str
    width: float = 1.0
    over: str = ""


@dataclass(frozen=True)
class Grid:
    """A ruled table. A cell over several rows or columns stands once, at its top right corner. `total` is a row no person stands in."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Boxes:
    """A ruled form without headings: labels and values in cells, each row with widths of its own."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Sign:
    """Signature blocks side by side from the right; () leaves a place empty."""

    columns: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Space:
    lines: float = 1.0


Block = Head | Row | Para | Pairs | Grid | Boxes | Sign | Space
