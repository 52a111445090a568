"""The command that reads files without an archive: read."""

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from pipeline.cli.common import complain, progress, settings, writing_to
from pipeline.errors import PageFailed, SijillError
from pipeline.settings import Settings
from pipeline.wiring import sandbox
from pipeline.wiring_reading import limits, page_reader, read_line, read_page

if TYPE_CHECKING:
    from pipeline.formats import ReadPage
    from pipeline.intake import Found
    from pipeline.model import PageResult, Reading
    from pipeline.sandbox import Sandbox

AHEAD = 4  # pages in work for each process, so that none is idle and memory stays flat


class Format(StrEnum):
    """The forms a reading can take."""

    text = "text"
    json = "json"
    hocr = "hocr"
    alto = "alto"


class As(StrEnum):
    """What each image holds."""

    page = "page"
    line = "line"


TRANSCRIPTION = ".gt.txt"
"""Ends the name of the file that says what a line's image holds, in published collections: NAME.png, NAME.gt.txt."""
ENDINGS = {Format.text: "txt", Format.json: "json", Format.hocr: "hocr", Format.alto: "xml"}


class Begun(NamedTuple):
    """A page in work."""

    found: "Found"
    number: int
    result: "Future[PageResult]"


def add_to(app: typer.Typer) -> None:
    app.command()(read)


def read(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders to read.")],
    reader: Annotated[str | None, typer.Option(help="The reading engine; default: SIJILL_READER.")] = None,
    form: Annotated[Format, typer.Option("--format", help="text, json, hocr or alto.")] = Format.text,
    out: Annotated[Path | None, typer.Option(help="Folder for one file a scan; default: all to standard output.")] = None,
    each: Annotated[As, typer.Option("--as", help="What each image holds: a page, or one text line.")] = As.page,
) -> None:
    """Read files without an archive.

    Boxes are in pixels of the page as it came: PDF pages at 300 dpi, pictures in their own pixels. A file or page that cannot be read is
    told on standard error, the others are read, and the command ends with 65. A page on which nothing, or not everything, could be read
    is told there too, with the reason; that is no error.

    With `--as line` each image is one text line, and is read as it is: `sijill read --as line lines/` gives one row of text an image, in
    the order of their names. Transcriptions lying beside them, NAME.gt.txt, are left alone.
    """
    chosen = settings(**({"reader": reader} if reader else {}))
    _ = page_reader(chosen).identity  # an engine that is not installed is told once, before any work
    troubles: list[SijillError] = []
    with sandbox(chosen, chosen.processes) as pool:
        pages = _pages(paths, pool, chosen, each, troubles)
        if out is None:
            _write_all(pages, form, "" if each is As.line else "\f")
        else:
            _write_each(pages, form, out)
    if troubles:
        raise PageFailed("not-all-read", f"{len(troubles)} files or pages could not be read")


def _pages(paths: Sequence[Path], pool: "Sandbox", chosen: Settings, each: As, troubles: list[SijillError]) -> Iterator["ReadPage"]:
    """Every page that can be read, in order; the others go to ``troubles``, and are told."""
    from pipeline.formats import ReadPage

    begun: deque[Begun] = deque()
    with progress("Reading", "pages") as tell:
        done = 0

        def finish() -> Iterator[ReadPage]:
            nonlocal done
            page = begun.popleft()
            try:
                result = page.result.result()
                _tell_gaps(page, result.reading)
                yield ReadPage(page.found.name, page.number, result.reading, result.entities)
            except SijillError as error:
                _trouble(page.found, page.number, error, troubles)
            done += 1
            tell(done - len(troubles), len(troubles), done + len(begun))

        for page in _begin(paths, pool, chosen, each, troubles):
            begun.append(page)
            while len(begun) >= AHEAD * chosen.processes:
                yield from finish()
        while begun:
            yield from finish()


def _begin(paths: Sequence[Path], pool: "Sandbox", chosen: Settings, each: As, troubles: list[SijillError]) -> Iterator[Begun]:
    """Put every page of every file to work, in order, as they are asked for."""
    from pipeline import intake
    from pipeline.pages import probe

    bounds, work = limits(chosen), read_line if each is As.line else read_page
    for found in intake.walk(paths):
        if each is As.line and _lies_beside(found, paths):
            continue
        try:
            intake.openable(found, chosen.max_file_mb * 2**20)
            path = Path(found.path)
            info = pool.submit(probe, path, bounds).result()
        except SijillError as error:
            _trouble(found, None, error, troubles)
            continue
        for number in range(1, info.pages + 1):
            yield Begun(found, number, pool.submit(work, chosen, path, number, info.media_type))


def _lies_beside(found: "Found", paths: Sequence[Path]) -> bool:
    """Whether it is a transcription met in a folder; one that is named itself is a mistake, and told."""
    return found.path.endswith(TRANSCRIPTION) and Path(found.path) not in paths


def _tell_gaps(page: Begun, reading: "Reading") -> None:
    """A page that is empty or not wholly read is told, with why: it must not pass for one that says nothing."""
    if reading.status != "read":
        said = "nothing was read" if reading.status == "empty" else "not everything was read"
        complain(f"{page.found.name} page {page.number}: {said} [{', '.join(reading.notes)}]")


def _trouble(found: "Found", number: int | None, error: SijillError, troubles: list[SijillError]) -> None:
    where = found.name + (f" page {number}" if number else "")
    troubles.append(error)
    complain(type(error)(error.code, f"{where}: {error.detail}", error.way_out))


def _write_all(pages: "Iterator[ReadPage]", form: Format, between: str) -> None:
    """All to standard output; text page by page, with ``between`` between them."""
    if form is Format.text:
        for number, page in enumerate(pages):
            sys.stdout.write((between if number else "") + _written([page], form))
    else:
        sys.stdout.write(_written(list(pages), form))


def _write_each(pages: Iterator["ReadPage"], form: Format, out: Path) -> None:
    """One file a scan, named after it."""
    scans: dict[str, list[ReadPage]] = {}
    for page in pages:
        scans.setdefault(page.source, []).append(page)
    with writing_to(out):
        out.mkdir(parents=True, exist_ok=True)
        taken: set[str] = set()
        for source, read_pages in scans.items():
            name = _free(Path(source).name, taken)
            (out / f"{name}.{ENDINGS[form]}").write_text(_written(read_pages, form), "utf-8")


def _free(name: str, taken: set[str]) -> str:
    """The name, numbered when another scan of that name came from another folder."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free)
    return free


def _written(pages: "Sequence[ReadPage]", form: Format) -> str:
    from pipeline import formats

    write = {Format.text: formats.as_text, Format.json: formats.as_json, Format.hocr: formats.as_hocr, Format.alto: formats.as_alto}
    return write[form](pages)
