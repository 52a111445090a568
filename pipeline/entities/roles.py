"""What a date is the date of, from the words around it; a letter's own date is never taken for an event's."""

import re
from typing import cast

from pipeline.entities.lexicon import rows
from pipeline.entities.page import Page
from pipeline.entities.tables import Table
from pipeline.model import DateRole

_REACH = 80  # letters looked at before and after a date
_BIRTH_REACH = 45  # a year alone stands near the word that makes it a birth

# Patterns on folded text. The one that ends nearest before the date wins; of those that end together, the longest.
_WORDS: dict[str, str] = {}
for _row in rows("date_roles"):
    _WORDS[_row["role"]] = f"{_WORDS[_row['role']]}|{_row['pattern']}" if _row["role"] in _WORDS else _row["pattern"]
_KEYWORDS = re.compile("|".join(rf"(?P<{role}>(?<![^\W_])[وفلب]?(?:{words})(?![^\W_]))" for role, words in _WORDS.items()))
_BIRTH = re.compile(rf"(?<![^\W_])[وف]?(?:{_WORDS['birth']})(?![^\W_])[^\d\n]*\n?[^\d\n]*$")
_HEADING = re.compile(r" ?(?:و?ب?(?:ال)?تاريخ|ل?يوم|في|[^\W\d_]{3,9} في)[ :.]{0,4}")
_ENTRY = re.compile(r"القيد|خانه|رقم")


def role_at(page: Page, start: int, end: int, since: int, table: Table) -> DateRole:
    """The role of a date at ``start``..``end``: its column's, else by the words before it (from ``since``, where the date before it ends,
    as one word rules one date), else by those after it."""
    cell = table.at(start)
    if cell:
        return _last(cell.label) or "other"
    before = _before(page, start, max(since, start - _REACH))
    if _HEADING.fullmatch(page.fold[max(page.lines[page.line(start)][0], since) : start]) and _ends_line(page, end):
        return _last(before) or "letter"
    return _last(before) or _first(_after(page, end)) or "other"


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
    return re.split(r"[.;]", page.fold[since:start])[-1].replace("\n", " ")


def _ends_line(page: Page, end: int) -> bool:
    """Whether nothing but an era's letter stands on the line after a date."""
    return not page.fold[end : page.lines[page.line(end - 1)][1]].strip(" .مه-:/")


def _after(page: Page, end: int) -> str:
    """The words after a date in its sentence; the next line counts only where running text goes on in it."""
    here = page.fold[end : end + _REACH]
    if not page.runs_on(page.line(end - 1)):
        here = here.partition("\n")[0]
    return re.split(r"[.;:]", here, maxsplit=1)[0].replace("\n", " ")


def _last(text: str) -> DateRole | None:
    roles = [_role(match) for match in _KEYWORDS.finditer(text)]
    return roles[-1] if roles else None


def _first(text: str) -> DateRole | None:
    match = _KEYWORDS.search(text)
    return _role(match) if match else None


def _role(match: re.Match[str]) -> DateRole:
    return cast(DateRole, match.lastgroup)
