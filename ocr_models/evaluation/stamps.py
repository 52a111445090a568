"""Rubber stamps and signatures over the writing; what they say is not in the truth."""

from random import Random

import cv2
import numpy as np

from ocr_models.evaluation.paper import DEPTH, WIDTH, Paper
from ocr_models.evaluation.wear import Grey
from pipeline.model import Box


def stamp(paper: Paper, x: int, y: int, rng: Random) -> None:
    """An eagle stamp's two rings about three short lines, turned, patchy; ink multiplies with what is under it."""
    radius = rng.randint(190, 250)
    side = 2 * radius + 20
    cover = np.zeros((side, side), np.uint8)
    for share, thick in ((1.0, 9), (0.7, 5)):
        cv2.circle(cover, (side // 2, side // 2), round(radius * share), 255, thick, cv2.LINE_AA)
    for number in range(24):
        angle = 2 * np.pi * number / 24
        at = (round(side / 2 + 0.85 * radius * np.cos(angle)), round(side / 2 + 0.85 * radius * np.sin(angle)))
        cv2.drawMarker(cover, at, 255, cv2.MARKER_STAR, 26, 4)
    _lettered(paper, cover, ("سورية", "الديوان", "ختم"), radius // 4)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), rng.uniform(-30, 30), 1.0)
    _pressed(paper, cv2.warpAffine(cover, turn, (side, side)).astype(np.uint8), x - side // 2, y - side // 2, rng)


def signature(paper: Paper, x: int, y: int, rng: Random) -> None:
    """A pen's loops that grow smaller to the left, and a stroke back under them."""
    steps = np.linspace(0, 1, 240)
    loops, tall = rng.uniform(3, 5), rng.randint(60, 110)
    across = x + 210 - 420 * steps + 70 * np.sin(2 * np.pi * loops * steps)
    down = y + tall * (1 - 0.6 * steps) * np.cos(2 * np.pi * loops * steps + rng.uniform(0, 3))
    back = np.stack([np.linspace(across[-1], x + 240, 60), np.linspace(down[-1], y + tall * 0.9, 60)], axis=1)
    points = np.concatenate([np.stack([across, down], axis=1), back]).astype(np.int32)
    drawn = np.full_like(paper.image, 255)
    cv2.polylines(drawn, [points], isClosed=False, color=rng.randint(20, 70), thickness=rng.randint(4, 6), lineType=cv2.LINE_AA)
    np.minimum(paper.image, drawn, out=paper.image)
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    paper.beside.append(_inside(int(x0), int(y0), int(x1) + 1, int(y1) + 1))


def _lettered(paper: Paper, cover: Grey, texts: tuple[str, ...], size: int) -> None:
    font, side = paper.bold.font(size), cover.shape[0]
    for number, text in enumerate(texts):
        mask, _ = font.getmask2(text, "L", direction="rtl", language="ar")
        across, down = mask.size
        x, y = (side - across) // 2, side // 2 + round((number - 1) * size * 1.3) - down // 2
        cover[y : y + down, x : x + across] |= np.frombuffer(bytes(mask), np.uint8).reshape(down, across)


def _pressed(paper: Paper, cover: Grey, x: int, y: int, rng: Random) -> None:
    box = _inside(x, y, x + cover.shape[1], y + cover.shape[0])
    part = cover[box.y0 - y : box.y1 - y, box.x0 - x : box.x1 - x] / np.float32(255)
    patches = np.random.default_rng(rng.randrange(2**32)).random((9, 9), dtype=np.float32)
    ink = part * (0.3 + 0.7 * cv2.resize(patches, part.shape[::-1], interpolation=cv2.INTER_CUBIC).clip(0, 1)) * rng.uniform(0.45, 0.75)
    under = paper.image[box.y0 : box.y1, box.x0 : box.x1]
    under[:] = (under * (1 - ink)).astype(np.uint8)
    paper.beside.append(box)


def _inside(x0: int, y0: int, x1: int, y1: int) -> Box:
    return Box(max(0, x0), max(0, y0), min(WIDTH, x1), min(DEPTH, y1))
