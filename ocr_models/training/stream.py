"""An endless stream of aged line images with their labels; sample `index` of a seed can be made again by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random

import cv2
import numpy as np

from ocr_models.line_image import HEIGHT, MOST_WIDE
from ocr_models.training import ageing, designs, marks
from ocr_models.training.conditions import CONDITIONS, Condition
from ocr_models.training.faces import Face, Kind
from ocr_models.training.lines import Grey, Inked, Setting, ink, rigid
from ocr_models.training.text import Author, Text

_PAPER = 255
_TRIES = 3
_LEAST_LIKENESS, _LEAST_CONTRAST = 0.78, 40.0


@dataclass(frozen=True)
class Sample:
    """`image`: (48, width ≤ 2400) grey, 0 ink to 255 paper. `text.visual` is what a left-to-right recogniser is taught."""

    image: Grey
    text: Text
    face: Face
    condition: str


@dataclass(frozen=True)
class Crop:
    """A line on its canvas: paper round it, where its baseline is, and how far writing stays from the ends."""

    image: Grey
    baseline: int
    margin: int


@dataclass(frozen=True)
class Stream:
    """Samples of one seed from these faces. Any sign a chosen face lacks is kept out of that line's text.

    ``varied``: the share of lines whose face is changed into one that nobody drew.
    """

    author: Author
    faces: tuple[Face, ...]
    seed: int
    conditions: tuple[Condition, ...] = CONDITIONS
    varied: float = 0.0

    @cached_property
    def _by_kind(self) -> dict[Kind, dict[str, list[Face]]]:
        """Faces by kind and design, so that a design with many files is not seen more often."""
        shelves: dict[Kind, dict[str, list[Face]]] = {}
        for face in self.faces:
            shelves.setdefault(face.design.kind, {}).setdefault(face.design.name, []).append(face)
        return shelves

    def __iter__(self) -> Iterator[Sample]:
        return self.starting(0)

    def starting(self, index: int, step: int = 1) -> Iterator[Sample]:
        """Samples index, index + step, …: workers of a team of `step` each start at their own."""
        while True:
            yield self.sample(index)
            index += step

    def sample(self, index: int) -> Sample:
        """The sample of this number: the same on every machine with the same faces, lists and library versions."""
        words, rng = Random(f"{self.seed}/{index}"), np.random.default_rng((self.seed, index))  # noqa: S311 not for secrets
        condition = words.choices(self.conditions, [each.weight for each in self.conditions])[0]
        while True:
            face = self._face(words, condition)
            text = self.author.text(words, face.signs)
            inked = self._inked(text, face, words, rng, condition)
            if inked is not None:
                return Sample(self._aged(inked, words, rng, condition), text, face, condition.name)

    def _face(self, words: Random, condition: Condition) -> Face:
        kinds = [kind for kind in condition.kinds if kind in self._by_kind] or list(self._by_kind)
        kind = words.choices(kinds, [condition.kinds.get(each, 1.0) for each in kinds])[0]
        return words.choice(words.choice(list(self._by_kind[kind].values())))

    def _inked(self, text: Text, face: Face, words: Random, rng: np.random.Generator, condition: Condition) -> Inked | None:
        """The line's ink, or None where there is none, or it would be too wide for its height once brought to 48 pixels."""
        setting = _setting(words, condition, face)
        try:
            inked = ink(text.drawn, face, setting)
        except ValueError:  # a lone sign of which the face draws nothing at this size
            return None
        if self.varied and words.random() < self.varied:
            inked = designs.varied(inked, words, rng)
        if inked.mask.shape[1] * HEIGHT > MOST_WIDE * 0.9 * inked.mask.shape[0]:
            return None
        if condition.press is None:
            return inked
        pressed = condition.press(inked.mask, rng)
        return Inked(pressed, inked.baseline) if legible(255 - pressed, 255 - inked.mask) else inked

    def _aged(self, inked: Inked, words: Random, rng: np.random.Generator, condition: Condition) -> Grey:
        crop = self._laid(inked, words, rng)
        marked = self._marked(crop, words, rng)
        for _ in range(_TRIES):
            image = condition.age(marked, rng)
            if legible(image, marked):
                break
        else:
            image = CONDITIONS[0].age(marked, rng)
        return _finished(image, words, rng)

    def _laid(self, inked: Inked, words: Random, rng: np.random.Generator) -> Crop:
        """Ink on paper with a detector's margins: mostly tight, now and then wide, at times a pixel or two too tight."""
        height, width = inked.mask.shape
        em = max(height, 20)
        above, below = (round(em * words.triangular(-0.02, 0.42, 0.08)) for _ in range(2))
        right, left = (round(em * words.triangular(0.0, 0.9, 0.1)) for _ in range(2))
        # A lone dash or dot comes in a box as high as a line.
        extra = max(0, 22 - height)
        above, below = above + extra * 2 // 3, below + extra // 3
        canvas = np.full((height + above + below, width + left + right), _PAPER, np.uint8)
        top, bottom = max(0, above), height + above + min(0, below)
        canvas[top:bottom, left : left + width] = 255 - inked.mask[top - above : bottom - above]
        if words.random() < 0.18:
            canvas = self._with_neighbour(canvas, above, below, words, rng)
        return Crop(canvas, inked.baseline + above, min(left, right))

    def _with_neighbour(self, canvas: Grey, above: int, below: int, words: Random, rng: np.random.Generator) -> Grey:
        """The lower edge of the line above, or the upper edge of the one below, reaching into the crop's margin."""
        other = self._other(words, 30)
        width = canvas.shape[1]
        for top, room in ((True, above), (False, below)):
            reach = min(round(room * words.uniform(0.3, 0.9)), other.shape[0])
            if reach > 1 and words.random() < 0.7:
                start = int(rng.integers(max(1, width - 20)))
                piece = other[-reach:, : width - start] if top else other[:reach, : width - start]
                target = canvas[:reach, start : start + piece.shape[1]] if top else canvas[-reach:, start : start + piece.shape[1]]
                np.minimum(target, 255 - piece, out=target)
        return canvas

    def _other(self, words: Random, size: int) -> Grey:
        """Other writing: for neighbours, stamps and the page's back."""
        face = words.choice(self.faces)
        return rigid(self.author.text(words, face.signs).drawn[:40].strip() or "ا", face, size)

    def _marked(self, crop: Crop, words: Random, rng: np.random.Generator) -> Grey:
        image = crop.image
        if words.random() < 0.10:
            image = marks.ruled(image, rng, crop.baseline)
        if words.random() < 0.09:
            image = marks.framed(image, rng)
        if words.random() < 0.09:
            image = marks.stamped(image, rng, self._other(words, words.randint(24, 60)) if words.random() < 0.5 else None)
        if words.random() < 0.05:
            image = marks.signed(image, rng)
        if words.random() < 0.04 and crop.margin > 3:
            image = marks.punched(image, rng, crop.margin)
        if words.random() < 0.06:
            back = 255 - cv2.resize(self._other(words, 32), (image.shape[1], image.shape[0]))
            image = ageing.bleed_through(image, np.asarray(back, np.uint8), words.uniform(0.08, 0.4))
        if words.random() < 0.45:
            image = ageing.skewed(image, words.gauss(0, 0.035) * image.shape[0], words.gauss(0, 0.05) * image.shape[0], _PAPER)
        if words.random() < 0.10:
            image = ageing.curled(image, words.uniform(0.5, 2.2), words.uniform(0, 6.3), words.uniform(0.3, 1.5), _PAPER)
        return image


