"""Batches for training: fresh synthetic lines from worker processes, lines seen lately once more, and real lines among them."""

import multiprocessing
import signal
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_models.bidi import to_visual
from ocr_models.line_image import HEIGHT, Grey, line_image
from ocr_models.training import ageing
from ocr_models.training.alphabet import ALPHABET
from ocr_models.training.faces import find
from ocr_models.training.lexicon import load
from ocr_models.training.real import RealLine, for_training
from ocr_models.training.stream import Sample, Stream
from ocr_models.training.text import Author, Tally

SIGNS = "".join(sorted(ALPHABET))
_CODES = {sign: code for code, sign in enumerate(SIGNS, start=1)}
_PIECE, _POOL, _KEPT, _STEP = 64, 512, 6000, 16
_AHEAD = 3  # pools drawn before they are asked for, so that the net never waits
_PATIENCE = 5.0
_VARIED = 0.4  # of the drawn lines: the net meets far more designs than there are files


@dataclass(frozen=True)
class Example:
    """`image`: (48, width) from `line_image`; `codes`: visual order, classes of the recogniser."""

    image: Grey
    codes: tuple[int, ...]


@dataclass(frozen=True)
class Batch:
    """`lines`: (n, 1, 48, widest) float32, 0 paper to 1 ink; `widths` in pixels."""

    lines: NDArray[np.float32]
    codes: tuple[tuple[int, ...], ...]
    widths: tuple[int, ...]


@dataclass(frozen=True)
class Sources:
    """Where examples come from: word lists for synthetic lines, folders of real ones (real.for_training) and their share of all lines."""

    seed: int
    words: Path | None = None
    places: Path | None = None
    real: tuple[Path, ...] = ()
    real_as_ascii: tuple[Path, ...] = ()
    real_share: float = 0.15


def encode(visual: str) -> tuple[int, ...]:
    return tuple(_CODES[sign] for sign in visual)


def collate(examples: Sequence[Example]) -> Batch:
    """Examples padded with paper to a common width, a multiple of 16 pixels."""
    widths = tuple(each.image.shape[1] for each in examples)
    lines = np.zeros((len(examples), 1, HEIGHT, -(-max(widths) // _STEP) * _STEP), np.float32)
    for row, each in zip(lines, examples, strict=True):
        row[0, :, : each.image.shape[1]] = (255 - each.image) / np.float32(255)
    return Batch(lines, tuple(each.codes for each in examples), widths)


def batches(sources: Sources, start: int, workers: int, size: int, fresh: float) -> Generator[Batch, None, None]:
    """Endless batches of lines of like width, starting at synthetic line `start`.

    `fresh` is the share of lines never drawn before; the others are drawn from the last 6,000. It spares a machine whose cores
    are busy with the net the drawing of new ones.
    """
    rng = Random(f"{sources.seed}/{start}")  # noqa: S311 not for secrets
    kept: list[Example] = []
    for new in _pools(sources, start, workers):
        kept = (kept + new)[-_KEPT:]
        pool = new + rng.choices(kept, k=round(len(new) * (1 / fresh - 1)))
        pool.sort(key=lambda each: each.image.shape[1])
        groups = [pool[at : at + size] for at in range(0, len(pool), size)]
        rng.shuffle(groups)
        yield from (collate(group) for group in groups)


def _pools(sources: Sources, start: int, workers: int) -> Iterator[list[Example]]:
    """New lines, 512 at a time. Raises RuntimeError when the workers have died."""
    context = multiprocessing.get_context("spawn")
    queue: Queue[list[Example]] = context.Queue(maxsize=_AHEAD * _POOL // _PIECE)
    team = [context.Process(target=_work, args=(queue, sources, start + i, workers), daemon=True) for i in range(workers)]
    for worker in team:
        worker.start()
    try:
        while True:
            pool: list[Example] = []
            while len(pool) < _POOL:
                pool += _next(queue, team)
            yield pool
    finally:
        for worker in team:
            worker.terminate()


def _next(queue: "Queue[list[Example]]", team: list[SpawnProcess]) -> list[Example]:
    while True:
        try:
            return queue.get(timeout=_PATIENCE)
        except Empty:
            if not all(worker.is_alive() for worker in team):
                raise RuntimeError("a process that draws lines has died: what it said is above") from None


def _work(queue: "Queue[list[Example]]", sources: Sources, first: int, step: int) -> None:
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the trainer, which ends its workers
    stream = Stream(Author(load(sources.words, sources.places), Tally()), find(held_out=False), sources.seed, varied=_VARIED)
    rng = Random(f"{sources.seed}/{first}/{step}")  # noqa: S311 not for secrets
    real = real_lines(sources)
    share = sources.real_share if real else 0.0
    samples = stream.starting(first, step)
    while True:
        queue.put([_from_paper(rng.choice(real), rng) if rng.random() < share else _drawn(next(samples)) for _ in range(_PIECE)])


def real_lines(sources: Sources) -> list[RealLine]:
    """Every real line of these sources that may be learned from."""
    folders = [(folder, False) for folder in sources.real] + [(folder, True) for folder in sources.real_as_ascii]
    return [line for folder, as_ascii in folders for line in for_training(folder, as_ascii=as_ascii)]


def _drawn(sample: Sample) -> Example:
    return Example(line_image(sample.image), encode(sample.text.visual))


def _from_paper(line: RealLine, rng: Random) -> Example:
    """A real line, now and then cropped otherwise, blurred or coarser, so that a few thousand serve for many rounds."""
    image = line.image()
    if rng.random() < 0.7:
        image = _recropped(image, rng)
    if rng.random() < 0.4:
        image = ageing.blur(image, rng.uniform(0.3, 1.4) * image.shape[0] / HEIGHT)
    if rng.random() < 0.3:
        image = ageing.low_resolution(image, rng.uniform(0.35, 0.8))
    if rng.random() < 0.3:
        image = ageing.skewed(image, rng.gauss(0, 0.03) * image.shape[0], rng.gauss(0, 0.05) * image.shape[0], 255)
    return Example(line_image(image), encode(to_visual(line.label)))


def _recropped(image: Grey, rng: Random) -> Grey:
    """A little paper added at each side, or the line stretched by a few per cent."""
    height = image.shape[0]
    paper = int(np.percentile(image, 85))
    above, below, left, right = (round(height * rng.triangular(0, 0.3, 0)) for _ in range(4))
    image = np.asarray(cv2.copyMakeBorder(image, above, below, left, right, cv2.BORDER_CONSTANT, value=paper), np.uint8)
    wide = round(image.shape[1] * rng.uniform(0.88, 1.12))
    return np.asarray(cv2.resize(image, (wide, image.shape[0]), interpolation=cv2.INTER_AREA), np.uint8)
