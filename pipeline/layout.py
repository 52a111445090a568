"""Lays a clean page out: rules away, text lines, table cells and text blocks in the order an Arabic reader takes them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from pipeline.grid import Grid, find_tables
from pipeline.lines import Piece, Scale, line_boxes, middle, within
from pipeline.model import Box, CleanImage, Region, Step
from pipeline.orientation import shrunk
from pipeline.ridges import DPI, LETTER, find_pieces
from pipeline.rules import find_rules, ink_of, rule_ink

if TYPE_CHECKING:
    from pipeline.model import Pixels

_GUTTER_MM = 9.0  # white between facing columns; spaces in justified lines stay below
_PALER = 0.15  # thin strokes are grey once the page is reduced
_HIGHEST_MM = 25.0  # no line is as high: several that a stroke has run together
_NO_TEXT = 0.3  # ink beside lines as dense as this, compared with that in them: noise, or a picture
_PICTURES = 0.1  # …as this on the whole page: there are pictures on it, and what lies in ink as dense is part of them
_AROUND_MM = 5.0
_GAP_MM = 12.0  # white between blocks


@dataclass(frozen=True)
class Layout:
    """The page without rules, what to read on it in reading order, the boxes of the lines of each region, and what was found.

    ``unread``: writing that could not be parted into lines, or from a picture.
    """

    pixels: "Pixels"
    regions: tuple[Region, ...]
    lines: tuple[tuple[Box, ...], ...]
    steps: tuple[Step, ...]
    unread: tuple[Box, ...] = ()


class Band(NamedTuple):
    """Rows of writing (y0..y1, exclusive) and the pieces in them, left to right."""

    y0: int
    y1: int
    pieces: tuple[Piece, ...]

    @property
    def runs(self) -> tuple[tuple[int, int], ...]:
        """Runs of columns with writing, left to right."""
        runs: list[tuple[int, int]] = []
        for x0, _, x1, _ in (piece.box for piece in self.pieces):
            if runs and x0 <= runs[-1][1]:
                runs[-1] = (runs[-1][0], max(runs[-1][1], x1))
            else:
                runs.append((x0, x1))
        return tuple(runs)


def lay_out(clean: CleanImage) -> Layout:
    """Regions of the page in reading order: blocks of running lines, and the cells of ruled tables row by row from the right."""
    small = shrunk(clean.pixels, DPI / clean.dpi)
    dpi = min(DPI, clean.dpi)
    rules = find_rules(small, dpi)
    tables = find_tables(rules, dpi)
    ink = ink_of(small, _PALER)
    drawn = rule_ink(ink, rules, dpi)
    text = cv2.bitwise_and(ink, cv2.bitwise_not(rule_ink(ink, rules, dpi, edge=2))).astype(np.uint8, copy=False)
    found_pieces = find_pieces(text, rules.down, dpi)
    highest = _HIGHEST_MM / 25.4 * dpi
    pieces = [piece for piece in found_pieces if piece.box.y1 - piece.box.y0 < highest]
    beside, written = _written(text, pieces, dpi)
    if not written:
        tables = ()
    unread = [] if beside > _NO_TEXT else [piece.box for piece in found_pieces if piece not in written]
    scale = Scale(small.shape, clean.pixels.shape)
    found = [
        (replace(region, box=scale.up(region.box, int(region.kind == "block"))), tuple(map(scale.up, lines)))
        for region, lines in _regions(written, tables, dpi)
    ]
    pixels = clean.pixels
    if drawn.any():
        pixels = cv2.max(pixels, cv2.resize(drawn, pixels.shape[::-1], interpolation=cv2.INTER_NEAREST)).astype(np.uint8, copy=False)
    ruled = round(float(np.count_nonzero(rules.both)) / rules.across.size, 5)
    cells = sum(region.kind == "cell" for region, _ in found)
    step = Step("layout", {"ruled": ruled, "tables": len(tables), "cells": cells, "blocks": len(found) - cells, "beside": round(beside, 3)})
    return Layout(pixels, tuple(region for region, _ in found), tuple(lines for _, lines in found), (step,), tuple(map(scale.up, unread)))


def _written(text: "Pixels", pieces: Sequence[Piece], dpi: float) -> tuple[float, list[Piece]]:
    """The pieces around which there is paper; in noise and pictures there is as much ink around them as in them.

    Also how dense ink is beside all the pieces, as a share of the density within: some hundredths on written pages, about 1 in noise.
    """
    within_lines = np.zeros_like(text)
    for x0, y0, x1, y1 in (piece.box for piece in pieces):
        within_lines[y0:y1, x0:x1] = 1
    ink = (text > 0).astype(np.uint8)
    sums = [cv2.integral(image) for image in (ink * within_lines, within_lines, ink * (1 - within_lines), 1 - within_lines)]

    def share(box: Box) -> float:
        x0, y0, x1, y1 = box
        inked, inside, strewn, outside = (int(s[y1, x1] - s[y0, x1] - s[y1, x0] + s[y0, x0]) for s in sums)
        return strewn / outside / (inked / inside) if inked and outside else 0.0

    reach, (height, width) = round(_AROUND_MM / 25.4 * dpi), text.shape
    around = [Box(max(0, b.x0 - reach), max(0, b.y0 - reach), min(width, b.x1 + reach), min(height, b.y1 + reach)) for b, *_ in pieces]
    beside = share(Box(0, 0, width, height))
    if beside < _PICTURES:
        return beside, list(pieces)
    return beside, [piece for piece, box in zip(pieces, around, strict=True) if share(box) < _PICTURES]


def _regions(pieces: list[Piece], tables: tuple[Grid, ...], dpi: float) -> Iterator[tuple[Region, list[Box]]]:
    """Tables are set among the blocks as solid pieces: what is above, the table, what is beside it, what is below."""
    rest = list(pieces)
    for number, table in enumerate(sorted(tables, key=lambda each: each.box.y0)):
        above = [piece for piece in rest if middle(piece)[1] < table.box.y0]
        yield from _blocks(above, dpi)
        rest = [piece for piece in rest if piece not in above]
        for cell in table.cells:
            inside = [piece for piece in rest if within(piece, cell.box)]
            yield Region("cell", cell.box, number, cell.row, cell.column, cell.row_span, cell.col_span), line_boxes(inside, dpi)
            rest = [piece for piece in rest if piece not in inside]
        beside = [piece for piece in rest if middle(piece)[1] < table.box.y1]
        yield from _blocks(beside, dpi)
        rest = [piece for piece in rest if piece not in beside]
    yield from _blocks(rest, dpi)


def _blocks(pieces: Sequence[Piece], dpi: float) -> Iterator[tuple[Region, list[Box]]]:
    for part in _columns([piece for piece in pieces if piece.letter >= LETTER], dpi):
        lines = line_boxes(part, dpi)
        yield Region("block", Box.around(lines)), lines


def _columns(pieces: Sequence[Piece], dpi: float) -> Iterator[list[Piece]]:
    """The pieces of each block: facing columns right before left, each again made of blocks."""
    gutter, gap = (round(mm / 25.4 * dpi) for mm in (_GUTTER_MM, _GAP_MM))
    for group, split in _grouped(_bands(pieces), gutter, gap):
        here = [piece for band in group for piece in band.pieces]
        if split is None:
            yield here
        else:
            centre = sum(split) / 2
            right = [piece for piece in here if middle(piece)[0] > centre]
            yield from _columns(right, dpi)
            yield from _columns([piece for piece in here if piece not in right], dpi)


def _bands(pieces: Sequence[Piece]) -> list[Band]:
    """Pieces whose rows overlap, from the top."""
    bands: list[tuple[int, int, list[Piece]]] = []
    for piece in sorted(pieces, key=lambda each: each.top):
        if bands and piece.top < bands[-1][1]:
            top, foot, held = bands[-1]
            bands[-1] = (top, max(foot, piece.foot), [*held, piece])
        else:
            bands.append((piece.top, piece.foot, [piece]))
    return [Band(top, foot, tuple(sorted(held, key=lambda each: each.box.x0))) for top, foot, held in bands]


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
