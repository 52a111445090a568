"""Sheets laid crooked and lines written by hand: the image moved, and its truth with it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_models.evaluation.paper import DEPTH, WIDTH
from ocr_models.evaluation.truth import TrueLine, TruePage
from ocr_models.evaluation.wear import Grey
from pipeline.model import Box

Points = NDArray[np.float64]
"""(n, 2): x, y."""


@dataclass(frozen=True)
class Move:
    """An image moved, and where its points went."""

    image: Grey
    points: Callable[[Points], Points]


def crooked(image: Grey, degrees: float) -> Move:
    """Turned about its middle, counter-clockwise."""
    turn = cv2.getRotationMatrix2D((WIDTH / 2, DEPTH / 2), degrees, 1.0)
    moved = cv2.warpAffine(image, turn, (WIDTH, DEPTH), flags=cv2.INTER_LINEAR, borderValue=(255,))
    return Move(np.asarray(moved, np.uint8), lambda points: points @ turn[:, :2].T + turn[:, 2])


def swayed(image: Grey, dice: np.random.Generator, reach: float) -> Move:
    """As a hand writes: baselines that rise and fall, letters now wider, now narrower, up to about `reach` pixels out of place."""
    coarse = dice.normal(0, 0.5, (2, DEPTH // 90 + 2, WIDTH // 160 + 2)).astype(np.float32)
    dx, dy = (reach * cv2.resize(plane, (WIDTH, DEPTH), interpolation=cv2.INTER_CUBIC) for plane in coarse)
    across, down = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(DEPTH, dtype=np.float32))
    moved = cv2.remap(image, across + dx, down + dy, cv2.INTER_LINEAR, borderValue=(255,))

    def points(at: Points) -> Points:
        # The field is smooth and small: what is pulled to a point comes from nearly the same field there.
        x, y = (np.clip(at[:, axis].round().astype(int), 0, most - 1) for axis, most in ((0, WIDTH), (1, DEPTH)))
        return np.asarray(at - np.stack([dx[y, x], dy[y, x]], axis=1), np.float64)

    return Move(np.asarray(moved, np.uint8), points)


def moved(page: TruePage, move: Move) -> TruePage:
    """The truth of a page moved: upright boxes round where corners and middles of sides went."""

    def box(old: Box) -> Box:
        xs, ys = np.array([old.x0, (old.x0 + old.x1) / 2, old.x1]), np.array([old.y0, (old.y0 + old.y1) / 2, old.y1])
        points = move.points(np.array([(x, y) for x in xs for y in ys], float))
        (x0, y0), (x1, y1) = np.floor(points.min(axis=0)), np.ceil(points.max(axis=0))
        left, top = int(np.clip(x0, 0, WIDTH - 1)), int(np.clip(y0, 0, DEPTH - 1))
        return Box(left, top, int(np.clip(x1, left + 1, WIDTH)), int(np.clip(y1, top + 1, DEPTH)))

    return replace(
        page,
        lines=tuple(TrueLine(tuple(replace(word, box=box(word.box)) for word in line.words)) for line in page.lines),
        tables=tuple(
            replace(table, box=box(table.box), cells=tuple(replace(cell, box=box(cell.box)) for cell in table.cells))
            for table in page.tables
        ),
        beside=tuple(map(box, page.beside)),
    )
