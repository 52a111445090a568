"""Two words, and the rule by which they may be the same.

A word is compared on its dotless shape and, at half the weight, on its spelling: on names damaged at one letter in ten that ranked the
right one first 85 times in 100, plain edit distance 79 (1,000 names against 50,569).
"""

from functools import lru_cache
from typing import Literal

from rapidfuzz.distance import Levenshtein

from search.keys import Form, shape
from search.latin import listed

Rule = Literal["same", "orthographic", "article", "joined", "dots", "edit", "latin", "near", "missing", "different"]
Match = tuple[Rule, float]
ANOTHER = 0.12
"""What a misreading is worth less that is a name of its own: then it is more likely another person."""


@lru_cache(maxsize=100_000)
def compare(asked: Form, read: Form) -> Match:
    """The rule by which two words agree and how well, 0 to 1; ``different`` (0) where they do not."""
    return _spelled(asked, read) or _misread(asked, read)


def _spelled(asked: Form, read: Form) -> Match | None:
    """Agreement in spelling: nothing has been misread."""
    if asked.raw == read.raw or (asked.number and asked.spelling == read.spelling):
        return "same", 1.0
    if asked.raw.replace(" ", "") == read.raw.replace(" ", ""):
        return "joined", 0.98
    if asked.token == read.token:
        return "orthographic", 0.97
    if asked.spelling != read.spelling:
        return None
    return ("article", 0.95) if asked.token.removeprefix("ال") == read.token.removeprefix("ال") else ("joined", 0.95)


def _misread(asked: Form, read: Form) -> Match:
    """Agreement but for dots, or for a letter or two; a number is never guessed."""
    if asked.number or read.number:
        return "different", 0.0
    if asked.rasm == read.rasm:
        return "dots", max(0.9 - 0.04 * Levenshtein.distance(asked.spelling, read.spelling), 0.7) - _another(read)
    allowed = _allowed(asked.rasm, read.rasm)
    edits = Levenshtein.distance(asked.rasm, read.rasm, score_cutoff=allowed)
    found = [_edits(edits, asked.spelling, read.spelling)] if edits <= allowed else []
    found += _whole(asked, read, allowed)
    if not found or _feminine(asked.spelling, read.spelling):
        return "different", 0.0
    edits, spelled = min(found)
    return "edit", max(0.9 - 0.6 * (edits + spelled / 2) / max(len(asked.rasm), len(read.rasm)), 0.4) - _another(read)


def _another(read: Form) -> float:
    return ANOTHER if listed(read.spelling) else 0.0


def likeness(asked: Form, read: Form) -> float:
    """How much of a word may still be the other where too many letters differ, 0 to 1: nothing where it is a name of its own."""
    if asked.number or read.number or listed(read.spelling):
        return 0.0
    return Levenshtein.normalized_similarity(asked.rasm, read.rasm)


def _whole(asked: Form, read: Form, allowed: int) -> list[tuple[int, int]]:
    """Edits with the article, where only one of the two is known to have one: a letter of it may be what was misread."""
    if (asked.token == asked.spelling) == (read.token == read.spelling):
        return []
    edits = Levenshtein.distance(shape(asked.token), shape(read.token), score_cutoff=allowed)
    return [_edits(edits, asked.token, read.token)] if edits <= allowed else []


def _edits(shape: int, asked: str, read: str) -> tuple[int, int]:
    return shape, Levenshtein.distance(asked, read)


def _allowed(asked: str, read: str) -> int:
    """Letters that may differ: one from three letters on, two from five; a short name is soon another name."""
    shorter, longer = sorted((len(asked), len(read)))
    return 0 if shorter < 2 or longer < 3 else 1 if longer < 5 else 2


def _feminine(asked: str, read: str) -> bool:
    """سعيد and سعيدة are two people: that letter is never taken for a misreading."""
    return asked + "ه" == read or read + "ه" == asked
