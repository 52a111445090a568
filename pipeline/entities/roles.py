"""What a date is the date of, from the words around it; a letter's own date is never taken for an event's."""

import re
from typing import cast

from pipeline.entities.page import Page
from pipeline.entities.tables import Table
from pipeline.model import DateRole

_REACH = 80  # letters looked at before and after a date
_BIRTH_REACH = 45  # a year alone stands near the word that makes it a birth

# Patterns on folded text. The one that ends nearest before the date wins; of those that end together, the longest.
_WORDS: dict[DateRole, str] = {
    "birth": r"(?:ال)?تولد|(?:ال)?مواليد|الولاده|الميلاد|(?:ال)?مولوده?|ولدت?",
    "arrest": r"(?:ال)?توقيفه?ا?|(?:ال)?اعتقاله?ا?|القبض|[اي]?وقفت?|موقوفه? (?:منذ|من|لدينا منذ)|اعتقلت?|القي القبض عليه",
    "admission": r"(?:ال)?دخوله?ا?|(?:ال)?ايداعه?ا?|اودعت?|ادخلت?|دخلت?|القدوم|احضرت?|الاستلام|استلمت?",
    "received": r"الورود|(?:ال)?وارد|وردنا|ورد",
    "transfer": r"(?:ال)?نقله?ا?|نقلت?|(?:ال)?تسليمه?ا?|ترحيله?ا?|رحل",
    "referral": r"(?:ال)?احالته?م?ا?|(?:ال)?احاله|احيلت?|يحال|تحال|نحيل",
    "verdict": r"القرار|(?:ال)?حكم|حكمت|صدر|قرارا صدر|صدر وافهم علنا|اصدرت",
    "release": r"(?:ال)?افراج|السبيل|سبيله?ا?|خروجه?ا?|الخروج|خرجت?|افرج عنه|اطلاق سراحه?|الترك|تركه?",
    "death": r"الوفاه|وفاته?ا?|توفيت?|وفاه|الاستشهاد|فارق الحياه|اعدم|تنفيذ حكم الاعدام",
    "registration": r"التسجيل|سجلت?|تسجيل الواقعه|قيدت? الواقعه",
    "burial": r"الدفن|دفنه?ا?|دفنت?|لتدفن|ليدفن",
    "copy": r"اعطيت? هذ[اه] (?:البيان|الشهاده|الوثيقه|الصوره)|تاريخ النسخه|نظمت? هذ[اه] \w{1,15}",
    "letter": r"التاريخ|دمشق في",
    "other": r"(?:ال)?كتاب(?:كم|نا)?|(?:ال)?برقي(?:تكم|تنا|ه)|مذكرت(?:كم|نا)|العفو"
    r"|(?:ال)?(?:مرسوم|قانون|ضبط|محضر|كشف)",
}
_KEYWORDS = re.compile("|".join(rf"(?P<{role}>(?<![^\W_])[وفلب]?(?:{words})(?![^\W_]))" for role, words in _WORDS.items()))
_BIRTH = re.compile(rf"(?<![^\W_])[وف]?(?:{_WORDS['birth']})(?![^\W_])[^\d\n]*\n?[^\d\n]*$")
_ENTRY = re.compile(r"القيد|خانه|رقم")


def role_at(page: Page, start: int, end: int, since: int, table: Table) -> DateRole:
    """The role of a date at ``start``..``end``: its column's, else by the words before it (from ``since``, where the date before it ends,
    as one word rules one date), else by those after it."""
    cell = table.at(start)
    if cell:
        return _last(cell.label) or "other"
    return _last(_before(page, start, max(since, start - _REACH))) or _first(_after(page.fold, end)) or "other"


def is_birth_year(page: Page, start: int, table: Table) -> bool:
    """Whether a year alone is a year of birth: in such a column, or right after such a word with at most a place between."""
    cell = table.at(start)
    if cell:
        return _last(cell.label) == "birth"
    word = _BIRTH.search(page.fold, max(start - _BIRTH_REACH, 0), start)
    return word is not None and not _ENTRY.search(word[0])


def _before(page: Page, start: int, since: int) -> str:
    """The words before a date in its sentence; the line before it counts only where running text goes on from it."""
    line = page.line(start)
    first = page.lines[line][0]
    if first > since and not (page.runs_on(line - 1) and ":" not in page.fold[first:start]):
        since = first
    return re.split(r"[.;]", page.fold[since:start])[-1]


def _after(text: str, end: int) -> str:
    here = text[end : end + _REACH]
    return re.split(r"[.;:]", here, maxsplit=1)[0]


def _last(text: str) -> DateRole | None:
    roles = [_role(match) for match in _KEYWORDS.finditer(text)]
    return roles[-1] if roles else None


def _first(text: str) -> DateRole | None:
    match = _KEYWORDS.search(text)
    return _role(match) if match else None


def _role(match: re.Match[str]) -> DateRole:
    return cast(DateRole, match.lastgroup)
