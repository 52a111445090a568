"""What is truly on a paper, as records: people, dates, facilities, references and kinds, said in the terms of `pipeline.model`."""

from dataclasses import dataclass, field
from typing import Literal

from pipeline.model import DateRole, PersonRole

NAME_PARTS = ("given", "father", "grandfather", "family", "mother")
PARTS = (*NAME_PARTS, "birth", "birth_place", "registry", "rank", "post")


@dataclass
class TruePerson:
    """A person as the paper shows them: `parts` by the names of PARTS, a ditto mark resolved.

    `birth` is a year or an ISO date. `row`: the table row it stands in, counted over the page from 0. `unjudged` are parts of which the
    paper leaves open whether they are one: "received by" above a name is a post to some.
    """

    role: PersonRole
    parts: dict[str, str] = field(default_factory=dict)
    row: int | None = None
    unjudged: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class TrueDate:
    """Days from..to, ISO; no role where the paper leaves it open.

    `optional` ones, of which it is open what they say, are neither missed nor too many.
    """

    earliest: str
    latest: str
    role: DateRole | None
    calendar: Literal["gregorian", "hijri"] = "gregorian"
    row: int | None = None
    optional: bool = False


@dataclass
class Truth:
    """All that should be drawn out of one page. Optional facilities and references cost nothing whether found or not."""

    types: tuple[str, ...]
    people: list[TruePerson] = field(default_factory=list)
    dates: list[TrueDate] = field(default_factory=list)
    facilities: set[str] = field(default_factory=set)
    optional_facilities: set[str] = field(default_factory=set)
    references: set[str] = field(default_factory=set)
    optional_references: set[str] = field(default_factory=set)
