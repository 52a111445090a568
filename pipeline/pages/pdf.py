"""A PDF's pages and their sizes, read by pikepdf without drawing anything; and one page drawn by poppler (pdf2image)."""

import math
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from itertools import islice
from mmap import mmap
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pikepdf
from pdf2image import convert_from_path
from pdf2image.exceptions import PDFPageCountError, PDFPopplerTimeoutError, PDFSyntaxError

from pipeline.errors import PageFailed, WorkerLost, way_out
from pipeline.pages import containers, whole
from pipeline.pages.limits import PDF_DPI, Limits, check_page_count, check_page_size, refused

if TYPE_CHECKING:
    from pipeline.model import Pixels

_LETTER = (612.0, 792.0)  # what poppler takes for a page without a MediaBox
_POINTS = 72
_TAIL = 2048  # the end marker stands in the last 1,024 bytes; some writers pad


def page_count(path: Path, data: mmap, limits: Limits) -> int:
    """How many pages the PDF holds, each checked against the limits at 300 dpi.

    Raises Refused: encrypted, truncated, damaged-file, too-many-pages, too-many-pixels, hidden-payload.
    """
    with _open(path, data) as pdf:
        declared = _declared(pdf)
        check_page_count(declared, limits)
        found = 0
        for _, (width, height) in _pages(pdf):
            found += 1
            check_page_count(found, limits, more=True)
            check_page_size(found, width, height, limits)
    if not found:
        raise refused("damaged-file", "The PDF holds no page.")
    if found != declared:  # poppler believes the declared number, and would leave the others out
        raise refused("damaged-file", f"The PDF declares {declared:,} pages and holds {found:,}.")
    return found


def _open(path: Path, data: mmap) -> pikepdf.Pdf:
    """The PDF as it stands; where its cross-reference table is broken but its end is there, as qpdf can mend it."""
    if re.search(rb"%%EOF[\0\s]*%PDF-\d", data):
        raise refused("hidden-payload", "Several PDF files stand one behind the other, and only the last would be seen.")
    end = data.rfind(b"%%EOF")
    if end >= 0 and (kind := containers.behind(data, end + 5)):
        raise refused("hidden-payload", f"A {kind} stands behind the PDF, from byte {end + 5:,} of {len(data):,}.")
    try:
        return pikepdf.open(path, attempt_recovery=False)
    except pikepdf.PasswordError:
        raise refused("encrypted", "The PDF is locked with a password.") from None
    except pikepdf.PdfError as error:
        if b"/Encrypt" in data[-_TAIL:] and "encrypt" in str(error).lower():
            raise refused("encrypted", "The PDF is locked in a way that cannot be opened.") from None
    tail = data[max(0, len(data) - _TAIL) :]
    if b"%%EOF" not in tail:
        raise refused("truncated", f"The PDF ends at byte {len(data):,}, before its table of contents.")
    try:
        return pikepdf.open(path)
    except pikepdf.PdfError:
        raise refused("damaged-file", "The PDF's table of contents is broken beyond repair.") from None


def _declared(pdf: pikepdf.Pdf) -> int:
    try:
        return int(pdf.Root.Pages.Count)
    except (AttributeError, KeyError, TypeError, ValueError, pikepdf.PdfError):
        raise refused("damaged-file", "The PDF has no list of pages.") from None


def _pages(pdf: pikepdf.Pdf) -> Iterator[tuple[pikepdf.Object, tuple[float, float]]]:
    """Every page in the tree's order, with its width and height in pixels at 300 dpi (/Rotate changes neither area nor longest side).

    The tree is walked here, not by qpdf, which would build every page first: a page listed 50,000 times costs nothing until counted.
    """
    seen = set[tuple[int, int]]()
    waiting: list[tuple[pikepdf.Object, tuple[float, float]]] = [(pdf.Root.Pages, _LETTER)]
    while waiting:
        node, inherited = waiting.pop()
        if not isinstance(node, pikepdf.Dictionary):
            raise refused("damaged-file", "A page of the PDF is missing.")
        size = _box(node) or inherited
        kids = node.get("/Kids")
        if isinstance(kids, pikepdf.Array):
            if node.is_indirect and node.objgen in seen:
                raise refused("damaged-file", "The PDF's pages run in a circle.")
            seen.add(node.objgen)
            waiting.extend((kids[i], size) for i in range(len(kids) - 1, -1, -1))
        else:
            scale = _unit(node) * PDF_DPI / _POINTS
            yield node, (size[0] * scale, size[1] * scale)


