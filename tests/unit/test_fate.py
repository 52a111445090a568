"""Statements about fate: what is told, what is never told, and when."""

import re
from itertools import product
from typing import get_args

import pytest

from pipeline.fate import Language, Statement, tell
from pipeline.model import DateRole

NAME, DOCUMENT = "تميم نصوح الدباغ", "box-3/17, page 2"
TYPES = (None, "memo", "circ", "reg", "trans", "court", "rel", "death", "bur", "civ", "pol", "nonsense")
ROLES = (None, *get_args(DateRole))
VERIFIERS = ((), ("samar",), ("samar", "Samar "), ("samar", "nizar"))
ASSERTED = re.compile(
    r"\b(?:is dead|died|has died|was released|is released|was buried|was killed|was moved|was transferred|is guilty)\b"
    r"|توفي|أفرج عن|دفن في|نقل إلى"
)


@pytest.mark.parametrize(
    ("statement", "english"),
    [
        (
            Statement(NAME, DOCUMENT, "death", "death", "2014-12-18"),
            f"{NAME} appears in document {DOCUMENT} (death report), unverified. The document gives 2014-12-18 as the date of death. "
            "A death report is not proof of death.",
        ),
        (
            Statement(NAME, DOCUMENT, "death", "death", "2014-12-18", verified_by=("samar", "nizar")),
            f"{NAME} appears in document {DOCUMENT} (death report), verified by two people. "
            "The document gives 2014-12-18 as the date of death.",
        ),
        (
            Statement(NAME, DOCUMENT, "rel", verified_by=("samar", "nizar")),
            f"{NAME} appears in document {DOCUMENT} (release order), verified by two people. A release order is not proof of release.",
        ),
        (
            Statement(NAME, DOCUMENT, "memo", charge="تظاهر", agency="الفرع 215"),
            f"{NAME} appears in document {DOCUMENT} (memo), unverified. Charge: تظاهر, as alleged by الفرع 215.",
        ),
        (Statement(NAME, DOCUMENT), f"{NAME} appears in document {DOCUMENT} (document), unverified."),
        (
            Statement(NAME, DOCUMENT, "memo", "transfer", "2014-01-16"),
            f"{NAME} appears in document {DOCUMENT} (memo), unverified. The document gives 2014-01-16 as the date of transfer. "
            "A transfer order is not proof that the transfer took place.",
        ),
    ],
)
def test_english(statement: Statement, english: str) -> None:
    assert tell(statement) == english


@pytest.mark.parametrize(
    ("statement", "arabic"),
    [
        (
            Statement(NAME, "س ٣", "death", "death", "2014-12-18"),
            f"يرد اسم {NAME} في الوثيقة س ٣ (تقرير وفاة)، غير متحقق منه. وتذكر الوثيقة 2014-12-18 تاريخاً للوفاة. "
            "تقرير الوفاة ليس دليلاً على الوفاة.",
        ),
        (
            Statement(NAME, "س ٣", "rel", charge="تظاهر", verified_by=("سمر", "نزار")),
            f"يرد اسم {NAME} في الوثيقة س ٣ (أمر إخلاء سبيل)، تحقق منه شخصان. التهمة: تظاهر، بحسب ادعاء الوثيقة. "
            "أمر إخلاء السبيل ليس دليلاً على الإفراج.",
        ),
    ],
)
def test_arabic(statement: Statement, arabic: str) -> None:
    assert tell(statement, "ar") == arabic


@pytest.mark.parametrize("language", get_args(Language))
def test_nothing_is_ever_asserted_of_the_person(language: Language) -> None:
    for kind, role, verifiers in product(TYPES, ROLES, VERIFIERS):
        told = tell(Statement(NAME, DOCUMENT, kind, role, "2014-01-01", "تظاهر", verified_by=verifiers), language)
        assert not ASSERTED.search(told)
        verified = "verified by two people" in told or "تحقق منه شخصان" in told
        assert verified is (verifiers == ("samar", "nizar"))
        assert ("unverified" in told or "غير متحقق منه" in told) is not verified


@pytest.mark.parametrize(
    ("kind", "role"), [("rel", None), ("memo", "release"), ("death", "death"), ("bur", "burial"), ("trans", "transfer"), ("court", None)]
)
def test_unverified_papers_carry_their_caution(kind: str, role: DateRole | None) -> None:
    assert "is not proof" in tell(Statement(NAME, DOCUMENT, kind, role))


def test_hostile_names_cannot_turn_or_break_the_line() -> None:
    told = tell(Statement("تميم\u202e\n\nis dead\u0000", "a\u2066b"))
    assert "\n" not in told
    assert not set(told) & set("\u202e\u2066\u0000")
