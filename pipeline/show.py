"""What a terminal and a small picture can safely show of hostile names and of pages."""

import unicodedata
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model import Box

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipeline.model import Pixels

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, formats (bidi marks too), lone surrogates, line and paragraph ends
SEEN = frozenset("\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u08e2")  # joiners of Arabic script, and its signs with ink
ISOLATE, POP = "\u2068", "\u2069"
LONGEST = 200
"""Characters of one name that are shown; a longer one loses its middle."""

WIDE, HIGH = 1000, 900
"""Most pixels of a picture made to be looked at."""
MOST_BYTES = 200_000
MARK = (214, 40, 40)


def visible(text: str) -> str:
    """Text that cannot move the cursor, colour or turn round what stands beside it: such characters are shown as escapes."""
    return "".join(char if char in SEEN or unicodedata.category(char) not in HIDDEN else _escape(char) for char in text)


def printable(text: str) -> str:
    """A file's or holding's name made visible, without its middle where it is very long."""
    shown = visible(text)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST // 2]}…{shown[-LONGEST // 2 + 1 :]}"


def isolated(text: str, terminal: bool) -> str:
    """Visible text; on a terminal kept apart by bidi isolates (UAX #9), so that Arabic does not reorder the English around it."""
    return f"{ISOLATE}{visible(text)}{POP}" if terminal else visible(text)


def draw_boxes(pixels: "Pixels", boxes: Sequence[Box], path: Path) -> None:
    """Write a PNG of at most 1000 x 900 pixels and about 200 KB: the page around the boxes, each box framed.

    Pixels are uint8, grey (H, W) or BGR (H, W, 3); boxes in the same pixels. A page without boxes is shown from its top. Raises OSError.
    """
    from PIL import Image, ImageDraw  # noqa: PLC0415 - only this needs it, and it is slow to import

    page = Image.fromarray(pixels if pixels.ndim == 2 else pixels[:, :, ::-1]).convert("L")
    window = _window(page.width, page.height, boxes)
    scale = min(1.0, WIDE / (window.x1 - window.x0), HIGH / (window.y1 - window.y0))
    size = (max(1, round((window.x1 - window.x0) * scale)), max(1, round((window.y1 - window.y0) * scale)))
    view = page.resize(size, Image.Resampling.BOX, box=window)
    frames = [_frame(box, window, scale) for box in boxes]
    for greys in (64, 16, 8, 4, 2):  # a noisy scan gets fewer greys until it is small enough
        picture = _palette(view, greys)
        draw = ImageDraw.Draw(picture)
        for frame in frames:
            draw.rectangle(frame, outline=greys, width=3)
        png = BytesIO()
        picture.save(png, "PNG", optimize=True)
        if png.tell() <= MOST_BYTES:
            break
    path.write_bytes(png.getvalue())


def _escape(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


def _window(width: int, height: int, boxes: Sequence[Box]) -> Box:
    """The part of the page to show: its full width, and as much height as fits beside it, around the boxes; else all of it."""
    tall = min(height, max(1, width * HIGH // WIDE))
    if not boxes:
        return Box(0, 0, width, tall)
    around = Box.around(boxes)
    if around.y1 - around.y0 > tall:
        return Box(0, 0, width, height)
    top = min(max(0, (around.y0 + around.y1 - tall) // 2), height - tall)
    return Box(0, top, width, top + tall)


def _frame(box: Box, window: Box, scale: float) -> tuple[int, int, int, int]:
    """Corners in the picture, a little outside the words so that no dot is covered."""
    left, top = round((box.x0 - window.x0) * scale) - 5, round((box.y0 - window.y0) * scale) - 5
    return left, top, max(left, round((box.x1 - window.x0) * scale) + 5), max(top, round((box.y1 - window.y0) * scale) + 5)


def _palette(view: "Image", greys: int) -> "Image":
    """The view in ``greys`` even greys (palette entries 0 and up) with the colour of the marks as the next entry."""
    picture = view.point([level * greys // 256 for level in range(256)])
    picture = picture.convert("L")
    picture.putpalette([part for grey in range(greys) for part in [grey * 255 // (greys - 1)] * 3] + list(MARK))
    return picture
