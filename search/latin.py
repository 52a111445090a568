"""Names in Latin letters, and how each may be written in Arabic ones: names of the lists that are spoken alike, then a plain guess.

A Latin spelling leaves out or doubles letters and follows English, French, German or Turkish habits (محمد: Mohammad, Mouhamed, Mehmed), so
nothing is looked up by it. Names of the lists with the same consonants, roughly, are set beside it letter by letter, each Arabic letter at
what its Latin ones cost (consonants and weak letters compared apart in names: Freeman, Condon & Ackerman, NAACL 2006).
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from itertools import product
from typing import NamedTuple

from pipeline.arabic import tokens
from pipeline.entities.lexicon import rows
from search.keys import LONGEST, Form, forms, spelling

MOST = 6
"""Arabic spellings looked for; beyond, the likelihood of the right one is small and that of a stranger large."""
WITHIN = 0.45
"""How much worse than the best a spelling may be."""
POOR = 0.5
"""From here on the lists have no such name, and it is guessed as well."""

_COSTS: Mapping[str, Mapping[str, float]] = {
    "ا": {"a": 0, "aa": 0, "e": 0.1, "i": 0.15, "o": 0.2, "u": 0.2, "ou": 0.2, "": 0.4},
    "ب": {"b": 0, "p": 0.2}, "ت": {"t": 0}, "ث": {"th": 0, "t": 0.15, "s": 0.15}, "د": {"d": 0, "t": 0.3}, "ر": {"r": 0}, "ط": {"t": 0},
    "ج": {"j": 0, "dj": 0, "dsch": 0, "g": 0.1, "c": 0.2, "zh": 0.1, "ch": 0.4}, "ح": {"h": 0, "": 0.4},
    "خ": {"kh": 0, "ch": 0.1, "k": 0.15, "x": 0.2, "h": 0.25}, "ذ": {"dh": 0, "th": 0.1, "d": 0.15, "z": 0.15},
    "ز": {"z": 0, "s": 0.3}, "س": {"s": 0, "c": 0.3, "z": 0.4}, "ش": {"sh": 0, "sch": 0, "ch": 0.1, "s": 0.25}, "ص": {"s": 0},
    "ض": {"d": 0, "dh": 0.1, "z": 0.2}, "ظ": {"z": 0, "dh": 0.1, "th": 0.1, "d": 0.2}, "ل": {"l": 0}, "م": {"m": 0}, "ن": {"n": 0},
    "ع": {"'": 0, "aa": 0, "a": 0.05, "": 0.1, "e": 0.15, "i": 0.15, "o": 0.15, "u": 0.15, "ou": 0.15},
    "غ": {"gh": 0, "g": 0.1}, "ف": {"f": 0, "ph": 0.05, "v": 0.3}, "ق": {"q": 0, "k": 0.05, "g": 0.15, "c": 0.15, "gh": 0.2},
    "ك": {"k": 0, "c": 0.1, "ch": 0.3, "g": 0.4, "q": 0.2}, "ه": {"h": 0, "": 0.35},
    "و": {"w": 0, "u": 0, "ou": 0, "oo": 0, "o": 0.05, "v": 0.15, "": 0.45},
    "ي": {"y": 0, "i": 0, "ee": 0, "ei": 0, "ai": 0.05, "ay": 0.05, "e": 0.1, "ie": 0.1, "j": 0.15, "": 0.45},
}  # fmt: skip
_LAST: Mapping[str, Mapping[str, float]] = {
    "ه": {"h": 0, "a": 0, "ah": 0, "eh": 0, "e": 0.05, "at": 0.15, "et": 0.15, "": 0.35},
    "ي": {**_COSTS["ي"], "a": 0.15, "ah": 0.2},
}
_SHORT = {"a": 0.06, "e": 0.06, "i": 0.06, "o": 0.06, "u": 0.06, "y": 0.2, "'": 0.02, "h": 0.4, "w": 0.4}
"""What a Latin letter costs that stands for no Arabic one: short vowels are not written."""
_ROUGH = str.maketrans("بتثطدذضزظسصشجكقغخفملنر", "btttttttttttkkkkkfmlnr", "احهعوي")
_ROUGH_LATIN = (
    ("sch|sh|th|dh|ts", "T"), ("dj|kh|gh", "K"), ("ph", "F"), ("[tdzs]", "T"), ("[kqgcx]", "K"), ("[bp]", "B"), ("[fv]", "F"),
    ("[aeiouywh']", ""),
)  # fmt: skip
_ARTICLE = re.compile(r"^(?:[ae]l-?|[ae](?:sh|th|dh|[tdrszn])-)(?=[a-z]{3})")
_OPENS = re.compile("[aeu]?l|[ae]bd[aeiou]*l?|[ae]bd-[ae]l|ab(?:u|o|ou|oo)")  # words that go with the next
_CLOSES = frozenset(("allah", "ullah", "eddin", "eddine", "uddin", "din", "aldin", "al-din", "el-din", "ad-din", "ed-din"))
_MARKS = {ord("ı"): "i", ord("ş"): "sh", ord("ğ"): "gh", ord("đ"): "dh"} | dict.fromkeys(map(ord, "ʿʾ’‘`´"), "'")
_SERVANT = re.compile(r"^[ae]bd(?:[aeiou]*(?:l|r(?=r)|s(?=s)|n(?=n))?)?(?=[a-z]{3})")
_FAITH = re.compile(r"(?<=[a-z]{3})(?:[aeiou]+[ld]?)?d+(?:i|ee|y)n+e?$")
_FATHER = re.compile(r"^ab(?:u|ou|o|oo)(?=[a-z]{3})")
_GUESS = (
    ("sch|sh", "ش"), ("kh", "خ"), ("gh", "غ"), ("ch", "ش"), ("th", "ث"), ("dh", "ذ"), ("dj", "ج"), ("ph", "ف"), ("ou|oo|w|u|o", "و"),
    ("ee|ei|y", "ي"), ("(?:ah|eh|a|e)$", "ه"), ("^[aeiou]|aa", "ا"), ("i", "ي"), ("a|e|'", ""),
)  # fmt: skip
_LETTERS: Mapping[str, str] = dict(zip("bcdfghjklmnpqrstvxz", "بكدفغحجكلمنبقرستفكز", strict=True))


class Spelling(NamedTuple):
    """How a Latin name may be written in Arabic, and how well the two agree, 0 to 1."""

    form: Form
    likeness: float


def is_latin(chunk: str) -> bool:
    return len(re.findall("[a-z]", plain(chunk))) > 1 and not any(char.isdigit() or "\u0600" <= char <= "\u06ff" for char in chunk)


def plain(text: str) -> str:
    """Small letters without marks; blanks, hyphens and one kind of apostrophe stay."""
    return re.sub(r"[^a-z'\s-]", "", unicodedata.normalize("NFD", text.casefold().translate(_MARKS)))


def names(chunks: list[str]) -> Iterator[str]:
    """The names in a run of Latin words, each as printed, with what belongs to it before it: al-, abd, abu; and after it: al-din, allah."""
    held: list[str] = []
    bare = [plain(chunk).strip("-'") for chunk in chunks]
    for at, chunk in enumerate(chunks):
        held.append(chunk)
        last = at + 1 == len(chunks)
        if last or not (_OPENS.fullmatch(bare[at]) or bare[at + 1] in _CLOSES):
            yield " ".join(held)
            held = []


@lru_cache(maxsize=10_000)
def spellings(name: str) -> tuple[Spelling, ...]:
    """The likeliest Arabic spellings of one Latin name (as ``names`` gives them), best first."""
    costs: dict[str, float] = {}
    for word in _bare(name):
        for key, cost in _composed(word):
            costs[key] = min(cost, costs.get(key, cost))
    best = sorted(costs.items(), key=lambda one: (one[1], one[0]))
    kept = [(key, cost) for key, cost in best[:MOST] if cost <= best[0][1] + WITHIN]
    return tuple(Spelling(forms(key)[0], max(1 - 0.4 * cost, 0.5)) for key, cost in kept)


@lru_cache(maxsize=100_000)
def listed(key: str) -> bool:
    """Whether a spelling key is a name, or a word of one, that the lists have."""
    return key in _lists().get(_rough(key), ())


def _bare(name: str) -> list[str]:
    """The name without blanks and article; where ال may be the name's own, with it too."""
    whole = plain(name[:LONGEST]).strip("-' ")
    joined = re.sub(r"[\s-]+", "", whole)
    short = re.sub(r"[\s-]+", "", _ARTICLE.sub("", re.sub(r"\s+", "-", whole)))
    return list(dict.fromkeys((_single(short), _single(joined))))


