"""How much of the truth was drawn out, field by field.

A page's mentions are paired with its true people one to one, so that most fields agree. A second mention of somebody costs nothing if
nothing in it is wrong, one without a name is not judged.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from rapidfuzz.fuzz import ratio
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

from benchmarks.understanding.compare import WAYS, Text, comparable, number_key, values
from benchmarks.understanding.truth import NAME_PARTS, PARTS, TrueDate, TruePerson, Truth
from pipeline.model import Box, DateMention, Entities, Person

_HIJRI_DAYS = 2
"""By how many days the calendar of the month's sighting and that of the tables may differ."""
_ROW = ("given", "father", "family", "mother", "birth")
FIELDS = (*PARTS, "person_role", "dates", "dates_with_role", "facilities", "references")


@dataclass
class Tally:
    """right: true and found; missed: true and not found; wrong: found and not true."""

    right: int = 0
    missed: int = 0
    wrong: int = 0

    def __iadd__(self, other: "Tally") -> "Tally":
        self.right, self.missed, self.wrong = self.right + other.right, self.missed + other.missed, self.wrong + other.wrong
        return self

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, 2 * self.right + self.missed + self.wrong)


@dataclass(frozen=True)
class Mistake:
    """A field missed (no `said`), made up (no `true`), or read as something else."""

    field: str
    true: str
    said: str


@dataclass
class Score:
    fields: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in FIELDS})
    rows: Tally = field(default_factory=Tally)
    types: Tally = field(default_factory=Tally)
    mistakes: list[Mistake] = field(default_factory=list)

    def __iadd__(self, other: "Score") -> "Score":
        for name, tally in other.fields.items():
            self.fields[name] += tally
        self.rows += other.rows
        self.types += other.types
        self.mistakes += other.mistakes
        return self

    def over(self, names: Iterable[str]) -> Tally:
        """Several fields as one."""
        total = Tally()
        for name in names:
            total += self.fields[name]
        return total

    def judge(self, name: str, true: Sequence[str], said: Sequence[str]) -> None:
        """Equal values of both are right, the others missed or wrong; paired for the list of mistakes as far as they go."""
        right = Counter(true) & Counter(said)
        missed, wrong = sorted((Counter(true) - right).elements()), sorted((Counter(said) - right).elements())
        self.fields[name] += Tally(right.total(), len(missed), len(wrong))
        for at in range(max(len(missed), len(wrong))):
            self.mistakes.append(Mistake(name, missed[at] if at < len(missed) else "", wrong[at] if at < len(wrong) else ""))


def score(truth: Truth, found: Entities, rows: Sequence[Box], way: str = "exact") -> Score:
    """One page. `rows`: where its table rows are, in the pixels of the mentions."""
    text, done = WAYS[way], Score()
    people = [person for person in found.people if person.given or person.father or person.family]
    paired = dict(_paired(truth.people, people, text))
    for at, true in enumerate(truth.people):
        _person(done, true, people[paired[at]] if at in paired else None, text)
    for number in set(range(len(people))) - set(paired.values()):
        if not any(_agrees(true, people[number], text) for true in truth.people):
            _person(done, None, people[number], text)
    _dates(done, truth.dates, found.dates)
    done.judge("facilities", *_apart(truth.facilities, truth.optional_facilities, {place.id for place in found.facilities}))
    numbers = ({number_key(number) for number in some} for some in (
        truth.references, truth.optional_references, [reference.number for reference in found.references]))  # fmt: skip
    done.judge("references", *_apart(*numbers))
    _rows(done, truth, people, paired, found.dates, rows, text)
    done.types += Tally(1) if found.type in truth.types else Tally(missed=1)
    return done


def _truth_values(true: TruePerson, text: Text) -> dict[str, str]:
    return {name: comparable(name, value, text) for name, value in true.parts.items() if name not in true.unjudged}


def _paired(people: Sequence[TruePerson], said: Sequence[Person], text: Text) -> Iterator[tuple[int, int]]:
    """Indices of true people and mentions that belong together."""
    if not people or not said:
        return
    likeness = np.array([[_likeness(true, person, text) for person in said] for true in people])
    for at, other in zip(*linear_sum_assignment(likeness, maximize=True), strict=True):
        if likeness[at, other] >= 1:
            yield int(at), int(other)


