"""Each bad input has the property it claims, seen without decoding it."""

import os
import stat
import struct
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from pipeline.errors import WAYS_OUT
from tests.hostile import FRAMES_TOO_MANY, HOSTILE, PAGES_TOO_MANY, PNG_SIDE, POINTS_TOO_MANY, Hostile

KB = 1024


def _opens_whole(path: Path) -> bool:
    """Pillow decodes the (small) picture without complaint."""
    try:
        with Image.open(path) as image:
            for frame in range(getattr(image, "n_frames", 1)):
                image.seek(frame)
                image.load()
    except OSError:
        return False
    return True


def _needs_password(path: Path) -> bool:
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(path)
    return True


def _pages(path: Path) -> int:
    with pikepdf.open(path) as pdf:
        return int(pdf.Root.Pages.Count)


def _kids(path: Path) -> int:
    with pikepdf.open(path) as pdf:
        return len(pdf.Root.Pages.Kids)


def _side(path: Path) -> float:
    with pikepdf.open(path) as pdf:
        return float(pdf.Root.Pages.Kids[0].MediaBox[2])


def _png_size(path: Path) -> tuple[int, int]:
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    return width, height


def _jpeg_size(path: Path) -> tuple[int, int]:
    data = path.read_bytes()
    height, width = struct.unpack(">HH", data[data.index(b"\xff\xc0") + 5 :][:4])
    return width, height


def _directories(path: Path, most: int) -> int:
    """TIFF directories walked before the chain ends or comes back to where it was; at most `most`."""
    data, seen = path.read_bytes(), set[int]()
    (offset,) = struct.unpack_from("<I", data, 4)
    while offset and offset not in seen and len(seen) < most:
        seen.add(offset)
        (entries,) = struct.unpack_from("<H", data, offset)
        (offset,) = struct.unpack_from("<I", data, offset + 2 + 12 * entries)
    return len(seen) if offset == 0 else -len(seen)


def _deepest(path: Path) -> int:
    """The bytes of the whole path of the file at the bottom."""
    found = [(root, name) for root, _, names, _ in os.fwalk(path) for name in names]
    assert len(found) == 1
    return len(os.fsencode(found[0][0])) + 1 + len(os.fsencode(found[0][1]))


def _short_enough(path: Path, low: int, high: int) -> bool:
    return low <= path.stat().st_size <= high


PROPERTIES: dict[str, Callable[[Path], bool]] = {
    "truncated-jpeg": lambda p: p.read_bytes()[:2] == b"\xff\xd8" and b"\xff\xd9" not in p.read_bytes() and not _opens_whole(p),
    "truncated-png": lambda p: p.read_bytes()[:4] == b"\x89PNG" and b"IEND" not in p.read_bytes() and not _opens_whole(p),
    "truncated-tiff": lambda p: p.read_bytes()[:2] == b"II" and not _opens_whole(p),
    "truncated-pdf": lambda p: p.read_bytes()[:5] == b"%PDF-" and b"%%EOF" not in p.read_bytes(),
    "encrypted-pdf": _needs_password,
    "png-900-megapixels": lambda p: _png_size(p) == (PNG_SIDE, PNG_SIDE) and _short_enough(p, 90 * KB, 130 * KB),
    "jpeg-4-gigapixels": lambda p: _jpeg_size(p) == (65_500, 65_500) and p.stat().st_size < 300 * KB,
    "pdf-2000000-points": lambda p: _side(p) == POINTS_TOO_MANY and p.stat().st_size < KB,
    "pdf-50000-pages": lambda p: _pages(p) == _kids(p) == PAGES_TOO_MANY and _short_enough(p, 250 * KB, 400 * KB),
    "pdf-repeated-page": lambda p: _pages(p) == _kids(p) == PAGES_TOO_MANY and p.read_bytes().count(b"/Type /Page ") == 1,
    "pdf-no-pages": lambda p: _pages(p) == 0,
    "pdf-image-bomb": lambda p: p.stat().st_size < 8 * KB and b"/Width 20000" in p.read_bytes(),
    "pdf-endless-drawing": lambda p: p.stat().st_size < 4 * KB and p.read_bytes().count(b"/F Do " * 10) == 9,
    "tiff-100000-frames": lambda p: _directories(p, 10**6) == FRAMES_TOO_MANY,
    "tiff-loop": lambda p: _directories(p, 10) == -3,
    "empty": lambda p: p.stat().st_size == 0,
    "text-named-pdf": lambda p: p.suffix == ".pdf" and p.read_text().startswith("كتاب"),
    "png-with-pdf": lambda p: p.read_bytes()[:4] == b"\x89PNG" and b"%PDF-" in p.read_bytes() and _opens_whole(p),
    "name-bidi": lambda p: {"\u202e", "\u2066", "\u2069"} <= set(p.name) and _opens_whole(p),
    "name-newline": lambda p: {"\n", "\r"} <= set(p.name) and _opens_whole(p),
    "name-option": lambda p: p.name.startswith("-") and _opens_whole(p),
    "name-markup": lambda p: set("<>&'\"%{`$") <= set(p.name) and _opens_whole(p),
    "name-255-bytes": lambda p: len(os.fsencode(p.name)) == 255 and _opens_whole(p),
    "name-not-utf8": lambda p: b"\xff" in os.fsencode(p.name) and _opens_whole(p),
    "path-dots": lambda p: ".." in p.parts and _opens_whole(p),
    "path-4000-bytes": lambda p: _deepest(p) == 4000,
    "path-4200-bytes": lambda p: _deepest(p) == 4200,
    "link-outside": lambda p: p.is_symlink() and p.exists() and not p.resolve().is_relative_to(p.parent),
    "link-broken": lambda p: p.is_symlink() and not os.path.exists(p),  # noqa: PTH110 - Path.exists raises on loops
    "link-to-itself": lambda p: p.is_symlink() and p.readlink() == Path(p.name),
    "link-to-folder": lambda p: p.is_symlink() and p.samefile(p.parent),
    "named-pipe": lambda p: stat.S_ISFIFO(p.stat().st_mode),
    "unreadable": lambda p: stat.S_IMODE(p.stat().st_mode) == 0 and (os.geteuid() == 0) == os.access(p, os.R_OK),
}


def test_every_bad_input_claims_a_property() -> None:
    assert list(PROPERTIES) == [hostile.name for hostile in HOSTILE]


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_it_has_the_property_it_claims(hostile: Hostile, tmp_path: Path) -> None:
    assert PROPERTIES[hostile.name](hostile.write(tmp_path))


def test_all_of_them_fit_into_one_folder(tmp_path: Path) -> None:
    written = [hostile.write(tmp_path) for hostile in HOSTILE]
    assert len({os.fsencode(path) for path in written}) == len(HOSTILE)
    assert sum(path.lstat().st_size for path in written) < 16 * KB * KB


def test_reason_codes_are_known_or_of_the_renderer() -> None:
    codes = {code for hostile in HOSTILE for code in hostile.codes if code is not None}
    assert codes <= {*WAYS_OUT, "render-failed"}
