"""Lays a clean page out: rules away, table cells and text blocks in the order an Arabic reader takes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pipeline.lines import runs
from pipeline.model import Box, CleanImage, Region, Step
from pipeline.rules import Table, find_rules, find_tables, ink_of, text_of, third, without_rules

if TYPE_CHECKING:
    from pipeline.model import Pixels

_GUTTER_MM = 9.0  # white between facing columns; spaces in justified lines stay below
_GAP_MM = 12.0  # white between blocks
_RULE_MM = 1.2  # around a cell: strokes left standing where letters cross its rules
_MARGIN_MM = (1.5, 0.7)  # paper kept beside, and above and below a block: its neighbours' descenders stay out


@dataclass(frozen=True)
class Layout:
    """The page without rules, what to read on it in reading order, and what was found."""

    pixels: "Pixels"
    regions: tuple[Region, ...]
    steps: tuple[Step, ...]


class Band(NamedTuple):
    """Rows with ink (y0..y1, exclusive) and the runs of columns with ink in them, left to right."""

    y0: int
    y1: int
    runs: tuple[tuple[int, int], ...]


def lay_out(clean: CleanImage) -> Layout:
    """Regions of the page in reading order: blocks of running lines, and the cells of ruled tables row by row from the right."""
    ink = ink_of(clean.pixels)
    rules = find_rules(ink, clean.dpi)
    tables = find_tables(rules, clean.dpi)
    pixels = without_rules(clean.pixels, rules)
    found = tuple(_regions(ink_of(pixels), tables, clean.dpi))
    ruled = round(float(np.count_nonzero(rules.both)) / rules.across.size, 5)
    cells = sum(region.kind == "cell" for region in found)
    return Layout(pixels, found, (Step("layout", {"ruled": ruled, "tables": len(tables), "cells": cells, "blocks": len(found) - cells}),))


def _regions(ink: "Pixels", tables: tuple[Table, ...], dpi: float) -> Iterator[Region]:
    """Tables are set into the page as solid pieces, so that they take their place among the blocks."""
    text = text_of(third(ink), dpi / 3)
    for table in tables:
        for cell in table.cells:
            box = _grown(cell.box, ink.shape, dpi, (_RULE_MM, _RULE_MM))
            text[box.y0 // 3 : -(-box.y1 // 3), box.x0 // 3 : -(-box.x1 // 3)] = 0
    solid = [table.box for table in tables]
    for box in blocks(text, ink.shape, dpi, solid):
        number = next((n for n, table in enumerate(tables) if table.box == box), None)
        if number is None:
            yield Region("block", box)
        else:
            yield from (Region("cell", c.box, number, c.row, c.column) for c in tables[number].cells if _has_ink(ink, c.box))


def _has_ink(ink: "Pixels", box: Box) -> bool:
    return int(np.count_nonzero(ink[box.y0 : box.y1, box.x0 : box.x1])) >= 9  # one dot at 300 dpi


def blocks(small: "Pixels", shape: tuple[int, ...], dpi: float, solid: list[Box]) -> Iterator[Box]:
    """Boxes of running text in reading order, the ``solid`` ones among them at their place.

    Rows of ink are grouped while they share a white gutter (facing columns, right one first) and split where much paper lies
    between them. ``small`` is the text at a third of the resolution of the page, whose ``shape`` and ``dpi`` are given.
    """
    height, width = small.shape
    edges = sorted(solid, key=lambda box: box.y0)
    top = 0
    for box in (*edges, None):
        bottom = height if box is None else box.y0 // 3
        for part in _columns(small, (0, top, width, bottom), dpi / 3):
            yield _grown(Box(*(3 * v for v in part)), shape, dpi)
        if box is not None:
            yield box
            for rest in _columns(small, (0, max(top, bottom), width, -(-box.y1 // 3)), dpi / 3):  # beside the table, or in odd cells
                yield _grown(Box(*(3 * v for v in rest)), shape, dpi)
            top = max(top, -(-box.y1 // 3))


def _grown(box: Box, shape: tuple[int, ...], dpi: float, margin: tuple[float, float] = _MARGIN_MM) -> Box:
    beside, above = (round(mm / 25.4 * dpi) for mm in margin)
    return Box(max(0, box.x0 - beside), max(0, box.y0 - above), min(shape[1], box.x1 + beside), min(shape[0], box.y1 + above))


def _columns(ink: "Pixels", area: tuple[int, int, int, int], dpi: float) -> Iterator[tuple[int, int, int, int]]:
    """(x0, y0, x1, y1) of the blocks of an area: facing columns right before left, each again made of blocks."""
    x0, y0, x1, y1 = area
    bands = _bands(ink[y0:y1, x0:x1], x0, y0)
    gutter, gap = (round(mm / 25.4 * dpi) for mm in (_GUTTER_MM, _GAP_MM))
    for group, split in _grouped(bands, gutter, gap):
        top, bottom = group[0].y0, group[-1].y1
        if split is None:
            inked = [run for band in group for run in band.runs]
            yield min(run[0] for run in inked), top, max(run[1] for run in inked), bottom
        else:
            middle = sum(split) // 2
            yield from _columns(ink, (middle, top, x1, bottom), dpi)
            yield from _columns(ink, (x0, top, middle, bottom), dpi)


def _bands(ink: "Pixels", x0: int, y0: int) -> list[Band]:
    """The rows of ink of an area, from the top."""
    found = []
    for top, bottom in runs(np.asarray(ink.any(axis=1))):
        inked = tuple((x0 + a, x0 + b) for a, b in runs(np.asarray(ink[top:bottom].any(axis=0))))
        found.append(Band(y0 + top, y0 + bottom, inked))
    return found


def _grouped(bands: list[Band], gutter: int, gap: int) -> Iterator[tuple[list[Band], tuple[int, int] | None]]:
    """Bands that belong together, with the gutter that parts them into columns, or None for running text."""
    start = 0
    plain: list[Band] = []
    while start < len(bands):
        count, split = _facing(bands[start:], gutter, gap)
        if plain and (split or bands[start].y0 - plain[-1].y1 > gap):
            yield plain, None
            plain = []
        if split:
            yield bands[start : start + count], split
            start += count
        else:
            plain.append(bands[start])
            start += 1
    if plain:
        yield plain, None


def _facing(bands: list[Band], gutter: int, gap: int) -> tuple[int, tuple[int, int] | None]:
    """How many bands from the first stand in facing columns, and the white they share; two lines at least, or it is one line."""
    best: tuple[int, tuple[int, int] | None] = (0, None)
    for white in _whites(bands[0], gutter):
        shared, count = white, 1
        for number, band in enumerate(bands[1:], start=2):
            if band.y0 - bands[number - 2].y1 > gap:
                break
            if not (overlaps := [both for other in _whites(band, gutter) if (both := _common(shared, other))[1] - both[0] >= gutter]):
                if _one_side(band, shared):
                    continue
                break
            shared, count = max(overlaps, key=lambda pair: pair[1] - pair[0]), number
        if count > max(best[0], 1):
            best = (count, shared)
    return best


def _whites(band: Band, gutter: int) -> list[tuple[int, int]]:
    """Gaps between the runs of a band at least as wide as a gutter."""
    return [(a[1], b[0]) for a, b in zip(band.runs, band.runs[1:], strict=False) if b[0] - a[1] >= gutter]


def _common(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return max(one[0], other[0]), min(one[1], other[1])


def _one_side(band: Band, white: tuple[int, int]) -> bool:
    return band.runs[0][0] >= white[1] or band.runs[-1][1] <= white[0]
