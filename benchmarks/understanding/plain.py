"""Stands for a typeface where only the text and its boxes are wanted: no font is needed, and every machine has the same widths."""

from dataclasses import dataclass
from functools import cache
from typing import cast

from ocr_models.training.faces import Face


class _Mask:
    """A word without letters: a solid box as wide as its letters would be."""

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)

    def __bytes__(self) -> bytes:
        return b"\xff" * (self.size[0] * self.size[1])


@dataclass(frozen=True)
class _PlainFont:
    size: int

    def getlength(self, text: str, **_: object) -> float:
        return 0.42 * self.size * len(text)

    def getmask2(self, text: str, *_: object, **__: object) -> tuple[_Mask, tuple[int, int]]:
        width, height = max(1, round(self.getlength(text))), round(self.size * 0.7)
        return _Mask(width, height), (-width, -height)


class _PlainFace:
    """Stands for a face where no font is needed, the same on every machine."""

    def font(self, size: int) -> _PlainFont:
        return _PlainFont(size)


@cache
def plain_face() -> tuple[Face, Face]:
    """Regular and bold."""
    face = cast(Face, _PlainFace())
    return face, face
