"""Who types the evaluation's papers: fills phrases from lists frozen with the sets, which edits of the project's lists do not change.

Every number, date and name is put together here, apart from those of ocr_models.training.figures and writer.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

from ocr_models.bidi import to_visual

WORDS = Path(__file__).parent / "sets" / "words.json"
_SLOT = re.compile(r"\{(\w+)\}")
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_MONTHS = ("كانون الثاني", "شباط", "آذار", "نيسان", "أيار", "حزيران", "تموز", "آب", "أيلول", "تشرين الأول", "تشرين الثاني", "كانون الأول")
_HIJRI = ("محرم", "صفر", "ربيع الأول", "جمادى الآخرة", "رجب", "شعبان", "رمضان", "شوال", "ذو القعدة", "ذو الحجة")
_TRADES = ("سائق", "حلاق", "طالب جامعي", "موظف", "عامل بناء", "صيدلي", "مزارع", "كهربائي", "مدرس", "لحام", "بائع خضار", "مساعد مهندس")
_OFFENCES = ("تظاهر", "انتماء", "تمويل", "حيازة سلاح", "فرار", "تحريض", "إيواء مطلوبين", "نقل أدوية", "تصوير", "مقاومة دورية", "بدون")


@cache
def frozen_words() -> dict[str, list[str]]:
    """men, women, families, places, facilities and ranks."""
    lists: dict[str, list[str]] = json.loads(WORDS.read_text("utf-8"))
    return lists


@dataclass
class Clerk:
    """One paper's writer: `figures` is how this typist prints digits: "arabic", "latin", or "mixed" from one number to the next."""

    rng: Random
    figures: str
    names: list[str] = field(default_factory=list)

    def say(self, phrase: str) -> str:
        """A phrase with its slots filled, that reads the same set word by word as UAX #9 sets it whole.

        Names used are added to `names`. Raises ValueError after 200 tries.
        """
        for _ in range(200):
            told: list[str] = []

            def fill(match: re.Match[str], told: list[str] = told) -> str:
                return self._slot(match[1], told)

            text = _SLOT.sub(fill, phrase)
            if to_visual(text) == " ".join(map(to_visual, reversed(text.split()))):
                self.names += told
                return text
        raise ValueError(f"{phrase!r} cannot be set word by word")

    def figure(self, number: int) -> str:
        """A number as this typist prints it."""
        return self._digits(str(number))

    def _slot(self, slot: str, told: list[str]) -> str:
        rng, lists = self.rng, frozen_words()
        if slot in ("name", "long_name"):
            told.append(self._name(long=slot == "long_name"))
            return told[-1]
        if slot in lists:
            return rng.choice(lists[slot])
        made: dict[str, Callable[[], str]] = {
            "trade": lambda: rng.choice(_TRADES), "offence": lambda: rng.choice(_OFFENCES), "date": self._date, "hijri": self._hijri,
            "ref": self._ref, "year": lambda: str(rng.randint(1948, 2004)), "lately": lambda: str(rng.randint(2011, 2017)),
            "n1": lambda: str(rng.randint(1, 9)), "n2": lambda: str(rng.randint(10, 99)), "n3": lambda: str(rng.randint(100, 999)),
            "n4": lambda: str(rng.randint(1000, 9999)), "n5": lambda: str(rng.randint(10_000, 99_999)),
            "phone": lambda: f"09{rng.randrange(10**8):08}", "national": lambda: f"{rng.randint(1, 14):02}{rng.randrange(10**9):09}",
            "clock": lambda: f"{rng.randint(0, 23)}.{rng.choice((0, 15, 30, 45)):02}",
            "day": lambda: f"{rng.randint(1, 28)}/{rng.randint(1, 12)}/{rng.randint(2011, 2017)}",
        }  # fmt: skip
        return self._digits(made[slot]())

    def _name(self, *, long: bool) -> str:
        rng, lists = self.rng, frozen_words()
        given = rng.choice(lists["women"] if rng.random() < 0.15 else lists["men"])
        father, grandfather, family = rng.choice(lists["men"]), rng.choice(lists["men"]), rng.choice(lists["families"])
        if long or rng.random() < 0.2:
            return f"{given} {father} {grandfather} {family}"
        return f"{given} بن {father} {family}" if rng.random() < 0.2 else f"{given} {father} {family}"

    def _date(self) -> str:
        rng = self.rng
        day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(2011, 2017)
        forms = (f"{day}/{month}/{year}", f"{year}/{month}/{day}", f"{day:02}/{month:02}/{year}", f"{day}-{month}-{year}",
                 f"{day} {_MONTHS[month - 1]} {year}", f"{day}.{month}.{year}")  # fmt: skip
        return rng.choices(forms, (40, 14, 14, 14, 12, 6))[0]

    def _hijri(self) -> str:
        return f"{self.rng.randint(1, 29)} {self.rng.choice(_HIJRI)} {self.rng.randint(1432, 1438)} هـ"

    def _ref(self) -> str:
        rng = self.rng
        first, second, third = rng.randint(1, 9), rng.randint(100, 9999), rng.randint(11, 99999)
        return rng.choice(
            (f"{second}/{first}", f"{first}/{second}/{third}", f"{third}/{rng.choice('أبجدصم')}", f"{second}/{third}", str(third))
        )

    def _digits(self, text: str) -> str:
        arabic = self.figures == "arabic" or (self.figures == "mixed" and self.rng.random() < 0.5)
        return text.translate(_ARABIC) if arabic else text
