"""What a second reader would gain: words brought together by their boxes, and the ways to choose between two."""

from collections.abc import Sequence

import numpy as np
import pytest

from ocr_models.evaluation.pagesets import DrawnPage
from ocr_models.evaluation.readers import Timed
from ocr_models.evaluation.truth import TrueLine, TruePage, TrueWord
from ocr_models.evaluation.voting import CHOICES, Doubt, Page, measure, taken, told
from ocr_models.evaluation.wear import Grey
from pipeline.model import Alternative, Box, Line, Reading, Word

FIRST, SECOND, THIRD = Box(300, 50, 380, 90), Box(200, 50, 280, 90), Box(100, 50, 180, 90)


def near(box: Box) -> Box:
    return Box(box.x0 + 6, box.y0 - 3, box.x1 + 2, box.y1)


class Ours:
    """Reads one line: its first word surely, two with doubt, and something where nothing is."""

    identity, finds_tables = "ours", True

    def page(self, image: Grey) -> Timed:
        words = (
            Word("سامر", FIRST, 0.99),
            Word("نرار", near(SECOND), 0.5, (Alternative("نزار", 0.4),)),
            Word("٤٥", near(THIRD), 0.6),
            Word("ا", Box(10, 50, 20, 90), 0.1),
        )
        line = Line("سامر نرار ٤٥ ا", Box(2, 50, 380, 90), 0.5, words)
        return Timed(Reading(image.shape[1], image.shape[0], self.identity, (line,)), 0.0)

    def lines(self, crops: Sequence[Grey]) -> tuple[list[tuple[Word, ...]], float]:
        raise NotImplementedError


class Second:
    """Reads the second word as it is, and nothing in the third's place."""

    identity = "second"

    def read(self, pixels: Grey, dpi: float, boxes: Sequence[Box]) -> list[tuple[Word, ...]]:
        assert (pixels.shape, dpi) == ((100, 400), 300.0)
        assert list(boxes) == [Box(0, 46, 384, 94)], "lines with doubtful words, inside the page"
        return [(Word("سامي", FIRST, 0.9), Word("نزار", SECOND, 0.8))]


def test_doubtful_words_meet_the_truth_and_the_other_reading_by_their_boxes() -> None:
    words = (TrueWord("سامر", FIRST), TrueWord("نزار", SECOND), TrueWord("٤٥", THIRD))
    truth = TruePage("made-000", "cable", "clean", "made", (TrueLine(words),), names=("سامر نزار",))
    page = measure(DrawnPage(np.full((100, 400), 255, np.uint8), truth), "made", Ours(), Second())
    assert page.doubts == (Doubt("نزار", "نرار", ("نزار",), 0.5, "نزار", 0.8, in_name=True), Doubt("٤٥", "٤٥", (), 0.6))
    assert (page.words, page.signs) == (3, len("سامر نزار ٤٥"))


@pytest.mark.parametrize(
    ("doubt", "expected"),
    [
        (Doubt("ب", "ا", ("ب",), 0.5, "ب", 0.6), "ابببب"),
        (Doubt("ا", "ا", ("ب",), 0.5, "ت", 0.6), "اتتاا"),
        (Doubt("ا", "ا", ("ب",), 0.7, "ب", 0.6), "ابابا"),
        (Doubt("ا", "ا", ("ب",), 0.7), "ااااا"),
    ],
    ids=["theirs is right", "theirs is a third", "theirs is less sure", "theirs is not there"],
)
def test_ways_to_choose(doubt: Doubt, expected: str) -> None:
    assert "".join(taken(doubt, choose) for choose in CHOICES.values()) == expected


def test_the_table_tells_what_each_way_gains() -> None:
    doubts = (Doubt("نزار", "نرار", ("نزار",), 0.5, "نزار", 0.8, in_name=True), Doubt("٤٥", "٤٥", (), 0.6, "25", 0.7))
    head, _, _, *rows = told([Page("made", doubts, 100, 20)])
    assert head == "1 pages, 20 words, 2 of them doubtful"
    assert [row.split(" | ")[1:] for row in rows] == [
        ["1", "1", "0", "+0.00 |"], ["1", "0", "1", "-1.00 |"], ["1", "0", "1", "-1.00 |"],
        ["2", "1", "1", "+1.00 |"], ["2", "1", "1", "+1.00 |"],
    ]  # fmt: skip
