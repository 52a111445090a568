"""The shipped reader on drawn lines and on what is no line; nothing here needs the training extra."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from ocr_models.line_image import HEIGHT, line_image
from ocr_models.recogniser import Recogniser, _pieces
from pipeline.model import Box, Word
from tests.drawn import font, page

READS = """
import numpy, sys
from ocr_models.recogniser import Recogniser
from pipeline.model import Box
Recogniser().read(numpy.full((60, 400), 255, "uint8"), 300, [Box(0, 0, 400, 60)])
"""
TEXT = "تم توقيف المدعو سامر الحلبي بتاريخ 12/5/2013 في مدينة حمص"
SHEET = (1700, 300)


@pytest.fixture(scope="module")
def reader() -> Recogniser:
    return Recogniser()


def ink(pixels: np.ndarray) -> Box:
    rows, columns = np.flatnonzero(pixels.min(axis=1) < 128), np.flatnonzero(pixels.min(axis=0) < 128)
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


@pytest.fixture(scope="module")
def sheet() -> np.ndarray:
    return page([(1650, 100, TEXT)], SHEET)


@pytest.fixture(scope="module")
def said(reader: Recogniser, sheet: np.ndarray) -> tuple[Word, ...]:
    (words,) = reader.read(sheet, 300, [ink(sheet)])
    return words


def test_a_clean_line_is_read(said: tuple[Word, ...]) -> None:
    texts = [word.text for word in said]
    assert sum(text in texts for text in TEXT.split()) >= 8
    assert "12/5/2013" in texts


def test_words_stand_on_their_ink_from_the_right(said: tuple[Word, ...], sheet: np.ndarray) -> None:
    line = ink(sheet)
    right = 1650.0
    for word in said:
        width = font(14).getlength(word.text, direction="rtl")
        if word.text in TEXT.split() and word.confidence > 0.9:
            wanted = 1650 - font(14).getlength(TEXT[: TEXT.index(word.text)], direction="rtl")
            assert abs(word.box.x1 - wanted) < 25
            assert abs((word.box.x1 - word.box.x0) - width) < 40
        assert line.x0 <= word.box.x0 < word.box.x1 <= min(line.x1, right + 12)
        assert (word.box.y0, word.box.y1) == (line.y0, line.y1)
        right = word.box.x0
    assert len(said) > 5


def test_every_box_has_its_answer_in_its_place(reader: Recogniser, sheet: np.ndarray, said: tuple[Word, ...]) -> None:
    blank, line, outside = Box(0, 0, 500, 60), ink(sheet), Box(5000, 5000, 5100, 5050)
    assert reader.read(sheet, 300, [blank, line, outside, line]) == [(), said, (), said]
    assert reader.read(sheet, 300, []) == []


@pytest.mark.parametrize("box", [Box(5, 5, 5, 5), Box(0, 0, 1, 1), Box(10, 10, 12, 40), Box(10, 10, 400, 13), Box(50, 60, 40, 20)])
def test_boxes_too_small_for_writing_say_nothing(reader: Recogniser, box: Box) -> None:
    dots = np.random.default_rng(1).integers(0, 255, (100, 500), dtype=np.uint8)
    assert reader.read(dots, 300, [box]) == [()]


def test_tall_narrow_boxes_and_boxes_over_the_edge_are_read_without_harm(reader: Recogniser, sheet: np.ndarray) -> None:
    boxes = [Box(1640, 0, 1645, 300), Box(-50, -20, 5000, 900), Box(1600, 90, 1700, 190)]
    for box, words in zip(boxes, reader.read(sheet, 300, boxes), strict=True):
        assert all(box.x0 <= word.box.x0 < word.box.x1 <= box.x1 for word in words)


@pytest.mark.parametrize("seed", range(3))
def test_noise_is_not_read_with_confidence(reader: Recogniser, seed: int) -> None:
    rng = np.random.default_rng(seed)
    grain = np.clip(rng.normal(200, 20, (400, 1200)), 0, 255).astype(np.uint8)
    boxes = [Box(0, y, 1200, y + 60) for y in range(0, 360, 60)]
    words = [word for some in reader.read(grain, 300, boxes) for word in some]
    assert not [word for word in words if word.confidence > 0.6]


def test_a_line_of_five_thousand_pixels_is_read_whole(reader: Recogniser) -> None:
    long = page([(5950, 40, " ".join([TEXT] * 4))], (6000, 180))
    (words,) = reader.read(long, 300, [ink(long)])
    assert ink(long).x1 - ink(long).x0 > 4500
    assert sum(word.text == "12/5/2013" for word in words) == 4
    assert words[-1].box.x0 < 1700


def test_pieces_of_a_long_line_answer_as_the_line_in_one(reader: Recogniser) -> None:
    image = np.tile(line_image(page([(1650, 30, TEXT)], (1700, 130))), (1, 5))[:, :3008]
    whole = np.zeros((1, 1, HEIGHT, 3008), np.float32)
    whole[0, 0, :, : image.shape[1]] = (255 - image) / np.float32(255)
    pieces = list(_pieces(image))
    parted = np.concatenate([reader.logits(lines)[0, skipped:kept] for lines, skipped, kept in pieces])
    assert len(pieces) == 2
    assert np.abs(parted - reader.logits(whole)[0, : len(parted)]).max() < 0.02


def test_faint_and_dark_copies_say_the_same(reader: Recogniser, sheet: np.ndarray, said: tuple[Word, ...]) -> None:
    faint = (sheet.astype(np.float32) * 0.4 + 120).astype(np.uint8)
    (words,) = reader.read(faint, 300, [ink(sheet)])
    assert [word.text for word in words] == [word.text for word in said]


def test_identity_names_the_model(reader: Recogniser) -> None:
    kind, name, digest, *_ = reader.identity.split()
    assert (kind, name) == ("sijill-lines", "lines-3")
    assert len(digest) == 12
    assert reader.identity == Recogniser().identity


def test_line_image_squeezes_only_where_told() -> None:
    strip = np.asarray(cv2.resize(page([(780, 10, "دار")], (800, 100)), (8000, 100)), np.uint8)
    assert line_image(strip).shape == (48, 2400)
    assert line_image(strip, most_wide=None).shape == (48, 3840)
    assert line_image(strip[:, :5]).shape == (48, 16)


def test_reading_tells_nobody_and_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    """ONNX Runtime's builds tell their maker of every start, by way of files in the home folder, unless asked not to beforehand."""
    around = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ORT_"))} | {"HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", READS], env=around, check=True)
    assert list(tmp_path.rglob("*")) == []
