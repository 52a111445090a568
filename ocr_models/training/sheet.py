"""A contact sheet: every condition in every kind of face, for people to look at what the recogniser is trained on.

python -m ocr_models.training.sheet docs/images/training-lines.png
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ocr_models.line_image import HEIGHT
from ocr_models.training.conditions import CONDITIONS, Condition
from ocr_models.training.faces import SYSTEM, Face, Kind, find
from ocr_models.training.lexicon import load
from ocr_models.training.lines import Grey
from ocr_models.training.stream import Stream
from ocr_models.training.text import Author, Tally

KINDS: tuple[Kind, ...] = ("book", "office", "title", "typewriter", "hand")
_CELL, _HEAD, _SIDE = 360, 22, 100
_LABELS = SYSTEM / "truetype/dejavu/DejaVuSans.ttf"
_GREYS = 12


def contact_sheet(author: Author, faces: tuple[Face, ...], seed: int) -> Grey:
    """Rows of conditions, columns of kinds, one line each; cells are 360 × 48 pixels."""
    row = HEIGHT + 4
    sheet = Image.new("L", (_SIDE + len(KINDS) * (_CELL + 4), _HEAD + len(CONDITIONS) * row), 255)
    pen, font = ImageDraw.Draw(sheet), ImageFont.truetype(_LABELS, 13)
    for column, kind in enumerate(KINDS):
        left = _SIDE + column * (_CELL + 4)
        pen.text((left + _CELL / 2, 4), kind, 0, font, anchor="ma")
        for number, condition in enumerate(CONDITIONS):
            top = _HEAD + number * row
            pen.text((6, top + HEIGHT / 2), condition.name, 0, font, anchor="lm")
            image = _example(author, tuple(face for face in faces if face.design.kind == kind), condition, seed + 97 * number + column)
            sheet.paste(Image.fromarray(image), (left + _CELL - image.shape[1], top))
    return np.asarray(sheet)


def _example(author: Author, faces: tuple[Face, ...], condition: Condition, seed: int) -> Grey:
    """The first sample that fills its cell well."""
    stream = Stream(author, faces, seed, (condition,))
    return next(sample.image for sample in stream if _CELL * 0.75 < sample.image.shape[1] <= _CELL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("--words", type=Path, help="a word list, one a line, the commonest first")
    parser.add_argument("--places", type=Path, help="OCHA's list of places as CSV")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sheet = contact_sheet(Author(load(given.words, given.places), Tally()), find(held_out=False), given.seed)
    image = Image.fromarray(sheet).quantize(_GREYS, dither=Image.Dither.NONE)
    image.save(given.target, optimize=True)


if __name__ == "__main__":
    main()
