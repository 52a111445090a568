"""One text in one face as ink on white paper, as large as it was typed."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_models.training.faces import Face

Grey = NDArray[np.uint8]
"""(height, width) of 0-255: 0 ink, 255 paper; an ink mask is the other way about."""

_MOST_WIDE = 4096
# Small signs with as much air round them as a word has: gaps beside them are not told from spaces.
_DOT_LIKE = frozenset("٠۰.…")


@dataclass(frozen=True)
class Setting:
    """How a line is set: pixels per em, pixels added to every gap between words, stretch across, shear, thickness of an underline."""

    size: int
    gap: int = 0
    stretch: float = 1.0
    slant: float = 0.0
    underline: int = 0


@dataclass(frozen=True)
class Inked:
    """An ink mask (0 paper, 255 ink) cut to its ink, and the row its baseline is on."""

    mask: Grey
    baseline: int


def ink(drawn: str, face: Face, setting: Setting) -> Inked:
    """Shapes a line (UAX #9 and Arabic joining through raqm) and cuts it to its ink.

    Raises ValueError for a text the face draws nothing of, or that gets wider than 4,096 px.
    """
    font = face.font(setting.size)
    core, offset = font.getmask2(drawn, "L", direction="rtl", language="ar")
    width, height = core.size
    if not width * height or width > _MOST_WIDE:
        raise ValueError(f"a line of {len(drawn)} signs at {setting.size} px is {width} px wide")
    mask = np.frombuffer(bytes(core), np.uint8).reshape(height, width)
    baseline = font.getmetrics()[0] - round(offset[1])
    spaces = 0 if _DOT_LIKE.intersection(drawn) else drawn.count(" ")
    mask = _reshaped(_loosened(mask, setting, spaces), setting, baseline)
    if setting.underline:
        mask, baseline = _underlined(mask, setting.underline, baseline)
    return _cut(mask, baseline)


def rigid(drawn: str, face: Face, size: int) -> Grey:
    """A line's mask in its plainest setting: for stamps and neighbours."""
    return ink(drawn, face, Setting(size)).mask


def _cut(mask: Grey, baseline: int) -> Inked:
    x, y, width, height = cv2.boundingRect(mask)
    if not width:
        raise ValueError("a line without ink")
    return Inked(mask[y : y + height, x : x + width], baseline - y)


def _loosened(mask: Grey, setting: Setting, spaces: int) -> Grey:
    """Wider gaps between words, as a justified line has them: columns added in the widest gaps, as many as there are spaces."""
    if not setting.gap or not spaces:
        return mask
    empty = np.flatnonzero(np.diff(np.concatenate(([0], ~mask.any(axis=0), [0])).astype(np.int8)))
    wide = [(b - a, (a + b) // 2) for a, b in empty.reshape(-1, 2) if b - a >= setting.size / 5 and a > 0 and b < mask.shape[1]]
    middles = sorted(middle for _, middle in sorted(wide)[-spaces:])
    if not middles:
        return mask
    room = _MOST_WIDE - mask.shape[1]
    gap = min(setting.gap, room // len(middles))
    return np.insert(mask, np.repeat(middles, gap), 0, axis=1)


def _reshaped(mask: Grey, setting: Setting, baseline: int) -> Grey:
    if setting.stretch == 1.0 and setting.slant == 0.0:
        return mask
    height = mask.shape[0]
    width = min(_MOST_WIDE, round(mask.shape[1] * setting.stretch + abs(setting.slant) * height) + 1)
    shift = setting.slant * baseline if setting.slant > 0 else setting.slant * (baseline - height)
    matrix = np.array([[setting.stretch, -setting.slant, max(0.0, shift)], [0, 1, 0]], np.float64)
    return np.asarray(cv2.warpAffine(mask, matrix, (width, height), flags=cv2.INTER_LINEAR), np.uint8)


def _underlined(mask: Grey, thick: int, baseline: int) -> tuple[Grey, int]:
    """A stroke a little below the baseline, through what hangs lower."""
    top = baseline + 2 + thick
    padded = np.pad(mask, ((0, max(0, top + thick - mask.shape[0])), (0, 0)))
    padded[top : top + thick] = 255
    return padded, baseline
