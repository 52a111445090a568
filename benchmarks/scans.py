"""Scans to measure with: the fixture scans made byte-different, and small bilevel pages in any number."""

import struct
import zlib
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pikepdf
from PIL import Image, ImageDraw

from benchmarks.results import ROOT

FIXTURES = ROOT / "fixtures" / "scans"
KINDS = (".pdf", ".tif", ".jpg", ".png")
SMALL = (200, 280)  # pixels
PAGES_A_TIFF = 50
DESCRIPTION = 270  # the TIFF tag ImageDescription
SINGLES = 5  # every fifth page is a file of its own


def fixtures() -> list[tuple[Path, int]]:
    """The fixture scans, each with its number of pages."""
    return [(path, _pages(path)) for path in sorted(FIXTURES.iterdir()) if path.suffix in KINDS]


def copies(folder: Path, pages: int) -> int:
    """Copies of the fixture scans in ``folder``, no two with the same bytes, until there are ``pages`` pages; returns how many there are.

    Pixels stay as they are: only a note in the file changes.
    """
    made = 0
    for number in count(1):
        for path, found in fixtures():
            if made >= pages:
                return made
            REMARK[path.suffix](path, folder / f"{path.stem}-{number:03d}{path.suffix}", f"copy {number}")
            made += found
    return made


def small_pages(folder: Path, pages: int) -> int:
    """``pages`` bilevel pages of 200 x 280 pixels, each different: four fifths in TIFFs (G4) of 50 pages, the others PNG; returns files."""
    singles = pages // SINGLES
    for number in range(singles):
        _small(number).save(folder / f"single-{number:06d}.png", dpi=(300, 300))
    starts = range(singles, pages, PAGES_A_TIFF)
    for start in starts:
        first, *others = map(_small, range(start, min(start + PAGES_A_TIFF, pages)))
        path = folder / f"many-{start:06d}.tif"
        first.save(path, compression="group4", dpi=(300, 300), save_all=True, append_images=others)
    return singles + len(starts)


def _small(number: int) -> Image.Image:
    """A page with eight lines of something like writing; which page it is stands in it."""
    image = Image.new("1", SMALL, 1)
    pen = ImageDraw.Draw(image)
    for line in range(8):
        pen.text((20, 20 + 30 * line), f"page {number:06d} line {line}", fill=0)
    return image


def _pages(path: Path) -> int:
    if path.suffix == ".pdf":
        with pikepdf.open(path) as pdf:
            return len(pdf.pages)
    with Image.open(path) as image:
        return getattr(image, "n_frames", 1)


def _remark_pdf(source: Path, target: Path, remark: str) -> None:
    with pikepdf.open(source) as pdf:
        pdf.docinfo["/Subject"] = remark
        pdf.save(target)


def _remark_tiff(source: Path, target: Path, remark: str) -> None:
    """The first page's directory again at the end of the file, with the remark as its description (TIFF 6.0, section 2)."""
    data = source.read_bytes()
    order = {b"II": "<", b"MM": ">"}[data[:2]]
    [start] = struct.unpack_from(f"{order}I", data, 4)
    [length] = struct.unpack_from(f"{order}H", data, start)
    entries = [data[at : at + 12] for at in range(start + 2, start + 2 + 12 * length, 12)]
    others = {struct.unpack_from(f"{order}H", entry)[0]: entry for entry in entries}
    text = remark.encode("ascii").ljust(8) + b"\0"  # shorter ones would have to stand in the entry itself
    place = len(data) + len(data) % 2
    described = others | {DESCRIPTION: struct.pack(f"{order}HHII", DESCRIPTION, 2, len(text), place)}
    directory = place + len(text) + len(text) % 2
    head = data[:4] + struct.pack(f"{order}I", directory) + data[8:].ljust(place - 8, b"\0")
    written = struct.pack(f"{order}H", len(described)) + b"".join(described[tag] for tag in sorted(described))
    following = data[start + 2 + 12 * length :][:4]
    target.write_bytes((head + text).ljust(directory, b"\0") + written + following)


def _remark_jpeg(source: Path, target: Path, remark: str) -> None:
    """A comment segment after the start marker (ITU T.81, B.2.4.5)."""
    data = source.read_bytes()
    target.write_bytes(data[:2] + b"\xff\xfe" + struct.pack(">H", 2 + len(remark)) + remark.encode("ascii") + data[2:])


def _remark_png(source: Path, target: Path, remark: str) -> None:
    """A tEXt chunk after the header (PNG 11.3.3.2), which ends at byte 33."""
    data, chunk = source.read_bytes(), b"tEXtComment\0" + remark.encode("ascii")
    target.write_bytes(data[:33] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:])


REMARK: dict[str, Callable[[Path, Path, str], None]] = {
    ".pdf": _remark_pdf, ".tif": _remark_tiff, ".jpg": _remark_jpeg, ".png": _remark_png,
}  # fmt: skip
