"""What is truly on a page drawn for evaluation, and the same as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.model import Box

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TrueWord:
    """A word as printed, and the box of its ink in pixels of the page."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class TrueLine:
    """A line, its words in logical order. The lines of a table's cells are lines of their own."""

    words: tuple[TrueWord, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        return Box.around([word.box for word in self.words])


@dataclass(frozen=True, slots=True)
class TrueCell:
    """A cell of a ruled table, empty ones included. Column 0 is the rightmost; a spanning cell stands at its top right corner."""

    row: int
    column: int
    text: str
    box: Box
    row_span: int = 1
    col_span: int = 1


@dataclass(frozen=True, slots=True)
class TrueTable:
    box: Box
    cells: tuple[TrueCell, ...]


@dataclass(frozen=True, slots=True)
class TruePage:
    """Lines in reading order; full names as they stand; ``beside``: boxes of stamps and signatures, whose words are no truth."""

    name: str
    kind: str
    condition: str
    face: str
    lines: tuple[TrueLine, ...]
    tables: tuple[TrueTable, ...] = ()
    names: tuple[str, ...] = ()
    beside: tuple[Box, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


def to_json(page: TruePage) -> Json:
    return {
        "name": page.name, "kind": page.kind, "condition": page.condition, "face": page.face, "names": list(page.names),
        "lines": [[[word.text, *word.box] for word in line.words] for line in page.lines],
        "tables": [
            {"box": list(table.box), "cells": [[c.row, c.column, c.text, list(c.box), c.row_span, c.col_span] for c in table.cells]}
            for table in page.tables
        ],
        "beside": [list(box) for box in page.beside],
    }  # fmt: skip


def from_json(data: Mapping[str, Any]) -> TruePage:
    """The page `to_json` wrote. Raises KeyError or TypeError for anything else."""
    return TruePage(
        data["name"],
        data["kind"],
        data["condition"],
        data["face"],
        tuple(TrueLine(tuple(TrueWord(text, Box(*box)) for text, *box in line)) for line in data["lines"]),
        tuple(
            TrueTable(Box(*table["box"]), tuple(TrueCell(r, c, text, Box(*box), rs, cs) for r, c, text, box, rs, cs in table["cells"]))
            for table in data["tables"]
        ),
        tuple(data["names"]),
        tuple(Box(*box) for box in data["beside"]),
    )
