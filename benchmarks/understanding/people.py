"""Fictitious people, put together from lists of names by how common names are in life (Zipf), homonyms included."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Literal

Split = Literal["dev", "test"]
DATA = Path(__file__).parent / "data"
OWN = 3
"""Every third family name and place is dev's alone, every third test's alone."""
GOVERNORATES = 14
JOINED, UNLISTED, WOMEN = 0.3, 0.06, 0.12
_RANKS = (
    *("اللواء", "العميد الركن", "العميد", "العقيد الركن", "العقيد", "المقدم", "الرائد", "النقيب"),
    *("الملازم أول", "الملازم", "المساعد أول", "المساعد", "الرقيب أول", "الرقيب"),
)
_MEN = ("الشرطي", "العريف", "الجندي", "المجند")


@dataclass(frozen=True)
class Someone:
    given: str
    father: str
    grandfather: str
    family: str
    mother: str
    mother_family: str
    woman: bool
    born: tuple[int, int, int]
    birth_place: str
    registry_place: str
    registry_number: int


@cache
def words(name: str) -> list[str]:
    lists: dict[str, list[str]] = json.loads((DATA / "words.json").read_text("utf-8"))
    return lists[name]


@cache
def allotted(name: str, split: Split) -> tuple[str, ...]:
    """The names of a list this split may use; the commonest 30 are everybody's."""
    other = {"dev": 2, "test": 1}[split]
    return tuple(word for at, word in enumerate(words(name)) if at < 30 or at % OWN != other)


@dataclass(frozen=True)
class People:
    """Draws people for one page."""

    rng: Random
    split: Split

    def someone(self, *, women: bool = True) -> Someone:
        rng, woman = self.rng, women and self.rng.random() < WOMEN
        home = self.place()
        return Someone(
            self.woman() if woman else self.man(), self.man(), self.man(), self.family(), self.woman(), self.family(), woman,
            (rng.randint(1945, 1998), rng.randint(1, 12), rng.randint(1, 28)),
            home, home if rng.random() < 0.6 else self.place(), rng.randint(2, 2400),
        )  # fmt: skip

    def man(self) -> str:
        name = self._strange("unlisted_men") or self._common(words("men"), 2.0)
        return name.replace("عبد ", "عبد") if self.rng.random() < JOINED else name

    def woman(self) -> str:
        return self._common(words("women"), 2.0)

    def family(self) -> str:
        return self._strange("unlisted_families") or self._common(allotted("families", self.split), 8.0)

    def place(self) -> str:
        return self._common(allotted("places", self.split), 20.0)

    def governorate(self) -> str:
        return self.rng.choice(words("places")[:GOVERNORATES])

    def rank(self, *, low: bool = False) -> str:
        return self.rng.choice((*_RANKS[8:], *_MEN) if low else _RANKS[:11])

    def _common(self, names: tuple[str, ...] | list[str], flat: float) -> str:
        return self.rng.choices(names, [1 / (at + flat) for at in range(len(names))])[0]

    def _strange(self, name: str) -> str | None:
        """A name in no list, now and then; half of them are dev's, half test's."""
        if self.rng.random() >= UNLISTED:
            return None
        return self.rng.choice(words(name)[{"dev": 0, "test": 1}[self.split] :: 2])
