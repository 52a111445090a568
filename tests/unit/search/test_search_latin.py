"""Names in Latin letters and their Arabic spellings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.keys import forms
from search.latin import away, is_latin, names, spellings
from search.query import parse
from tests.growth import runs_away


@pytest.mark.parametrize(
    ("latin", "arabic"),
    [
        ("mohamad", "محمد"), ("Mouhammed", "محمد"), ("Mehmet", "محمد"), ("Khālid", "خالد"), ("khaled", "خالد"), ("Yusuf", "يوسف"),
        ("Housseine", "حسين"), ("Hosein", "حسين"), ("Djamal", "جمال"), ("Cemal", "جمال"), ("Fatima", "فاطمة"), ("fatme", "فاطمة"),
        ("al-Homsi", "الحمصي"), ("El Homsy", "الحمصي"), ("ash-Sharif", "الشريف"), ("Chérif", "شريف"), ("Abdurrahman", "عبد الرحمن"),
        ("Abd al-Rahman", "عبد الرحمن"), ("abdel rahman", "عبد الرحمن"), ("Salaheddine", "صلاح الدين"), ("Salah al-Din", "صلاح الدين"),
        ("abou Zeid", "أبو زيد"), ("Saʿīd", "سعيد"), ("Othman", "عثمان"), ("Osman", "عثمان"), ("Qasem", "قاسم"), ("Kassem", "قاسم"),
    ],
)  # fmt: skip
def test_the_name_is_among_its_spellings(latin: str, arabic: str) -> None:
    assert forms(arabic)[0].spelling in [spelling.form.spelling for spelling in spellings(latin)]


def test_a_name_of_no_list_is_guessed() -> None:
    assert [spelling.form.raw for spelling in spellings("Bidrubak")]


def test_the_likelier_spelling_comes_first() -> None:
    found = spellings("khaled")
    assert found[0].form.raw == "خالد"
    assert [one.likeness for one in found] == sorted((one.likeness for one in found), reverse=True)
    assert away("خالد", "khaled") < away("خالدي", "khaled") < away("سامر", "khaled")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mohamad khaled al-homsi", ["mohamad", "khaled", "al-homsi"]),
        ("Abd al Rahman Abu Zayd", ["Abd al Rahman", "Abu Zayd"]),
        ("Salah al-Din El Homsi", ["Salah al-Din", "El Homsi"]),
        ("el", ["el"]),
    ],
)
def test_what_belongs_to_a_name_stays_with_it(text: str, expected: list[str]) -> None:
    assert list(names(text.split())) == expected


@pytest.mark.parametrize(
    ("chunk", "latin"), [("Samer", True), ("Saʿīd,", True), ("سامر", False), ("12/b", False), ("MI-215", False), ("b", False)]
)
def test_what_is_latin(chunk: str, latin: bool) -> None:
    assert is_latin(chunk) is latin


def test_scripts_may_be_mixed_and_the_answer_says_how_latin_is_looked_for() -> None:
    question = parse("سامر al-Homsi 1985")
    assert [(term.form.raw, bool(term.arabic)) for term in question.terms] == [("سامر", False), ("al-Homsi", True), ("1985", False)]
    assert question.notice
    assert "Latin" in question.notice
    assert parse("سامر").notice is None


@given(st.text(alphabet="abcdeghjklmnoqrstuwxyz'-ʿīşı ALE", min_size=2, max_size=60))
def test_any_latin_text_has_few_spellings_or_none(text: str) -> None:
    for name in names([chunk for chunk in text.split() if is_latin(chunk)]):
        assert 1 <= len(spellings(name)) <= 6


@pytest.mark.parametrize("text", ["ch" * 5000, "j" * 10_000, "abd" * 3000, "al " * 3000, "ab" * 5000])
def test_the_cost_of_hostile_text_does_not_run_away(text: str) -> None:
    assert not runs_away(lambda part: [spellings(name) for name in names(part.split())], text)
