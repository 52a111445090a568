"""Facilities by agency, number and place, in all their spellings: never a number alone, small reading damage allowed."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import Indel

from pipeline.arabic import dotless, strip_article
from pipeline.entities.lexicon import Phrase, phrase, places, rows, spellings
from pipeline.entities.page import Page
from pipeline.model import FacilityMention

_CLOSE = 0.75  # likeness of two words under which they are not the same word damaged
_SHORTEST = 4  # shorter words must be right but for their dots
_BUT_DOTS = 0.9
_HEADQUARTERS = ("شعبه", "اداره", "قياده", "رئاسه")
_BRANCHES = ("فرع", "قسم", "مفرزه")
_PREFIXES = "وبلفك"


@dataclass(frozen=True)
class _Facility:
    id: str
    name: str
    agency: str
    number: str
    is_agency: bool
    sure: bool


@dataclass(frozen=True)
class Found:
    """A facility and its letters on the page."""

    start: int
    end: int
    mention: FacilityMention


@dataclass(frozen=True)
class _Match:
    start: int
    end: int
    tokens: int
    likeness: float
    facilities: tuple[_Facility, ...]


def find(page: Page) -> tuple[Found, ...]:
    """The facilities of a page in reading order, the longest name first where several fit.

    A name several facilities share goes to the one whose agency the page names, else to one known from more than one source.
    """
    matches = list(_longest(page))
    agencies = {facility.agency for match in matches for facility in match.facilities if facility.is_agency and len(match.facilities) == 1}
    return tuple(_mention(page, match, agencies) for match in matches)


def _mention(page: Page, match: _Match, agencies: set[str]) -> Found:
    facility = max(match.facilities, key=lambda one: (one.agency in agencies, one.sure))
    shared = 0.5 if len(match.facilities) > 1 and facility.agency not in agencies else 1.0
    read = page.confidence(match.start, match.end) or 0.0
    mention = FacilityMention(
        page.text(match.start, match.end), page.boxes(match.start, match.end), facility.id, facility.name, read * match.likeness * shared
    )
    return Found(match.start, match.end, mention)


def _longest(page: Page) -> Iterator[_Match]:
    index = 0
    while index < len(page.tokens):
        match = _at(page, index)
        if match:
            yield match
        index += match.tokens if match else 1


def _at(page: Page, index: int) -> _Match | None:
    """The best name starting at a token: most words, then likest."""
    best: tuple[tuple[int, float], Phrase, float] | None = None
    if index + 1 == len(page.tokens):
        return None
    for head in _heads(page.token_texts[index]):
        for words in _likely(head, page.token_texts[index + 1]):
            likeness = _likeness(words, page, index)
            if likeness and (best is None or (len(words), likeness) > best[0]):
                best = ((len(words), likeness), words, likeness)
    if best is None:
        return None
    _, words, likeness = best
    last = index + len(words) - 1
    return _Match(page.tokens[index].start, page.tokens[last].end, len(words), likeness, _book()[1][words])


def _likeness(words: Phrase, page: Page, index: int) -> float:
    """Mean likeness of the words of a name to those on the page, 0.0 when one of them is another word or a line of fields ends between."""
    if index + len(words) > len(page.tokens):
        return 0.0
    total = _head_alike(words[0], page.token_texts[index])
    for place, word in enumerate(words[1:], start=index + 1):
        score = _alike(word, page.token_texts[place])
        if not score:
            return 0.0
        total += score
    return total / len(words) if not _apart(page, index, len(words)) else 0.0


def _apart(page: Page, index: int, count: int) -> bool:
    between = page.fold[page.tokens[index].start : page.tokens[index + count - 1].end]
    return any(char in between for char in ":.;,") or between.count("\n") > 1


@lru_cache(maxsize=20_000)
def _alike(word: str, found: str) -> float:
    if word.isdecimal() or found.isdecimal():
        return float(word == found)
    bare, other = strip_article(word), strip_article(found)
    if bare in (other, other[1:] if other[0] in _PREFIXES else other):
        return 1.0
    if len(bare) > 2 and dotless(bare) == dotless(other):
        return _BUT_DOTS
    if min(len(bare), len(other)) < _SHORTEST:
        return 0.0
    return Indel.normalized_similarity(bare, other, score_cutoff=_CLOSE)


def _head_alike(word: str, found: str) -> float:
    return max(_alike(word, form) for form in _bared(found))


def _bared(found: str) -> tuple[str, ...]:
    """A word, and the word without a particle written onto it: بالفرع, للفرع, والسجن."""
    if len(found) < 4 or found[0] not in _PREFIXES:
        return (found,)
    return found, found[1:], "ال" + found[2:] if found.startswith("لل") else found[1:]


@lru_cache(maxsize=20_000)
def _heads(found: str) -> tuple[str, ...]:
    """The first words of names a word on the page may be."""
    heads = _book()[0]
    forms = {strip_article(form) for form in _bared(found)}
    same = tuple(sorted(forms & heads.keys())) or _but_dots().get(dotless(strip_article(found)), ())
    if same or len(found) < _SHORTEST + 1:
        return same
    close = process.extractOne(strip_article(found), heads.keys(), scorer=Indel.normalized_similarity, score_cutoff=_CLOSE)
    return (close[0],) if close else ()


@cache
def _but_dots() -> dict[str, tuple[str, ...]]:
    """First words of names by their dotless form."""
    alike: dict[str, tuple[str, ...]] = {}
    for head in sorted(_book()[0]):
        alike[dotless(head)] = (*alike.get(dotless(head), ()), head)
    return alike


@lru_cache(maxsize=20_000)
def _likely(head: str, second: str) -> tuple[Phrase, ...]:
    """The names under a first word whose second word may be the one on the page."""
    return tuple(words for words in _book()[0][head] if _alike(words[1], second))


@cache
def _book() -> tuple[dict[str, list[Phrase]], dict[Phrase, tuple[_Facility, ...]]]:
    """Names by their first word without article, and who bears each name. Names of one word mean places or wards too often."""
    bearers: dict[Phrase, tuple[_Facility, ...]] = {}
    agencies = _agencies()
    for row in rows("facilities"):
        facility = _facility(row)
        numbered = [f"الفرع {facility.number}"] if facility.number and "branch" in row["kind"] else []
        for words in {phrase(text) for text in [*spellings(row, "name_ar", "variants_ar"), *numbered]}:
            forms = {words, *_at_place(words, facility, agencies)}
            if words[1:] and words[1].isdecimal():
                forms.add((words[0], "رقم", *words[1:]))
            for form in forms:
                if len(form) > 1:
                    bearers[form] = (*bearers.get(form, ()), facility)
    heads: dict[str, list[Phrase]] = {}
    for words in bearers:
        heads.setdefault(strip_article(words[0]), []).append(words)
    return heads, _unarticled(bearers)


def _agencies() -> dict[str, set[Phrase]]:
    """The names of each agency without the word for its headquarters: «المخابرات الجوية», «أمن الدولة»."""
    found: dict[str, set[Phrase]] = {}
    for row in rows("facilities"):
        if row["kind"] == "agency":
            names = {phrase(text) for text in spellings(row, "name_ar", "variants_ar")}
            bare = {words[1:] if words[0] in _HEADQUARTERS else words for words in names}
            found.setdefault(row["agency"], set()).update(words for words in bare if len(words) == 2)
    return {agency: names for agency, names in found.items() if agency != "MOI"}


def _at_place(words: Phrase, facility: _Facility, agencies: dict[str, set[Phrase]]) -> Iterator[Phrase]:
    """All ways to name an agency's branch in a place, where one of them («فرع الأمن السياسي بحلب») is a name of the facility."""
    kind, said = ((words[0],), words[1:]) if words[0] in _BRANCHES else ((), words)
    for name in agencies.get(facility.agency, ()):
        if said[:2] != name or not 1 <= len(said) - 2 <= 2:
            continue
        place = said[2:]
        bare = (place[0][1:], *place[1:]) if place[0].startswith("ب") and places().at((place[0][1:], *place[1:]), 0) else place
        if not places().at(bare, 0):
            continue
        for agency in agencies[facility.agency]:
            for head in {(), kind, ("فرع",)}:
                yield from ((*head, *agency, *way) for way in (bare, ("في", *bare), ("ب" + bare[0], *bare[1:])))


def _unarticled(bearers: dict[Phrase, tuple[_Facility, ...]]) -> dict[Phrase, tuple[_Facility, ...]]:
    """Names that differ by an article alone share their bearers."""
    alike: dict[Phrase, dict[str, _Facility]] = {}
    for words, facilities in bearers.items():
        alike.setdefault(tuple(map(strip_article, words)), {}).update((facility.id, facility) for facility in facilities)
    return {words: tuple(alike[tuple(map(strip_article, words))].values()) for words in bearers}


def _facility(row: dict[str, str]) -> _Facility:
    return _Facility(row["id"], row["name_ar"], row["agency"], row["number"], row["kind"] == "agency", row["verified"].startswith("yes"))