def _box(node: pikepdf.Object) -> tuple[float, float] | None:
    """Width and height of the node's own MediaBox in units; None when it has none that makes sense, as poppler has it."""
    box = node.get("/MediaBox")
    if not isinstance(box, pikepdf.Array) or len(box) != 4:
        return None
    try:
        x0, y0, x1, y1 = (float(box[i]) for i in range(4))
    except (TypeError, ValueError):
        return None
    return abs(x1 - x0), abs(y1 - y0)


def _unit(node: pikepdf.Object) -> float:
    """The page's UserUnit: how many 1/72 inch one unit is."""
    try:
        return max(1.0, float(node.get("/UserUnit", 1)))
    except (TypeError, ValueError):
        return 1.0


def draw(path: Path, number: int, limits: Limits) -> "tuple[Pixels, bool]":
    """Page ``number`` (from 1) at 300 dpi with /Rotate applied, as RGB pixels (H, W, 3); False when something of the page is missing.

    Raises PageFailed (render-failed), WorkerLost (reader-hung). Poppler inherits this process's memory limit.
    """
    try:
        return _poppler(path, number, limits, strict=True), _images_are_whole(path, number)
    except PDFSyntaxError:  # what can be drawn of a damaged page is kept, and said to be partial
        pixels = _poppler(path, number, limits, strict=False)
    if pixels.min() == pixels.max():
        raise PageFailed("render-failed", f"Page {number} is damaged, and nothing of it can be drawn.", way_out("damaged-file"))
    return pixels, False


def _images_are_whole(path: Path, number: int) -> bool:
    with pikepdf.open(path) as pdf:
        found = next(islice(_pages(pdf), number - 1, None), None)
        return found is None or whole.pdf_images_are_whole(found[0])


def _poppler(path: Path, number: int, limits: Limits, *, strict: bool) -> "Pixels":
    seconds = math.ceil(limits.seconds)
    with TemporaryDirectory() as folder:
        try:
            pictures = convert_from_path(
                path.absolute(),
                PDF_DPI,
                folder,
                number,
                number,
                output_file="page",
                paths_only=True,
                strict=strict,
                timeout=seconds,
            )
        except PDFPopplerTimeoutError:
            detail = f"Drawing page {number} took longer than {limits.seconds:g} s."
            raise WorkerLost("reader-hung", detail, way_out("reader-hung")) from None
        except PDFPageCountError:
            raise PageFailed("render-failed", "Poppler cannot open the PDF.", way_out("damaged-file")) from None
        if len(pictures) != 1:
            raise PageFailed("render-failed", f"Poppler drew nothing for page {number}.", way_out("damaged-file"))
        return _ppm(Path(str(pictures[0])), number)


def _ppm(path: Path, number: int) -> "Pixels":
    """The pixels of a binary PPM; a picture that is not all there (poppler ran out of memory or disk) raises PageFailed."""
    with path.open("rb") as file:
        head = re.fullmatch(rb"P6\s(\d+)\s(\d+)\s255\s", b"".join(file.readline(64) for _ in range(3)))
        pixels = np.fromfile(file, np.uint8)
    width, height = (int(head[1]), int(head[2])) if head else (0, 0)
    if not head or pixels.size != width * height * 3:
        raise PageFailed("render-failed", f"Poppler drew only a part of page {number}.", way_out("out-of-memory"))
    return pixels.reshape(height, width, 3)


@cache
def poppler_version() -> str:
    """As ``pdftoppm -v`` says it, for the record of how a page was drawn."""
    said = subprocess.run(["pdftoppm", "-v"], capture_output=True, text=True, check=False, timeout=30).stderr
    return said.partition("\n")[0].rpartition(" ")[2]
