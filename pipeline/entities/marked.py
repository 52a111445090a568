"""People in running text: after a marker (المدعو, المتهم …), in a numbered list, before «والدته», or as «فلان بن فلان»."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from pipeline.entities.dates import Found
from pipeline.entities.described import described, descriptor
from pipeline.entities.drafts import Draft, of_name
from pipeline.entities.lexicon import names, rows, words
from pipeline.entities.names import Name, Unit, given_before, leads_another, parse, post_at, rank_at, stops
from pipeline.entities.page import Page
from pipeline.model import PersonRole

_FEMALE_OR_MANY = "(?:ه|ين|ان|ون)?"


def _marked(role: str) -> str:
    found = (one.replace("_", " ") + _FEMALE_OR_MANY for row in rows("markers") if row["role"] == role for one in row["words"].split())
    return "|".join(sorted(found, key=len, reverse=True))


_MARKER = re.compile(
    rf"(?<![^\W_])[وفبك]?(?:(?:ال|لل)(?:(?P<subject>{_marked('subject')})|(?P<other>{_marked('other')}))|كلا? من)(?![^\W_])"
)
_LIST = re.compile(
    r"(?m)^ ?(?:(?:اولا|ثانيا|ثالثا|رابعا|خامسا|سادسا|سابعا|ثامنا|تاسعا|عاشرا|\(?\d{1,3}|[ابجدهوزحطي]) ?[:./)–-]{1,2}|[-–—•*]) ?"
)
_MANY = ("ين", "ان", "ون", " من")
_HONORIFICS = ("السيد", "السيده", "الشيخ", "الحاج", "الدكتور", "الاستاذ", "المذكور", "المذكوره")
_SONS = ("بن", "ابن", "بنت")
_BEFORE = 5  # words a name before «والدته» or «بن» may have


def find(page: Page, dates: Sequence[Found], taken: Sequence[tuple[int, int]]) -> Iterator[Draft]:
    """People of running text. ``taken``: letters of something else (a facility), which no name runs into."""
    for match in _MARKER.finditer(page.fold):
        role: PersonRole = "other" if match["other"] else "subject"
        yield from _after(page, match.end(), role, "marker", dates, taken)
    for match in _LIST.finditer(page.fold):
        yield from _listed(page, match.end(), dates, taken)
    for at, text in enumerate(page.token_texts):
        if text in _SONS or text.startswith("والدت"):
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
    many = page.fold[max(position - 3, 0) : position].endswith(_MANY)
    if name and many and not (name.given and name.given.text in names()):
        return
    if name and (name.family or name.father or (role == "subject" and name.known and _alone(page, name))):
        draft, after = described(page, of_name(name, role, how).having({"rank": rank}), name.next, dates)
        yield draft
        yield from _more(page, after, role, dates, taken)


def _more(page: Page, at: int, role: PersonRole, dates: Sequence[Found], taken: Sequence[tuple[int, int]]) -> Iterator[Draft]:
    """People joined to one by «و» or a comma: whole names of the lists."""
    while at < len(page.tokens):
        joined = int(leads_another(page.token_texts[at]))
        apart = page.token_texts[at] == "و"
        if not (joined or apart or page.gap(at) in (",", "-")):
            return
        name = _name(page, at + apart, taken, joined)
        if not (name and name.given and name.given.text in names() and name.family):
            return
        draft, at = described(page, of_name(name, role, "marker"), name.next, dates)
        yield draft


def _alone(page: Page, name: Name) -> bool:
    """Whether a given name alone is clearly ended: by punctuation, its line, or what is said of a person."""
    return page.fold[name.end] != " " or descriptor(page, name.next) is not None


def _listed(page: Page, position: int, dates: Sequence[Found], taken: Sequence[tuple[int, int]]) -> Iterator[Draft]:
    """A name in a numbered list, when its mother or birth follows, or when it is whole and of the lists, and its line ends with it."""
    at = page.first_token(position)
    name = _name(page, at, taken) if at < len(page.tokens) and page.tokens[at].start == position else None
    if name and name.given and name.father and name.family and _is_listed(page, name):
        draft, _ = described(page, of_name(name, "subject", "list"), name.next, dates)
        yield draft
    else:
        yield from _if_described(page, name, "list", dates)


def _is_listed(page: Page, name: Name) -> bool:
    known = all(unit.text in names() for unit in (name.given, name.father) if unit)
    return known and page.fold[name.end : name.end + 2].strip(" ")[:1] in ("", "\n", ",", ".", ";", "-", "(")


def _before(page: Page, at: int, dates: Sequence[Found], taken: Sequence[tuple[int, int]]) -> Iterator[Draft]:
    """A name that ends before «والدته», or that goes on with «بن»."""
    first = at
    while first > 0 and at - first < _BEFORE and _in_name(page, first - 1):
        first -= 1
    while first < at and rank_at(page, first):
        first += rank_at(page, first)
    if page.token_texts[at] in _SONS:
        first = max(first, at - given_before(page, at))
    if first and page.token_texts[first - 1].removeprefix("و") in words("relations"):
        return
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


def _name(page: Page, at: int, taken: Sequence[tuple[int, int]], joined: int = 0) -> Name | None:
    if at >= len(page.tokens):
        return None
    start = page.tokens[at].start
    number = bisect_right(taken, start, key=lambda span: span[0])
    if number and start < taken[number - 1][1]:
        return None
    return parse(page, at, stop=taken[number][0] if number < len(taken) else None, joined=joined)
