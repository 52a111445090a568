"""What the best of all searches could find: one that knows every true name and how the damage works, but not which record is whose.

Records whose reading could as well be of another name, and Latin spellings that several names share, cannot be told apart by anybody.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from benchmarks.finding.archive import Archive
from benchmarks.finding.latin import spelled
from benchmarks.finding.lists import Split
from benchmarks.finding.population import SEEDS, Subject
from benchmarks.finding.queries import Kind, Question
from benchmarks.finding.scoring import DEPTH
from benchmarks.results import Result

ASKED = 150
"""Questions the reading is judged on; each is set beside every record."""
EDIT = 0.014
"""How likely one certain edit of a letter is beside none: a tenth of the letters, shared by some eight outcomes."""
_NEAREST, _SPELLINGS = 40, 40
_Numbers = NDArray[np.float64]


def ceilings(people: Sequence[Subject], archive: Archive, wanted: Mapping[Kind, Sequence[Question]], split: Split) -> Result:
    """R@1 and R@DEPTH of the oracle: names in Arabic, the Latin spelling alone, and Latin names on damaged records (the product)."""
    reads = [_text(archive.record(at).given, archive.record(at).father, archive.record(at).family) for at in range(len(people))]
    truth = Counter(" ".join(person.parts) for person in people)
    three = [damaged(" ".join(question.parts), question.right, reads, truth) for question in wanted["three"][:ASKED]]
    names = Counter(person.parts for person in people)
    known = Spellings(people, split)
    true = [people[question.right[0]].parts for question in wanted["latin"]]
    latin = [known.places(question.parts, parts, names) for question, parts in zip(wanted["latin"], true, strict=True)]
    found: Result = {"asked": len(three), "three": {}, "spelling": {}, "latin": {}}
    for most in (1, DEPTH):
        found["three"][f"r{most}"] = float(np.mean([within(most, *one) for one in three]))
        found["spelling"][f"r{most}"] = float(np.mean([within(most, *one) for one in latin]))
        found["latin"][f"r{most}"] = found["three"][f"r{most}"] * found["spelling"][f"r{most}"]
    return found


def within(most: int, better: int, ties: int) -> float:
    """The chance to stand among the first ``most`` behind ``better`` others, in any order among ``ties`` that look as good."""
    return min(1.0, max(0.0, (most - better) / (ties + 1)))


def damaged(name: str, right: Sequence[int], reads: Sequence[str], truth: Mapping[str, int]) -> tuple[int, int]:
    """(records that look better, that look as good) beside the best right one, by how likely each reading is of this name (Bayes)."""
    away = cdist([name], reads, scorer=Levenshtein.distance, dtype=np.uint8)[0]
    nearest = min(int(away[at]) for at in right)
    others = [int(at) for at in np.argsort(away, kind="stable")[:_NEAREST] if away[at] <= nearest + 1 and at not in right]
    names, counts = list(truth), np.fromiter(truth.values(), float)
    likely = {text: _posterior(name, text, names, counts, truth[name]) for text in {reads[at] for at in (*others, *_best(right, away))}}
    best = max(likely[reads[at]] for at in _best(right, away))
    scores = [likely[reads[at]] for at in others]
    return sum(score > best * (1 + 1e-9) for score in scores), sum(abs(score - best) <= best * 1e-9 for score in scores)


class Spellings:
    """Which names a Latin spelling may stand for and how likely each is spelled so, from spellings drawn as the questions are."""

    def __init__(self, people: Sequence[Subject], split: Split) -> None:
        chance = random.Random(SEEDS[split] + 1)  # noqa: S311 - not a secret
        self._of: dict[str, Counter[str]] = defaultdict(Counter)
        for name in sorted({part for person in people for part in person.parts}):
            for _ in range(_SPELLINGS):
                self._of[_bare(spelled(name, split, chance))][name] += 1

    def places(self, latin: tuple[str, str, str], true: tuple[str, str, str], names: Mapping[tuple[str, str, str], int]) -> tuple[int, int]:
        """(records of likelier names, records of as likely ones) beside those of the true one."""
        given, father, family = (self._of.get(_bare(part), Counter()) | Counter({name: 1}) for part, name in zip(latin, true, strict=True))
        weights: dict[tuple[str, str, str], float] = {
            (a, b, c): names[a, b, c] * given[a] * father[b] * family[c]
            for a in given for b in father for c in family if (a, b, c) in names
        }  # fmt: skip
        better = sum(names[one] for one, weight in weights.items() if weight > weights[true])
        return better, sum(names[one] for one, weight in weights.items() if weight == weights[true] and one != true)


def _posterior(name: str, read: str, names: Sequence[str], counts: _Numbers, frequency: int) -> float:
    """How likely it is that what was read is this name, of all the names there are."""
    away = cdist([read], names, scorer=Levenshtein.distance, dtype=np.uint8)[0]
    return float(frequency * EDIT ** Levenshtein.distance(read, name) / np.sum(counts * EDIT ** away.astype(float)))


def _best(right: Sequence[int], away: NDArray[np.uint8]) -> list[int]:
    return sorted(right, key=lambda at: int(away[at]))[:3]


def _bare(latin: str) -> str:
    return "".join(char for char in latin.casefold() if char.isalpha())


def _text(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)
