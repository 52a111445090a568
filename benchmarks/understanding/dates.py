"""A day as these papers write it, and what it truly says."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date
from random import Random

from hijridate import Gregorian, Hijri

MONTHS = (
    *("كانون الثاني", "شباط", "آذار", "نيسان", "أيار", "حزيران"),
    *("تموز", "آب", "أيلول", "تشرين الأول", "تشرين الثاني", "كانون الأول"),
)
WESTERN = ("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر")
HIJRI = (
    *("محرم", "صفر", "ربيع الأول", "ربيع الآخر", "جمادى الأولى", "جمادى الآخرة"),
    *("رجب", "شعبان", "رمضان", "شوال", "ذو القعدة", "ذو الحجة"),
)
_SHORT = {1: "ك2", 10: "ت1", 11: "ت2", 12: "ك1"}
_IRAQI = {**dict(enumerate(MONTHS, 1)), 5: "مايس"}

FORMS: dict[str, tuple[int, Callable[[date], str]]] = {
    "d/m/y": (40, lambda day: f"{day.day}/{day.month}/{day.year}"),
    "dd/mm/y": (10, lambda day: f"{day:%d/%m/%Y}"),
    "y/m/d": (12, lambda day: f"{day.year}/{day.month}/{day.day}"),
    "d-m-y": (8, lambda day: f"{day.day}-{day.month}-{day.year}"),
    "d.m.y": (4, lambda day: f"{day.day}.{day.month}.{day.year}"),
    "d/m/yy": (6, lambda day: f"{day.day}/{day.month}/{day:%y}"),
    "d / m / y": (3, lambda day: f"{day.day} / {day.month} / {day.year}"),
    "d\\m\\y": (2, lambda day: f"{day.day}\\{day.month}\\{day.year}"),
    "d/m/y م": (4, lambda day: f"{day.day}/{day.month}/{day.year} م"),
    "long": (9, lambda day: f"{day.day} {MONTHS[day.month - 1]} {day.year}"),
    "of the month": (3, lambda day: f"{day.day} من شهر {MONTHS[day.month - 1]} {day.year}"),
    "year after عام": (2, lambda day: f"{day.day} {MONTHS[day.month - 1]} عام {day.year}"),
    "short month": (3, lambda day: f"{day.day} {_SHORT.get(day.month, MONTHS[day.month - 1])} {day.year}"),
    "two names": (2, lambda day: f"{day.day} {MONTHS[day.month - 1]}/{WESTERN[day.month - 1]} {day.year}"),
    "western": (2, lambda day: f"{day.day} {WESTERN[day.month - 1]} {day.year}"),
    "iraqi": (2, lambda day: f"{day.day} {_IRAQI[day.month]} {day.year}"),
}
"""How often, and how."""
NUMERIC = ("d/m/y", "dd/mm/y", "y/m/d", "d-m-y", "d/m/yy")
"""What fits in a narrow column."""


def form(rng: Random, *, numeric: bool = False) -> str:
    names = NUMERIC if numeric else tuple(FORMS)
    return rng.choices(names, [FORMS[name][0] for name in names])[0]


def written(day: date, name: str) -> str:
    return FORMS[name][1](day)


def month(year: int, number: int) -> tuple[str, str]:
    """First and last day of a month, ISO."""
    return f"{year}-{number:02}-01", f"{year}-{number:02}-{monthrange(year, number)[1]}"


def hijri(day: date) -> str:
    """The day in the calendar of Umm al-Qura."""
    then = Gregorian.fromdate(day).to_hijri()
    return f"{then.day} {HIJRI[then.month - 1]} {then.year} هـ"


def hijri_month(day: date) -> tuple[str, str, str]:
    """The Hijri month of a day as written, and its first and last day, ISO."""
    then = Gregorian.fromdate(day).to_hijri()
    first, last = (Hijri(then.year, then.month, number).to_gregorian().isoformat() for number in (1, then.month_length()))
    return f"شهر {HIJRI[then.month - 1]} {then.year} هـ", first, last
