import cv2
import numpy as np
import pytest

from pipeline.model import Box, Line, PageImage, Step, Word
from pipeline.preprocess import prepare
from pipeline.quality import doubt, rescan_reasons
from tests.drawn import Pixels, letter

PAGE = letter()


def line(*words: tuple[str, float], checked: bool = False) -> Line:
    made = tuple(Word(text, Box(0, 0, 10, 10), confidence) for text, confidence in words)
    return Line(" ".join(w.text for w in made), Box(0, 0, 10, 10), 0.5, made, checked)


READ = (line(*[("كلمة", 0.9)] * 80),)


def codes(pixels: Pixels, dpi: float = 300, lines: tuple[Line, ...] = READ) -> list[str]:
    image = PageImage(pixels, dpi)
    return [reason.code for reason in rescan_reasons(image, prepare(image), lines)]


def keystoned(pixels: Pixels, share: float) -> Pixels:
    height, width = pixels.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    pulled = corners + np.array([[0, 0], [0, height * share], [0, -height * share], [0, 0]], np.float32)
    warp = cv2.getPerspectiveTransform(corners, pulled)
    return cv2.warpPerspective(pixels, warp, (width, height), borderValue=(255.0,)).astype(np.uint8)


def smaller(pixels: Pixels, factor: float) -> Pixels:
    return cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA).astype(np.uint8)


@pytest.mark.parametrize(
    "pixels",
    [
        PAGE,
        np.rot90(PAGE),
        np.where(PAGE > 128, 255, 0).astype(np.uint8),
        cv2.GaussianBlur(PAGE, (0, 0), 1.0),
        np.full((900, 700), 255, np.uint8),
    ],
    ids=["clean", "sideways", "bilevel", "a little soft", "blank"],
)
def test_good_scans_raise_no_alarm(pixels: Pixels) -> None:
    assert codes(np.ascontiguousarray(pixels).astype(np.uint8)) == []


def test_two_hundred_dpi_is_enough() -> None:
    assert codes(smaller(PAGE, 2 / 3), 200) == []


@pytest.mark.parametrize(
    ("pixels", "dpi", "code"),
    [
        (cv2.GaussianBlur(PAGE, (0, 0), 3.5), 300, "blur"),
        (smaller(PAGE, 1 / 3), 100, "low-resolution"),
        (PAGE[:, 500:], 300, "cut-edges"),
        (PAGE[:, :1300], 300, "cut-edges"),
        (PAGE[190:], 300, "cut-edges"),
        (keystoned(PAGE, 0.06), 300, "perspective"),
    ],
    ids=["blurred", "100 dpi", "left cut", "right cut", "top cut", "keystone"],
)
def test_poor_scans_are_named(pixels: Pixels, dpi: float, code: str) -> None:
    assert code in codes(np.ascontiguousarray(pixels).astype(np.uint8), dpi)


def test_ink_that_nobody_read_is_named() -> None:
    assert codes(PAGE, lines=()) == ["unread-ink"]
    assert codes(np.kron(np.indices((40, 40)).sum(axis=0) % 2, np.full((30, 30), 255)).astype(np.uint8), lines=()) == ["unread-ink"]


def test_digits_and_poor_words_come_first_and_checked_lines_not_at_all() -> None:
    sure, poor, number = line(("نعم", 0.99)), line(("كلمة", 0.5), ("أخرى", 0.97)), line(("في", 0.95), ("١٢/٣/٢٠١٣", 0.7))
    found = doubt((sure, poor, number, line(("خطأ", 0.1), checked=True)))
    assert [(item.line, item.words) for item in found] == [(2, (1,)), (1, (0,))]


def test_a_scan_with_broken_parts_is_named() -> None:
    image = PageImage(PAGE, 300, (Step("render", {"whole": False}),))
    assert [reason.code for reason in rescan_reasons(image, prepare(image), READ)] == ["damaged-scan"]
