"""Writes one paper: what is put into the text is put into the truth in the same breath."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Literal, Self

from benchmarks.understanding import dates, facilities
from benchmarks.understanding.blocks import Block, Boxes, Cell, Column, Grid, Head, Pairs, Para, Row, Sign, Space
from benchmarks.understanding.people import People, Someone, Split
from benchmarks.understanding.told import Told
from benchmarks.understanding.truth import TrueDate, TruePerson, Truth
from benchmarks.understanding.typist import Paper, typed
from pipeline.model import DateRole, PersonRole

_AFTER: dict[str, int] = {
    "arrest": 0, "admission": 9, "transfer": 30, "referral": 45, "verdict": 150, "death": 170, "burial": 185, "registration": 230,
    "release": 190, "letter": 240, "received": 246, "copy": 260, "other": -20,
}  # fmt: skip
"""Days after an arrest when things of each kind are written to happen."""
LETTERS = "أبجدصمس"


@dataclass
class Writer:
    """`first`: the day of the arrest this paper's other dates follow; `seen`: who is on the page; `row`: the table row being filled."""

    rng: Random
    split: Split
    truth: Truth
    people: People = field(init=False)
    blocks: list[Block] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    first: date = field(init=False)
    row: int | None = None
    rows_written: int = 0

    def __post_init__(self) -> None:
        self.people = People(self.rng, self.split)
        self.first = date(2011, 4, 1) + timedelta(days=self.rng.randrange(2000))

    def add(self, *blocks: Block) -> Self:
        self.blocks += blocks
        return self

    def head(self, right: Sequence[str], left: Sequence[str] = ()) -> Self:
        return self.add(Head(tuple(right), tuple(left)))

    def rows(self, *texts: str, at: Literal["right", "centre", "left"] = "right", bold: bool = False) -> Self:
        return self.add(*(Row(text, at, bold) for text in texts))

    def title(self, text: str) -> Self:
        return self.add(Row(text, "centre", bold=True), Space(0.5))

    def paras(self, *texts: str) -> Self:
        return self.add(*map(Para, texts))

    def pairs(self, *rows: Sequence[str]) -> Self:
        return self.add(Pairs(tuple(map(tuple, rows))))

    def boxes(self, *rows: Sequence[str]) -> Self:
        return self.add(Boxes(tuple(map(tuple, rows))))

    def sign(self, *columns: Sequence[str]) -> Self:
        return self.add(Space(0.5), Sign(tuple(map(tuple, columns))))

    def table(
        self,
        columns: Sequence[tuple[str, float] | tuple[str, float, str]],
        rows: Iterable[Sequence[str | Cell]],
        total: Sequence[Cell] = (),
    ) -> Self:
        """`rows` may be a generator over `count`, which numbers them for the truth."""
        cells = tuple(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in rows)
        return self.add(Grid(tuple(Column(*column) for column in columns), cells, tuple(total)))

    def count(self, rows: int) -> Iterator[int]:
        """Numbers from 0; what is told while one is out stands in that row."""
        for number in range(rows):
            self.row = self.rows_written
            self.rows_written += 1
            yield number
        self.row = None

    def someone(self, role: PersonRole = "subject", kin: Someone | None = None, *, women: bool = False) -> Told:
        """Somebody new, nobody twice on a page; `kin` gives father, grandfather, family, mother and home.

        A woman in a table, or where the wording allows for `women`.
        """
        women = role != "official" and (women or self.row is not None)
        who, key = self._somebody(kin, women=women)
        while key in self.seen:
            who, key = self._somebody(kin, women=women)
        self.seen.add(key)
        truth = TruePerson(role, row=self.row)
        self.truth.people.append(truth)
        return Told(self, who, truth)

    def _somebody(self, kin: Someone | None, *, women: bool) -> tuple[Someone, str]:
        who = self.people.someone(women=women)
        if kin:
            who = replace(kin, given=who.given, woman=who.woman, born=who.born)
        return who, f"{who.given} {who.father} {who.family}"

    def official(self) -> Told:
        return self.someone("official")

    def when(self, role: DateRole) -> date:
        return self.first + timedelta(days=_AFTER[role] + self.rng.randrange(9))

    def day(self, role: DateRole, form: str = "", *, numeric: bool = False, unsaid: bool = False) -> str:
        """A date of this role, in this form of `dates.FORMS` or any; `unsaid` where the paper leaves its role open."""
        day = self.when(role)
        self._date(day.isoformat(), day.isoformat(), None if unsaid else role)
        return dates.written(day, form or dates.form(self.rng, numeric=numeric or self.row is not None))

    def month(self, role: DateRole, *, unsaid: bool = False) -> str:
        day = self.when(role)
        self._date(*dates.month(day.year, day.month), None if unsaid else role)
        return f"{dates.MONTHS[day.month - 1]} {day.year}"

    def early(self, role: DateRole) -> str:
        """The beginning of a year, whose end is anybody's guess."""
        year = self.when(role).year
        self.truth.dates.append(TrueDate(f"{year}-01-01", f"{year}-12-31", role, optional=True))
        return f"مطلع عام {year}"

    def night(self, role: DateRole) -> str:
        """A night between two days of a month."""
        day = self.when(role).replace(day=self.rng.randint(1, 27))
        self._date(day.isoformat(), (day + timedelta(days=1)).isoformat(), role)
        return f"ليلة {day.day}-{day.day + 1}/{day.month}/{day.year}"

    def both(self, role: DateRole, between: str = "الموافق") -> str:
        """A day in both calendars."""
        day = self.when(role)
        self._date(day.isoformat(), day.isoformat(), role)
        self.truth.dates.append(TrueDate(day.isoformat(), day.isoformat(), role, "hijri"))
        return f"{dates.hijri(day)} {between} {dates.written(day, self.rng.choice(('long', 'd/m/y')))} م"

    def hijri(self, role: DateRole, *, month: bool = False) -> str:
        day = self.when(role)
        text, first, last = dates.hijri_month(day) if month else (dates.hijri(day), day.isoformat(), day.isoformat())
        self.truth.dates.append(TrueDate(first, last, role, "hijri", self.row))
        return text

    def ref(self, text: str = "", *, optional: bool = False) -> str:
        """A reference number, with slashes or a letter in it or neither."""
        rng, long, short = self.rng, self.rng.randint(100, 9999), self.rng.randint(2, 48)
        number = text or rng.choice((
            f"{long}/{short}", f"{short}/{long}", f"{long}/{rng.choice(LETTERS)}", f"{long}", f"{short}/{rng.randint(2, 9)}/{long}",
            f"{long}/{rng.choice(LETTERS)}/{short}", f"{rng.choice(LETTERS)}/{long}",
        ))  # fmt: skip
        (self.truth.optional_references if optional else self.truth.references).add(number)
        return number

    def at(self, kind: str, *, optional: bool = False, but: str = "") -> str:
        """A facility of this kind as this split's papers name it; not the one of this id."""
        return self.named(self.rng.choice([each for each in facilities.of_kind(kind) if each.id != but]), optional=optional)

    def named(self, facility: facilities.Facility, *, optional: bool = False) -> str:
        (self.truth.optional_facilities if optional else self.truth.facilities).add(facility.id)
        return facilities.named(facility, self.rng, self.split)

    def known(self, id: str, text: str, *, optional: bool = False) -> str:  # noqa: A002 - the field's own name
        """A facility in the template's own words."""
        (self.truth.optional_facilities if optional else self.truth.facilities).add(id)
        return text

    def branch(self) -> facilities.Facility:
        return self.rng.choice([each for each in facilities.of_kind(facilities.BRANCH) if each.number])

    def some(self, *texts: str) -> str:
        return self.rng.choice(texts)

    def _date(self, earliest: str, latest: str, role: DateRole | None) -> None:
        self.truth.dates.append(TrueDate(earliest, latest, role, row=self.row))

    def paper(self, name: str) -> Paper:
        return typed(name, self.blocks, self.truth, self.rng)
