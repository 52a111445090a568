"""Whole pages with their truth, for finding lines and cells: set word by word, aged with the geometry kept."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

import cv2
import numpy as np

from ocr_models.bidi import to_visual
from ocr_models.training import marks
from ocr_models.training.alphabet import label_of
from ocr_models.training.conditions import CONDITIONS, Condition
from ocr_models.training.faces import Face
from ocr_models.training.lines import Grey
from ocr_models.training.text import TO_ARABIC, Author
from ocr_models.training.writer import Writer

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels from the top left; x1 and y1 lie outside."""

DPI = 200
WIDTH, DEPTH = 1654, 2339
_PAPER = 255


@dataclass(frozen=True)
class SetWord:
    text: str
    box: Box


@dataclass(frozen=True)
class SetLine:
    """A line in logical order with its words' ink boxes; `cell` is (row, column from the right) in table `table`, from 0."""

    words: tuple[SetWord, ...]
    block: int
    table: int | None = None
    cell: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        return around([word.box for word in self.words])


@dataclass(frozen=True)
class TruePage:
    """`image`: (2339, 1654) grey, A4 at 200 dpi. Lines stand in reading order; `cells` are the ruled boxes by (table, row, column)."""

    image: Grey
    lines: tuple[SetLine, ...]
    cells: dict[tuple[int, int, int], Box]
    kind: str
    condition: str


def around(boxes: list[Box]) -> Box:
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


@dataclass
class Sheet:
    """A page being typed: blocks go down from `y`; one typist, one set of figures.

    Texts are kept to what comes out word by word as UAX #9 would have it.
    """

    author: Author
    face: Face
    rng: Random
    size: int
    arabic_figures: bool
    image: Grey = field(default_factory=lambda: np.full((DEPTH, WIDTH), _PAPER, np.uint8))
    lines: list[SetLine] = field(default_factory=list)
    cells: dict[tuple[int, int, int], Box] = field(default_factory=dict)
    y: int = 120
    left: int = 130
    right: int = WIDTH - 130
    block: int = 0

    @property
    def leading(self) -> int:
        return round(self.size * 1.75)

    @property
    def room(self) -> int:
        """Lines that still fit."""
        return (DEPTH - 120 - self.y) // self.leading

    def say(self, phrase: str) -> list[str]:
        """A phrase with its slots filled, as words that can be set one by one. Raises ValueError after 200 tries."""
        writer = Writer(self.author.words)
        for _ in range(200):
            said = label_of(writer.filled(phrase, self.rng))
            text = said.translate(TO_ARABIC) if self.arabic_figures else said
            words = text.split()
            if words and self.face.signs.issuperset(text) and to_visual(text) == " ".join(map(to_visual, reversed(words))):
                return words
        raise ValueError(f"{phrase!r} cannot be set in {self.face.design.name}")

    def put(self, words: list[str], right: float, y: int, *, size: int = 0, gap: float = 0.0) -> SetLine:
        """Sets words leftwards from `right` on the baseline `y`."""
        font = self.face.font(size or self.size)
        space = gap or font.getlength(" ") or (size or self.size) * 0.28
        done: list[SetWord] = []
        x = right
        for word in words:
            core, offset = font.getmask2(word, "L", direction="rtl", language="ar", anchor="rs")
            across, down = core.size
            mask = np.frombuffer(bytes(core), np.uint8).reshape(down, across)
            x0, y0 = round(x + offset[0]), round(y + offset[1])
            box = self._ink(mask, x0, y0)
            if box:
                done.append(SetWord(word, box))
            x -= font.getlength(word, direction="rtl", language="ar") + space
        return SetLine(tuple(done), self.block)

    def _ink(self, mask: Grey, x0: int, y0: int) -> Box | None:
        left, top = max(0, -x0), max(0, -y0)
        piece = mask[top : DEPTH - y0, left : WIDTH - x0]
        x, y, across, down = cv2.boundingRect(np.ascontiguousarray(piece)) if piece.size else (0, 0, 0, 0)
        if not across:
            return None
        x0, y0 = x0 + left, y0 + top
        target = self.image[y0 : y0 + piece.shape[0], x0 : x0 + piece.shape[1]]
        np.minimum(target, 255 - piece, out=target)
        return x0 + x, y0 + y, x0 + x + across, y0 + y + down

    def width(self, words: list[str], size: int = 0) -> float:
        font = self.face.font(size or self.size)
        return float(sum(font.getlength(word, direction="rtl", language="ar") for word in words) + font.getlength(" ") * (len(words) - 1))

    def wrap(self, words: list[str], width: float) -> list[list[str]]:
        rows: list[list[str]] = [[]]
        for word in words:
            if rows[-1] and self.width([*rows[-1], word]) > width:
                rows.append([])
            rows[-1].append(word)
        return rows


