"""The way of a page, on one screen: bytes to image to clean image to lines to words to people."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.assemble import assemble, line_of, mapped
from pipeline.entities import extract
from pipeline.layout import Layout, lay_out
from pipeline.model import Box, CleanImage, PageImage, PageResult, Reading
from pipeline.notes import is_latin, is_writing, notes
from pipeline.pages import Limits, render
from pipeline.ports import LineReader
from pipeline.preprocess import map_box, map_lines, prepare
from pipeline.quality import is_blank, like_text, rescan_reasons
from pipeline.rules import ink_of

if TYPE_CHECKING:
    from pipeline.model import Pixels

VERSION = "6"  # grows when any step gives another result for the same page and reader
_LEAST_CONTRAST = 32  # grey levels between paper and the darkest pixel of a line with ink on it


def process(path: Path, number: int, media_type: str, reader: LineReader, limits: Limits) -> PageResult:
    """Read page ``number`` (from 1) of the scan at ``path``; boxes are in pixels of the page as it came.

    Raises PageFailed for a page that cannot be rendered or read; never gives an empty reading for a failure.
    """
    watch = Stopwatch()
    with watch("render"):
        image = render(path, number, media_type, limits)
    with watch("preprocess"):
        clean = prepare(image)
        layout = lay_out(clean)
    with watch("read"):
        reading = read_layout(image, clean, layout, reader)
    with watch("extract"):
        entities = extract(reading)
        rescan = rescan_reasons(image, clean, reading.lines)
    return PageResult(reading, entities, rescan, watch.seconds)


def process_line(path: Path, number: int, media_type: str, reader: LineReader, limits: Limits) -> PageResult:
    """Read page ``number`` (from 1) of the file at ``path`` as one text line, as it came. Raises PageFailed."""
    watch = Stopwatch()
    with watch("render"):
        image = render(path, number, media_type, limits)
    with watch("read"):
        reading = read_line(image, reader)
    return PageResult(reading, extract(reading), seconds=watch.seconds)


def read_image(image: PageImage, reader: LineReader) -> Reading:
    """The reading of one page image, nothing drawn out of it."""
    clean = prepare(image)
    return read_layout(image, clean, lay_out(clean), reader)


def read_line(image: PageImage, reader: LineReader) -> Reading:
    """The reading of an image that holds one text line: nothing is cleaned or turned, only the paper around its ink left out."""
    grey = image.pixels if image.pixels.ndim == 2 else cv2.cvtColor(image.pixels, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
    blank = int(np.ptp(grey)) < _LEAST_CONTRAST
    boxes = [] if blank else [_around_ink(grey)]
    lines = tuple(line_of(words) for words in reader.read(grey, image.dpi, boxes) if words)
    unread = () if lines else tuple(boxes)
    said = notes(image, lines, unread, blank=blank, latin=is_latin(lines))
    return Reading(image.width, image.height, reader.identity, lines, image.steps, unread=unread, notes=said)


def _around_ink(grey: "Pixels") -> Box:
    """The box of the ink of a grey image with some contrast; all of it where the ink is too pale to tell."""
    ink = ink_of(grey) > 0
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not rows.size:
        return Box(0, 0, grey.shape[1], grey.shape[0])
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def read_layout(image: PageImage, clean: CleanImage, layout: Layout, reader: LineReader) -> Reading:
    """Have the lines of a page laid out read, and put them together; boxes are in pixels of the page as it came."""
    boxes = [box for lines in layout.lines for box in lines]
    read = assemble(layout.regions, layout.lines, reader.read(layout.pixels, clean.dpi, boxes))
    latin = is_latin(read.lines)
    if not is_writing(read.lines):  # what a reader sees in a photograph is no text
        read = assemble(layout.regions, layout.lines, [()] * len(boxes))
    missed = [*(box for box in read.unread if like_text(layout.pixels, box, clean.dpi)), *layout.unread]

    def home(box: Box) -> Box:
        return map_box(box, clean.to_page, image.width, image.height)

    lines, unread = map_lines(read.lines, clean.to_page, image.width, image.height), tuple(map(home, missed))
    return Reading(
        image.width,
        image.height,
        reader.identity,
        lines,
        (*image.steps, *clean.steps, *layout.steps),
        tables=tuple(mapped(table, home) for table in read.tables),
        unread=unread,
        notes=notes(image, lines, unread, blank=not lines and is_blank(clean), latin=latin),
    )


def stage_key(page_id: str, reader: str) -> str:
    """Names the result of reading this page with this reader and these steps: equal keys, equal readings."""
    return hashlib.sha256(f"{page_id}|{reader}|{VERSION}".encode()).hexdigest()


class Stopwatch:
    """Seconds spent in each named part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[part] = self.seconds.get(part, 0.0) + perf_counter() - start
