"""Text forms: what folds together, what stays apart, and that no text can break or stall them."""

import subprocess
import sys
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import arabic
from tests.growth import runs_away

FORMS = (arabic.clean, arabic.ascii_digits, arabic.orthographic, arabic.dotless)
ARABIC = st.text(alphabet=st.sampled_from("ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءأإآؤئٱـًَّٰٕٓ٠٤۴5 /.-()\u200f\u202bپکگیﷲﻻﹱé\u0301\n"))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("مـحـمـد", "محمد"),
        ("\u200fالتاريخ\u202c ٢٠١٤/٣/١", "التاريخ ٢٠١٤/٣/١"),
        ("ﻣﺤﻤﺪ", "محمد"),
        ("عبد ﷲ", "عبد الله"),
        ("ﻻ", "لا"),
        ("أحمد", "أحمد"),
        ("سرّي", "سرّي"),
        ("a\u0000b", "ab"),
        ("سطر\nسطر", "سطر\nسطر"),
    ],
)
def test_clean_keeps_what_is_printed(raw: str, expected: str) -> None:
    assert arabic.clean(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("أحمد", "احمد"),
        ("إِبْراهيم", "ابراهيم"),
        ("آمنة", "امنه"),
        ("مصطفى", "مصطفي"),
        ("علاء", "علا"),
        ("رائد  مؤمن", "رايد مومن"),
        ("گلستان پولاد", "كلستان بولاد"),
        ("٢٠١٤ ۱۹۶۴", "2014 1964"),
        ("  بلانك  ", "بلانك"),
    ],
)
def test_orthographic_folds_spelling(raw: str, expected: str) -> None:
    assert arabic.orthographic(raw) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("حسين", "خسين", True),
        ("زيد", "رند", True),
        ("فادي", "قادي", True),
        ("حسن", "حسي", False),  # word-final ن and ي have their own shapes
        ("صادق", "صادف", False),
        ("سعيد", "سعيدة", False),
    ],
)
def test_dotless_folds_dots_only(one: str, other: str, same: bool) -> None:
    assert (arabic.dotless(one) == arabic.dotless(other)) is same


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("عبد الرحمن الخطيب", ("عبدالرحمن", "الخطيب")),
        ("عبدالرحمن الخطيب", ("عبدالرحمن", "الخطيب")),
        ("محمد عبد الله", ("محمد", "عبدالله")),
        ("صلاح الدين نصر الله", ("صلاحالدين", "نصرالله")),
        ("هند أبو عساف", ("هند", "ابوعساف")),
        ("القيد: دمشق/٢١٤", ("القيد", "دمشق", "214")),
        ("عبد", ("عبد",)),
        ("", ()),
    ],
)
def test_tokens_join_compounds(raw: str, expected: tuple[str, ...]) -> None:
    assert arabic.tokens(raw) == expected


@pytest.mark.parametrize(
    ("token", "expected"), [("الخطيب", "خطيب"), ("خطيب", "خطيب"), ("الياس", "الياس"), ("الله", "الله"), ("إلياس", "إلياس"), ("الا", "الا")]
)
def test_article(token: str, expected: str) -> None:
    assert arabic.strip_article(token) == expected


@pytest.mark.parametrize("form", FORMS)
@given(text=st.one_of(st.text(), ARABIC))
def test_forms_are_total_and_idempotent(form: Callable[[str], str], text: str) -> None:
    once = form(text)
    assert form(once) == once


@given(text=st.one_of(st.text(), ARABIC))
def test_clean_is_nfc_and_tokens_hold_no_blank(text: str) -> None:
    assert unicodedata.is_normalized("NFC", arabic.clean(text))
    assert all(token and not any(char.isspace() for char in token) for token in arabic.tokens(text))


@pytest.mark.parametrize(
    "text", ["ا" + "\u0301\u0323" * 50_000, "\u0640" * 100_000, "ﷺ" * 5_000, "عبد " * 25_000, "." * 100_000, "\ud800" * 1000]
)
def test_the_cost_of_hostile_text_does_not_run_away(text: str) -> None:
    for form in (*FORMS, arabic.tokens):
        assert not runs_away(form, text), form.__name__


def test_import_is_light() -> None:
    heavy = "[m for m in ('pandas', 'torch', 'sklearn', 'numpy', 'emoji') if m in sys.modules]"
    code = f"import sys, pipeline.arabic; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
