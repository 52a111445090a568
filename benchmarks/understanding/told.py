"""A person while they are written about: every method returns what is printed and notes it in the truth."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from benchmarks.understanding import dates
from benchmarks.understanding.people import Someone
from benchmarks.understanding.truth import TrueDate, TruePerson

if TYPE_CHECKING:
    from benchmarks.understanding.writer import Writer


@dataclass
class Told:
    writer: "Writer"
    who: Someone
    truth: TruePerson

    def given(self) -> str:
        return self._note("given", self.who.given)

    def father(self) -> str:
        return self._note("father", self.who.father)

    def grandfather(self) -> str:
        return self._note("grandfather", self.who.grandfather)

    def family(self) -> str:
        return self._note("family", self.who.family)

    def full(self) -> str:
        return f"{self.given()} {self.father()} {self.family()}"

    def four(self) -> str:
        return f"{self.given()} {self.father()} {self.grandfather()} {self.family()}"

    def short(self) -> str:
        return f"{self.given()} {self.family()}"

    def ibn(self) -> str:
        return f"{self.given()} {'بنت' if self.who.woman else 'بن'} {self.father()} {self.family()}"

    def mother(self, *, family: bool = False) -> str:
        return self._note("mother", f"{self.who.mother} {self.who.mother_family}" if family else self.who.mother)

    def place(self) -> str:
        return self._note("birth_place", self.who.birth_place)

    def registry(self, between: str = " ") -> str:
        self._note("registry", f"{self.who.registry_place} {self.who.registry_number}")
        return f"{self.who.registry_place}{between}{self.who.registry_number}"

    def born(self, form: Literal["year", "short year", "day", "long", "new year"] | None = None) -> str:
        """The birth year or date as printed. `new year`: 1/1, where the day is not known."""
        year, month, day = self.who.born
        form = form or self.writer.rng.choices(("year", "short year", "day", "long", "new year"), (50, 8, 26, 8, 8))[0]
        if form in ("year", "short year"):
            self._birth(f"{year}-01-01", f"{year}-12-31", str(year))
            return str(year) if form == "year" else f"{year % 100:02}"
        born = date(year, 1, 1) if form == "new year" else date(year, month, day)
        self._birth(born.isoformat(), born.isoformat(), born.isoformat())
        return dates.written(born, "long" if form == "long" else self.writer.rng.choice(("d/m/y", "d/m/y", "y/m/d", "d-m-y")))

    def rank(self, text: str = "", *, low: bool = False) -> str:
        return self._note("rank", text or self.writer.people.rank(low=low))

    def rank_again(self) -> str:
        """The rank told before."""
        return self.truth.parts["rank"]

    def post(self, text: str) -> str:
        return self._note("post", text)

    def his(self, him: str, her: str) -> str:
        return her if self.who.woman else him

    def unjudged(self, *parts: str) -> "Told":
        self.truth.unjudged |= set(parts)
        return self

    def _note(self, part: str, text: str) -> str:
        self.truth.parts[part] = text
        return text

    def _birth(self, earliest: str, latest: str, value: str) -> None:
        self.truth.parts["birth"] = value
        self.writer.truth.dates.append(TrueDate(earliest, latest, "birth", row=self.truth.row))
