"""Reference numbers: of letters, cases and decisions, and nobody else's numbers."""

import pytest

from tests.unit.entities.pages import entities


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("الرقم: ١٣٣٧/٨/أ", ["1337/8/أ"]),
        ("الرقم : 8/2051", ["8/2051"]),
        ("الرقم 1/8/1337", ["1/8/1337"]),
        ("كتابكم رقم ٨٨٧٣/أ تاريخ ٢٠١٢/٦/١٠", ["8873/أ"]),
        ("الرقم: ٥٢٠٤/م/٢٠١٣", ["5204/م/2013"]),
        ("رقم الأساس: 1184 رقم القرار: 490", ["1184", "490"]),
        ("أساس: 2290 قرار: 1051 لعام 2012", ["2290", "1051"]),
        ("القرار ٤٩٠ لعام ٢٠١٤", ["490"]),
        ("بموجب الكتاب رقم 12/س ثم الكتاب رقم 12/س", ["12/س"]),
        ("المرسوم التشريعي رقم 109 لعام 1968", []),
        ("القانون رقم 19 لعام 2012", []),
        ("رقم الموقوف: 7232", []),
        ("الموقوف رقم 11", []),
        ("محل ورقم القيد داريا 214", []),
        ("الرقم الوطني: 01020304050", []),
        ("تاريخ القرار: 19/8/2014", []),
        ("بتاريخ 12/3/2013", []),
        ("الرقم: التاريخ:", []),
    ],
)
def test_numbers(text: str, numbers: list[str]) -> None:
    assert [found.number for found in entities(text).references] == numbers


def test_text_is_as_read() -> None:
    (found,) = entities("الرقم: ١٣٣٧/٨/أ").references
    assert found.text == "١٣٣٧/٨/أ"
    assert len(found.boxes) == 1


def test_a_number_on_the_next_line() -> None:
    assert [found.number for found in entities("أعيد إلينا بموجب الكتاب رقم", "412/2/ج تاريخ 4/11/2013").references] == ["412/2/ج"]