def _single(word: str) -> str:
    return re.sub(r"([b-df-hj-np-tv-z])\1+", r"\1", word)


def _composed(word: str, deep: bool = True) -> Iterator[tuple[str, float]]:
    """(Arabic spelling, cost): from the lists, and for what has a known beginning or end, that and what the rest may be."""
    found = list(_listed(word))
    yield from found
    if deep:
        for pattern, head, tail in ((_SERVANT, "عبد", ""), (_FATHER, "ابو", ""), (_FAITH, "", "دين")):
            rest = pattern.sub("", word)
            if rest != word:
                yield from ((head + key + tail, cost + 0.05) for key, cost in _composed(rest, False))
    if not found or min(cost for _, cost in found) > POOR:
        yield _guess(word), POOR + 0.2


def _listed(word: str) -> Iterator[tuple[str, float]]:
    for rough in _rough_latin(word):
        for key in _lists().get(rough, ()):
            cost = away(key, word)
            if cost <= 1.2:
                yield key, cost


@lru_cache(maxsize=50_000)
def away(arabic: str, latin: str) -> float:
    """What it costs to read an Arabic spelling key as these Latin letters; a consonant that is not there costs one."""
    arabic = re.sub(r"(.)\1+", r"\1", arabic)
    width = len(latin) + 1
    row = [0.0] * width
    for at in range(1, width):
        row[at] = row[at - 1] + _SHORT.get(latin[at - 1], 1.0)
    for at, letter in enumerate(arabic):
        costs = _LAST.get(letter, _COSTS.get(letter, {})) if at == len(arabic) - 1 and at else _COSTS.get(letter, {})
        after = [before + 1.0 for before in row]
        for written, cost in costs.items():
            size = len(written)
            for end in range(size, width):
                if latin.startswith(written, end - size) and row[end - size] + cost < after[end]:
                    after[end] = row[end - size] + cost
        for end in range(1, width):
            after[end] = min(after[end], after[end - 1] + _SHORT.get(latin[end - 1], 1.0))
        row = after
    return row[-1]


