"""The frames of a TIFF, from its directories alone (TIFF 6.0 §2, BigTIFF): sizes, places, loops, missing ends."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path
from struct import pack, unpack_from

import numpy as np
from numpy.typing import NDArray

from pipeline.pages.limits import refused

_SUBFILE, _WIDTH, _HEIGHT = 254, 256, 257
_DATA = ((273, 279), (324, 325))  # offsets and byte counts of strips, of tiles
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_NOT_A_PAGE = 0b101  # NewSubfileType: a reduced copy, a transparency mask


@dataclass(frozen=True, slots=True)
class Frame:
    """One directory: its offset, the picture's size in pixels, whether it is a page of its own, and where its last byte ends."""

    offset: int
    width: int
    height: int
    page: bool
    end: int


@dataclass(frozen=True, slots=True)
class _Layout:
    """How this TIFF writes numbers: byte order, and the wider fields of BigTIFF."""

    order: str
    big: bool

    @classmethod
    def of(cls, head: bytes) -> "_Layout":
        return cls("<" if head[:1] == b"I" else ">", 43 in head[2:4])

    @property
    def first(self) -> tuple[int, str]:
        """Where the header keeps the first directory's offset, and its format."""
        return (8, self.order + "Q") if self.big else (4, self.order + "I")

    def entries(self, data: mmap, offset: int) -> tuple[int, int, int]:
        """Number of entries, start of the first, size of each."""
        (count,) = unpack_from(self.order + ("Q" if self.big else "H"), data, offset)
        return count, offset + (8 if self.big else 2), 20 if self.big else 12


def frames(data: mmap) -> Iterator[Frame]:
    """Every frame in order. Raises Refused (truncated, damaged-file): for a chain of directories that loops, too.

    Lazy, so that a caller who has counted enough stops reading.
    """
    if len(data) < 16:
        raise refused("truncated", "The TIFF ends within its header.")
    layout = _Layout.of(data[:4])
    at, form = layout.first
    (offset,) = unpack_from(form, data, at)
    seen = set[int]()
    while offset:
        if offset in seen:
            raise refused("damaged-file", f"The TIFF's directories run in a circle after {len(seen):,} pages.")
        seen.add(offset)
        frame, offset = _frame(data, layout, offset)
        yield frame


def pages(data: mmap) -> Iterator[Frame]:
    """The frames that are pages: reduced copies and masks, which some scanners write beside them, are not."""
    return (frame for frame in frames(data) if frame.page)


def _frame(data: mmap, layout: _Layout, offset: int) -> tuple[Frame, int]:
    """The frame at ``offset``, and the offset of the next."""
    cut = refused("truncated", f"A TIFF directory at byte {offset:,} reaches past the end of the file at {len(data):,}.")
    if offset + 8 > len(data):
        raise cut
    count, start, size = layout.entries(data, offset)
    end = start + count * size
    if end + (8 if layout.big else 4) > len(data):
        raise cut
    fields = {unpack_from(layout.order + "H", data, start + i * size)[0]: start + i * size for i in range(count)}
    width, height, kind = (_number(data, layout, fields, tag) for tag in (_WIDTH, _HEIGHT, _SUBFILE))
    last = max((end, *(_end(data, layout, at) for at in fields.values())))
    if last <= len(data):
        last = max(last, _data_end(data, layout, fields))
    if last > len(data):
        raise refused("truncated", f"The TIFF ends at byte {len(data):,}; its picture at {last:,}.")
    (following,) = unpack_from(layout.first[1], data, end)
    return Frame(offset, width, height, not kind & _NOT_A_PAGE, last), following


def _values(data: mmap, layout: _Layout, at: int) -> tuple[str, int, int]:
    """Kind, number and place of the values of the field at ``at``: within the field where they are small enough."""
    kind, count = unpack_from(layout.order + ("HQ" if layout.big else "HI"), data, at + 2)
    place, room = (at + 12, 8) if layout.big else (at + 8, 4)
    if count * _SIZES.get(kind, 1) > room:
        (place,) = unpack_from(layout.first[1], data, place)
    return {3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8"}.get(kind, ""), count, place


def _end(data: mmap, layout: _Layout, at: int) -> int:
    """Where the values of the field at ``at`` end."""
    kind = unpack_from(layout.order + "H", data, at + 2)[0]
    _, count, place = _values(data, layout, at)
    return int(place + count * _SIZES.get(kind, 1))


def _array(data: mmap, layout: _Layout, fields: dict[int, int], tag: int) -> NDArray[np.uint64]:
    """The whole numbers of a field, empty when it is missing, of another kind or cut off."""
    if tag not in fields:
        return np.zeros(0, np.uint64)
    kind, count, place = _values(data, layout, fields[tag])
    if not kind or place + count * int(kind[1]) > len(data):
        return np.zeros(0, np.uint64)
    return np.frombuffer(data[place : place + count * int(kind[1])], layout.order + kind).astype(np.uint64)


def _number(data: mmap, layout: _Layout, fields: dict[int, int], tag: int) -> int:
    values = _array(data, layout, fields, tag)
    return int(values[0]) if values.size else 0


def _data_end(data: mmap, layout: _Layout, fields: dict[int, int]) -> int:
    """Where the last strip or tile ends; raises Refused (damaged-file) when there is none."""
    ends = [0.0]
    found = 0
    for places, counts in _DATA:
        place, count = _array(data, layout, fields, places), _array(data, layout, fields, counts)
        found += place.size
        both = min(place.size, count.size)
        if both:  # as floats: offsets near 2**64 must not wrap round to a small sum
            ends.append(float((place[:both].astype(np.float64) + count[:both]).max()))
    if not found:
        raise refused("damaged-file", "A TIFF frame holds no picture.")
    return int(max(ends))


class FramesFrom(io.FileIO):
    """The same TIFF, with the frame at ``offset`` as its first: reaching page 4,000 then costs no walk over 3,999 others.

    Only the header's pointer reads differently; the file descriptor, which libtiff uses with the directory's own offset, is untouched.
    """

    def __init__(self, path: Path, offset: int) -> None:
        super().__init__(path)
        layout = _Layout.of(super().read(4))
        self._at, form = layout.first
        self._pointer = pack(form, offset)
        self.seek(0)

    def read(self, size: int | None = -1, /) -> bytes:
        at = self.tell()
        data = bytearray(super().read(-1 if size is None else size))
        for i, byte in enumerate(self._pointer, self._at - at):
            if 0 <= i < len(data):
                data[i] = byte
        return bytes(data)
