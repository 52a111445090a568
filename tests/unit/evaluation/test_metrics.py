"""Measures on texts small enough to count by hand."""

import pytest

from ocr_models.evaluation import metrics
from ocr_models.evaluation.metrics import Count
from ocr_models.evaluation.normalise import folded, letters, printed


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("مُحَمَّد  بن\nعليّ", "محمد بن علي"),
        ("كـتـاب", "كتاب"),
        ("آدم", "آدم"),
        ("الاسم: ........ سامر", "الاسم: سامر"),
        ("١٢.٣.٢٠١٣ ...", "١٢.٣.٢٠١٣ ..."),
        ("\u200f۲۰۱۳\u200e علی", "٢٠١٣ علي"),
        ("«2013» (٢٠١٣)", "«2013» (٢٠١٣)"),
        ("مدرسة ى ا", "مدرسة ى ا"),
    ],
)
def test_printed_folds_only_what_paper_does_not_show(text: str, normal: str) -> None:
    assert printed(text) == normal


def test_real_lines_are_folded_further() -> None:
    assert folded("«٢٠١٣» ۱۲ علی کتب") == "(2013) 12 علي كتب"
    assert folded("على ة أ") == "على ة أ"


def test_letters_are_arabic_letters_alone() -> None:
    assert letters("الرقم: ١٢/A پ") == "الرقمپ"


@pytest.mark.parametrize(
    ("truth", "read", "count"),
    [
        ("كتاب", "كتاب", (0, 4)),
        ("كتاب", "كتب", (1, 4)),
        ("كتاب", "", (4, 4)),
        ("", "كت", (2, 0)),
    ],
)
def test_signs(truth: str, read: str, count: tuple[int, int]) -> None:
    assert metrics.signs(truth, read) == count


@pytest.mark.parametrize(
    ("truth", "read", "count"),
    [
        ("رقم ١٢/٣/٢٠١٣ و 44", "١٢/٣/٢٠١٣ 44", (2, 2)),
        ("رقم ١٢/٣/٢٠١٣", "12/3/2013", (0, 1)),
        ("8873/أ", "٨٨٧٣/أ 8873", (1, 1)),
        ("5 5 5", "5 5", (2, 3)),
        ("12-5-2013", "12-5- 2013", (0, 1)),
        ("لا رقم", "7", (0, 0)),
    ],
)
def test_numbers_are_whole_and_as_printed(truth: str, read: str, count: tuple[int, int]) -> None:
    assert metrics.numbers(truth, read) == count


def test_four_digits_are_four() -> None:
    assert metrics.four_digits("٢٠١٣ 12345 1/2011", "2011 ٢٠١٣ 1234") == (2, 2)


@pytest.mark.parametrize(
    ("names", "reading", "found"),
    [
        (["سامر نزار الحلبي"], "المدعو سامر نزار الحلبي، تولد", 1),
        (["سامر نزار الحلبي"], "وسامر نزار الحلبي", 1),
        (["سامر نزار الحلبي"], "سامر نزار الحلبية", 0),
        (["سامر نزار الحلبي"], "سامر نزاز الحلبي", 0),
        (["سامر نزار", "سامر نزار"], "سامر نزار", 1),
    ],
)
def test_names_are_found_whole(names: list[str], reading: str, found: int) -> None:
    assert metrics.names(names, reading) == (found, len(names))


def test_names_may_be_whole_in_either_text() -> None:
    assert metrics.names(["سامر نزار"], "سامر تولد نزار", "سامر نزار تولد") == (1, 1)


@pytest.mark.parametrize(("read", "dropped"), [("كتاب", False), ("كت", False), ("ك", True), ("", True), ("باتك", True)])
def test_a_line_is_dropped_under_half_of_its_signs(read: str, dropped: bool) -> None:
    assert metrics.is_dropped("كتاب", read) is dropped


def test_order_counts_pairs_both_read() -> None:
    assert metrics.order([0.0, 3.0, 1.0, None, 5.0]) == (1, 2)


def test_right_words_by_place() -> None:
    assert metrics.right_words(["سامر", "بن", "نزار"], ["سامر", "ين", "نزار", "بن"]) == [True, False, True, False]


def test_flags_count_wrong_and_right_apart() -> None:
    flags = metrics.flags([(0.2, False), (0.95, False), (0.99, True), (0.5, True), (0.9, True)], 0.9)
    assert flags == {"wrong_flagged": Count(1, 2), "right_flagged": Count(1, 3)}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([(0.75, True)] * 3 + [(0.75, False)], 0.0),
        ([(1.0, False)] * 4, 1.0),
        ([(0.9, True), (0.1, False)], 0.1),
        ([], None),
    ],
)
def test_ece(words: list[tuple[float, bool]], error: float | None) -> None:
    found = metrics.ece(metrics.bins(words))
    assert found is None if error is None else found == pytest.approx(error)


def test_bins_add_up() -> None:
    whole = metrics.bins([(0.1, True), (0.62, False), (0.62, True)])
    assert metrics.joined_bins([metrics.bins([(0.1, True)]), metrics.bins([(0.62, False), (0.62, True)])]) == whole


def test_confusions_name_what_was_lost_and_added() -> None:
    assert metrics.confusions("بتث", "بثث") == {("ت", "ث"): 1}
    assert metrics.confusions("بت", "ب") == {("ت", ""): 1}
    assert metrics.confusions("", "ب") == {("", "ب"): 1}
