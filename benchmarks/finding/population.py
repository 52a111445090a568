"""People who never lived: households with names as frequent as in life, so that many share theirs."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from benchmarks.finding.lists import Inventory, Split, inventories

SEEDS: dict[Split, int] = {"dev": 20_110_315, "test": 20_241_208}
_CHILDREN = 0.65  # a household has n of its children in the papers with 0.65 * 0.35 ** (n - 1)
_WOMEN, _DOUBLE_MOTHERS, _GRANDFATHERS, _DAYS = 0.08, 0.3, 0.15, 0.3
_FIRST, _LAST = 1930, 2005
_TRIES = 3
"""Names drawn for each child: a child is seldom called as the father or as a living sibling is."""
_Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Subject:
    """The truth about one person; ``grandfather`` and ``day`` (ISO) are known of some. ``household`` is shared by siblings."""

    household: int
    given: str
    father: str
    grandfather: str | None
    family: str
    mother: str
    year: int
    day: str | None
    place: str
    registry: int
    woman: bool

    @property
    def parts(self) -> tuple[str, str, str]:
        return (self.given, self.father, self.family)

    @property
    def whole(self) -> tuple[str, str, str, str, int]:
        return (*self.parts, self.mother, self.year)


@dataclass(frozen=True)
class _Home:
    father: str
    grandfather: str
    family: str
    mother: str
    place: str
    registry: int
    year: int


def population(size: int, split: Split) -> tuple[Subject, ...]:
    """``size`` people in an order that parts siblings; the same for the same size and split."""
    rng = np.random.default_rng([SEEDS[split], size])
    names = inventories(split)
    children = rng.geometric(_CHILDREN, size)
    children = children[: int(np.searchsorted(np.cumsum(children), size)) + 1]
    homes = _homes(rng, split, len(children))
    owners = np.repeat(np.arange(len(children)), children)[:size]
    men, women = (draw(rng, inventory, size * _TRIES) for inventory in (names.men, names.women))
    female, aged = rng.random(size) < _WOMEN, rng.integers(0, 16, size)
    known, days = rng.random((2, size)) < [[_GRANDFATHERS], [_DAYS]], rng.integers(0, 365, size)
    people, taken = [], set[tuple[int, str]]()
    for at, owner in enumerate(owners):
        wanted = (women if female[at] else men)[at * _TRIES : (at + 1) * _TRIES]
        given = next((name for name in wanted if name != homes[owner].father and (owner, name) not in taken), wanted[0])
        taken.add((owner, given))
        day = int(days[at]) if known[1, at] else None
        people.append(_subject(int(owner), homes[owner], given, bool(female[at]), int(aged[at]), bool(known[0, at]), day))
    return tuple(people[at] for at in rng.permutation(size))


def draw(rng: _Rng, inventory: Inventory, number: int) -> list[str]:
    """Names drawn each by its frequency."""
    edges = np.cumsum(inventory.weights)
    chosen = np.searchsorted(edges, rng.random(number) * edges[-1], side="right")
    return [inventory.names[at] for at in chosen]


def years(rng: _Rng, number: int) -> list[int]:
    """Years of birth of those whom the papers name."""
    return [int(year) for year in np.clip(np.rint(rng.normal(1976, 12, number)), _FIRST, _LAST)]


def mothers(rng: _Rng, split: Split, number: int) -> list[str]:
    """Mothers' names, some with the family they came from."""
    names = inventories(split)
    given, families, two = draw(rng, names.women, number), draw(rng, names.families, number), rng.random(number) < _DOUBLE_MOTHERS
    return [f"{name} {family}" if both else name for name, family, both in zip(given, families, two, strict=True)]


def _homes(rng: _Rng, split: Split, number: int) -> list[_Home]:
    names = inventories(split)
    fathers, grandfathers = (draw(rng, names.men, number) for _ in range(2))
    families, places = (draw(rng, inventory, number) for inventory in (names.families, names.places))
    registries = (int(one) for one in rng.integers(1, 2000, number))
    every = (fathers, grandfathers, families, mothers(rng, split, number), places, registries, years(rng, number))
    return [_Home(*one) for one in zip(*every, strict=True)]


def _subject(owner: int, home: _Home, given: str, woman: bool, younger: int, known: bool, day: int | None) -> Subject:
    year = min(home.year + younger, _LAST)
    born = None if day is None else (date(year, 1, 1) + timedelta(day)).isoformat()
    grandfather = home.grandfather if known else None
    return Subject(
        owner, given, home.father, grandfather, home.family, home.mother, year, born, home.place, home.registry, woman
    )  # fmt: skip
