"""Scans into page images: what a file is and holds (``probe``), and one of its pages as pixels (``render``).

Both read hostile bytes and belong in a child process (pipeline.sandbox), which bounds their time and memory.
"""

from mmap import ACCESS_READ, mmap
from pathlib import Path

from PIL import __version__ as pillow_version

from pipeline.model import PageImage, Step, Value
from pipeline.pages import containers, pdf, picture, tiff
from pipeline.pages.limits import (
    MEDIA_JP2,
    MEDIA_JPEG,
    MEDIA_PDF,
    MEDIA_PNG,
    MEDIA_TIFF,
    PDF_DPI,
    Limits,
    ScanInfo,
    check_page_count,
    check_page_size,
    refused,
)

__all__ = ["Limits", "ScanInfo", "probe", "render"]

_SINGLE = {MEDIA_PNG: containers.png, MEDIA_JPEG: containers.jpeg, MEDIA_JP2: containers.jpeg2000}


def probe(path: Path, limits: Limits) -> ScanInfo:
    """What the file is, by content, never by name; every page's size is checked from headers before any pixel is decoded.

    One page beyond the limits refuses the whole file. Raises Refused: empty-file, too-large, unknown-format, truncated, damaged-file,
    encrypted, too-many-pages, too-many-pixels, hidden-payload.
    """
    size = path.stat().st_size
    if not size:
        raise refused("empty-file", "The file is empty (0 bytes).")
    if size > limits.file_mb * 2**20:
        raise refused("too-large", f"The file has {size / 2**20:,.1f} MiB; the limit is {limits.file_mb:,} (SIJILL_MAX_FILE_MB).")
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        media_type = _sniff(data)
        if media_type == MEDIA_PDF:
            return ScanInfo(media_type, pdf.page_count(path, data, limits))
        if media_type == MEDIA_TIFF:
            return ScanInfo(media_type, _tiff_pages(data, limits))
        width, height, end = _SINGLE[media_type](data)
        check_page_size(1, width, height, limits)
        _check_behind(data, end)
        return ScanInfo(media_type, 1)


def _sniff(data: mmap) -> str:
    head = data[:1024]
    for magics, media_type in (
        ((containers.PNG_MAGIC,), MEDIA_PNG),
        ((containers.JPEG_MAGIC,), MEDIA_JPEG),
        (containers.TIFF_MAGICS, MEDIA_TIFF),
        ((containers.JP2_MAGIC, containers.CODESTREAM_MAGIC), MEDIA_JP2),
    ):
        if head.startswith(magics):
            return media_type
    if b"%PDF-" in head:  # ISO 32000-1 annex H: readers accept it within the first 1,024 bytes
        return MEDIA_PDF
    raise refused("unknown-format", "The file is no PDF, TIFF, JPEG, PNG or JPEG 2000, whatever its name says.")


def _tiff_pages(data: mmap, limits: Limits) -> int:
    count, end = 0, 0
    for frame in tiff.pages(data):
        count, end = count + 1, max(end, frame.end)
        check_page_count(count, limits, more=True)
        check_page_size(count, frame.width, frame.height, limits)
    if not count:
        raise refused("damaged-file", "The TIFF holds no page.")
    _check_behind(data, end)
    return count


def _check_behind(data: mmap, end: int) -> None:
    if kind := containers.behind(data, end):
        raise refused("hidden-payload", f"A {kind} stands behind the picture, from byte {end:,} of {len(data):,}.")


def render(path: Path, number: int, media_type: str, limits: Limits) -> PageImage:
    """Page ``number`` (from 1) as it came, of a file that ``probe`` has let in.

    A PDF page is drawn at 300 dpi with /Rotate applied; a picture keeps its own pixels, after EXIF orientation. ``Step("render")`` keeps
    where the resolution comes from (rendered, metadata, guessed) and, under ``whole``, False where something of the page is
    known to be missing or broken though the rest could be drawn.
    Raises PageFailed (render-failed, truncated), WorkerLost (reader-hung).
    """
    if media_type == MEDIA_PDF:
        rgb, whole = pdf.draw(path, number, limits)
        tool: dict[str, Value] = {"tool": "poppler", "version": pdf.poppler_version(), "dpi_source": "rendered", "whole": whole}
        return PageImage(picture.narrow(rgb), PDF_DPI, (Step("render", tool),))
    pixels, dpi, found = picture.decode(path, number, media_type, limits)
    return PageImage(pixels, dpi, (Step("render", {"tool": "pillow", "version": pillow_version, **found}),))
