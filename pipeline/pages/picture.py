"""One picture (TIFF frame, JPEG, PNG, JPEG 2000) as upright uint8 pixels, decoded by Pillow, never rescaled, never half."""

import os
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from mmap import ACCESS_READ, mmap
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageFile

from pipeline.errors import PageFailed, way_out
from pipeline.model import Value
from pipeline.pages import tiff, whole
from pipeline.pages.limits import MEDIA_JP2, MEDIA_JPEG, MEDIA_PNG, MEDIA_TIFF, Limits

if TYPE_CHECKING:
    from pipeline.model import Pixels

FORMATS = {MEDIA_TIFF: "TIFF", MEDIA_JPEG: "JPEG", MEDIA_PNG: "PNG", MEDIA_JP2: "JPEG2000"}

# What Pillow's parsers raise on bytes that make no sense; MemoryError is not among them.
_UNDECODABLE = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, ArithmeticError, AttributeError, AssertionError, RuntimeError,
    NotImplementedError, struct.error, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
_UPRIGHT: "Mapping[int, Callable[[Pixels], Pixels]]" = {  # EXIF 2.3, tag Orientation
    2: lambda page: page[:, ::-1], 3: lambda page: page[::-1, ::-1], 4: lambda page: page[::-1], 5: lambda page: page.swapaxes(0, 1),
    6: lambda page: page[::-1].swapaxes(0, 1), 7: lambda page: page[::-1, ::-1].swapaxes(0, 1), 8: lambda page: page.swapaxes(0, 1)[::-1],
}  # fmt: skip
_ORIENTATION = 0x0112
_WIDE = ("I", "I;16", "I;16L", "I;16B", "I;16N")  # one channel of more than eight bits
_A4_LONG = 11.69  # inches
_A2_LONG = 25  # inches, with a margin: no sheet of such an archive is larger, so a lower dpi is a camera's default
_STRIP = 256  # rows
_LOST = 128  # libjpeg's grey for blocks it has no data for


def decode(path: Path, number: int, media_type: str, limits: Limits) -> "tuple[Pixels, float, dict[str, Value]]":
    """Pixels (H, W) grey or (H, W, 3) BGR after EXIF orientation, dots per inch, and what was found out on the way.

    Bilevel becomes 0/255, more than eight bits are scaled down to eight, transparency lies on white. Raises PageFailed (render-failed,
    truncated) whenever any part cannot be decoded.
    """
    try:
        with _pillow(limits), _source(path, number, media_type) as file, Image.open(file, formats=[FORMATS[media_type]]) as image:
            dpi = image.info.get("dpi")
            turn = _orientation(image)
            mode = image.mode
            with _complaints() as complaints:
                image.load()
            if media_type == MEDIA_PNG and not _png_is_whole(path):
                raise PageFailed("truncated", "Rows of the PNG picture are missing or damaged.", way_out("truncated"))
            if media_type == MEDIA_JPEG and _unfinished(image):
                raise PageFailed("truncated", "The end of the JPEG picture is missing.", way_out("truncated"))
            pixels = _pixels(image)
    except _UNDECODABLE as error:
        code = "truncated" if "truncated" in str(error) else "render-failed"
        raise PageFailed(code, f"Page {number} cannot be decoded ({type(error).__name__}: {error}).", way_out("damaged-file")) from error
    if media_type != MEDIA_TIFF and turn in _UPRIGHT:  # Pillow turns a TIFF by itself
        pixels = np.ascontiguousarray(_UPRIGHT[turn](pixels))
    values, best = _resolution(dpi, pixels.shape[1], pixels.shape[0], sideways=turn >= 5)
    return pixels, best, {"mode": mode, "orientation": turn, "whole": not complaints, **values}


