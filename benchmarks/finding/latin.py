"""A name as people write it in Latin letters: spellings seen in life, changed by the habits of many languages, or made letter by letter."""

import random
import re
from collections.abc import Sequence
from functools import cache

from benchmarks.finding.lists import Split, data, held

_LETTERS: dict[str, Sequence[str]] = {
    "ا": ("a", "a", "a", "aa"), "ب": ("b",), "ت": ("t",), "ث": ("th", "t", "s"), "ج": ("j", "j", "dj", "g"), "ح": ("h",),
    "خ": ("kh", "kh", "k", "ch"), "د": ("d",), "ذ": ("dh", "z", "d", "th"), "ر": ("r",), "ز": ("z",), "س": ("s", "s", "ss"),
    "ش": ("sh", "sh", "ch", "sch"), "ص": ("s",), "ض": ("d", "d", "dh", "z"), "ط": ("t",), "ظ": ("z", "dh", "th"), "ع": ("a", "'", ""),
    "غ": ("gh", "gh", "g"), "ف": ("f",), "ق": ("q", "k", "k", "g", "c"), "ك": ("k",), "ل": ("l",), "م": ("m",), "ن": ("n",),
    "ه": ("h",), "و": ("w",), "ي": ("y",), "ى": ("a",), "ة": ("a", "a", "ah", "eh", "e"), "ء": ("", "'"), "أ": ("a",), "إ": ("i", "e"),
    "آ": ("a", "aa"), "ؤ": ("u", "o"), "ئ": ("i", "e"), "ڤ": ("v",), "گ": ("g",), "چ": ("ch",), "پ": ("p",),
}  # fmt: skip
_LONG = {"و": ("ou", "u", "oo", "o"), "ي": ("i", "i", "ee", "y")}
_VOWELS = "aeiou"
_OPEN = "اويىةأإآؤئعء"
_HABITS: Sequence[tuple[str, Sequence[str]]] = (
    ("kh", ("k", "ch", "kh")), ("sh", ("ch", "sch", "sh")), ("ou", ("u", "oo", "o")), ("oo", ("ou", "u")),
    ("(?<=[^aou])u", ("ou", "o", "oo")),
    ("ee", ("i", "ei")), ("i(?=[^aeiou])", ("e", "ee", "y")), ("(?<=[^aeo])e(?=[^aeiouh])", ("a", "i")),
    ("(?<=[^aeiou])a(?=[^aeiou])", ("e",)),
    ("([bdfjklmnrst])\\1", ("\\1",)), ("(?<=[aeiou])([mnslbdf])(?=[aeiou])", ("\\1\\1",)), ("a$", ("ah", "e", "eh")), ("ah$", ("a", "eh")),
    ("q", ("k", "g", "c")), ("gh", ("g",)), ("j", ("dj", "g")), ("(?<=[aeiou])w", ("ou", "v")), ("dh", ("d", "z")), ("th", ("t",)),
    ("y(?=[aeiou])", ("i", "j")), ("y$", ("i",)), ("i$", ("y", "ee")), ("'", ("",)),
)  # fmt: skip
_HABIT = 0.12
"""How often each habit that applies changes a spelling."""
_SUN = {"ت": "t", "ث": "th", "د": "d", "ذ": "dh", "ر": "r", "ز": "z", "س": "s", "ش": "sh", "ص": "s", "ض": "d", "ط": "t", "ظ": "z", "ن": "n"}
_ARTICLES = ("al-", "al-", "al ", "al", "el-", "el ", "el", "")
_SERVANT = ("abd al-", "abd el ", "abdul ", "abdul", "abdel ", "abdel", "abd al ", "abdu")
_FAITH, _GOD, _FATHER = (
    ("eddin", "eddine", " al-din", " aldin", "uddin", " el-din"),
    ("allah", "ullah", " allah"),
    ("abu ", "abou ", "abo ", "abu"),
)
_LEAST = 5  # a shorter word that begins with alif and lam has no article


