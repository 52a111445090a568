"""What is asked: people who are there by name, in Arabic or Latin letters, or in full; and people who are not there but share a name."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.finding.latin import spelled
from benchmarks.finding.lists import Split
from benchmarks.finding.population import SEEDS, Subject, mothers, years

Kind = Literal["three", "latin", "full", "absent"]
KINDS: tuple[Kind, ...] = ("three", "latin", "full", "absent")
ABSENT = 3
"""Absent people asked for each one who is there: a bar of one in a thousand wants thousands."""
APART = 3
"""Years between the births of an absent person and of any namesake with the same mother: a nearer one could be the same person."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query and the numbers of all people whose true parts it gives; none for one who is not there. ``parts``: the name as typed."""

    kind: Kind
    text: str
    parts: tuple[str, str, str]
    right: tuple[int, ...]


class Namesakes:
    """People by their true given, father's and family name."""

    def __init__(self, people: Sequence[Subject]) -> None:
        self._people = people
        self._by_parts: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for number, person in enumerate(people):
            self._by_parts[person.parts].append(number)

    def of(self, parts: tuple[str, str, str]) -> tuple[int, ...]:
        return tuple(self._by_parts.get(parts, ()))

    def same(self, person: Subject) -> tuple[int, ...]:
        """Those whose mother and year of birth are the same too."""
        return tuple(number for number in self.of(person.parts) if self._people[number].whole == person.whole)

    def absent(self, parts: tuple[str, str, str], mother: str, year: int) -> bool:
        """Whether nobody of that name can be the one with this mother and birth."""
        namesakes = [self._people[number] for number in self.of(parts)]
        return all(one.mother != mother or abs(one.year - year) >= APART for one in namesakes)


def questions(people: Sequence[Subject], split: Split, number: int) -> Mapping[Kind, tuple[Question, ...]]:
    """``number`` of each kind that has an answer, and ABSENT times as many without; people are drawn evenly, so frequent names often."""
    namesakes = Namesakes(people)
    chance = random.Random(SEEDS[split] + len(people))  # noqa: S311 - not a secret
    chosen = [people[chance.randrange(len(people))] for _ in range(number)]
    latin = [_latin(person.parts, split, chance) for person in chosen]
    return {
        "three": tuple(Question("three", " ".join(person.parts), person.parts, namesakes.of(person.parts)) for person in chosen),
        "latin": tuple(
            Question("latin", " ".join(parts), parts, namesakes.of(person.parts)) for person, parts in zip(chosen, latin, strict=True)
        ),
        "full": tuple(_full("full", person.parts, person.mother, person.year, namesakes.same(person)) for person in chosen),
        "absent": absent(people, namesakes, split, ABSENT * number),
    }


def absent(people: Sequence[Subject], namesakes: Namesakes, split: Split, number: int) -> tuple[Question, ...]:
    """Full queries for people who are not there: a name that is, with a mother and a year drawn from all of them."""
    rng = np.random.default_rng([SEEDS[split], number, 7])
    found: list[Question] = []
    while len(found) < number:
        at = rng.integers(0, len(people), number)
        for person, mother, year in zip(at, mothers(rng, split, number), years(rng, number), strict=True):
            parts = people[person].parts
            if namesakes.absent(parts, mother, year):
                found.append(_full("absent", parts, mother, year, ()))
    return tuple(found[:number])


def _full(kind: Kind, parts: tuple[str, str, str], mother: str, year: int, right: tuple[int, ...]) -> Question:
    return Question(kind, f"{' '.join(parts)} والدته {mother} مواليد {year}", parts, right)


def _latin(parts: tuple[str, str, str], split: Split, chance: random.Random) -> tuple[str, str, str]:
    given, father, family = (spelled(part, split, chance) for part in parts)
    return given, father, family