@cache
def _lists() -> Mapping[str, tuple[str, ...]]:
    """The spelling keys of the words of all name lists, and of families named after places, by their rough consonants."""
    found: dict[str, set[str]] = defaultdict(set)
    lists = ("given_names_male", "given_names_female", "family_names")
    words = [word for name in lists for row in rows(name) if row["flag"] != "avoid" for word in tokens(row["name_ar"])]
    places = [word for row in rows("places") for word in tokens(row["name_ar"]) if len(word) > 2]
    for word in (*words, *places, *(f"{re.sub('[اهي]$', '', word)}ي" for word in places)):
        key = spelling(word)
        for one in (key, key.removeprefix("عبد")):  # what follows عبد is a name in no other place
            if len(one) > 1:
                found[_rough(one)].add(one)
    return {rough: tuple(sorted(keys)) for rough, keys in found.items()}


def _rough(key: str) -> str:
    return re.sub(r"(.)\1+", r"\1", key.translate(_ROUGH)).upper()


def _rough_latin(word: str) -> set[str]:
    """The rough consonants: ch is ش or خ, j is ج or ي."""
    parts = [("T", "K") if part == "ch" else ("K", "") if part == "j" else (part,) for part in re.split("((?<!s)ch|(?<!d)j)", word)]
    return {re.sub(r"(.)\1+", r"\1", _consonants("".join(one))) for one in product(*parts[:9])}


def _consonants(word: str) -> str:
    for pattern, instead in _ROUGH_LATIN:
        word = re.sub(pattern, instead, word)
    return word.upper()


def _guess(word: str) -> str:
    for pattern, letter in _GUESS:
        word = re.sub(pattern, letter, word)
    return "".join(_LETTERS.get(char, char) for char in word) or "ا"