def spelled(name: str, split: Split, chance: random.Random) -> str:
    """The name (words apart by blanks) in Latin letters, as one person may write it; in small letters or with capitals."""
    text = " ".join(" ".join(_words(name.split(), split, chance)).split())
    return text.title() if chance.random() < 0.5 else text


@cache
def seen(split: Split) -> dict[str, tuple[list[str], list[float]]]:
    """Spellings seen of each word, and how likely each is taken; development has none that is held, the commonest of a word never is."""
    found: dict[str, tuple[list[str], list[float]]] = {}
    for row in data("latin_pairs.csv"):
        word = row["name_ar"] if re.match("[ae]l", row["latin"]) else row["name_ar"].removeprefix("ال")
        if split == "test" or word not in found or not held(word + row["latin"]):
            spellings, weights = found.setdefault(word, ([], []))
            spellings.append(row["latin"])
            weights.append(int(row["seen"]) ** 0.6)
    return found


def by_rules(word: str, chance: random.Random) -> str:
    """A word letter by letter; short vowels, which are not written, by the commonest pattern of its letters."""
    out: list[str] = []
    for at, letter in enumerate(word):
        before, after = word[at - 1] if at else "", word[at + 1 : at + 2]
        long = letter in _LONG and at and (not after or (before not in _OPEN and after not in "اىة"))
        out.append(chance.choice(_LONG[letter] if long else _LETTERS.get(letter, ("",))))
        if not long and letter not in _OPEN and after and after not in _OPEN:
            out.append(_short(word, at, chance))
        elif not long and letter == "ع" and after and after not in _OPEN and not out[-1].endswith("a"):
            out.append("a")
    return "".join(out)


def _words(words: Sequence[str], split: Split, chance: random.Random) -> list[str]:
    """Compounds as one, articles before their word, every other word as seen or by rules."""
    if len(words) > 1 and words[0] == "عبد":
        rest = words[1] if words[1] == "الله" else words[1].removeprefix("ال")
        god = words[1] == "الله"
        first = "abd" + chance.choice(_GOD) if god else chance.choice(_SERVANT) + _word(rest, split, chance)
        return [first, *_words(words[2:], split, chance)]
    if len(words) > 1 and words[0] == "أبو":
        return [chance.choice(_FATHER) + _articled(words[1], split, chance), *_words(words[2:], split, chance)]
    if len(words) > 1 and words[1] in ("الدين", "الله"):
        end = chance.choice(_FAITH if words[1] == "الدين" else _GOD)
        return [_word(words[0], split, chance) + end, *_words(words[2:], split, chance)]
    return [_articled(words[0], split, chance), *_words(words[1:], split, chance)] if words else []


def _articled(word: str, split: Split, chance: random.Random) -> str:
    if not word.startswith("ال") or len(word) < _LEAST:
        return _word(word, split, chance)
    whole = seen(split).get(word)
    if whole and chance.random() < 0.2:
        return chance.choices(*whole)[0]
    article, rest = chance.choice(_ARTICLES), word.removeprefix("ال")
    if article and rest[0] in _SUN and chance.random() < 0.25:
        article = f"{chance.choice('ae')}{_SUN[rest[0]]}-"
    return article + _word(rest, split, chance)


def _word(word: str, split: Split, chance: random.Random) -> str:
    known = seen(split).get(word)
    text = chance.choices(*known)[0] if known else by_rules(word, chance)
    for pattern, instead in _HABITS:
        if chance.random() < _HABIT:
            text = re.sub(pattern, chance.choice(instead), text, count=1)
    return text


def _short(word: str, at: int, chance: random.Random) -> str:
    """The vowel between two consonants: i or e after a long a (khalid), nothing before a closing syllable (hamdan), else mostly a."""
    if at and word[at - 1] == "ا":
        return chance.choice("ie")
    closes = at >= 1 and at + 2 < len(word) and word[at - 1] not in _OPEN and word[at + 2] in "اوي"
    return "" if closes else chance.choice("aaaei")
