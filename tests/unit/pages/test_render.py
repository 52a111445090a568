"""Scans into page images: no pixel is lost, added or moved on the way, and half a page is never taken for a whole."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.Image import Transpose

from pipeline.errors import PageFailed
from pipeline.pages import probe, render
from tests.unit.pages.scans import (
    BILEVEL,
    COLOUR,
    DEEP,
    GREY,
    JPEG,
    LIMITS,
    NOISE,
    PDF,
    PNG,
    TIFF,
    pdf_page,
    pdf_picture,
    put,
    save,
)


@pytest.mark.parametrize(
    ("fields", "size", "dark"),
    [
        (b"/MediaBox [0 0 595 842]", (3509, 2480), (-50, 50)),
        (b"/MediaBox [0 0 595 842] /Rotate 90", (2480, 3509), (50, 50)),
        (b"/MediaBox [0 0 595 842] /Rotate 180", (3509, 2480), (50, -50)),
        (b"/MediaBox [0 0 595 842] /CropBox [0 0 50 50]", (3509, 2480), (-50, 50)),
        (b"/MediaBox [595 842 0 0]", (3509, 2480), (-50, 50)),
    ],
)
def test_a_pdf_page_is_drawn_at_300_dpi_with_its_rotation(
    tmp_path: Path, fields: bytes, size: tuple[int, int], dark: tuple[int, int]
) -> None:
    page = render(put(tmp_path, pdf_page(fields)), 1, PDF, LIMITS)
    assert (page.pixels.shape, str(page.pixels.dtype), page.dpi) == (size, "uint8", 300)
    assert {(y, x) for y in (50, -50) for x in (50, -50) if page.pixels[y, x] == 0} == {dark}


@pytest.mark.parametrize(
    ("kind", "data"),
    [(b"DCTDecode", save(COLOUR, "JPEG")), (b"JPXDecode", save(COLOUR, "JPEG2000")), (b"FlateDecode", zlib.compress(NOISE.tobytes()))],
)
def test_a_broken_picture_in_a_pdf_is_never_taken_for_a_whole(tmp_path: Path, kind: bytes, data: bytes) -> None:
    page = render(put(tmp_path, pdf_picture(kind, data)), 1, PDF, LIMITS)
    assert page.pixels.shape == (500, 375, 3)
    assert page.steps[0].values["whole"] is True
    half = put(tmp_path, pdf_picture(kind, data[: len(data) // 2]))
    assert probe(half, LIMITS).pages == 1
    assert outcome(half) in ("partial", "render-failed")


def outcome(path: Path) -> str:
    try:
        return "whole" if render(path, 1, PDF, LIMITS).steps[0].values["whole"] else "partial"
    except PageFailed as failed:
        return failed.code


def test_a_pdf_page_of_which_nothing_can_be_drawn_fails(tmp_path: Path) -> None:
    with pytest.raises(PageFailed) as failed:
        render(put(tmp_path, pdf_picture(b"FlateDecode", b"garbage")), 1, PDF, LIMITS)
    assert failed.value.code == "render-failed"


@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP-in-TIFF"])
@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (COLOUR, NOISE[..., ::-1]),
        (GREY, NOISE[..., 0]),
        (GREY.convert("RGB"), NOISE[..., 0]),
        (BILEVEL, np.where(NOISE[..., 0] > 127, 255, 0)),
        (GREY.convert("P"), NOISE[..., 0]),
        (Image.fromarray(DEEP), NOISE[..., 0]),
        (Image.fromarray(DEEP >> 4), NOISE[..., 0]),
    ],
    ids=["colour", "grey", "grey-as-colour", "bilevel", "palette", "16-bit", "12-in-16-bit"],
)
def test_pixels_come_through_unchanged(tmp_path: Path, form: str, image: Image.Image, expected: np.ndarray) -> None:
    options = {"compression": "tiff_deflate"} if form == "TIFF" else {}
    path = put(tmp_path, save(image, form.removeprefix("BMP-in-"), **options))
    info = probe(path, LIMITS)
    pixels = render(path, 1, info.media_type, LIMITS).pixels
    assert pixels.dtype == np.uint8
    assert np.array_equal(pixels, expected)


def test_fax_compression_keeps_black_black(tmp_path: Path) -> None:
    path = put(tmp_path, save(BILEVEL, "TIFF", compression="group4", dpi=(204, 98)))
    page = render(path, 1, TIFF, LIMITS)
    assert np.array_equal(page.pixels, np.asarray(BILEVEL) * np.uint8(255))
    assert page.dpi == pytest.approx((204 * 98) ** 0.5)


def test_transparency_lies_on_white(tmp_path: Path) -> None:
    image = COLOUR.convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    assert render(put(tmp_path, save(image, "PNG")), 1, PNG, LIMITS).pixels.min() == 255


@pytest.mark.parametrize("form", ["JPEG", "TIFF", "PNG"])
@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (1, None), (2, Transpose.FLIP_LEFT_RIGHT), (3, Transpose.ROTATE_180), (4, Transpose.FLIP_TOP_BOTTOM),
        (5, Transpose.TRANSPOSE), (6, Transpose.ROTATE_270), (7, Transpose.TRANSVERSE), (8, Transpose.ROTATE_90), (99, None),
    ],
)  # fmt: skip
def test_exif_orientation_is_applied(tmp_path: Path, form: str, orientation: int, turn: Transpose | None) -> None:
    if form == "TIFF" and orientation > 8:
        pytest.skip("libtiff writes no such orientation")
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, object] = {"quality": 100} if form == "JPEG" else {"compression": "tiff_lzw"} if form == "TIFF" else {}
    path = put(tmp_path, save(GREY, form, exif=exif, dpi=(200, 100), **options))
    page = render(path, 1, probe(path, LIMITS).media_type, LIMITS)
    expected = np.asarray(GREY if turn is None else GREY.transpose(turn)).astype(int)
    assert np.abs(page.pixels - expected).max() <= (6 if form == "JPEG" else 0)
    across, down = (100, 200) if 5 <= orientation <= 8 else (200, 100)
    assert (page.steps[0].values["dpi_x"], page.steps[0].values["dpi_y"]) == pytest.approx((across, down), abs=0.5)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize(
    ("size", "dpi", "expected", "source"),
    [
        ((1654, 2339), (200, 200), 200, "metadata"),
        ((1654, 2339), None, 200, "guessed"),
        ((1654, 2339), (1, 1), 200, "guessed"),
        ((1654, 2339), (9000, 9000), 200, "guessed"),
        ((3000, 4000), (72, 72), 342, "guessed"),  # a camera's default: no sheet is 55 inches long
        ((60, 80), None, 72, "guessed"),
        ((100, 9000), None, 600, "guessed"),
    ],
)
def test_resolution_is_read_or_guessed(
    tmp_path: Path, form: str, size: tuple[int, int], dpi: tuple[int, int] | None, expected: int, source: str
) -> None:
    path = put(tmp_path, save(Image.new("L", size), form, **({"dpi": dpi} if dpi else {})))
    page = render(path, 1, probe(path, LIMITS).media_type, LIMITS)
    assert page.dpi == pytest.approx(expected, abs=1)
    assert page.steps[0].values["dpi_source"] == source
    assert (page.width, page.height) == size


def test_a_jpeg_cut_and_closed_again_fails(tmp_path: Path) -> None:
    whole = save(COLOUR, "JPEG")
    path = put(tmp_path, whole[: len(whole) // 2] + b"\xff\xd9")
    assert probe(path, LIMITS).pages == 1
    with pytest.raises(PageFailed) as failed:
        render(path, 1, JPEG, LIMITS)
    assert failed.value.code == "truncated"


def png(width: int, height: int, rows: bytes) -> bytes:
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


@pytest.mark.parametrize(
    "rows", [zlib.compress(bytes(101 * 99)), zlib.compress(bytes(101 * 100))[:-4] + b"oops", b"none"], ids=["row", "checksum", "all"]
)
def test_a_png_that_lacks_rows_fails(tmp_path: Path, rows: bytes) -> None:
    path = put(tmp_path, png(100, 100, rows))
    with pytest.raises(PageFailed):
        render(path, 1, PNG, LIMITS)
    assert render(put(tmp_path, png(100, 100, zlib.compress(bytes(101 * 100)))), 1, PNG, LIMITS).pixels.shape == (100, 100)


def test_an_interlaced_png_is_whole(tmp_path: Path) -> None:
    """Seven passes of a 5 x 3 grey picture (PNG §8.2), written by hand: Pillow writes none."""
    passes = [(1, 1), (1, 1), (2, 0), (1, 1), (3, 1), (2, 2), (5, 1)]
    rows = b"".join((b"\x00" + b"\x80" * wide) * tall for wide, tall in passes)
    data = bytearray(png(5, 3, zlib.compress(rows)))
    data[28] = 1
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    assert (render(put(tmp_path, bytes(data)), 1, PNG, LIMITS).pixels == 128).all()


def test_every_frame_of_a_tiff_is_its_own_page_and_thumbnails_are_none(tmp_path: Path) -> None:
    shades = [Image.new("L", (20, 10), 10 * number) for number in range(1, 6)]
    data = bytearray(save(shades[0], "TIFF", save_all=True, append_images=shades[1:], tiffinfo={254: 0}))
    assert [render(put(tmp_path, bytes(data)), n, TIFF, LIMITS).pixels[0, 0] for n in range(1, 6)] == [10, 20, 30, 40, 50]
    thumbnail = data.index(struct.pack("<HHI", 254, 4, 1)) + 8
    data[thumbnail] = 1
    path = put(tmp_path, bytes(data))
    assert probe(path, LIMITS).pages == 4
    assert [render(path, n, TIFF, LIMITS).pixels[0, 0] for n in range(1, 5)] == [20, 30, 40, 50]
    with pytest.raises(PageFailed, match="no page 5"):
        render(path, 5, TIFF, LIMITS)


def damaged_tiff(image: Image.Image, compression: str) -> bytes:
    data = bytearray(save(image.resize((600, 800)), "TIFF", compression=compression))
    with Image.open(io.BytesIO(data)) as written:
        start = written.tag_v2[273][0]  # type: ignore[attr-defined]
    data[start + 20 : start + 60] = bytes(range(215, 255))
    return bytes(data)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate", "jpeg"])
def test_a_damaged_tiff_strip_fails(tmp_path: Path, compression: str) -> None:
    with pytest.raises(PageFailed):
        render(put(tmp_path, damaged_tiff(GREY, compression)), 1, TIFF, LIMITS)


def test_damaged_fax_rows_are_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = put(tmp_path, save(BILEVEL, "TIFF", compression="group4"))
    assert render(whole, 1, TIFF, LIMITS).steps[0].values["whole"] is True
    data = damaged_tiff(BILEVEL, "group4")
    capfd.readouterr()
    assert render(put(tmp_path, data), 1, TIFF, LIMITS).steps[0].values["whole"] is False
    assert capfd.readouterr().err == ""
