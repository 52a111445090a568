"""What a child process reads a page with: the engine, the scan it is on, the bounds. Engines and OpenCV are imported only there."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import PageFailed, SijillError, Unavailable, Usage, way_out
from pipeline.model import IMPORTED, Box, PageResult
from pipeline.ports import LineReader
from pipeline.settings import Settings
from pipeline.wiring_stores import blob_store

if TYPE_CHECKING:
    from pipeline.pages import Limits


def page_reader(settings: Settings) -> LineReader:
    """The reading engine named in the settings.

    Raises Usage for an unknown one, Missing when it is not installed, Damaged when its model is not the one listed.
    """
    if settings.reader == "sijill":
        from ocr_models.recogniser import Recogniser
        from ocr_models.registry import default

        return Recogniser(default(settings.models_home))
    if settings.reader == "tesseract":
        from ocr_models.tesseract import TesseractReader

        return TesseractReader(seconds=0.9 * settings.page_seconds)  # it gives up before its process is ended
    if settings.reader == "constant":
        from ocr_models.constant import ConstantReader

        return ConstantReader()
    raise Usage("bad-setting", f"there is no reader {settings.reader!r}", "Take sijill or tesseract.")


def reading_model(settings: Settings) -> str:
    """The name of the model to read with, its bytes verified. Raises Missing (model-missing), Damaged (model-damaged)."""
    from ocr_models.model_file import verified
    from ocr_models.registry import default

    model = verified(default(settings.models_home))
    return f"{model.name} {model.sha256[:12]}"


def limits(settings: Settings) -> "Limits":
    from pipeline.pages import Limits

    return Limits(settings.max_megapixels, settings.max_pages, settings.max_file_mb, settings.page_seconds)


def read_stored_page(settings: Settings, identity: str, sha256: str, number: int, media_type: str) -> PageResult:
    """Read one page of a stored scan with the reader of this identity; runs in a child process. Raises Unavailable (model-changed)."""
    bench = _bench(settings, identity)
    with _naming_surprises():
        path = bench.open(sha256)
        if media_type == IMPORTED:
            from pipeline.importing import page_result

            return page_result(path.read_bytes())
        return _process(path, number, media_type, bench.reader, settings)


def read_page(settings: Settings, path: Path, number: int, media_type: str) -> PageResult:
    """Read one page of a file outside any archive; runs in a child process."""
    with _naming_surprises():
        return _process(path, number, media_type, _bench(settings).reader, settings)


def read_line(settings: Settings, path: Path, number: int, media_type: str) -> PageResult:
    """Read one page of a file outside any archive as one text line; runs in a child process."""
    from pipeline.process import process_line

    with _naming_surprises():
        return process_line(path, number, media_type, _bench(settings).reader, limits(settings))


def draw_page(scan: Path, number: int, media_type: str, bounds: "Limits", boxes: tuple[Box, ...], path: Path) -> None:
    """Write a small PNG of one page of a scan with these boxes framed; runs in a child process."""
    from pipeline.pages import render
    from pipeline.show import draw_boxes

    draw_boxes(render(scan, number, media_type, bounds).pixels, boxes, path)


def _process(path: Path, number: int, media_type: str, reader: LineReader, settings: Settings) -> PageResult:
    from pipeline.process import process

    return process(path, number, media_type, reader, limits(settings))


class Bench:
    """What one child process keeps at hand: its reader, and the scan it is on, verified once and not once a page."""

    def __init__(self, settings: Settings) -> None:
        self.reader = page_reader(settings)
        self._blobs = blob_store(settings)
        self._sha256, self._path, self._held = "", Path(), ExitStack()

    def open(self, sha256: str) -> Path:
        if sha256 != self._sha256:
            self._held.close()
            self._sha256 = ""
            self._path = self._held.enter_context(self._blobs.open(sha256))
            self._sha256 = sha256
        return self._path


@lru_cache(maxsize=1)
def _bench(settings: Settings, identity: str | None = None) -> Bench:
    """Kept while the same reader is asked for: a worker's children outlive a change of the model."""
    bench = Bench(settings)
    if identity is not None and bench.reader.identity != identity:
        raise Unavailable("model-changed", "the model was changed while pages were read with it", way_out("model-changed"))
    return bench


@contextmanager
def _naming_surprises() -> Iterator[None]:
    """A fault nobody foresaw fails this page with its name on record; its siblings go on."""
    try:
        yield
    except (SijillError, MemoryError):
        raise
    except Exception as error:  # the edge of the child process: recorded as this page's failure, not swallowed
        raise PageFailed("unforeseen", f"{type(error).__name__}: {error}") from error
