"""Dates as the papers write them: numbers in every order, month names, Hijri, years of birth; each with its role."""

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

from hijridate import Hijri

from pipeline.entities.lexicon import phrase, rows, spellings
from pipeline.entities.page import Page
from pipeline.entities.roles import is_birth_year, role_at
from pipeline.entities.tables import Table
from pipeline.model import DateMention, DateRole, Span

_EVENTS = (date(1960, 1, 1), date(2024, 12, 8))  # the state whose papers these are; births may be older
_BIRTHS = (date(1900, 1, 1), date(2024, 12, 31))
_SEPARATOR = r" {0,2}[/\\.,\-] {0,2}"
_NUMBERS = re.compile(
    rf"(?<![\d/\\])(\d{{1,4}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}(\d{{1,4}})(?![\d/\\])(?:(?P<hijri> {{0,2}}ه{{1,2}})(?!\w)| ?م(?!\w))?"
)
_NIGHT = re.compile(
    rf"(?<![\d/\\])(\d{{1,2}})(?:{_SEPARATOR}(\d{{1,2}}))?(?: ?[-–/] ?| و ?)"
    rf"(\d{{1,2}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}(\d{{4}})(?![\d/\\])"
)
_YEAR = re.compile(r"(?<![^\s:(,])(?P<year>\d{4}|\d{2})(?=[\s).,;]|م(?!\w))")
_YEAR_OF = re.compile(r"(?<!\w)(?:عام|سنه) (?P<year>(?:19|20)\d{2})(?!\d)")
_NUMBERED = re.compile(r"(?:رقم|الرقم|برقم|رقمه|اساس) {0,2}:? {0,2}\(?$")
_TWINS = {1: 12, 12: 1, 10: 11, 11: 10}  # كانون and تشرين: the second word alone tells the two apart
_DOUBTFUL = 0.6


@dataclass(frozen=True)
class Found:
    """A date and its letters on the page."""

    start: int
    end: int
    mention: DateMention


@dataclass(frozen=True)
class _Days:
    earliest: date
    latest: date
    alternatives: tuple[tuple[date, date], ...] = ()
    hijri: bool = False
    flags: tuple[str, ...] = ()


def find(page: Page, table: Table) -> tuple[Found, ...]:
    """Every date of a page in reading order; years alone only where they are a birth or follow عام."""
    found: list[Found] = []
    for start, end, days in sorted(
        [*_nights(page), *_numeric(page), *_named(page), *_years(page, table)], key=lambda item: (item[0], -item[1])
    ):
        since = found[-1].end if found else 0
        if start >= since:
            twin = found and "الموافق" in page.fold[since:start][:30]
            role = found[-1].mention.role if twin else role_at(page, start, end, since, table)
            found.append(Found(start, end, _mention(page, start, end, days, role)))
    return tuple(_paired(page, found))


def _mention(page: Page, start: int, end: int, days: _Days, role: DateRole) -> DateMention:
    first, last = _BIRTHS if role == "birth" else _EVENTS
    outside = () if first <= days.earliest and days.latest <= last.replace(month=12, day=31) else ("out-of-window",)
    return DateMention(
        text=page.text(start, end),
        boxes=page.boxes(start, end),
        earliest=days.earliest.isoformat(),
        latest=days.latest.isoformat(),
        alternatives=tuple(Span(a.isoformat(), b.isoformat()) for a, b in days.alternatives),
        calendar="hijri" if days.hijri else "gregorian",
        role=role,
        confidence=page.confidence(start, end),
        flags=(*days.flags, *outside),
    )


def _nights(page: Page) -> Iterator[tuple[int, int, _Days]]:
    """A night by both its days: «ليلة 14-15/8/2013», «30/6-1/7/2013»."""
    for match in _NIGHT.finditer(page.fold):
        last = _day(int(match[5]), int(match[4]), int(match[3])) if 1900 <= int(match[5]) <= 2030 else None
        first = last - timedelta(days=1) if last else None
        if first and last and int(match[1]) == first.day and int(match[2] or first.month) == first.month:
            yield match.start(), match.end(), _Days(first, last)


def _numeric(page: Page) -> Iterator[tuple[int, int, _Days]]:
    for match in _NUMBERS.finditer(page.fold):
        first, middle, last = match[1], match[2], match[3]
        if len(first) in (1, 2) and len(last) in (2, 4):
            day, year = first, last
        elif len(first) == 4 and len(last) <= 2:
            day, year = last, first
        else:
            continue
        if _NUMBERED.search(page.fold, max(match.start() - 12, 0), match.start()):
            continue
        days = _numbers(int(day), int(middle), year, hijri=bool(match["hijri"]))
        if days:
            yield match.start(), match.end(), days


def _numbers(day: int, month: int, digits: str, *, hijri: bool) -> _Days | None:
    """Day, month and year; the other order of day and month is kept where it is possible, and comes first where it alone is."""
    year = _full_year(digits)
    if hijri or 1300 <= year <= 1500:
        return _hijri(year, month, day)
    if not 1900 <= year <= 2030:
        return None
    readings = [_day(year, m, d) for d, m in dict.fromkeys(((day, month), (month, day)))]
    possible = [found for found in readings if found]
    if not possible:
        return _impossible(year, month)
    return _Days(possible[0], possible[0], tuple((other, other) for other in possible[1:]))


def _impossible(year: int, month: int) -> _Days:
    """A day that does not exist: the month, or the year, that holds it, flagged and never repaired."""
    if 1 <= month <= 12:
        return replace(_month(year, month), flags=("impossible-day",))
    return _Days(date(year, 1, 1), date(year, 12, 31), flags=("impossible-month",))