def _likeness(true: TruePerson, person: Person, text: Text) -> float:
    """Name parts that agree weigh most; a misread name is still more like its own than like another."""
    mine, yours = _truth_values(true, text), values(person, text)
    equal = [name for name, value in mine.items() if yours.get(name) == value]
    name = "".join(mine.get(part, "") for part in ("given", "father", "family"))
    other = "".join(yours.get(part, "") for part in ("given", "father", "family"))
    near = max(0.0, ratio(name, other) / 100 - 0.5) * 4
    return sum(3 if part in NAME_PARTS else 1 for part in equal) + near


def _agrees(true: TruePerson, person: Person, text: Text) -> bool:
    """Whether a mention more says nothing of somebody that is not so."""
    mine = _truth_values(true, text)
    return all(mine.get(name) == value for name, value in values(person, text).items() if name not in true.unjudged)


def _person(done: Score, true: TruePerson | None, person: Person | None, text: Text) -> None:
    mine = _truth_values(true, text) if true else {}
    yours = values(person, text) if person else {}
    for name in PARTS:
        if not (true and name in true.unjudged):
            done.judge(name, *([part[name]] if name in part else [] for part in (mine, yours)))
    done.judge("person_role", [true.role] if true else [], [person.role] if person else [])


def _apart(true: set[str], optional: set[str], said: set[str]) -> tuple[list[str], list[str]]:
    return sorted(true), sorted(said - (optional - true))


def _dates(done: Score, true: Sequence[TrueDate], said: Sequence[DateMention]) -> None:
    """Each mention takes the true date that says the same, one with its role first; what is left of either is missed or wrong."""
    left, over = list(true), []
    for mention in said:
        fitting = [each for each in left if _same_days(each, mention)]
        if not fitting:
            over.append(mention)
            continue
        best = max(fitting, key=lambda each: (each.role == mention.role, not each.optional))
        left.remove(best)
        if not best.optional:
            done.judge("dates", ["date"], ["date"])
            done.judge("dates_with_role", [best.role or mention.role], [mention.role])
    over = [mention for mention in over if not any(each.optional and _overlaps(each, mention) for each in left)]
    missed = [f"{each.earliest}..{each.latest} {each.role} {each.calendar}" for each in left if not each.optional]
    wrong = [f"{mention.earliest}..{mention.latest} {mention.role}: {mention.text}" for mention in over]
    for name in ("dates", "dates_with_role"):
        done.judge(name, missed, wrong)


def _same_days(true: TrueDate, said: DateMention) -> bool:
    slack = _HIJRI_DAYS if true.calendar == "hijri" else 0
    ends = ((true.earliest, said.earliest), (true.latest, said.latest))
    return all(a == b or (slack and abs((date.fromisoformat(a) - date.fromisoformat(b)).days) <= slack) for a, b in ends)


def _overlaps(true: TrueDate, said: DateMention) -> bool:
    return true.earliest <= said.latest and said.earliest <= true.latest


def _rows(
    done: Score,
    truth: Truth,
    people: Sequence[Person],
    paired: dict[int, int],
    dates: Sequence[DateMention],
    rows: Sequence[Box],
    text: Text,
) -> None:
    """A table row is right when its person's name, mother and birth are, nothing made up, and each of its dates is found within it."""
    for at, true in enumerate(truth.people):
        if true.row is None or true.role == "official":
            continue
        mine, yours = _truth_values(true, text), values(people[paired[at]], text) if at in paired else {}
        same = all(mine.get(name) == yours.get(name) for name in _ROW)
        inside = [mention for mention in dates if _within(mention.boxes, rows[true.row])]
        wanted = [each for each in truth.dates if each.row == true.row and not each.optional]
        right = same and all(any(_same_days(each, mention) for mention in inside) for each in wanted)
        done.rows += Tally(right=int(right), missed=int(not right))


def _within(boxes: Sequence[Box], row: Box) -> bool:
    return bool(boxes) and row.y0 <= (boxes[0].y0 + boxes[0].y1) / 2 <= row.y1
