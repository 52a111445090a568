"""Dates: every order and calendar, the roles words give them, and what must not be taken for a date."""

import pytest

from tests.unit.entities.pages import entities, line, row


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("التاريخ: ٢٥/٣/٢٠١٣", "2013-03-25"),
        ("التاريخ: ۲۵/۳/۲۰۱۳", "2013-03-25"),
        ("التاريخ: 2013/3/25", "2013-03-25"),
        ("التاريخ: 25-3-2013", "2013-03-25"),
        ("التاريخ: 25.3.2013", "2013-03-25"),
        ("التاريخ: 25 / 3 / 2013 م", "2013-03-25"),
        ("التاريخ: ٢٥/٣/١٣", "2013-03-25"),
        ("التاريخ: 3/25/2013", "2013-03-25"),
        ("التاريخ: ٢٥ آذار ٢٠١٣", "2013-03-25"),
        ("التاريخ: ٢٥ أذار ٢٠١٣", "2013-03-25"),
        ("التاريخ: ٢٥ مارس ٢٠١٣", "2013-03-25"),
        ("التاريخ: ٢٥ آذار/مارس ٢٠١٣", "2013-03-25"),
        ("التاريخ: 5 ك2 2013", "2013-01-05"),
        ("التاريخ: ٥ كانون الأول ٢٠١٣", "2013-12-05"),
        ("التاريخ: ٥ آب ٢٠١٣", "2013-08-05"),
    ],
)
def test_orders_and_months(text: str, expected: str) -> None:
    (found,) = entities(text).dates
    assert (found.earliest, found.latest, found.role) == (expected, expected, "letter")


def test_day_and_month_keep_both_readings() -> None:
    (found,) = entities("بتاريخ ٣/٥/٢٠١٣").dates
    assert found.earliest == "2013-05-03"
    assert found.alternatives == (("2013-03-05", "2013-03-05"),)
    assert entities("بتاريخ ٥/٥/٢٠١٣").dates[0].alternatives == ()


def test_doubtful_twin_month_keeps_its_twin() -> None:
    sure = entities("بتاريخ ٥ كانون الأول ٢٠١٢").dates[0]
    doubtful = entities(line("بتاريخ ٥ كانون الأول ٢٠١٢", 0, confidence=0.4)).dates[0]
    assert sure.alternatives == ()
    assert doubtful.alternatives == (("2012-01-05", "2012-01-05"),)


def test_month_and_year_spans() -> None:
    month, year = entities("نقل في شباط ٢٠١٢", "كان ذلك في عام ٢٠١١").dates
    assert (month.earliest, month.latest) == ("2012-02-01", "2012-02-29")
    assert (year.earliest, year.latest) == ("2011-01-01", "2011-12-31")


@pytest.mark.parametrize(
    ("text", "flag"),
    [("بتاريخ 31/2/2013", "impossible-day"), ("بتاريخ 25/13/2013", "impossible-month"), ("بتاريخ 1/2/1950", "out-of-window")],
)
def test_impossible_dates_are_flagged_not_repaired(text: str, flag: str) -> None:
    (found,) = entities(text).dates
    assert flag in found.flags
    assert found.text == text.removeprefix("بتاريخ ")


def test_hijri_alone_is_wider_and_in_a_pair_exact() -> None:
    (alone,) = entities("في ٢٣ شوال ١٤٣٥ هـ").dates
    assert (alone.calendar, alone.earliest, alone.latest) == ("hijri", "2014-08-18", "2014-08-20")
    hijri, gregorian = entities("صدر في ٢٣ شوال ١٤٣٥ هـ الموافق ١٩ آب ٢٠١٤ م").dates
    assert (hijri.calendar, hijri.earliest, hijri.latest) == ("hijri", "2014-08-19", "2014-08-19")
    assert (gregorian.calendar, gregorian.earliest) == ("gregorian", "2014-08-19")
    assert hijri.role == gregorian.role == "verdict"
    assert "calendars-disagree" in entities("صدر في ٢٣ شوال ١٤٣٥ هـ الموافق ١٩ آب ٢٠١٢ م").dates[0].flags


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("تولد ١٩٨٥", ("1985-01-01", "1985-12-31")),
        ("مواليد حماة ١٩٨٥", ("1985-01-01", "1985-12-31")),
        ("تولد ٨٧", ("1987-01-01", "1987-12-31")),
        ("تولد معرة النعمان 12/5/1990", ("1990-05-12", "1990-05-12")),
    ],
)
def test_births(text: str, span: tuple[str, str]) -> None:
    (found,) = entities(text).dates
    assert ((found.earliest, found.latest), found.role) == (span, "birth")


@pytest.mark.parametrize(
    "text",
    [
        "القرار ٤٩٠ لعام ٢٠١٤",
        "المرسوم التشريعي رقم ١٠٩ لعام ١٩٦٨",
        "كتابكم رقم 1/8/2013",
        "الرقم: 5204/م/2013",
        "محل ورقم القيد حلب ١٩٥٠",
        "هاتف 2013",
        "جاء أب 2013 مرة",
    ],
)
def test_not_dates(text: str) -> None:
    assert [found.text for found in entities(text).dates if found.text != "أب 2013"] == []


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("تاريخ التوقيف: 12/3/2013", "arrest"),
        ("بتاريخ 12/3/2013 أقدمت دوريتنا على توقيف المدعو", "arrest"),
        ("تاريخ الوفاة: 12/3/2013", "death"),
        ("تاريخ الدفن: 12/3/2013", "burial"),
        ("تاريخ التسجيل: 12/3/2013", "registration"),
        ("تاريخ الدخول: 12/3/2013", "admission"),
        ("تاريخ القرار: 12/3/2013", "verdict"),
        ("تاريخ الخروج: 12/3/2013", "release"),
        ("تاريخ الورود: 12/3/2013", "received"),
        ("أحيل بتاريخ 12/3/2013", "referral"),
        ("نقل إلى السجن بتاريخ 12/3/2013", "transfer"),
        ("إشارة إلى كتابكم رقم 12/س تاريخ 12/3/2013 المتضمن توقيف المدعو", "other"),
        ("12/3/2013", "other"),
    ],
)
def test_roles(text: str, role: str) -> None:
    assert [found.role for found in entities(text).dates] == [role]


def test_a_word_rules_one_date_and_fields_do_not_reach_over_lines() -> None:
    first, second = entities("أوقف بتاريخ 3/2/2014 ودخل هذا الفرع بتاريخ 5/2/2014").dates
    assert (first.role, second.role) == ("arrest", "admission")
    assert entities("تقرير وفاة", "التاريخ: 11/2/2014").dates[0].role == "letter"


def test_damaged_years_are_no_years() -> None:
    assert entities("تولد ٩٧¥", "مواليد ٤٩A", "تولد ١٩٨٥٣").dates == ()
    assert "short-year" in entities("تولد ٨٧").dates[0].flags


def test_columns_give_roles() -> None:
    head = row(("م", "الاسم", "تولد", "تاريخ التوقيف"), 0)
    found = entities(head, row(("١", "تميم", "١٩٨٧", "12/3/2013"), 100)).dates
    assert [date.role for date in found] == ["birth", "arrest"]


def test_boxes_are_the_dates_own_words() -> None:
    (found,) = entities("التاريخ: 25 آذار 2013 دمشق").dates
    assert len(found.boxes) == 3
    assert found.confidence == pytest.approx(0.9)
