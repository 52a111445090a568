"""Completes a face that lacks points, figures or Latin letters with another's, so that one file draws every line."""

from pathlib import Path
from typing import Any

from fontTools.misc.transform import Scale  # type: ignore[import-untyped]
from fontTools.pens.recordingPen import DecomposingRecordingPen  # type: ignore[import-untyped]
from fontTools.pens.transformPen import TransformPen  # type: ignore[import-untyped]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from ocr_models.training.alphabet import ALPHABET, ARABIC_DIGITS

_NOT_LENT = frozenset(ARABIC_DIGITS)
_MEASURE = ord("ا")


def complete(face: Path, lender: Path, target: Path, lacks: str = "") -> int:
    """Writes `face` (TrueType outlines) to `target` with every sign of the alphabet it lacks taken from `lender`; how many that were.

    Signs in `lacks` are replaced. Lent signs are scaled so that both faces' alef is as tall. Raises ValueError for faces without alef.
    """
    with TTFont(face) as font, TTFont(lender) as other:
        have, can = font.getBestCmap() or {}, other.getBestCmap() or {}
        wanted = [ord(sign) for sign in sorted(ALPHABET - _NOT_LENT) if (ord(sign) not in have or sign in lacks) and ord(sign) in can]
        scale = _alef(font) / _alef(other)
        order = font.getGlyphOrder()
        for code in wanted:
            name = f"lent{code:04X}"
            order.append(name)
            font["glyf"][name] = _outline(other, can[code], scale)
            font["hmtx"][name] = (round(other["hmtx"][can[code]][0] * scale), 0)
            for table in font["cmap"].tables:
                if table.isUnicode():
                    table.cmap[code] = name
        font.setGlyphOrder(order)
        _level(font)
        font.save(target)
        return len(wanted)


def _alef(font: Any) -> float:
    name = (font.getBestCmap() or {}).get(_MEASURE)
    if name is None:
        raise ValueError("a face without alef is no Arabic face")
    glyph = font["glyf"][name]
    return float(glyph.yMax)


def _outline(font: Any, name: str, scale: float) -> Any:
    glyphs = font.getGlyphSet()
    record = DecomposingRecordingPen(glyphs)
    glyphs[name].draw(record)
    pen = TTGlyphPen(None)
    record.replay(TransformPen(pen, Scale(scale)))
    return pen.glyph()


def _level(font: Any) -> None:
    """Side bearings from the outlines; instructions and device tables of the old glyph list dropped."""
    glyf, hmtx = font["glyf"], font["hmtx"]
    for name in font.getGlyphOrder():
        glyph = glyf[name]
        glyph.recalcBounds(glyf)
        hmtx[name] = (hmtx[name][0], getattr(glyph, "xMin", 0))
    for tag in ("hdmx", "LTSH", "VDMX", "DSIG"):
        if tag in font:
            del font[tag]
