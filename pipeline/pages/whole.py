"""Whether a compressed picture is all there: decoders fill what is missing with black or grey, and say nothing.

Data is unpacked in pieces and thrown away, so that a bomb costs time (which the sandbox bounds) and no memory.
"""

import zlib
from collections.abc import Iterable, Iterator
from mmap import mmap
from struct import unpack_from

import pikepdf

from pipeline.errors import Refused
from pipeline.pages import containers

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # PNG colour types
_ADAM7 = ((0, 8, 0, 8), (4, 8, 0, 8), (0, 4, 4, 8), (2, 4, 0, 4), (0, 2, 2, 4), (1, 2, 0, 2), (0, 1, 1, 2))  # x0, dx, y0, dy of each pass
_PIECE = 1 << 20
_ENOUGH = 1 << 30  # bytes; more than any page within the limits needs


def unpacked_length(packed: Iterable[bytes], enough: int = _ENOUGH) -> int:
    """How many bytes a zlib stream holds, ``enough`` or more ending the count.

    Raises zlib.error when the stream is damaged, EOFError when its end is missing.
    """
    stream, length = zlib.decompressobj(), 0
    for part in packed:
        waiting = part
        while waiting and length < enough:
            length += len(stream.decompress(waiting, _PIECE))
            waiting = stream.unconsumed_tail
    length += len(stream.flush(_PIECE)) if length < enough else 0
    if not stream.eof and length < enough:
        raise EOFError("the compressed data ends too early")
    return length


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[start : start + _PIECE // 16] for start in range(0, len(data), _PIECE // 16))


def png_is_whole(data: mmap) -> bool:
    """Whether the PNG holds every row its header promises, its checksum right."""
    width, height, depth, kind, _, _, interlaced = unpack_from(">IIBBBBB", data, len(containers.PNG_MAGIC) + 8)
    passes = _ADAM7 if interlaced else ((0, 1, 0, 1),)
    sizes = ((-(-(width - x0) // dx), -(-(height - y0) // dy)) for x0, dx, y0, dy in passes)
    rows = (tall * (1 + (wide * depth * _CHANNELS.get(kind, 1) + 7) // 8) for wide, tall in sizes if wide > 0 and tall > 0)
    needed = sum(rows)
    try:
        return bool(unpacked_length(_picture_data(data), enough=needed + 1) >= needed)
    except (zlib.error, EOFError):
        return False


def _picture_data(data: mmap) -> Iterator[bytes]:
    for kind, start, length in containers.png_chunks(data):
        if kind == b"IDAT":
            yield from _pieces(data[start : start + length])


def pdf_images_are_whole(page: pikepdf.Object) -> bool:
    """Whether the pictures a PDF page carries (JPEG, JPEG 2000, deflated) reach their ends: poppler draws half of one and says nothing."""
    resources = page.get("/Resources")
    objects = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    if not isinstance(objects, pikepdf.Dictionary):
        return True
    return all(_image_is_whole(image) for image in objects.values() if isinstance(image, pikepdf.Stream))


def _image_is_whole(image: pikepdf.Object) -> bool:
    filters = image.get("/Filter")
    if isinstance(filters, pikepdf.Array) and len(filters) == 1:
        filters = filters[0]
    if image.get("/Subtype") != pikepdf.Name.Image:
        return True
    try:
        if filters == pikepdf.Name.DCTDecode:
            containers.jpeg(image.read_raw_bytes())
        elif filters == pikepdf.Name.JPXDecode:
            containers.jpeg2000(image.read_raw_bytes())
        elif filters == pikepdf.Name.FlateDecode:
            unpacked_length(_pieces(image.read_raw_bytes()))
    except (Refused, zlib.error, EOFError):
        return False
    return True
