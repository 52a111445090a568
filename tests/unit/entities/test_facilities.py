"""Facilities: by agency, number and place, in their spellings, lightly damaged, and never by a number alone."""

import pytest

from tests.unit.entities.pages import entities


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("الفرع ٢١٥", ["MI-215"]),
        ("الفرع رقم 215", ["MI-215"]),
        ("إلى فرع 248", ["MI-248"]),
        ("بالفرع 227", ["MI-227"]),
        ("للفرع 235", ["MI-235"]),
        ("سرية المداهمة والاقتحام", ["MI-215"]),
        ("فرع فلسطين 235", ["MI-235"]),
        ("سجن صيدنايا العسكري", ["MP-SED"]),
        ("سجن صيدنابا العسكري", ["MP-SED"]),  # one letter misread
        ("سحن صيدنايا العسكري", ["MP-SED"]),
        ("سجن دمشق المركزي", ["PRI-ADR"]),
        ("مشفى تشرين العسكري", ["HOSP-TIS"]),
        ("مشفى المزة العسكري", ["HOSP-601"]),
        ("فرع الأمن العسكري بحمص", ["MI-261"]),
        ("النيابة العامة في محكمة قضايا الإرهاب", ["CRT-CTP"]),
        ("محكمة الميدان العسكرية", ["CRT-MFC"]),
        ("شعبة المخابرات", ["MI-HQ"]),
        ("أمن الدولة", ["GID-HQ"]),
        ("215", []),
        ("العدد 215 موقوفاً", []),
        ("الفرع 999", []),
        ("الفرع", []),
        ("تولد صيدنايا", []),
        ("سجن مؤبد", []),
        ("الموضوع: فرع: 215", []),
    ],
)
def test_names(text: str, ids: list[str]) -> None:
    assert [found.id for found in entities(text).facilities] == ids


def test_the_pages_agency_decides_a_shared_number() -> None:
    assert entities("إدارة المخابرات العامة", "الفرع 265 (أمن الدولة)").facilities[-1].id == "GID-265"
    assert entities("شعبة المخابرات العسكرية", "الفرع 265").facilities[-1].id == "MI-265"


def test_the_pages_agency_decides_a_shared_name() -> None:
    assert entities("إدارة المخابرات الجوية", "فرع المنطقة").facilities[-1].id == "AFI-SOU"
    assert entities("شعبة المخابرات العسكرية", "فرع المنطقة").facilities[-1].id == "MI-227"


def test_damage_lowers_confidence() -> None:
    whole, damaged = entities("سجن صيدنايا العسكري", "سجن صيدنابا العسكري").facilities
    assert whole.confidence is not None
    assert damaged.confidence is not None
    assert whole.confidence > damaged.confidence
    assert len(whole.boxes) == 3
