"""What running text says of a person right after the name: mother, birth, civil registry, in any order."""

import re
from bisect import bisect_left
from collections.abc import Sequence

from pipeline.entities.dates import Found
from pipeline.entities.drafts import Draft
from pipeline.entities.lexicon import Phrase, Phrases, phrase, places, rows, women, words
from pipeline.entities.names import Unit, parse, stops
from pipeline.entities.page import Page

_SKIPPED = 6  # other words between two things said of one person
_REACH = 45  # letters between the word for a birth and its date
_SONS = ("بن", "ابن", "بنت")
DESCRIPTORS = Phrases((phrase(text), row["kind"]) for row in rows("descriptors") for text in row["words"].split(";"))
_REGISTRY = re.compile(r"[ :\n]{0,3}((?:[^\W\d_]{2,15}[ /\n-]{1,3}){0,4}\d{1,6}(?: ?[/-] ?\d{1,5}(?![\d/]))?)")
_PARENTS = {"father": "father", "grandfather": "grandfather"}


def described(page: Page, draft: Draft, at: int, dates: Sequence[Found]) -> tuple[Draft, int]:
    """A draft with what follows its name from token ``at``, and the first token after all that; what is said twice is another person's."""
    last, skipped = at, 0
    said: set[str] = set()
    while at < len(page.tokens) and skipped <= _SKIPPED and not _ended(page, last, at):
        found = descriptor(page, at)
        if not found:
            at, skipped = at + 1, skipped + 1
            continue
        if found[1] in said:
            break
        said.add(found[1])
        draft, after = _said(page, draft, found[1], at + found[0], dates)
        at, last, skipped = max(after, at + found[0]), max(after, at + found[0]), 0
    return draft, last


def descriptor(page: Page, at: int) -> tuple[int, str] | None:
    """(how many tokens, what) of the words that say what is told next of a person, «and» joined or not; «ابن» before a woman's name too."""
    texts = page.token_texts[at : at + 6]
    if not texts:
        return None
    if texts[0] in _SONS and len(texts) > 1 and texts[1] in women():
        return 1, "mother"
    if page.label_texts[at] == "والده_":
        return 1, "mother"
    return DESCRIPTORS.at(texts, 0) or (DESCRIPTORS.at((texts[0][1:], *texts[1:]), 0) if texts[0][0] == "و" and len(texts[0]) > 3 else None)


def _ended(page: Page, last: int, at: int) -> bool:
    """Whether a sentence, or a line that is no running text, ends between two tokens, or another person is marked."""
    start = page.tokens[last - 1].end if last else 0
    between = page.fold[start : page.tokens[at].end]
    return bool(re.search(r"[.;]|\n.*\n|:", between)) or page.tokens[at].text.removeprefix("و") in words("another")


def _said(page: Page, draft: Draft, kind: str, at: int, dates: Sequence[Found]) -> tuple[Draft, int]:
    """A draft with one thing said of the person from token ``at``, and the first token after it."""
    if at >= len(page.tokens):
        return draft, at
    if kind == "mother":
        name = parse(page, at, most=3)
        return (draft.having({"mother": Unit(page.fold[name.start : name.end], name.start, name.end)}), name.next) if name else (draft, at)
    if kind in _PARENTS:
        name = parse(page, at, most=1)
        return (draft.having({_PARENTS[kind]: name.given}), name.next) if name else (draft, at)
    start = page.tokens[at - 1].end
    if kind == "registry":
        match = _REGISTRY.match(page.fold, start)
        if not match:
            return draft, at
        first = page.first_token(match.start(1))
        while page.token_texts[first] in words("birth_fillers"):
            first += 1
        begin = page.tokens[first].start + _preposition(page.token_texts[first : first + 4])
        return draft.having({"registry": Unit(page.fold[begin : match.end(1)], begin, match.end(1))}), page.first_token(match.end())
    return _born(page, draft, start, at, dates)


def _born(page: Page, draft: Draft, start: int, at: int, dates: Sequence[Found]) -> tuple[Draft, int]:
    number = bisect_left(dates, start, key=lambda one: one.start)
    born = dates[number] if number < len(dates) and dates[number].start - start < _REACH else None
    if born is None or descriptor(page, at):
        return draft, at
    after = page.first_token(born.end)
    place = place_between(page, at, page.first_token(born.start)) or _known_place(page, after)
    following = page.first_token(place.end) if place and place.start > born.start else after
    return draft.having({"place": place}, born), following


def place_between(page: Page, first: int, last: int) -> Unit | None:
    """The words of a place between two tokens; None when there are none."""
    while first < last and page.token_texts[first] in words("birth_fillers"):
        first += 1
    while last > first and (page.token_texts[last - 1] in words("birth_fillers") or page.token_texts[last - 1].isdecimal()):
        last -= 1
    if first >= last:
        return None
    start, end = page.tokens[first].start + _preposition(page.token_texts[first:last]), page.tokens[last - 1].end
    return Unit(page.fold[start:end], start, end)


def _preposition(texts: Phrase) -> int:
    """The letters of «ب» written onto a place of the list: «بحمص»."""
    onto = texts[0][0] == "ب" and len(texts[0]) > 3 and not places().at(texts, 0)
    return int(onto and places().at((texts[0][1:], *texts[1:]), 0) is not None)


def _known_place(page: Page, at: int) -> Unit | None:
    """A place of the list right after a birth («تولد ١٩٨٥ حمص»)."""
    at += at < len(page.tokens) and page.token_texts[at] == "في"
    found = places().at(page.token_texts, at)
    if not found or stops(page.token_texts[at]):
        return None
    start, end = page.tokens[at].start, page.tokens[at + found[0] - 1].end
    return Unit(page.fold[start:end], start, end)