@contextmanager
def _pillow(limits: Limits) -> Iterator[None]:
    """Pillow with our pixel limit in place of its own, its remarks about metadata unheard, a half picture never accepted."""
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = int(limits.megapixels * 1e6), False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = before


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What libtiff says of damaged fax rows while decoding: it draws them as they fall out, and Pillow hears nothing of it.

    Its words go to the process's error stream and nowhere else, so that is where they are caught; a worker decodes one picture at a time.
    """
    said, before = list[str](), os.dup(2)
    with TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield said
        finally:
            os.dup2(before, 2)
            os.close(before)
            file.seek(0)
            said.extend(line.decode("ascii", "replace") for line in file if b"Decode" in line)


@contextmanager
def _source(path: Path, number: int, media_type: str) -> Iterator[IO[bytes]]:
    """The file, so that Pillow's first frame is page ``number``."""
    if media_type != MEDIA_TIFF:
        with path.open("rb") as file:
            yield file
        return
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        pages = tiff.pages(data)
        frame = next(islice(pages, number - 1, None), None)
    if frame is None:
        raise PageFailed("render-failed", f"The TIFF has no page {number}.", way_out("damaged-file"))
    with tiff.FramesFrom(path, frame.offset) as rebased:
        yield rebased


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) where there is none or it makes no sense."""
    try:
        turn = image.getexif().get(_ORIENTATION, 1)
    except _UNDECODABLE:
        return 1
    return turn if isinstance(turn, int) and 1 <= turn <= 8 else 1


def _png_is_whole(path: Path) -> bool:
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        return whole.png_is_whole(data)


def _unfinished(image: Image.Image) -> bool:
    """Whether the last blocks are libjpeg's filling: it draws them mid-grey, without a word, when the data ends before the end marker."""
    corner = image.crop((max(0, image.width - 16), max(0, image.height - 8), image.width, image.height))
    bands = corner.getextrema()
    return all(band in (_LOST, (_LOST, _LOST)) for band in bands)


def _pixels(image: Image.Image) -> "Pixels":
    """uint8 grey or BGR."""
    if image.mode in _WIDE:
        return _eight_bits(np.asarray(image))
    if image.mode == "F":
        raise ValueError("floating-point pixels")
    mode = "L" if image.mode in ("1", "L") and not image.has_transparency_data else "RGB"
    pixels = np.empty((image.height, image.width) if mode == "L" else (image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, _STRIP):  # in strips: Pillow's conversions would hold the page four times over
        strip = image.crop((0, top, image.width, min(image.height, top + _STRIP)))
        pixels[top : top + strip.height] = np.asarray(_on_white(strip).convert(mode))
    return narrow(pixels)


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image
    rgba = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(rgba, mask=rgba.getchannel("A"))
    return white


def _eight_bits(wide: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]") -> "Pixels":
    """Scaled by the bits in use: 10- and 12-bit scanners store their values in 16, and would come out black."""
    bits = max(8, int(wide.max()).bit_length())
    return (wide.astype(np.int64).clip(0) >> (bits - 8)).astype(np.uint8)


def narrow(rgb: "Pixels") -> "Pixels":
    """RGB (H, W, 3) as BGR; as grey (H, W) where all three channels are alike everywhere. Grey stays grey; colour is turned in place."""
    if rgb.ndim == 2:
        return np.ascontiguousarray(rgb)
    strips = [rgb[top : top + _STRIP] for top in range(0, rgb.shape[0], _STRIP)]  # OpenCV turns nothing in place: it copies first
    if all(np.array_equal(strip[..., 0], strip[..., 1]) and np.array_equal(strip[..., 1], strip[..., 2]) for strip in strips):
        return np.ascontiguousarray(rgb[..., 1])
    for strip in strips:
        strip[:] = cv2.cvtColor(strip, cv2.COLOR_RGB2BGR)
    return rgb


def _resolution(dpi: object, width: int, height: int, *, sideways: bool) -> tuple[dict[str, Value], float]:
    """Dots per inch as the file says, or guessed as if the sheet were A4 where it says nothing or nonsense.

    Fax pixels are not square (204 x 98): both figures are kept, and the single one is their geometric mean.
    """
    across, down = _pair(dpi)
    if sideways:
        across, down = down, across
    if all(50 <= value <= 2400 for value in (across, down)) and max(width / across, height / down) <= _A2_LONG:
        return {"dpi_source": "metadata", "dpi_x": across, "dpi_y": down}, (across * down) ** 0.5
    guess = round(min(600.0, max(72.0, max(width, height) / _A4_LONG)), 1)
    return {"dpi_source": "guessed", "dpi_x": guess, "dpi_y": guess}, guess


def _pair(dpi: object) -> tuple[float, float]:
    if not isinstance(dpi, tuple) or len(dpi) != 2:
        return 0.0, 0.0
    try:
        return round(float(dpi[0]), 2), round(float(dpi[1]), 2)
    except (TypeError, ValueError, ArithmeticError):
        return 0.0, 0.0
