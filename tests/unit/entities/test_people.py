"""People: names part by part, what is said of them, who is who, and words that never enter a name."""

import pytest

from pipeline.model import Birth, Person
from tests.unit.entities.pages import entities, line, row


def parts(person: Person) -> tuple[str | None, ...]:
    return person.given, person.father, person.grandfather, person.family


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("المدعو تميم بن نصوح الدباغ والدته وصال", ("تميم", "نصوح", None, "الدباغ")),
        ("توقيف المدعو تميم نصوح الدباغ أثناء المداهمة", ("تميم", "نصوح", None, "الدباغ")),
        ("المتهم: تميم الدباغ، موقوف", ("تميم", None, None, "الدباغ")),
        ("المحكوم عليه محمد خير بن ذيب اليوزباشي", ("محمد خير", "ذيب", None, "اليوزباشي")),
        ("الموقوف عبد الحفيظ بن معتوق الشعباني", ("عبد الحفيظ", "معتوق", None, "الشعباني")),
        ("الموقوف عبدالحفيظ معتوق الشعباني", ("عبدالحفيظ", "معتوق", None, "الشعباني")),
        ("للمدعو صلاح الدين بن كايد أبو عساف", ("صلاح الدين", "كايد", None, "أبو عساف")),
        ("المدعو محمد سامر نصوح الدباغ", ("محمد سامر", "نصوح", None, "الدباغ")),
        ("المدعو ياسر بن كريم بن وليد الدباغ", ("ياسر", "كريم", "وليد", "الدباغ")),
        ("المدعوة بيلسان بنت حقي الدروبي والدتها نجوى", ("بيلسان", "حقي", None, "الدروبي")),
        ("المدعو إلياس بن توما صليبا تولد 1978", ("إلياس", "توما", None, "صليبا")),
        ("المدعو تميم بن نصوح'الدباغ * والدته", ("تميم", "نصوح", None, "الدباغ")),
        ("المدعو علي بن حسن الدباغ على الحاجز", ("علي", "حسن", None, "الدباغ")),
    ],
)
def test_names_after_markers(text: str, expected: tuple[str | None, ...]) -> None:
    (person,) = entities(text).people
    assert parts(person) == expected
    assert person.role == "subject"


@pytest.mark.parametrize(
    "text",
    [
        "أفاد الموقوف المذكور أعلاه أنه يعمل سائقاً",
        "أسند إلى المتهم ثابت بالضبط المنظم بحقه",
        "إلى السيد العميد رئيس الفرع 215",
        "يرجى استلام الموقوفين مع أماناتهما",
        "المدعو",
        "معهد خالد بن الوليد لإصلاح الأحداث",
    ],
)
def test_no_person(text: str) -> None:
    assert entities(text).people == ()


def test_a_name_runs_on_into_the_next_line_of_running_text_only() -> None:
    (person,) = entities("أقدمت دوريتنا العاملة في المنطقة على توقيف المدعو تميم بن", "نصوح الدباغ والدته وصال القلال").people
    assert parts(person) == ("تميم", "نصوح", None, "الدباغ")
    assert person.mother == "وصال القلال"
    short = entities("المدعو تميم نصوح", "الدباغ محمد", "سطر طويل جداً من كلام آخر لا علاقة له بما فوقه أبداً").people
    assert parts(short[0]) == ("تميم", "نصوح", None, None)


def test_everything_said_of_a_person() -> None:
    (person,) = entities("توقيف المدعو تميم بن نصوح الدباغ والدته وصال القلال تولد داريا ١٩٨٧ محل ورقم القيد داريا ٢١٤ أصولاً").people
    assert person.mother == "وصال القلال"
    assert person.birth == Birth(1987, None, "داريا")
    assert person.registry == "داريا ٢١٤"
    assert person.text == "تميم بن نصوح الدباغ"
    assert len(person.boxes) == 3
    assert person.how == "marker"


def test_birth_with_place_after_and_as_a_day() -> None:
    assert entities("المدعو تميم الدباغ تولد ١٩٨٥ حمص").people[0].birth == Birth(1985, None, "حمص")
    assert entities("المدعو تميم الدباغ تولد حمص 25/3/1985").people[0].birth == Birth(1985, "1985-03-25", "حمص")


def test_two_people_in_one_sentence_keep_their_own() -> None:
    first, second = entities("المدعو تميم الدباغ والدته وصال والمدعو غياث القهوجي والدته بديعة").people
    assert (first.family, first.mother) == ("الدباغ", "وصال")
    assert (second.family, second.mother) == ("القهوجي", "بديعة")


def test_lineage_without_a_marker_and_numbered_lists() -> None:
    assert parts(entities("تجريم تميم بن نصوح الدباغ بجناية").people[0]) == ("تميم", "نصوح", None, "الدباغ")
    listed = entities("أولاً: بسيم شكري الحلواني والدته ناهد العسلي تولد 1986", "ثانياً: تضمينه الرسوم والنفقات").people
    assert [parts(person) for person in listed] == [("بسيم", "شكري", None, "الحلواني")]


def test_labelled_fields_make_one_person() -> None:
    (person,) = entities(
        "الاسم: تميم", "الكنية: الدباغ", "اسم الأب: نصوح", "اسم الأم: بارعة السمان", "مواليد: دوما 1969", "محل ورقم القيد: دوما 88"
    ).people
    assert parts(person) == ("تميم", "نصوح", None, "الدباغ")
    assert (person.mother, person.birth, person.registry) == ("بارعة السمان", Birth(1969, None, "دوما"), "دوما 88")
    assert person.how == "fields"


