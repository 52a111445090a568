"""What running text says of a person right after the name: mother, birth, civil registry, in any order."""

import re
from bisect import bisect_left
from collections.abc import Sequence

from pipeline.entities.dates import Found
from pipeline.entities.drafts import Draft
from pipeline.entities.lexicon import Phrases, phrase, places
from pipeline.entities.names import Unit, parse, stops
from pipeline.entities.page import Page

_SKIPPED = 6  # other words between two things said of one person
_REACH = 45  # letters between the word for a birth and its date
_DESCRIPTORS = {
    "mother": ("والدته", "والدتها", "والدتو", "أمه", "أمها", "اسم الأم", "اسم والدته", "اسم والدتها", "والدة"),
    "birth": ("تولد", "مواليد", "المولود", "المولودة", "تاريخ الولادة", "تاريخ الميلاد"),
    "registry": ("محل ورقم القيد", "محل و رقم القيد", "محل القيد", "رقم القيد", "القيد", "قيد", "خانة", "الخانة"),
}
DESCRIPTORS = Phrases((phrase(text), kind) for kind, texts in _DESCRIPTORS.items() for text in texts)
_REGISTRY = re.compile(r"[ :\n]{0,3}((?:[^\W\d_]{2,15}[ /\n-]{1,3}){0,4}\d{1,6}(?: ?[/-] ?\d{1,5}(?![\d/]))?)")
_FILLERS = ("عام", "سنه", "في", "بتاريخ", "محل", "مدينه")


def described(page: Page, draft: Draft, at: int, dates: Sequence[Found]) -> tuple[Draft, int]:
    """A draft with what follows its name from token ``at``, and the first token after all that; what is said twice is another person's."""
    last, skipped = at, 0
    said: set[str] = set()
    while at < len(page.tokens) and skipped <= _SKIPPED and not _ended(page, last, at):
        found = DESCRIPTORS.at(page.token_texts, at)
        if not found:
            at, skipped = at + 1, skipped + 1
            continue
        if found[1] in said:
            break
        said.add(found[1])
        draft, after = _said(page, draft, found[1], at + found[0], dates)
        at, last, skipped = max(after, at + found[0]), max(after, at + found[0]), 0
    return draft, last


def _ended(page: Page, last: int, at: int) -> bool:
    """Whether a sentence, or a line that is no running text, ends between two tokens, or another person is marked."""
    start = page.tokens[last - 1].end if last else 0
    between = page.fold[start : page.tokens[at].end]
    return bool(re.search(r"[.;]|\n.*\n|:", between)) or page.tokens[at].text.removeprefix("و") in (
        "المدعو",
        "المدعوه",
        "اولا",
        "ثانيا",
        "ثالثا",
    )


def _said(page: Page, draft: Draft, kind: str, at: int, dates: Sequence[Found]) -> tuple[Draft, int]:
    """A draft with one thing said of the person from token ``at``, and the first token after it."""
    if at >= len(page.tokens):
        return draft, at
    if kind == "mother":
        name = parse(page, at, most=3)
        return (draft.having({"mother": Unit(page.fold[name.start : name.end], name.start, name.end)}), name.next) if name else (draft, at)
    start = page.tokens[at - 1].end
    if kind == "registry":
        match = _REGISTRY.match(page.fold, start)
        if not match:
            return draft, at
        return draft.having({"registry": Unit(match[1], *match.span(1))}), page.first_token(match.end())
    return _born(page, draft, start, at, dates)


def _born(page: Page, draft: Draft, start: int, at: int, dates: Sequence[Found]) -> tuple[Draft, int]:
    number = bisect_left(dates, start, key=lambda one: one.start)
    born = dates[number] if number < len(dates) and dates[number].start - start < _REACH else None
    if born is None or DESCRIPTORS.at(page.token_texts, at):
        return draft, at
    after = page.first_token(born.end)
    place = place_between(page, at, page.first_token(born.start)) or _known_place(page, after)
    following = page.first_token(place.end) if place and place.start > born.start else after
    return draft.having({"place": place}, born), following


def place_between(page: Page, first: int, last: int) -> Unit | None:
    """The words of a place between two tokens; None when there are none."""
    while first < last and page.token_texts[first] in _FILLERS:
        first += 1
    while last > first and (page.token_texts[last - 1] in _FILLERS or page.token_texts[last - 1].isdecimal()):
        last -= 1
    if first >= last:
        return None
    start, end = page.tokens[first].start, page.tokens[last - 1].end
    return Unit(page.fold[start:end], start, end)


def _known_place(page: Page, at: int) -> Unit | None:
    """A place of the list right after a birth («تولد ١٩٨٥ حمص»)."""
    found = places().at(page.token_texts, at)
    if not found or stops(page.token_texts[at]):
        return None
    start, end = page.tokens[at].start, page.tokens[at + found[0] - 1].end
    return Unit(page.fold[start:end], start, end)
