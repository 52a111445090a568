"""What a poor reading does to a text: letters confused, lost, added, joined and split, at a stated share of the characters."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from benchmarks.finding.lists import Split, data, held

RATE = 0.1
_LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءأإآؤئ"
_DIGITS = "٠١٢٣٤٥٦٧٨٩"
_NOT_JOINING = "اأإآدذرزوؤةىء"
_NOISE = (".", "،", "ـ", "'", "1", "|")
_TEST_ONLY = (
    ("لا", "ك"), ("ين", "س"), ("سي", "س"), ("بي", "ي"), ("نم", "م"), ("لم", "م"), ("كا", "كل"), ("حم", "م"), ("عم", "م"),
    ("ن", "ز"), ("م", "ف"), ("ك", "ا"), ("ه", "و"), ("ج", "ع"), ("ي", "ر"), ("ص", "م"), ("ف", "ن"), ("ط", "ا"),
)  # fmt: skip
"""Confusions of print that are in no list of the project: two letters run into one, loops and bowls taken for each other."""


@dataclass(frozen=True)
class Rule:
    """``before`` may be read as ``after``; ``context`` says where in a word; of several rules one is taken by ``weight``."""

    before: str
    after: str
    weight: float
    context: str = "any"

    @property
    def edits(self) -> int:
        return 2 if {self.before, self.after} == {"لا", "ال"} else max(len(self.before), len(self.after)) - _shared(self)

    def fits(self, place: str) -> bool:
        plain, _, more = self.context.partition(" (")
        if more and place == "final":  # written alike at the end of a word by some alone
            return self.before in more and self.after in more
        return plain in ("any", "digits", "dates") or place in plain


@dataclass(frozen=True)
class Mix:
    """How the errors are shared out: letters confused as the lists say, lost, added, read as any other, words split."""

    confused: float
    lost: float
    added: float
    other: float
    split: float


MIXES: dict[Split, Mix] = {"dev": Mix(0.60, 0.14, 0.08, 0.08, 0.10), "test": Mix(0.52, 0.16, 0.08, 0.13, 0.11)}


class Damage:
    """Changes ``rate`` edits a character on average (insertions, losses, replacements, blanks included)."""

    def __init__(self, split: Split, rate: float = RATE) -> None:
        self._split, self._rate = split, rate

    def text(self, text: str, chance: random.Random) -> str:
        """The text as it might be read. Blanks within it are characters too."""
        out, at = [], 0
        while at < len(text):
            if chance.random() >= self._rate:
                out.append(text[at])
                at += 1
                continue
            options, edges, edits = _options(text[at : at + 2], _place(text, at), self._split)
            if chance.random() < 1 / edits:  # what costs more edits happens less often
                before, after = chance.choices(options, cum_weights=edges)[0]
                out.append(chance.choice(after) if isinstance(after, tuple) else after)
                at += len(before)
            else:
                out.append(text[at])
                at += 1
        return "".join(out)

    def joins(self, chance: random.Random) -> bool:
        """Whether the blank between two words is lost."""
        return chance.random() < self._rate


@cache
def rules(split: Split) -> tuple[Rule, ...]:
    """The confusions of a split: the test has all, and some of no list; development has those of the list that are not held."""
    listed = [
        Rule(row["from"].replace("0", "٠"), row["to"], min(0.7, max(0.1, 1 - float(row["suggested_cost"]))), row["context"])
        for row in data("confusions.csv")
        if row["from"] and row["from"] != row["to"]
    ]
    if split == "test":
        return (*listed, *(Rule(before, after, 0.3) for before, after in _TEST_ONLY))
    return tuple(rule for rule in listed if not held(rule.before + rule.after))


@cache
def _options(pair: str, place: str, split: Split) -> tuple[Sequence[tuple[str, str | tuple[str, ...]]], Sequence[float], float]:
    """What may happen to the first of two characters: (taken, given instead), running weights, and edits on average."""
    char, mix = pair[0], MIXES[split]
    if char == " ":
        return [(" ", "")], [1.0], 1.0
    alike = tuple(letter for letter in (_DIGITS if char in _DIGITS else _LETTERS) if letter != char)
    fitting = [rule for rule in rules(split) if pair.startswith(rule.before) and rule.fits(place)]
    whole = sum(rule.weight for rule in fitting)
    found: list[tuple[tuple[str, str | tuple[str, ...]], float, int]]
    found = [((rule.before, rule.after), mix.confused * rule.weight / whole, rule.edits) for rule in fitting]
    found += [((char, ""), mix.lost, 1), ((char, alike), mix.other + (0 if fitting else mix.confused), 1)]
    found += [((char, tuple(char + more for more in (*_NOISE, *(_DIGITS if char in _DIGITS else _LETTERS)))), mix.added, 1)]
    found += [((char, f"{char} "), mix.split if char in _NOT_JOINING else mix.split / 4, 1)]
    total = sum(weight for _, weight, _ in found)
    edges = [sum(weight for _, weight, _ in found[: at + 1]) for at in range(len(found))]
    return [option for option, _, _ in found], edges, sum(weight * edits for _, weight, edits in found) / total


def _place(text: str, at: int) -> str:
    """Where in its word a character stands."""
    first, last = at == 0 or text[at - 1] == " ", at + 1 == len(text) or text[at + 1] == " "
    return "isolated" if first and last else "initial" if first else "final" if last else "medial"


def _shared(rule: Rule) -> int:
    """1 where one letter stays and only the other is added or lost."""
    lengths = len(rule.before), len(rule.after)
    longer, shorter = (rule.before, rule.after) if lengths[0] > lengths[1] else (rule.after, rule.before)
    return int(lengths[0] != lengths[1] and len(shorter) > 0 and shorter in longer)
