"""Bad input, written at test time: every file and name an archive must survive, and the reason it is expected to give."""

import io
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import pikepdf
from PIL import Image

PAGES_TOO_MANY = 50_000
FRAMES_TOO_MANY = 100_000
PNG_SIDE = 30_000
POINTS_TOO_MANY = 2_000_000

Write = Callable[[Path], Path]


@dataclass(frozen=True)
class Hostile:
    """One bad thing. `write` puts it into a folder and returns the path to hand over.

    `codes`: the reason codes that would be right, of the file or of its pages; None among them: taking it in is right too.
    `root_reads`: a superuser is not kept from it, so that for one it is an ordinary file.
    """

    name: str
    write: Write
    codes: tuple[str | None, ...]
    why: str
    root_reads: bool = False


def page(seed: int, width: int = 620, height: int = 877) -> Image.Image:
    """A small grey page of dark bars on speckled paper: no two seeds give the same bytes."""
    specks = np.random.default_rng(seed).random((height, width)) < 0.02
    pixels = np.where(specks, 180, 245).astype(np.uint8)
    for top in range(80, height - 80, 60):
        pixels[top : top + 14, 70 : width - 70 - (seed * 37 + top) % 200] = 30
    return Image.fromarray(pixels)


def encoded(seed: int, form: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    page(seed).save(buffer, form)
    return buffer.getvalue()


def pdf_file(*objects: bytes) -> bytes:
    """A PDF of the numbered objects 1, 2, … with its cross-reference table; object 1 is the catalog."""
    out, offsets = bytearray(b"%PDF-1.5\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def _stream(head: bytes, data: bytes) -> bytes:
    return b"<< %b /Length %d >>\nstream\n%b\nendstream" % (head, len(data), data)


_CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
_ONE_KID = b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"


def _file(name: str, make: Callable[[], bytes]) -> Write:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(make())
        return path

    return write


def _cut(name: str, make: Callable[[], bytes], keep: float) -> Write:
    """The first part of a whole file."""

    def cut() -> bytes:
        whole = make()
        return whole[: int(len(whole) * keep)]

    return _file(name, cut)


def _tiff_pages() -> bytes:
    buffer = io.BytesIO()
    page(2).save(buffer, "TIFF", save_all=True, append_images=[page(3)])
    return buffer.getvalue()


def _pdf_pages() -> bytes:
    buffer = io.BytesIO()
    page(4).save(buffer, "PDF", save_all=True, append_images=[page(5)])
    return buffer.getvalue()


def _encrypted(folder: Path) -> Path:
    path = folder / "encrypted.pdf"
    with pikepdf.open(io.BytesIO(_pdf_pages())) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(owner="owner", user="user"))
    return path


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png_bomb() -> bytes:
    """900 million black pixels of one bit, in about a hundred kilobytes."""
    packer = zlib.compressobj(9)
    rows = bytes((1 + PNG_SIDE // 8) * 100)
    data = b"".join(packer.compress(rows) for _ in range(PNG_SIDE // 100)) + packer.flush()
    header = struct.pack(">IIBBBBB", PNG_SIDE, PNG_SIDE, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(*chunk) for chunk in chunks)


def _jpeg_bomb() -> bytes:
    """A small JPEG whose frame header claims 65,500 × 65,500 pixels."""
    data = bytearray(encoded(6, "JPEG"))
    start = data.index(b"\xff\xc0")
    data[start + 5 : start + 9] = struct.pack(">HH", 65_500, 65_500)
    return bytes(data)


def _huge_page() -> bytes:
    side = POINTS_TOO_MANY
    return pdf_file(_CATALOG, _ONE_KID, b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] >>" % (side, side))


def _many_pages() -> bytes:
    """50,000 pages, each an object of its own, packed into one compressed object stream."""
    first, holder = 3, PAGES_TOO_MANY + 3
    kids = b" ".join(b"%d 0 R" % number for number in range(first, holder))
    packed = [b"<</Type/Pages/Count %d/MediaBox[0 0 595 842]/Kids[%b]>>" % (PAGES_TOO_MANY, kids)]
    packed += [b"<</Type/Page/Parent 2 0 R>>"] * PAGES_TOO_MANY
    starts = accumulate(map(len, packed[:-1]), initial=0)
    index = b" ".join(b"%d %d" % (number, start) for number, start in enumerate(starts, start=2)) + b" "
    objects = zlib.compress(index + b"".join(packed), 9)
    head = b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode" % (len(packed), len(index))
    return _packed_file(_CATALOG, holder, _stream(head, objects))


def _packed_file(catalog: bytes, holder: int, stream: bytes) -> bytes:
    """A PDF whose objects 2 to `holder` - 1 lie in the object stream numbered `holder`, found by a cross-reference stream."""
    out = bytearray(b"%PDF-1.5\n")
    places = [(0, 0, 0), (1, len(out), 0), *((2, holder, place) for place in range(holder - 2))]
    out += b"1 0 obj\n%b\nendobj\n" % catalog
    places.append((1, len(out), 0))
    out += b"%d 0 obj\n%b\nendobj\n" % (holder, stream)
    table = len(out)
    rows = [kind.to_bytes(1) + a.to_bytes(3) + b.to_bytes(2) for kind, a, b in (*places, (1, table, 0))]
    above = [bytes(6), *rows]
    # PNG's "up" predictor: each row as its difference from the one above.
    data = b"".join(b"\2" + bytes((x - y) % 256 for x, y in zip(*pair, strict=True)) for pair in zip(rows, above, strict=False))
    head = b"/Type/XRef/Size %d/W[1 3 2]/Root 1 0 R/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 6>>" % len(rows)
    out += b"%d 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (holder + 1, _stream(head, zlib.compress(data, 9)), table)
    return bytes(out)


def _repeated_page() -> bytes:
    """One page object, named 50,000 times by the page tree."""
    kids = b"<< /Type /Pages /Count %d /Kids [%b] >>" % (PAGES_TOO_MANY, b"3 0 R " * PAGES_TOO_MANY)
    return pdf_file(_CATALOG, kids, b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>")


def _no_pages() -> bytes:
    return pdf_file(_CATALOG, b"<< /Type /Pages /Count 0 /Kids [] >>")


def _image_bomb() -> bytes:
    """An A4 page that shows a 20,000 × 20,000 grey image, deflated twice over to a few kilobytes."""
    packer = zlib.compressobj(9)
    inner = b"".join(packer.compress(bytes(20_000 * 100)) for _ in range(200)) + packer.flush()
    image = b"/Type /XObject /Subtype /Image /Width 20000 /Height 20000 /BitsPerComponent 8 /ColorSpace /DeviceGray "
    return pdf_file(
        _CATALOG,
        _ONE_KID,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>",
        _stream(b"", b"q 595 0 0 842 0 0 cm /I Do Q"),
        _stream(image + b"/Filter [/FlateDecode /FlateDecode]", zlib.compress(inner, 9)),
    )


def _endless_drawing() -> bytes:
    """Ten forms, each drawing the next ten times over: ten billion strokes in three kilobytes."""
    levels = 10
    forms = [
        _stream(
            b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /F %d 0 R >> >>" % (5 + level),
            b"/F Do " * 10 if level < levels else b"0 0 m 595 842 l S",
        )
        for level in range(1, levels + 1)
    ]
    return pdf_file(
        _CATALOG,
        _ONE_KID,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >> >>",
        _stream(b"", b"/F Do"),
        *forms,
    )


_TIFF_FIELDS = ((256, 8), (257, 8), (258, 8), (259, 1), (262, 1), (273, 8), (278, 8), (279, 64))
_IFD_BYTES = 2 + 12 * len(_TIFF_FIELDS) + 4
_FIRST_IFD = 72


def _tiff_chain(frames: int, last_next: int) -> bytes:
    """Frames of 8 × 8 grey pixels that all share one strip; the last directory points on to `last_next` (0 ends the chain)."""
    fields = b"".join(struct.pack("<HHII", tag, 4 if tag in {273, 279} else 3, 1, value) for tag, value in _TIFF_FIELDS)
    body = struct.pack("<H", len(_TIFF_FIELDS)) + fields
    nexts = [_FIRST_IFD + _IFD_BYTES * (number + 1) for number in range(frames - 1)] + [last_next]
    chain = b"".join(body + struct.pack("<I", offset) for offset in nexts)
    return struct.pack("<2sHI", b"II", 42, _FIRST_IFD) + bytes(range(0, 256, 4)) + chain


def _polyglot() -> bytes:
    return encoded(7) + _pdf_pages()


def _named(name: str, seed: int) -> Write:
    return _file(name, lambda: encoded(seed))


def _long_name(folder: Path) -> Path:
    """A name of 255 bytes, the most a Linux file system takes: 125 Arabic letters, one of Latin, and a suffix."""
    return _named("س" * 125 + "x.png", 13)(folder)


def _nested(length: int, seed: int) -> Write:
    """A file at the bottom of nested folders, its whole path `length` bytes long; longer than 4,095 it has no usable path."""

    def write(folder: Path) -> Path:
        top = f"deep-{length}"
        names = [top]
        left = length - len(os.fsencode(folder)) - len(top) - len("/") - len("/page.png")
        while left > 201:
            names.append("d" * 200)
            left -= 201
        names.append("d" * (left - 1))
        with _Opened(folder, names) as bottom:
            handle = os.open("page.png", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=bottom.number)
            with os.fdopen(handle, "wb") as out:
                out.write(encoded(seed))
        return folder / top

    return write


class _Opened:
    """Nested folders made and opened one inside the other, as a path of their length could not be."""

    def __init__(self, folder: Path, names: list[str]) -> None:
        self.number = os.open(folder, os.O_RDONLY)
        for name in names:
            os.mkdir(name, dir_fd=self.number)
            inner = os.open(name, os.O_RDONLY, dir_fd=self.number)
            os.close(self.number)
            self.number = inner

    def __enter__(self) -> "_Opened":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.number)


def _not_utf8(folder: Path) -> Path:
    return _named(os.fsdecode(b"memo-\xff\xfe.png"), 14)(folder)


def _dotted(folder: Path) -> Path:
    """A path that goes down and up again."""
    (folder / "box").mkdir()
    return _named("box/../dotted.png", 15)(folder)


def _link(name: str, target: str) -> Write:
    def write(folder: Path) -> Path:
        path = folder / name
        path.symlink_to(target)
        return path

    return write


def _pipe(folder: Path) -> Path:
    path = folder / "pipe.pdf"
    os.mkfifo(path)
    return path


def _forbidden(folder: Path) -> Path:
    path = _named("forbidden.png", 16)(folder)
    path.chmod(0)
    return path


_CUT = ("truncated", "damaged-file")
_HEAVY = ("too-many-pixels", "out-of-memory", "reader-hung", "render-failed")

HOSTILE: tuple[Hostile, ...] = (
    Hostile("truncated-jpeg", _cut("truncated.jpg", lambda: encoded(1, "JPEG"), 0.6), _CUT, "a copy broken off"),
    Hostile("truncated-png", _cut("truncated.png", lambda: encoded(8), 0.6), _CUT, "a copy broken off"),
    Hostile("truncated-tiff", _cut("truncated.tif", _tiff_pages, 0.75), _CUT, "its second page is half there"),
    Hostile("truncated-pdf", _cut("truncated.pdf", _pdf_pages, 0.6), _CUT, "its cross-reference table is gone"),
    Hostile("encrypted-pdf", _encrypted, ("encrypted",), "needs a password"),
    Hostile("png-900-megapixels", _file("huge.png", _png_bomb), ("too-many-pixels",), "100 KB that become gigabytes"),
    Hostile("jpeg-4-gigapixels", _file("claims.jpg", _jpeg_bomb), ("too-many-pixels", *_CUT), "a header that lies"),
    Hostile("pdf-2000000-points", _file("huge-page.pdf", _huge_page), ("too-many-pixels",), "8 million pixels a side"),
    Hostile("pdf-50000-pages", _file("many-pages.pdf", _many_pages), ("too-many-pages",), "300 KB of page objects"),
    Hostile(
        "pdf-repeated-page",
        _file("repeated.pdf", _repeated_page),
        ("too-many-pages", "damaged-file"),
        "one page object counted 50,000 times; poppler will not have it",
    ),
    Hostile("pdf-no-pages", _file("no-pages.pdf", _no_pages), ("damaged-file", "empty-file"), "would count as nothing"),
    Hostile("pdf-image-bomb", _file("bomb.pdf", _image_bomb), (*_HEAVY, None), "400 megapixels behind an A4 page"),
    Hostile("pdf-endless-drawing", _file("endless.pdf", _endless_drawing), ("reader-hung", "render-failed"), "hangs a renderer"),
    Hostile(
        "tiff-100000-frames",
        _file("frames.tif", lambda: _tiff_chain(FRAMES_TOO_MANY, 0)),
        ("too-many-pages",),
        "100,000 directories, one strip",
    ),
    Hostile(
        "tiff-loop",
        _file("loop.tif", lambda: _tiff_chain(3, _FIRST_IFD)),
        ("damaged-file", "too-many-pages", None),
        "its last directory points at its first: three pages, or a refusal, never for ever",
    ),
    Hostile("empty", _file("empty.pdf", bytes), ("empty-file",), "nothing in it"),
    Hostile("text-named-pdf", _file("text.pdf", lambda: "كتاب\n".encode() * 20), ("unknown-format",), "not what it says"),
    Hostile("png-with-pdf", _file("two-in-one.png", _polyglot), ("hidden-payload",), "a document behind a picture"),
    Hostile("name-bidi", _named("memo\u202egnp.\u2066٣\u2069.png", 9), (None,), "shown in another order than it is"),
    Hostile("name-newline", _named("memo\n2013\r.png", 10), (None,), "breaks line-based lists and logs"),
    Hostile("name-option", _named("-r 9999 --help.png", 11), (None,), "looks like a program's option"),
    Hostile("name-markup", _named("<b>&amp;'\"%s{0}`id`$(id).png", 12), (None,), "looks like markup, format and shell"),
    Hostile("name-255-bytes", _long_name, (None,), "no room left for a suffix of ours"),
    Hostile("name-not-utf8", _not_utf8, (None,), "cannot be printed as it is"),
    Hostile("path-dots", _dotted, (None,), "down and up again, still inside"),
    Hostile("path-4000-bytes", _nested(4000, 17), (None,), "long, but the system still opens it"),
    Hostile("path-4200-bytes", _nested(4200, 18), ("name-too-long", None), "4 KB: no call takes it whole"),
    Hostile("link-outside", _link("link.pdf", "/etc/passwd"), ("link-outside",), "would copy another's file in"),
    Hostile("link-broken", _link("gone.pdf", "no-such-file.pdf"), ("link-broken",), "points at nothing"),
    Hostile("link-to-itself", _link("self.pdf", "self.pdf"), ("link-broken",), "follows for ever"),
    Hostile("link-to-folder", _link("again", "."), ("link-to-folder", "link-outside"), "walks for ever"),
    Hostile("named-pipe", _pipe, ("not-a-file",), "reading it waits for ever"),
    Hostile("unreadable", _forbidden, ("unreadable",), "no permission", root_reads=True),
)
