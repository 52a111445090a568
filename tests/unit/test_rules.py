import cv2
import numpy as np
import pytest

from pipeline.rules import Rules, find_rules
from tests.drawn import Pixels

DPI, WIDE, HIGH = 120.0, 800, 300
LINE = 150  # the row a rule runs in, and a baseline stands on
WORDS = (400, 700)


def sheet() -> Pixels:
    return np.full((HIGH, WIDE), 255, np.uint8)


def flat_words(page: Pixels, start: int, end: int, baseline: int) -> None:
    """Words as a thin, flat face sets them: a baseline with strokes standing on it, small gaps within and wider ones between words."""
    for word in range(start, end, 60):
        for letter in range(word, word + 54, 18):
            cv2.line(page, (letter, baseline), (letter + 15, baseline), (0,), 2)
            for stroke in (letter, letter + 8):
                cv2.line(page, (stroke, baseline), (stroke, baseline - 12), (0,), 2)


def dots(page: Pixels, start: int, end: int) -> None:
    for x in range(start, end, 6):
        page[LINE - 1 : LINE + 1, x : x + 3] = 0


def ruled(found: Rules, start: int, end: int) -> float:
    """The share of columns with a horizontal rule in rows near the line."""
    return float(found.across[LINE - 5 : LINE + 5, start:end].any(axis=0).mean())


def test_a_fill_line_ends_where_the_flat_letters_before_it_begin() -> None:
    page = sheet()
    dots(page, 100, WORDS[0] - 4)
    flat_words(page, *WORDS, LINE)
    found = find_rules(page, DPI)
    assert ruled(found, 110, 360) > 0.9
    assert ruled(found, 430, WORDS[1]) == 0


def test_a_heading_s_rule_ends_where_the_flat_letters_beside_it_begin() -> None:
    page = sheet()
    cv2.line(page, (100, LINE), (WORDS[0] - 4, LINE), (0,), 2)
    flat_words(page, *WORDS, LINE)
    found = find_rules(page, DPI)
    assert ruled(found, 110, 360) > 0.9
    assert ruled(found, 430, WORDS[1]) == 0


def test_words_of_flat_letters_in_one_row_are_no_rule() -> None:
    page = sheet()
    flat_words(page, 100, 700, LINE)
    assert not find_rules(page, DPI).across.any()


@pytest.mark.parametrize("first", [100, 300, 500])
def test_an_underline_that_letters_touch_is_one_rule(first: int) -> None:
    page = sheet()
    cv2.line(page, (100, LINE), (700, LINE), (0,), 2)
    for stroke in range(first, first + 200, 8):
        cv2.line(page, (stroke, LINE), (stroke, LINE - 10), (0,), 2)
    assert ruled(find_rules(page, DPI), 105, 695) == 1.0


def test_a_table_s_rule_that_writing_touches_between_two_bare_stretches_is_whole() -> None:
    page = sheet()
    dots(page, 100, 700)
    flat_words(page, 350, 450, LINE)
    assert ruled(find_rules(page, DPI), 105, 695) > 0.95
