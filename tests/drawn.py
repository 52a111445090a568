"""Small pages drawn for tests: Arabic text, tables and dots at 300 dpi, without a font file of their own."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
FONTS = (
    "/usr/share/fonts/opentype/fonts-hosny-amiri/Amiri-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoNaskhArabic-Regular.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
)
BODY = (
    "إشارة إلى كتابكم المتضمن طلب بيان وضع الموقوف نعلمكم أنه",
    "تم توقيف المدعو سامر بن نزار الحلبي والدته هدى من قبل",
    "دوريتنا العاملة في مدينة حمص وذلك لورود معلومات عنه",
    "وقد تم تسليمه إلى الفرع أصولا مع كامل الأوراق الخاصة به",
    "يرجى الاطلاع وإجراء ما يلزم وإعلامنا النتيجة",
)


def font(points: float) -> ImageFont.FreeTypeFont:
    for name in FONTS:
        if Path(name).exists():
            return ImageFont.truetype(name, int(points * 300 / 72))
    pytest.fail("no Arabic font is installed: apt-get install fonts-hosny-amiri")


def page(texts: list[tuple[int, int, str]], size: tuple[int, int] = (1700, 1500), points: float = 14) -> Pixels:
    """White page (width, height) with black texts, each by the right end of its first line: (x, y, text)."""
    sheet = Image.new("L", size, 255)
    pen = ImageDraw.Draw(sheet)
    for x, y, text in texts:
        pen.text((x, y), text, font=font(points), fill=10, anchor="ra", direction="rtl")
    return np.array(sheet)


def letter(repeat: int = 2) -> Pixels:
    """A page of running Arabic lines."""
    return page([(1600, 120 + 120 * n, text) for n, text in enumerate(BODY * repeat)])


def small(number: int, height: int = 300) -> Image.Image:
    """A bilevel page 280 pixels wide with two lines of writing, at 300 dpi; the number on it makes its bytes unlike any other's."""
    sheet = page([(265, 30, "سامر الحلبي"), (265, 120, f"رقم {number}")], (280, height), points=11)
    return Image.fromarray(sheet).convert("1", dither=Image.Dither.NONE)


def ruled(rows: list[list[str]], widths: list[int], height: int = 110, size: tuple[int, int] = (1700, 1500)) -> Pixels:
    """A page with one ruled table, its top right corner at (1600, 200); column 0 is the rightmost."""
    rights = 1600 - np.cumsum([0, *widths])
    texts = [(int(rights[c]) - 20, 215 + height * r, text) for r, cells in enumerate(rows) for c, text in enumerate(cells)]
    sheet = page(texts, size)
    bottom = 200 + height * len(rows)
    for right in rights:
        cv2.line(sheet, (int(right), 200), (int(right), bottom), (0.0,), 4)
    for row in range(len(rows) + 1):
        cv2.line(sheet, (int(rights[-1]), 200 + height * row), (1600, 200 + height * row), (0.0,), 4)
    return sheet
