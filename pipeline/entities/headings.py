"""What a label or heading names, by the words it is put together of: in any order, with articles and particles, light damage allowed."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import Indel

from pipeline.entities.lexicon import Phrase, fold, names, rows
from pipeline.entities.page import Page

LONGEST = 6  # words of a label
_CLOSE = 0.79  # likeness of a damaged word to the one it is taken for
_SHORTEST = 4  # shorter words must be right
_SUFFIXES = (("تهما", "ه"), ("تها", "ه"), ("ته", "ه"), ("هم", ""), ("ها", ""), ("ه", ""))


@dataclass(frozen=True)
class _Rule:
    key: str
    all: frozenset[str]
    none: frozenset[str]


@lru_cache(maxsize=20_000)
def key_of(words: Phrase, *, damaged: bool = False) -> str | None:
    """The field key of a label; None when a word of it is no label's word. ``damaged``: words read wrongly, and a few
    unknown ones, are forgiven.
    """
    if not words or len(words) > LONGEST + 2:
        return None
    said = [_concept(word, damaged=damaged) for word in words]
    unknown = sum(concept is None for concept, _ in said)
    if unknown if not damaged else unknown * 3 > len(said):
        return None
    concepts = {concept for concept, _ in said if concept}
    order = [concept for concept, _ in said]
    if any(joined for _, joined in said):
        concepts.add("and")
    if "family" in order and "name" in order and order.index("family") < order.index("name"):
        concepts.add("turned")
    return next((rule.key for rule in _rules() if rule.all <= concepts and not rule.none & concepts), None)


def at(page: Page, index: int, last: int) -> tuple[int, str] | None:
    """(how many tokens, field key) of the longest label at a token, before token ``last``, undamaged and on one line."""
    if _concept(page.label_texts[index], damaged=False)[0] is None:
        return None
    for end in range(min(index + LONGEST, last), index, -1):
        key = key_of(page.label_texts[index:end]) if all(page.gap(at) in (" ", "/", "-") for at in range(index + 1, end)) else None
        if key:
            return end - index, key
    return None


@lru_cache(maxsize=20_000)
def _concept(word: str, *, damaged: bool) -> tuple[str | None, bool]:
    """The concept of a word and whether an «and» is written onto it; (None, False) for a word of no label."""
    known = _vocabulary()
    for form, joined in _forms(word):
        if form in known:
            return known[form], joined
    if damaged and len(word) >= _SHORTEST and not word.isdecimal() and word not in names():
        for form, joined in _forms(word):
            close = process.extractOne(form, known.keys(), scorer=Indel.normalized_similarity, score_cutoff=_CLOSE)
            if close and min(len(close[0]), len(form)) >= _SHORTEST:
                return known[close[0]], joined
    return None, False


def _forms(word: str) -> Iterator[tuple[str, bool]]:
    """A word as written, then without particle, article and pronoun, and whether «and» was left out."""
    starts = [(word, False)]
    if len(word) > 3 and word[0] == "و":
        starts.append((word[1:], True))
    for form, joined in starts:
        yield form, joined
        bare = form.removeprefix("لل").removeprefix("ال") if len(form) > 3 else form
        if bare != form:
            yield bare, joined
        for ending, instead in _SUFFIXES:
            if len(bare) > len(ending) + 1 and bare.endswith(ending):
                yield bare.removesuffix(ending) + instead, joined


@cache
def _vocabulary() -> dict[str, str]:
    return {fold(word): row["concept"] for row in reversed(list(rows("label_words"))) for word in row["words"].split()}


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(_Rule(row["key"], frozenset(row["all"].split()), frozenset(row["none"].split())) for row in rows("label_rules"))
