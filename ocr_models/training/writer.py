"""Fills the slots of phrases from the lists: names, places, numbers and dates."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ocr_models.training import figures
from ocr_models.training.lexicon import Lexicon
from ocr_models.training.phrases import WORK

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Writer:
    """Knows the lists; every choice is the generator's."""

    words: Lexicon

    def slot(self, name: str, rng: Random) -> str:
        """What stands in a phrase's {slot}."""
        words = self.words
        lists = {
            "man": words.men,
            "woman": words.women,
            "family": words.families,
            "place": words.places,
            "facility": words.facilities,
            "rank": words.ranks,
            "work": WORK,
        }
        if name in lists:
            return rng.choice(lists[name])
        made: dict[str, Callable[[], str]] = {
            "person": lambda: self.person(rng),
            "words": lambda: self.words_of(rng, rng.randint(1, 4)),
            "number": lambda: figures.number(rng),
            "small": lambda: figures.small(rng),
            "long": lambda: figures.long_number(rng),
            "year": lambda: figures.year(rng),
            "ref": lambda: figures.reference(rng),
            "time": lambda: figures.clock(rng),
            "amount": lambda: figures.amount(rng),
            "date": lambda: figures.date(rng, words),
            "hijri": lambda: figures.hijri(rng, words),
        }
        return made[name]()

    def filled(self, phrase: str, rng: Random) -> str:
        return _SLOT.sub(lambda match: self.slot(match[1], rng), phrase)

    def person(self, rng: Random) -> str:
        words = self.words
        given = rng.choice(words.women if rng.random() < 0.2 else words.men)
        father, grandfather, family = rng.choice(words.men), rng.choice(words.men), rng.choice(words.families)
        forms = (f"{given} {father} {family}", f"{given} بن {father} {family}", f"{given} {family}",
                 f"{given} {father} {grandfather} {family}",
                 f"{given} {family} بن {father}", f"{given} بنت {father} {family}", given)  # fmt: skip
        return rng.choices(forms, (40, 22, 14, 12, 6, 3, 3))[0]

    def words_of(self, rng: Random, count: int) -> str:
        """Words of the list, common ones oftener: the u³-th of the list."""
        words = self.words.words
        return " ".join(words[int(len(words) * rng.random() ** 3)] for _ in range(count))
