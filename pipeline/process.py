"""The way of a page, on one screen: bytes to image to clean image to lines to words to people."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from pipeline.assemble import assemble, mapped
from pipeline.entities import extract
from pipeline.layout import Layout, lay_out
from pipeline.lines import text_lines
from pipeline.model import Box, CleanImage, PageImage, PageResult, Reading
from pipeline.pages import Limits, render
from pipeline.ports import LineReader
from pipeline.preprocess import map_box, map_lines, prepare
from pipeline.quality import rescan_reasons

VERSION = "2"  # grows when any step gives another result for the same page and reader


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


def read_image(image: PageImage, reader: LineReader) -> Reading:
    """The reading of one page image, nothing drawn out of it."""
    clean = prepare(image)
    return read_layout(image, clean, lay_out(clean), reader)


def read_layout(image: PageImage, clean: CleanImage, layout: Layout, reader: LineReader) -> Reading:
    """Find the lines of a page laid out, have them read, put them together; boxes are in pixels of the page as it came."""
    found = text_lines(layout.pixels, clean.dpi, layout.regions)
    words = reader.read(layout.pixels, clean.dpi, [box for boxes in found for box in boxes])
    read = assemble(layout.regions, found, words)

    def home(box: Box) -> Box:
        return map_box(box, clean.to_page, image.width, image.height)

    return Reading(
        image.width,
        image.height,
        reader.identity,
        map_lines(read.lines, clean.to_page, image.width, image.height),
        (*image.steps, *clean.steps, *layout.steps),
        tables=tuple(mapped(table, home) for table in read.tables),
        unread=tuple(map(home, read.unread)),
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
