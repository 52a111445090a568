"""Labels told by the words they are put together of, in any order, and light damage forgiven where a label is expected."""

import pytest

from pipeline.entities.headings import key_of
from pipeline.entities.lexicon import phrase


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("الاسم الثلاثي", "person.full"),
        ("الاسم والشهرة", "person.full"),
        ("النسبة والاسم", "person.full_turned"),
        ("الاسم واسم الأب", "person.given_father"),
        ("اسم الأب والأم", "person.father_mother"),
        ("اسم العائلة", "person.family"),
        ("اسم الوالد", "person.father"),
        ("والدته", "person.mother"),
        ("الأم وكنيتها", "person.mother"),
        ("سنة الميلاد", "person.birth_place_date"),
        ("تاريخ ومحل الولادة", "person.birth_place_date"),
        ("القيد / الخانة", "person.registry"),
        ("محل القيد ورقمه", "person.registry"),
        ("اسم المتوفى", "reg.name"),
        ("اسم المحقق", "other.official"),
        ("رقم الموقوف", "other.number"),
        ("تاريخ التوقيف", "other.date"),
        ("كلام آخر", None),
    ],
)
def test_keys(label: str, key: str | None) -> None:
    assert key_of(phrase(label)) == key


def test_damage_is_forgiven_only_where_asked() -> None:
    assert key_of(phrase("اسم الولده الثلائي")) is None
    assert key_of(phrase("الاسم الثلاتي"), damaged=True) == "person.full"
