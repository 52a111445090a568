"""Words and their keys."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from search.keys import forms, keys, references, shortened, spelling
from tests.growth import runs_away

ARABIC = st.text(alphabet="ابتثجحخدذرزسشصضطظعغفقكلمنهويىةأإآءؤئ ١٢٣45/-.،ـًّ\u200f\u202eAbz\n_ﷲ", max_size=60)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("عبد الرحمن", "عبدالرحمن"),
        ("عبد الله", "عبدالله"),
        ("صلاح الدين", "صلاحالدين"),
        ("أبو زيد", "ابوزيد"),
        ("أبو الخير", "أبوالخير"),
        ("الحمصي", "حمصى"),
        ("خديجة", "خديجه"),
        ("آمنة", "امنه"),
    ],
)
def test_one_word_spelled_two_ways_has_one_key(one: str, other: str) -> None:
    assert [form.spelling for form in forms(one)] == [form.spelling for form in forms(other)]
    assert len(forms(one)) == 1


@pytest.mark.parametrize(("one", "other"), [("سعيد", "سعيدة"), ("حسن", "حسين"), ("علي", "عليا"), ("إلياس", "ياس")])
def test_two_names_have_two_keys(one: str, other: str) -> None:
    assert forms(one)[0].rasm != forms(other)[0].rasm


def test_the_printed_word_stays_beside_its_keys() -> None:
    assert [form.raw for form in forms("«أحمد»، عبد الرحمن بن صلاح الدين.")] == ["أحمد", "عبد الرحمن", "بن", "صلاح الدين"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("رقم ١٢٣/ب/٢٠١٢", ["123/2012/ب"]),
        ("2012/123 و 123/2012", ["123/2012", "123/2012"]),
        ("و/أو", []),
        ("12-3-2012", ["12/2012/3"]),
        ("77", []),
    ],
)
def test_references(text: str, expected: list[str]) -> None:
    assert list(references(text)) == expected


def test_words_one_letter_apart_share_a_shortened_key() -> None:
    for read in ("حسوي", "حسسوني", "حسوفي"):
        assert ({read} | shortened(read)) & ({"حسوني"} | shortened("حسوني"))
    assert shortened("عل") == frozenset()
    assert shortened("1985") == frozenset()
    assert shortened("ا" * 500) == frozenset()


@given(ARABIC | st.text(max_size=40))
@example("4/\u200f4")
@example("عبد ابو زيد الدين")
def test_the_quick_keys_are_those_of_the_forms(text: str) -> None:
    assert keys(text) == [(form.spelling, form.rasm) for form in forms(text)]


@given(st.text(max_size=40))
def test_keys_are_single_safe_words(text: str) -> None:
    for spelled, shape in keys(text):
        for key in (spelled, shape):
            assert key
            assert not set(key) & set(" \"'*():^\n\t\0")
            assert all(char.isalnum() or char in "/_" for char in key if ord(char) < 128)


def test_an_endless_word_has_a_short_key() -> None:
    assert len(spelling("س" * 100_000)) == 40


@pytest.mark.parametrize("text", ["س" * 200_000, "!" * 200_000 + "س", "س!" * 100_000, "1/" * 100_000, "\u0651" * 200_000, "عبد " * 50_000])
def test_the_cost_of_hostile_text_does_not_run_away(text: str) -> None:
    assert len(keys(text)) == len(forms(text))
    assert not runs_away(keys, text)
    assert not runs_away(forms, text)