Template = Callable[[Sheet], None]
_FIGURES = frozenset("0123456789٠١٢٣٤٥٦٧٨٩/:-")


def page(author: Author, faces: tuple[Face, ...], templates: dict[str, Template], seed: int, index: int) -> TruePage:
    """The page of this seed and number: a template, a face and a condition drawn at random, aged as its lines would be."""
    rng, dice = Random(f"page {seed}/{index}"), np.random.default_rng((seed, index, 7))  # noqa: S311 not for secrets
    condition = rng.choices(CONDITIONS, [each.weight for each in CONDITIONS])[0]
    kind = rng.choice(list(templates))
    face = _page_face(faces, rng)
    sheet = Sheet(author, face, rng, size=rng.randint(34, 46), arabic_figures=rng.random() < 0.6)
    templates[kind](sheet)
    return _aged(sheet, kind, condition, dice)


def _page_face(faces: tuple[Face, ...], rng: Random) -> Face:
    """One of the faces papers are set in, that draws every figure: a paper without dates and numbers cannot be set."""
    complete = [face for face in faces if face.signs.issuperset(_FIGURES)]
    return rng.choice([face for face in complete if face.design.kind in ("book", "office", "typewriter")] or complete)


def _aged(sheet: Sheet, kind: str, condition: Condition, dice: np.random.Generator) -> TruePage:
    image = sheet.image
    if dice.random() < 0.4:
        # Somewhere on the lower half, where signatures are.
        top = int(dice.integers(DEPTH // 2, DEPTH - 400))
        image = image.copy()
        image[top : top + 300] = marks.stamped(image[top : top + 300], dice, None)
    turn = cv2.getRotationMatrix2D((WIDTH / 2, DEPTH / 2), float(dice.normal(0, 0.6)), 1.0)
    turned = np.asarray(cv2.warpAffine(image, turn, (WIDTH, DEPTH), flags=cv2.INTER_LINEAR, borderValue=(_PAPER,)), np.uint8)
    lines = tuple(
        replace(line, words=tuple(replace(word, box=moved(word.box, turn)) for word in line.words)) for line in sheet.lines if line.words
    )
    cells = {place: moved(box, turn) for place, box in sheet.cells.items()}
    return TruePage(condition.age(turned, dice), lines, cells, kind, condition.name)


def moved(box: Box, matrix: np.ndarray) -> Box:
    """The upright box, within the page, around a box after an affine 2×3 `matrix`."""
    x0, y0, x1, y1 = box
    corners = matrix @ np.array([[x0, x1, x1, x0], [y0, y0, y1, y1], [1, 1, 1, 1]], float)
    low, high = np.floor(corners.min(axis=1)), np.ceil(corners.max(axis=1))
    left, top = (int(np.clip(value, 0, most - 1)) for value, most in zip(low, (WIDTH, DEPTH), strict=True))
    right, bottom = (int(np.clip(value, 1, most)) for value, most in zip(high, (WIDTH, DEPTH), strict=True))
    return left, top, right, bottom
