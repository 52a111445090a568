"""What every LineReader does, run against each of them."""

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ocr_models.constant import ConstantReader
from ocr_models.letters import as_printed
from ocr_models.tesseract import TesseractReader, in_reading_order
from pipeline.errors import Missing, WorkerLost
from pipeline.layout import lay_out
from pipeline.model import Box, CleanImage, Word
from pipeline.ports import LineReader
from tests.drawn import BODY, letter, page

if TYPE_CHECKING:
    from pipeline.model import Pixels


@pytest.fixture(scope="module", params=[TesseractReader, ConstantReader])
def reader(request: pytest.FixtureRequest) -> LineReader:
    made: LineReader = request.param()
    return made


@pytest.fixture(scope="module")
def letter_page() -> "Pixels":
    return letter(1)


@pytest.fixture(scope="module")
def boxes(letter_page: "Pixels") -> list[Box]:
    """The lines of the letter, from the top."""
    return [box for lines in lay_out(CleanImage(letter_page, 300, np.eye(2, 3), ())).lines for box in lines]


def test_identity_is_one_steady_line(reader: LineReader) -> None:
    assert reader.identity == type(reader)().identity
    assert reader.identity.strip()
    assert "\n" not in reader.identity


def test_every_box_is_answered_with_sound_words(reader: LineReader, letter_page: "Pixels", boxes: list[Box]) -> None:
    read = reader.read(letter_page, 300, boxes)
    assert len(read) == len(boxes) == len(BODY)
    assert read[0]
    for words, line in zip(read, boxes, strict=True):
        assert isinstance(words, tuple)
        for word in words:
            assert word.box.x0 < word.box.x1
            assert word.box.y0 < word.box.y1
            assert Box.around([word.box, line]) == line
            assert 0.0 <= word.confidence <= 1.0
            assert word.text == as_printed(word.text) != ""
            assert not any(letter.isspace() for letter in word.text)
            assert word.text not in {other.text for other in word.alternatives}
            ranked = [other.confidence for other in word.alternatives]
            assert ranked == sorted(ranked, reverse=True)
            assert all(0.0 <= confidence <= 1.0 for confidence in ranked)


def test_reading_twice_gives_the_same(reader: LineReader, letter_page: "Pixels", boxes: list[Box]) -> None:
    assert reader.read(letter_page, 300, boxes) == reader.read(letter_page, 300, boxes)


def test_no_boxes_give_no_lines(reader: LineReader) -> None:
    assert reader.read(np.full((100, 100), 255, np.uint8), 300, ()) == []


def test_tesseract_reads_words_from_the_right(letter_page: "Pixels", boxes: list[Box]) -> None:
    read = TesseractReader().read(letter_page, 300, boxes)
    found = {word.text for words in read for word in words}
    assert len(found & set(" ".join(BODY).split())) > 0.8 * len(set(" ".join(BODY).split()))
    for words in read:
        assert [word.box.x1 for word in words] == sorted((word.box.x1 for word in words), reverse=True)


def test_a_box_without_ink_gives_no_words_and_shifts_no_other() -> None:
    sheet = page([(1600, 500, BODY[1])])
    empty, words = TesseractReader().read(sheet, 300, [Box(100, 100, 1700, 200), Box(100, 480, 1700, 640)])
    assert empty == ()
    assert words


def test_a_missing_language_says_what_to_install() -> None:
    with pytest.raises(Missing, match="apt-get install") as caught:
        TesseractReader(("ara", "klingon"))
    assert caught.value.code == "not-installed"


def test_a_reader_out_of_time_is_a_failure_not_a_blank_page(letter_page: "Pixels", boxes: list[Box]) -> None:
    with pytest.raises(WorkerLost) as caught:
        TesseractReader(seconds=0.01).read(letter_page, 300, boxes)
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
