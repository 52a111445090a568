"""Pages and lines scored: perfect readings are perfect, and each fault shows in its own measure."""

from dataclasses import replace
from itertools import chain

import pytest

from ocr_models.evaluation.normalise import printed
from ocr_models.evaluation.score import cells, score_line, score_page
from ocr_models.evaluation.truth import TruePage, from_json, to_json
from pipeline.model import Box, Line, Reading, Word

from .conftest import echo, line_at, page_of, table_of

PERFECT = {"cer": 0, "letters": 0, "wer": 0, "words": 1, "dropped": 0}


def shares(page: TruePage, reading: Reading) -> dict[str, float | None]:
    return {measure: count.share for measure, count in score_page("set", page, reading, 0.0).counts.items()}


@pytest.fixture
def memo() -> TruePage:
    return page_of("المدعو سامر نزار الحلبي", "تولد دمشق ٢٠١٣", "رقم 12/3 لعام 2014", names=("سامر نزار الحلبي",))


def test_a_perfect_reading_is_perfect(memo: TruePage) -> None:
    found = shares(memo, echo(memo))
    assert found.items() >= {**PERFECT, "numbers": 1, "four_digits": 1, "names": 1, "order": 1}.items()


def test_lines_in_another_order_misread_nothing(memo: TruePage) -> None:
    found = shares(memo, echo(memo, memo.lines[::-1]))
    assert found.items() >= {**PERFECT, "order": 0}.items()


def test_lines_put_together_misread_nothing(memo: TruePage) -> None:
    together = Line(
        " ".join(line.text for line in memo.lines), Box(0, 0, 2480, 300), 1.0,
        tuple(Word(word.text, word.box, 1.0) for word in chain.from_iterable(line.words for line in memo.lines)),
    )  # fmt: skip
    assert shares(memo, Reading(2480, 3508, "x", (together,))).items() >= PERFECT.items()


def test_boxes_that_are_off_misread_nothing(memo: TruePage) -> None:
    reading = echo(memo)
    moved = tuple(replace(line, words=tuple(replace(word, box=Box(0, 3000, 9, 3009)) for word in line.words)) for line in reading.lines)
    assert shares(memo, replace(reading, lines=moved)).items() >= PERFECT.items()


def test_a_dropped_line_is_wrong_whole(memo: TruePage) -> None:
    score = score_page("set", memo, echo(memo, memo.lines[:2]), 0.0)
    assert score.counts["dropped"] == (1, 3)
    assert score.counts["cer"] == (len("رقم 12/3 لعام 2014"), sum(len(line.text) for line in memo.lines))
    assert score.counts["numbers"] == (1, 3)


def test_words_that_are_not_there_are_errors_but_not_those_on_a_stamp(memo: TruePage) -> None:
    invented = echo(memo, [*memo.lines, line_at("ختم", 2000)])
    assert score_page("set", memo, invented, 0.0).counts["cer"].part == 3
    stamped = replace(memo, beside=(Box(800, 1900, 1100, 2100),))
    assert score_page("set", stamped, invented, 0.0).counts["cer"].part == 0


def test_nothing_read_of_something_and_something_of_nothing(memo: TruePage) -> None:
    nothing = Reading(2480, 3508, "x", ())
    assert shares(memo, nothing)["cer"] == 1
    assert score_page("set", replace(memo, lines=()), echo(memo), 0.0).counts["cer"].whole == 0
    assert score_page("set", replace(memo, lines=()), nothing, 0.0).counts["cer"] == (0, 0)


def test_cells_need_text_row_and_column(grid_page: TruePage) -> None:
    (table,) = map(table_of, grid_page.tables)
    assert cells(grid_page.tables, [table]) == (6, 6)
    assert cells(grid_page.tables, []) == (0, 6)
    shifted = replace(table, rows=(table.rows[0], table.rows[1][::-1], table.rows[2]))
    assert cells(grid_page.tables, [shifted]) == (4, 6)
    # The span missed: what stands below it moves one column to the right.
    unspanned = replace(table, rows=((replace(table.rows[0][0], row_span=1), table.rows[0][1]), *table.rows[1:]))
    assert cells(grid_page.tables, [unspanned]) == (4, 6)


def test_a_doubtful_wrong_word_is_flagged(memo: TruePage) -> None:
    reading = echo(memo)
    first = reading.lines[0]
    wrong = replace(first, words=(replace(first.words[0], text="المدعر", confidence=0.3), *first.words[1:]))
    score = score_page("set", memo, replace(reading, lines=(wrong, *reading.lines[1:])), 0.0)
    assert score.counts["wrong_flagged"] == (1, 1)
    assert score.counts["right_flagged"] == (0, 10)
    assert score.confusions == {("و", "ر"): 1}


def test_a_line_by_itself() -> None:
    score = score_line("set", "a", "رقم ٢٠١٣", [Word("رقم", Box(0, 0, 1, 1), 0.9), Word("٢٠١٢", Box(0, 0, 1, 1), 0.4)], 0.01, printed)
    assert score.counts["cer"] == (1, 8)
    assert score.counts["four_digits"] == (0, 1)
    assert score.counts["words"] == (1, 2)


def test_truth_survives_json(grid_page: TruePage) -> None:
    assert from_json(to_json(grid_page)) == grid_page
