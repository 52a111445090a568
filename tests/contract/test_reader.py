"""What every PageReader does, run against each of them."""

import numpy as np
import pytest

from ocr_models.constant import ConstantReader
from ocr_models.letters import as_printed
from ocr_models.tesseract import TesseractReader, in_reading_order
from pipeline.errors import Missing, WorkerLost
from pipeline.layout import Layout, lay_out
from pipeline.model import Box, CleanImage, Region, Word
from pipeline.ports import PageReader
from tests.drawn import BODY, letter, page, ruled

ROWS = [["م", "الاسم والنسبة", "الولادة"], ["1", "سامر الحلبي", "دمشق"], ["2", "نزار القاسم", "حلب"]]


@pytest.fixture(scope="module", params=[TesseractReader, ConstantReader])
def reader(request: pytest.FixtureRequest) -> PageReader:
    made: PageReader = request.param()
    return made


@pytest.fixture(scope="module")
def running() -> Layout:
    return lay_out(CleanImage(letter(1), 300, np.eye(2, 3), ()))


@pytest.fixture(scope="module")
def tabled() -> Layout:
    return lay_out(CleanImage(ruled(ROWS, [150, 700, 400], height=160), 300, np.eye(2, 3), ()))


def test_identity_is_one_steady_line(reader: PageReader) -> None:
    assert reader.identity == type(reader)().identity
    assert reader.identity.strip()
    assert "\n" not in reader.identity


def test_boxes_and_confidences_are_sound(reader: PageReader, running: Layout) -> None:
    height, width = running.pixels.shape
    lines = reader.read(running.pixels, 300, running.regions)
    assert lines
    for line in lines:
        assert line.text == " ".join(word.text for word in line.words)
        for word in line.words:
            x0, y0, x1, y1 = word.box
            assert 0 <= x0 < x1 <= width
            assert 0 <= y0 < y1 <= height
            assert Box.around([word.box, line.box]) == line.box
            assert 0.0 <= word.confidence <= 1.0
            assert word.text == as_printed(word.text) != ""


def test_reading_twice_gives_the_same(reader: PageReader, running: Layout) -> None:
    assert reader.read(running.pixels, 300, running.regions) == reader.read(running.pixels, 300, running.regions)


def test_no_regions_give_no_lines(reader: PageReader) -> None:
    assert reader.read(np.full((100, 100), 255, np.uint8), 300, ()) == ()


def test_tesseract_reads_lines_from_the_top_and_words_from_the_right(running: Layout) -> None:
    lines = TesseractReader().read(running.pixels, 300, running.regions)
    assert len(lines) == len(BODY)
    found = {word for line in lines for word in line.text.split()}
    assert len(found & set(" ".join(BODY).split())) > 0.8 * len(set(" ".join(BODY).split()))
    for line in lines:
        assert [word.box.x1 for word in line.words] == sorted((word.box.x1 for word in line.words), reverse=True)


def test_tesseract_reads_a_table_row_by_row(tabled: Layout) -> None:
    lines = TesseractReader().read(tabled.pixels, 300, tabled.regions)
    assert len(lines) == len(ROWS)
    for line, first in zip(lines, ("الاسم", "سام", "نزار"), strict=True):  # Tesseract may lose the end of a word
        assert first in line.text
    assert lines[2].text.index("القاسم") < lines[2].text.index("حلب")


def test_a_region_without_ink_gives_no_line_and_shifts_no_other() -> None:
    sheet = page([(1600, 500, BODY[1])])
    regions = (Region("block", Box(0, 0, 1700, 300)), Region("block", Box(0, 400, 1700, 800)))
    (line,) = TesseractReader().read(sheet, 300, regions)
    assert line.box.y0 > 400


def test_a_missing_language_says_what_to_install() -> None:
    with pytest.raises(Missing, match="apt-get install") as caught:
        TesseractReader(("ara", "klingon"))
    assert caught.value.code == "not-installed"


def test_a_reader_out_of_time_is_a_failure_not_a_blank_page(running: Layout) -> None:
    with pytest.raises(WorkerLost) as caught:
        TesseractReader(seconds=0.01).read(running.pixels, 300, running.regions)
    assert caught.value.code == "reader-hung"


def words(*placed: tuple[str, int]) -> list[Word]:
    return [Word(text, Box(x, 0, x + 50, 40), 0.9) for text, x in placed]


@pytest.mark.parametrize(
    ("seen", "logical"),
    [
        (words(("الفرع", 500), ("٢١٥", 300), ("دمشق", 100)), "الفرع ٢١٥ دمشق"),
        (words(("رقم", 500), ("Form", 100), ("B", 200), ("نسخة", 20)), "رقم Form B نسخة"),
        (words(("2013", 100), ("12", 300), ("3", 200)), "12 3 2013"),
    ],
)
def test_words_come_in_logical_order(seen: list[Word], logical: str) -> None:
    assert " ".join(word.text for word in in_reading_order(seen)) == logical


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ("\u200f١٢/٣\u200e", "١٢/٣"),
        ("مـحـمـد", "محمد"),
        ("کریم", "كريم"),
        ("ﻣﺤﻤﺪ", "محمد"),
        ("ﷲ", "الله"),
        ("۱۲٣3", "١٢٣3"),
        ("مستشفى", "مستشفى"),
        ("أصولاً", "أصولاً"),
        ("\u200b\ufeff", ""),
    ],
)
def test_text_is_given_as_printed(given: str, printed: str) -> None:
    assert as_printed(given) == printed