def _full_year(digits: str) -> int:
    """A year of two digits is of this century up to 24, as events go; births are told apart by ``_years``."""
    return int(digits) if len(digits) != 2 else int(digits) + (2000 if int(digits) <= 24 else 1900)


def _day(year: int, month: int, day: int) -> date | None:
    return date(year, month, day) if 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1] else None


def _month(year: int, month: int) -> _Days:
    return _Days(date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def _hijri(year: int, month: int, day: int | None) -> _Days | None:
    """By the Umm al-Qura calendar (hijridate, 1343-1500 AH), a day wider on both sides: months began by sighting."""
    try:
        first = Hijri(year, month, day or 1)
        last = first if day else Hijri(year, month, first.month_length())
    except (ValueError, OverflowError):
        return None
    margin = timedelta(days=1)
    return _Days(first.to_gregorian() - margin, last.to_gregorian() + margin, hijri=True)


@cache
def _months() -> tuple[re.Pattern[str], dict[tuple[str, ...], tuple[str, int]]]:
    """Month names in one pattern: a day may stand before, a year must follow (آب is an everyday word too)."""
    meaning = {
        phrase(text): (row["calendar"], int(row["n"]))
        for row in rows("months")
        for text in (*spellings(row, "name_ar", "variants_ocr"), *row["western_ar"].split(";"))
        if phrase(text)
    }
    names = sorted((r"[ \n]{0,2}".join(map(re.escape, words)) for words in meaning), key=len, reverse=True)
    one = "|".join(names)
    pattern = (
        rf"(?:(?<![\d/])(?:(?P<night>\d{{1,2}}) ?[-–/] ?)?(?P<day>\d{{1,2}})[ \n]{{0,2}}(?:من[ \n])?(?:شهر[ \n]|[-–/] ?)?)?"
        rf"(?<![^\W\d_])(?P<month>{one})(?!\w)"
        rf"(?: ?[/(] ?(?:{one}))?\)?(?:[ ,/\n–-]{{1,3}}(?:من )?(?:عام |سنه |العام |لعام |للعام |لسنه )?(?P<year>\d{{4}})(?!\d))"
        r"(?:(?P<hijri> {0,2}ه{1,2})(?!\w)| ?م(?!\w))?"
    )
    return re.compile(pattern), meaning


def _named(page: Page) -> Iterator[tuple[int, int, _Days]]:
    pattern, meaning = _months()
    for match in pattern.finditer(page.fold):
        calendar, month = meaning[phrase(match["month"])]
        year, day = int(match["year"]), int(match["day"]) if match["day"] else None
        doubtful = (page.confidence(*match.span("month")) or 1.0) < _DOUBTFUL
        days = _hijri(year, month, day) if calendar == "hijri" else _gregorian(year, month, day, doubtful=doubtful)
        if days:
            yield match.start(), match.end(), _with_night(days, match["night"])


def _with_night(days: _Days, before: str | None) -> _Days:
    """Both days of a night («14-15 آب 2013»), when one follows the other."""
    first = days.earliest - timedelta(days=1)
    return replace(days, earliest=first) if before and days.earliest == days.latest and int(before) == first.day else days


def _gregorian(year: int, month: int, day: int | None, *, doubtful: bool) -> _Days | None:
    if not 1900 <= year <= 2030:
        return None
    found = _month(year, month) if day is None else _numbers_of(year, month, day)
    if not doubtful or month not in _TWINS:
        return found
    twin = _month(year, _TWINS[month]) if day is None else _numbers_of(year, _TWINS[month], day)
    return replace(found, alternatives=((twin.earliest, twin.latest),))


def _numbers_of(year: int, month: int, day: int) -> _Days:
    found = _day(year, month, day)
    return _Days(found, found) if found else _impossible(year, month)


def _years(page: Page, table: Table) -> Iterator[tuple[int, int, _Days]]:
    """Years alone: of a birth (its century by what is possible), or after عام where it is no law's or decision's number."""
    for match in _YEAR_OF.finditer(page.fold):
        year = int(match["year"])
        yield match.start("year"), match.end(), _Days(date(year, 1, 1), date(year, 12, 31))
    for match in _YEAR.finditer(page.fold):
        if is_birth_year(page, match.start(), table):
            days = _birth_year(match["year"])
            if days:
                yield match.start(), match.end(), days


def _birth_year(digits: str) -> _Days | None:
    centuries = (1900, 2000) if len(digits) == 2 and int(digits) > 24 else (2000, 1900)
    years = [int(digits)] if len(digits) == 4 else [century + int(digits) for century in centuries]
    spans = [(date(year, 1, 1), date(year, 12, 31)) for year in years if 1900 <= year <= 2024]
    short = ("short-year",) if len(digits) == 2 else ()
    return _Days(*spans[0], tuple(spans[1:]), flags=short) if spans else None


def _paired(page: Page, found: Sequence[Found]) -> Iterator[Found]:
    """A Hijri date told with its Gregorian day («… هـ الموافق … م») takes that day, when the two agree within two days."""
    after = {one.start: other for one, other in pairwise(found) if "الموافق" in page.fold[one.end : other.start][:30]}
    for one in found:
        other = after.get(one.start)
        yield _agreed(one, other.mention) if other else one


def _agreed(one: Found, other: DateMention) -> Found:
    if one.mention.calendar == other.calendar:
        return one
    gap = abs(date.fromisoformat(one.mention.earliest) - date.fromisoformat(other.earliest))
    if gap > timedelta(days=3):
        return Found(one.start, one.end, replace(one.mention, flags=(*one.mention.flags, "calendars-disagree")))
    return Found(one.start, one.end, replace(one.mention, earliest=other.earliest, latest=other.latest))
