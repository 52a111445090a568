"""The way of a page, on one screen: bytes to image to clean image to lines to words to people."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from pipeline.entities import extract
from pipeline.layout import lay_out
from pipeline.model import PageResult, Reading
from pipeline.pages import Limits, render
from pipeline.ports import PageReader
from pipeline.preprocess import map_lines, prepare
from pipeline.quality import rescan_reasons

VERSION = "1"  # grows when any step gives another result for the same page and reader


def process(path: Path, number: int, media_type: str, reader: PageReader, limits: Limits) -> PageResult:
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
        lines = reader.read(layout.pixels, clean.dpi, layout.regions)
    with watch("extract"):
        lines = map_lines(lines, clean.to_page, image.width, image.height)
        steps = (*image.steps, *clean.steps, *layout.steps)
        reading = Reading(image.width, image.height, reader.identity, lines, steps)
        entities = extract(reading)
        rescan = rescan_reasons(image, clean, lines)
    return PageResult(reading, entities, rescan, watch.seconds)


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