def legible(aged: Grey, before: Grey) -> bool:
    """Whether a person could still read it: the aged line's darkness follows what it was (correlation at a stroke's width)."""
    one, other = (cv2.GaussianBlur(image, (0, 0), 1.5).astype(np.float32).ravel() for image in (aged, before))
    one, other = one - one.mean(), other - other.mean()
    both = float(np.sqrt((one @ one) * (other @ other)))
    contrast = float(np.percentile(aged, 97)) - float(np.percentile(aged, 2))
    return both > 0 and contrast > _LEAST_CONTRAST and float(one @ other) / both > _LEAST_LIKENESS


def _setting(words: Random, condition: Condition, face: Face) -> Setting:
    size = words.randint(*condition.sizes)
    # A typewriter's letters stand as far apart as other faces' words: widening gaps would part words.
    typewriter = face.design.kind == "typewriter"
    return Setting(
        size=size,
        gap=round(size * words.uniform(0.05, 0.9)) if not typewriter and words.random() < 0.3 else 0,
        stretch=words.uniform(0.82, 1.22) if words.random() < 0.35 else 1.0,
        slant=words.uniform(-0.12, 0.22) if words.random() < (0.03 if typewriter else 0.12) else 0.0,
        underline=max(1, size // 18) if words.random() < 0.05 else 0,
    )


def _finished(image: Grey, words: Random, rng: np.random.Generator) -> Grey:
    """Brought to 48 pixels, now and then through JPEG first."""
    if words.random() < 0.25:
        image = ageing.jpeg(image, int(rng.integers(25, 90)))
    width = int(np.clip(round(image.shape[1] * HEIGHT / image.shape[0]), 8, MOST_WIDE))
    shrink = image.shape[0] > HEIGHT
    return np.asarray(cv2.resize(image, (width, HEIGHT), interpolation=cv2.INTER_AREA if shrink else cv2.INTER_LINEAR), np.uint8)
