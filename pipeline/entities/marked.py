"""People in running text: after a marker (المدعو, المتهم …), in a numbered list, before «والدته», or as «فلان بن فلان»."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from pipeline.entities.dates import Found
from pipeline.entities.described import DESCRIPTORS, described
from pipeline.entities.drafts import Draft, of_name
from pipeline.entities.names import Name, Unit, given_before, parse, post_at, rank_at, stops
from pipeline.entities.page import Page
from pipeline.model import PersonRole

_MARKER = re.compile(
    r"(?<![^\W_])[وفبك]?(?:ال|لل)(?:"
    r"(?P<subject>مدعوه?|متهمه?|موقوفه?|محكومه?(?: عليها?)?|مدعي عليها?|ظنينه?|سجينه?|نزيله?|متوفي|متوفاه|مرحومه?"
    r"|مطلوبه?|مفرج عنها?|مريضه?)"
    r"|(?P<other>شاهده?|مخبره?|مجني عليها?|مشتكيه?|مدعيه?|شاكيه?|سيده))(?![^\W_])"
)
_LIST = re.compile(r"(?m)^ ?(?:اولا|ثانيا|ثالثا|رابعا|خامسا|سادسا|سابعا|ثامنا|تاسعا|عاشرا|\d{1,3}) ?[:./)-]{1,2} ?")
_HONORIFICS = ("السيد", "السيده", "الشيخ", "الحاج", "الدكتور", "الاستاذ", "المذكور", "المذكوره")
_SONS = ("بن", "ابن", "بنت")
_BEFORE = 5  # words a name before «والدته» or «بن» may have


def find(page: Page, dates: Sequence[Found], taken: Sequence[tuple[int, int]]) -> Iterator[Draft]:
    """People of running text. ``taken``: letters of something else (a facility), which no name runs into."""
    for match in _MARKER.finditer(page.fold):
        role: PersonRole = "subject" if match["subject"] else "other"
        yield from _after(page, match.end(), role, "marker", dates, taken)
    for match in _LIST.finditer(page.fold):
        yield from _listed(page, match.end(), dates, taken)
    for at, text in enumerate(page.token_texts):
        if text in _SONS or (DESCRIPTORS.at(page.token_texts, at) and text.startswith("والدت")):
            yield from _before(page, at, dates, taken)


def _after(
    page: Page, position: int, role: PersonRole, how: str, dates: Sequence[Found], taken: Sequence[tuple[int, int]]
) -> Iterator[Draft]:
    """The person whose name begins at the first token from ``position``, after a rank or honorific."""
    at = page.first_token(position)
    if at >= len(page.tokens) or page.fold[position : page.tokens[at].start].strip(" \n:/(") or page.tokens[at].start - position > 6:
        return
    while at < len(page.tokens) - 1 and page.token_texts[at] in _HONORIFICS:
        at += 1
    ranked = rank_at(page, at)
    ranked = ranked if page.token_texts[at].startswith("ال") or ranked > 1 else 0
    rank = Unit("rank", page.tokens[at].start, page.tokens[at + ranked - 1].end) if ranked else None
    if rank and role == "other":
        return  # an official: found by the rank
    name = _name(page, at + ranked, taken)
    if name and (name.family or name.father or (role == "subject" and name.known and _alone(page, name))):
        draft, _ = described(page, of_name(name, role, how).having({"rank": rank}), name.next, dates)
        yield draft


def _alone(page: Page, name: Name) -> bool:
    """Whether a given name alone is clearly ended: by punctuation, its line, or what is said of a person."""
    return page.fold[name.end] != " " or DESCRIPTORS.at(page.token_texts, name.next) is not None


def _listed(page: Page, position: int, dates: Sequence[Found], taken: Sequence[tuple[int, int]]) -> Iterator[Draft]:
    """A name in a numbered list, when its mother or birth follows."""
    at = page.first_token(position)
    if at < len(page.tokens) and page.tokens[at].start == position:
        yield from _if_described(page, _name(page, at, taken), "list", dates)


def _before(page: Page, at: int, dates: Sequence[Found], taken: Sequence[tuple[int, int]]) -> Iterator[Draft]:
    """A name that ends before «والدته», or that goes on with «بن»."""
    first = at
    while first > 0 and at - first < _BEFORE and _in_name(page, first - 1):
        first -= 1
    while first < at and rank_at(page, first):
        first += rank_at(page, first)
    if page.token_texts[at] in _SONS:
        first = max(first, at - given_before(page, at))
    if first < at:
        name = _name(page, first, taken)
        if name and page.token_texts[at] in _SONS and name.father:
            draft, _ = described(page, of_name(name, "subject", "lineage"), name.next, dates)
            yield draft
        elif name and name.next == at:
            yield from _if_described(page, name, "described", dates)


def _in_name(page: Page, at: int) -> bool:
    text = page.token_texts[at]
    joined = page.gap(at + 1) in (" ", "\n")
    marker = _MARKER.match(page.fold, page.tokens[at].start)
    return joined and not marker and (text in _SONS or not stops(text)) and not post_at(page, at)


def _if_described(page: Page, name: Name | None, how: str, dates: Sequence[Found]) -> Iterator[Draft]:
    if name and (name.family or name.father):
        draft, _ = described(page, of_name(name, "subject", how), name.next, dates)
        if "mother" in draft.parts or draft.born:
            yield draft


def _name(page: Page, at: int, taken: Sequence[tuple[int, int]]) -> Name | None:
    if at >= len(page.tokens):
        return None
    start = page.tokens[at].start
    number = bisect_right(taken, start, key=lambda span: span[0])
    if number and start < taken[number - 1][1]:
        return None
    return parse(page, at, stop=taken[number][0] if number < len(taken) else None)