def test_fields_side_by_side_and_two_people() -> None:
    found = entities("الاسم: تميم النسبة: الدباغ", "اسم الأب: نصوح", "الاسم: غياث النسبة: القهوجي").people
    assert [parts(person) for person in found] == [("تميم", "نصوح", None, "الدباغ"), ("غياث", None, None, "القهوجي")]


HEAD = ("م", "الاسم الثلاثي", "اسم الأم", "تولد", "محل ورقم القيد", "الجرم")


def test_table_rows() -> None:
    found = entities(
        row(HEAD, 0),
        row(("١", "تميم نصوح الدباغ", "وصال القلال", "١٩٨٧", "داريا ٢١٤", "تظاهر"), 100),
        row(("٢", "محمد خير ذيب اليوزباشي", "خديجة الحجار", "", "حرستا ٤٠٢", ""), 200),
        row(("٣", "تميم نصوح الدباغ", "بارعة السمان", "١٩٦٩", "دوما ٨٨", "تظاهر"), 300),
        line("المجموع: ٣ موقوفين", 400),
    ).people
    assert [(person.name, person.mother, person.registry) for person in found] == [
        ("تميم نصوح الدباغ", "وصال القلال", "داريا ٢١٤"),
        ("محمد خير ذيب اليوزباشي", "خديجة الحجار", "حرستا ٤٠٢"),
        ("تميم نصوح الدباغ", "بارعة السمان", "دوما ٨٨"),
    ]
    assert [person.birth for person in found] == [Birth(1987), None, Birth(1969)]
    assert {person.how for person in found} == {"table"}


def test_a_name_no_rule_can_part_is_kept_as_read() -> None:
    found = entities(row(HEAD, 0), row(("١", "؟؟ ١٢", "وصال القلال", "١٩٨٧", "داريا ٢١٤", ""), 100)).people
    assert [(person.text, person.given, person.mother) for person in found] == [("؟؟ ١٢", None, "وصال القلال")]


@pytest.mark.parametrize(
    ("lines", "name", "rank", "post"),
    [
        (("العميد الركن عاكف المليح", "رئيس الفرع 215"), "عاكف المليح", "العميد الركن", "رئيس الفرع 215"),
        (("العميد الركن", "عاكف المليح", "رئيس الفرع 215"), "عاكف المليح", "العميد الركن", "رئيس الفرع 215"),
        (("من قبل المقدم قتيبة الجرف رئيس قسم التحقيق أنكر المذكوران",), "قتيبة الجرف", "المقدم", "رئيس قسم التحقيق"),
        (("المساعد أول رمحي شابو", "قائد الدورية"), "رمحي شابو", "المساعد أول", "قائد الدورية"),
        (("الرائد الطبيب لبيب النسيمي", "الطبيب المناوب"), "لبيب النسيمي", "الرائد الطبيب", "الطبيب المناوب"),
        (("القاضي نزيه التقي رئيساً، القاضي",), "نزيه التقي", "القاضي", "رئيساً"),
        (("السيد كارم الخواجا", "أمين السجل المدني"), "كارم الخواجا", None, "أمين السجل المدني"),
        (("معاون رئيس الفرع العقيد حيان الشاويش",), "حيان الشاويش", "العقيد", "معاون رئيس الفرع"),
    ],
)
def test_officials(lines: tuple[str, ...], name: str, rank: str | None, post: str) -> None:
    (person,) = entities(*lines).people
    assert (person.name, person.role, person.rank, person.post) == (name, "official", rank, post)


def test_signatures_side_by_side_take_the_post_under_each() -> None:
    names = row(("القاضي ودود الكافي", "القاضي نزيه التقي"), 0, column=1500)
    posts = row(("مستشاراً", "رئيس المحكمة"), 100, column=1500)
    assert [(person.family, person.post) for person in entities(names, posts).people] == [("الكافي", "مستشاراً"), ("التقي", "رئيس المحكمة")]


def test_officials_and_subjects_are_never_mixed() -> None:
    found = entities("بالتحقيق مع الموقوف المجند تميم بن نصوح الدباغ من قبل المقدم قتيبة الجرف رئيس قسم التحقيق").people
    assert [(person.name, person.role) for person in found] == [("تميم نصوح الدباغ", "subject"), ("قتيبة الجرف", "official")]
    assert found[0].rank == "المجند"


def test_an_officer_described_by_mother_and_birth_is_a_subject() -> None:
    (person,) = entities("النقيب تميم بن نصوح الدباغ والدته وصال القلال تولد 1987").people
    assert person.role == "subject"


def test_witnesses_are_neither() -> None:
    assert entities("أفاد الشاهد تميم نصوح الدباغ").people[0].role == "other"


def test_one_person_named_twice_is_one_and_contradictions_stay_two() -> None:
    same = entities("توقيف المدعو تميم بن نصوح الدباغ.", "المتهم تميم الدباغ والدته وصال القلال.").people
    assert [(person.father, person.mother) for person in same] == [("نصوح", "وصال القلال")]
    two = entities("المدعو تميم الدباغ والدته وصال القلال.", "المدعو تميم الدباغ والدته بارعة السمان.").people
    assert [person.mother for person in two] == ["وصال القلال", "بارعة السمان"]
