"""Where a PNG, JPEG or JPEG 2000 file says its picture is, how large it is, and where the file ends: no pixel is decoded.

Each function takes the file's bytes and returns (width, height, end), ``end`` being the offset behind the picture's last byte, and raises
Refused (truncated, damaged-file). PNG: ISO/IEC 15948 §5; JPEG: ITU-T T.81 annex B; JPEG 2000: ITU-T T.800 annexes A and I.
"""

import re
from collections.abc import Iterator
from mmap import mmap
from struct import unpack_from

from pipeline.pages.limits import refused

Data = bytes | mmap
Found = tuple[int, int, int]

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
JP2_MAGIC = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
CODESTREAM_MAGIC = b"\xff\x4f\xff\x51"
JPEG_MAGIC = b"\xff\xd8\xff"
TIFF_MAGICS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")

_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_JPEG_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, 0xD8})
_JPEG_SCAN, _JPEG_END, _JPEG_APP2 = 0xDA, 0xD9, 0xE2
_TILE_PART, _CODESTREAM_END = 0xFF90, b"\xff\xd9"
_SIZ = 4  # the SIZ segment's length stands behind the two markers of CODESTREAM_MAGIC

# Documents that could be carried behind a picture. The short ones are looked for only right behind it, where they mean something.
_ANYWHERE = re.compile(
    rb"%PDF-|PK\x03\x04|\x89PNG\r\n\x1a\n|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|\x00\x00\x00\x0cjP  |\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
)
_AT_ONCE = re.compile(rb"[\x00\s]*(?:\xff\xd8\xff|II[*+]\x00|MM\x00[*+])")


def png(data: Data) -> Found:
    """The IHDR size, and the end of IEND."""
    if len(data) < len(PNG_MAGIC) + 25:
        raise refused("truncated", "The PNG ends within its header.")
    if data[12:16] != b"IHDR":
        raise refused("damaged-file", "The PNG has no header.")
    width, height = unpack_from(">II", data, 16)
    seen = set[bytes]()
    for kind, start, length in png_chunks(data):
        seen.add(kind)
        if kind == b"IEND":
            if b"IDAT" not in seen:
                raise refused("damaged-file", "The PNG holds no picture.")
            return width, height, start + length + 4
    raise refused("truncated", f"The PNG ends at byte {len(data):,}, before its end marker.")


def png_chunks(data: Data) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and length of the content of every chunk that is all there."""
    pos = len(PNG_MAGIC)
    while pos + 12 <= len(data):
        length, kind = unpack_from(">I4s", data, pos)
        if pos + 12 + length > len(data) or not kind.isalpha():
            return
        yield kind, pos + 8, length
        pos += 12 + length


def jpeg(data: Data) -> Found:
    """The largest frame's size, and the end of the picture: of the last one, where an MPF segment announces several."""
    width = height = scans = 0
    several = False
    pos = 2
    while found := _JPEG_MARKER.search(data, pos):
        code, pos = found[1][0], found.end()
        if code == _JPEG_END:
            if not (width and height and scans):
                raise refused("damaged-file", "The JPEG holds no picture.")
            return width, height, len(data) if several else pos
        if code in _JPEG_BARE:
            continue
        length = unpack_from(">H", data, pos)[0] if pos + 2 <= len(data) else 0
        if length < 2 or pos + length > len(data):
            raise refused("truncated" if length >= 2 or pos + 2 > len(data) else "damaged-file", "A JPEG segment is cut short.")
        if code in _JPEG_FRAME and length >= 8:
            rows, columns = unpack_from(">HH", data, pos + 3)
            width, height = max((width, height), (columns, rows), key=lambda size: size[0] * size[1])
        scans += code == _JPEG_SCAN
        several |= code == _JPEG_APP2 and data[pos + 2 : pos + 6] == b"MPF\x00"
        pos += length
    raise refused("truncated", f"The JPEG ends at byte {len(data):,}, before its end marker.")


def jpeg2000(data: Data) -> Found:
    """The codestream's SIZ size, and the end of the last box (or of a bare codestream)."""
    if data[:4] == CODESTREAM_MAGIC:
        return _codestream(data, 0, len(data))
    pos, found = 0, None
    while pos + 8 <= len(data) and (box := _box(data, pos)):
        kind, start, end = box
        if end > len(data) and found and behind(data, pos):
            break
        if end > len(data):
            raise refused("truncated", f"A JPEG 2000 box ends at byte {end:,}; the file at {len(data):,}.")
        if kind == b"jp2c" and found is None:
            found = _codestream(data, start, end)
        pos = end if found is None or end < len(data) else found[2]
        if pos != end:
            break
    if found is None:
        raise refused("truncated", "The JPEG 2000 file ends before its picture.")
    return found[0], found[1], pos


def _box(data: Data, pos: int) -> tuple[bytes, int, int] | None:
    """Type, start and end of the content of the box at ``pos``; None where what follows is no box."""
    length, kind = unpack_from(">I4s", data, pos)
    if not re.fullmatch(rb"[ -~]{4}", kind):
        return None
    if length == 0:
        return kind, pos + 8, len(data)
    if length == 1 and pos + 16 <= len(data):
        (length,) = unpack_from(">Q", data, pos + 8)
        return (kind, pos + 16, pos + length) if length >= 16 else None
    return (kind, pos + 8, pos + length) if length >= 8 else None


def _codestream(data: Data, start: int, end: int) -> Found:
    """Size and end of the codestream between two offsets, found from tile part to tile part; something else may stand behind it."""
    cut = refused("truncated", f"The JPEG 2000 picture ends at byte {end:,}, before its end marker.")
    if data[start : start + 4] != CODESTREAM_MAGIC:
        raise refused("damaged-file", "The JPEG 2000 file holds no picture.")
    if end - start < 40:
        raise cut
    x1, y1, x0, y0 = unpack_from(">IIII", data, start + _SIZ + 4)
    pos = start + 2
    while data[pos : pos + 2] != _CODESTREAM_END:
        if pos + 10 > end:
            raise cut
        marker, length = unpack_from(">HH", data, pos)
        if marker != _TILE_PART:
            pos += 2 + length
            continue
        (part,) = unpack_from(">I", data, pos + 6)
        pos = pos + part if part else data.rfind(_CODESTREAM_END, pos, end)  # without a length, the last part reaches to the end
        if 0 < part < 12 or pos < 0:
            raise cut
    if pos + 2 > end:
        raise cut
    return x1 - x0, y1 - y0, pos + 2


def behind(data: Data, end: int) -> str:
    """The kind of document found behind a picture that ends at ``end``, empty when there is none.

    Padding and makers' notes (phones write them) are no documents: the stored original keeps them as they are.
    """
    found = _ANYWHERE.search(data, end) or _AT_ONCE.match(data, end)
    if found is None:
        return ""
    magic = found[0].lstrip(b"\x00 \t\r\n")
    return {b"%P": "PDF", b"PK": "ZIP", b"\x89P": "PNG", b"\xff\xd8": "JPEG", b"II": "TIFF", b"MM": "TIFF"}.get(magic[:2], "document")
