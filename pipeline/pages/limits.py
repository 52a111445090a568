"""How much one hostile file may cost, and the words in which it is refused."""

from dataclasses import dataclass

from pipeline.errors import Refused, way_out

MEDIA_PDF = "application/pdf"
MEDIA_TIFF = "image/tiff"
MEDIA_JPEG = "image/jpeg"
MEDIA_PNG = "image/png"
MEDIA_JP2 = "image/jp2"

PDF_DPI = 300


@dataclass(frozen=True, slots=True)
class Limits:
    """``megapixels`` of one page, ``pages`` of one file, ``file_mb`` MiB, ``seconds`` for one page, ``side`` pixels either way.

    ``side`` stays under the 32,767 pixels beyond which OpenCV can no longer turn or remap a picture.
    """

    megapixels: float = 200
    pages: int = 5000
    file_mb: int = 4096
    seconds: float = 180
    side: int = 32_000


@dataclass(frozen=True, slots=True)
class ScanInfo:
    """What a file turned out to be: its media type by content, and how many pages it holds."""

    media_type: str
    pages: int


def refused(code: str, detail: str) -> Refused:
    """A refusal with the way out its code is known by."""
    return Refused(code, detail, way_out(code))


def check_page_count(found: int, limits: Limits, *, more: bool = False) -> None:
    """Raises Refused (too-many-pages); ``more`` when counting stopped at ``found``."""
    if found > limits.pages:
        figure = f"more than {limits.pages:,}" if more else f"{found:,}"
        raise refused("too-many-pages", f"The file holds {figure} pages; the limit is {limits.pages:,} (SIJILL_MAX_PAGES).")


def check_page_size(number: int, width: float, height: float, limits: Limits) -> None:
    """Raises Refused (too-many-pixels, damaged-file) for a page of ``width`` x ``height`` pixels."""
    if width <= 0 or height <= 0:
        raise refused("damaged-file", f"Page {number} has no size ({width:,.0f} x {height:,.0f} pixels).")
    if width * height > limits.megapixels * 1e6:
        found = f"{width * height / 1e6:,.1f} megapixels ({width:,.0f} x {height:,.0f})"
        raise refused("too-many-pixels", f"Page {number} has {found}; the limit is {limits.megapixels:,g} (SIJILL_MAX_MEGAPIXELS).")
    if max(width, height) > limits.side:
        raise refused("too-many-pixels", f"Page {number} is {max(width, height):,.0f} pixels long; no page may be over {limits.side:,}.")
