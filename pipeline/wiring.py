"""The one place that chooses adapters, by URL; heavy ones are imported only where they are used."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.catalogue import Catalogue
from pipeline.catalogue.database import SCHEMA, Database
from pipeline.errors import PageFailed, SijillError, Usage
from pipeline.model import IMPORTED, Box, PageRef, PageResult
from pipeline.ports import BlobStore, LineReader, SearchIndex
from pipeline.settings import Settings
from pipeline.storage.filesystem import FileBlobs
from search.fts5 import Fts5Index

if TYPE_CHECKING:  # these bring OpenCV, which searching should not wait for
    from pipeline.digitise import Digitiser
    from pipeline.pages import Limits
    from pipeline.sandbox import Sandbox


class Archive:
    """The three stores of one archive; the index is opened when it is first asked for."""

    def __init__(self, settings: Settings, database: Database, stack: ExitStack) -> None:
        self.settings = settings
        self.catalogue = Catalogue(database)
        self.blobs = blob_store(settings.blobs_url)
        self._stack = stack

    @cached_property
    def index(self) -> SearchIndex:
        """Raises Damaged (index-missing, index-damaged, index-outdated): `sijill reindex` mends it."""
        return self._kept(Fts5Index(_path(self.settings.index_url, "sqlite", "SIJILL_INDEX")))

    def require_index(self) -> None:
        """Make the index if it is not there; everything the catalogue has is then put in line for it."""
        path = _path(self.settings.index_url, "sqlite", "SIJILL_INDEX")
        if not path.exists():
            self.catalogue.outbox.refill()  # first: an empty index must never look like one that is up to date
            self.__dict__["index"] = self._kept(Fts5Index(path, create=True))

    def renew_index(self) -> None:
        """An empty index in place of what is there, and everything put in line for it; meanwhile searches say what is missing."""
        self.catalogue.outbox.refill()
        self.__dict__["index"] = self._kept(Fts5Index.anew(_path(self.settings.index_url, "sqlite", "SIJILL_INDEX")))

    def _kept(self, index: Fts5Index) -> SearchIndex:
        self._stack.callback(index.close)
        return index


@contextmanager
def archive(settings: Settings, create: bool = False) -> Iterator[Archive]:
    """The archive these settings name, made first if ``create``. Raises Missing (no-archive, archive-outdated)."""
    database = Database(settings.catalogue_url)
    with ExitStack() as stack:
        stack.callback(database.close)
        if create and database.schema() is None:
            database.migrate()
        database.require_current()
        opened = Archive(settings, database, stack)
        if create:
            opened.require_index()
        yield opened


def migrate(settings: Settings) -> tuple[str | None, str]:
    """Bring the catalogue to this version's schema; returns the schema before (None: there was none) and now."""
    database = Database(settings.catalogue_url)
    try:
        before = database.schema()
        database.migrate()
        return before, SCHEMA
    finally:
        database.close()


def blob_store(url: str) -> BlobStore:
    return FileBlobs(_path(url, "file", "SIJILL_BLOBS"))


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


def sandbox(settings: Settings, workers: int) -> "Sandbox":
    """Child processes bounded as the settings say."""
    from pipeline.sandbox import Sandbox

    return Sandbox(workers, settings.memory_mb, settings.page_seconds)


def digitiser(opened: Archive, pool: "Sandbox") -> "Digitiser":
    """Reads waiting pages of an archive in that pool."""
    from pipeline.digitise import Digitiser

    settings, catalogue = opened.settings, opened.catalogue

    def submit(page: PageRef) -> "Future[PageResult]":
        return pool.submit(read_stored_page, settings, page.sha256, page.number, page.media_type)

    identity = page_reader(settings).identity
    return Digitiser(
        catalogue.work, catalogue.outbox, opened.index, catalogue.ledger.holdings, submit, identity, settings.attempts
    )  # fmt: skip


def read_stored_page(settings: Settings, sha256: str, number: int, media_type: str) -> PageResult:
    """Read one page of a stored scan; runs in a child process."""
    bench = _bench(settings)
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


Draw = Callable[[PageRef, Sequence[Box], Path], None]


@contextmanager
def drawing(opened: Archive) -> Iterator[Draw]:
    """Gives a call that writes a small PNG of a page with these boxes framed. It raises Damaged, PageFailed, WorkerLost, OSError."""
    with sandbox(opened.settings, 1) as pool:

        def draw(page: PageRef, boxes: Sequence[Box], path: Path) -> None:
            with opened.blobs.open(page.sha256) as scan:
                pool.submit(_draw, scan, page.number, page.media_type, limits(opened.settings), tuple(boxes), path).result()

        yield draw


def _draw(scan: Path, number: int, media_type: str, bounds: "Limits", boxes: tuple[Box, ...], path: Path) -> None:
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
        self._blobs = blob_store(settings.blobs_url)
        self._sha256, self._path, self._held = "", Path(), ExitStack()

    def open(self, sha256: str) -> Path:
        if sha256 != self._sha256:
            self._held.close()
            self._sha256 = ""
            self._path = self._held.enter_context(self._blobs.open(sha256))
            self._sha256 = sha256
        return self._path


@lru_cache(maxsize=1)
def _bench(settings: Settings) -> Bench:
    return Bench(settings)


@contextmanager
def _naming_surprises() -> Iterator[None]:
    """A fault nobody foresaw fails this page with its name on record; its siblings go on."""
    try:
        yield
    except (SijillError, MemoryError):
        raise
    except Exception as error:  # the edge of the child process: recorded as this page's failure, not swallowed
        raise PageFailed("unforeseen", f"{type(error).__name__}: {error}") from error


def _path(url: str, scheme: str, setting: str) -> Path:
    found, _, rest = url.partition(":")
    if found != scheme or not rest:
        raise Usage("bad-setting", f"{setting} takes {scheme}:PATH, not {found}:…")
    return Path(rest)
