"""What a terminal and a small picture can safely show."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pipeline.model import Box
from pipeline.show import HIGH, LONGEST, MARK, WIDE, draw_boxes, isolated, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("مذكرة ١٢.pdf", "مذكرة ١٢.pdf"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\nb\rc\td", "a\\nb\\rc\\td"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("evil\u202efdp.exe", "evil\\u202efdp.exe"),
        ("\u2066\u2069\u200f\u061c", "\\u2066\\u2069\\u200f\\u061c"),
        ("a\u2028b\ufeff", "a\\u2028b\\ufeff"),
        ("raw\udcff", "raw\\udcff"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("../up", "../up"),
        ("", ""),
    ],
)
def test_hidden_characters_are_shown_as_escapes(text: str, shown: str) -> None:
    assert printable(text) == shown
    shown.encode()


def test_no_character_of_unicode_can_move_a_terminal() -> None:
    for point in range(0x20000):
        assert {unicodedata.category(char) for char in printable(chr(point))} & {"Cc", "Cs", "Zl", "Zp"} == set(), hex(point)


@pytest.mark.parametrize(("length", "shown"), [(LONGEST, LONGEST), (LONGEST + 1, LONGEST), (5000, LONGEST)])
def test_a_long_name_loses_its_middle(length: int, shown: int) -> None:
    text = printable("a" * (length - 4) + ".pdf")
    assert len(text) == shown
    assert text.endswith(".pdf")


def test_arabic_is_kept_apart_only_on_a_terminal() -> None:
    assert isolated("محمد", terminal=True) == "\u2068محمد\u2069"
    assert isolated("محمد", terminal=False) == "محمد"
    assert isolated("a\u2069b", terminal=True) == "\u2068a\\u2069b\u2069"  # cannot break out


def drawn(pixels: NDArray[np.uint8], boxes: list[Box], path: Path) -> Image.Image:
    draw_boxes(pixels, boxes, path)
    with Image.open(path) as picture:
        return picture.convert("RGB")


def marked(picture: Image.Image) -> tuple[int, int, int, int]:
    found = np.argwhere((np.asarray(picture) == MARK).all(axis=2))
    (y0, x0), (y1, x1) = found.min(axis=0), found.max(axis=0)
    return int(x0), int(y0), int(x1), int(y1)


@pytest.mark.parametrize("y", [0, 1700, 3400])
def test_the_word_is_framed_where_it_stands(tmp_path: Path, y: int) -> None:
    page = np.full((3508, 2480, 3), 255, np.uint8)
    page[y : y + 60, 1000:1300] = 0
    picture = drawn(page, [Box(1000, y, 1300, y + 60)], tmp_path / "hit.png")
    assert picture.size == (WIDE, HIGH)
    ink = np.argwhere((np.asarray(picture) < 30).all(axis=2))
    x0, y0, x1, y1 = marked(picture)
    assert x0 in range(ink[:, 1].min() - 7, ink[:, 1].min() - 3)
    assert x1 in range(ink[:, 1].max() + 4, ink[:, 1].max() + 8)
    assert y1 in range(ink[:, 0].max() + 4, ink[:, 0].max() + 8) or y == 3400
    assert y0 in range(ink[:, 0].min() - 7, ink[:, 0].min() - 3) or y == 0


def test_boxes_far_apart_show_the_whole_page(tmp_path: Path) -> None:
    page = np.full((3508, 2480), 255, np.uint8)
    picture = drawn(page, [Box(0, 0, 100, 50), Box(2000, 3400, 2480, 3508)], tmp_path / "hit.png")
    assert picture.size == (636, 900)


def test_a_noisy_page_stays_small(tmp_path: Path) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (1800, 2000, 3), dtype=np.uint8)
    drawn(noise, [Box(10, 10, 90, 40)], tmp_path / "hit.png")
    assert (tmp_path / "hit.png").stat().st_size < 220_000


def test_a_small_page_is_not_blown_up(tmp_path: Path) -> None:
    assert drawn(np.full((40, 60), 200, np.uint8), [], tmp_path / "hit.png").size == (60, 40)


@pytest.mark.parametrize("shape", [(1, 1), (10, 5000), (9000, 10)])
def test_odd_shapes_and_boxes_outside_are_drawn(tmp_path: Path, shape: tuple[int, int]) -> None:
    drawn(np.zeros(shape, np.uint8), [Box(0, 0, 0, 0), Box(90_000, 90_000, 90_001, 90_001)], tmp_path / "hit.png")
