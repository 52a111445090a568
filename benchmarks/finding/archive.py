"""The papers of made people: damaged records on pages of registers, lists and reports, as an index and a catalogue hold them."""

import random
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple

from benchmarks.finding.damage import Damage
from benchmarks.finding.lists import Split
from benchmarks.finding.population import SEEDS, Subject
from pipeline.entities.lexicon import rows
from pipeline.model import (
    Birth,
    Box,
    DateMention,
    Entities,
    FacilityMention,
    IndexedPage,
    Line,
    PageRef,
    Person,
    Query,
    Reading,
    StoredPage,
)
from search.coverage import Counts

PEOPLE = 8
"""Records on a page; the person of number n stands on page n // 8 + 1 at n % 8."""
HOLDING = "Finding"
Layout = Literal["register", "list", "report"]
_LAYOUTS: Mapping[Layout, float] = {"register": 0.5, "list": 0.15, "report": 0.35}
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_BOX, _CONFIDENCE = Box(0, 0, 1, 1), 0.8
_DATED = range(2011, 2016)


class Place(NamedTuple):
    """Where a record stands."""

    page: int
    person: int


def place(number: int) -> Place:
    return Place(number // PEOPLE + 1, number % PEOPLE)


def number(page: int, person: int) -> int:
    """The person who stands there."""
    return (page - 1) * PEOPLE + person


class Archive:
    """All pages, in memory; made from the people, the split and the rate of damage alone."""

    def __init__(self, people: Sequence[Subject], split: Split, rate: float) -> None:
        facilities = [(row["id"], row["name_ar"]) for row in rows("facilities") if row["number"]]
        damage = Damage(split, rate)
        self.pages = [
            _page(at // PEOPLE + 1, people[at : at + PEOPLE], damage, facilities, SEEDS[split]) for at in range(0, len(people), PEOPLE)
        ]

    def record(self, number: int) -> Person:
        """What was read of a person."""
        where = place(number)
        return self.pages[where.page - 1].entities.people[where.person]


class Catalogue:
    """What a search asks of the record: the pages as they are in the index, and how many are there."""

    def __init__(self, archive: Archive) -> None:
        self._pages = archive.pages

    def pages(self, keys: Sequence[int]) -> Mapping[int, StoredPage]:
        return {key: _stored(self._pages[key - 1]) for key in keys}

    def counts(self, query: Query) -> Counts:  # noqa: ARG002 - there is one holding, and it was read whole
        return Counts(len(self._pages), len(self._pages), 0, 0, 0)


def _page(key: int, people: Sequence[Subject], damage: Damage, facilities: Sequence[tuple[str, str]], seed: int) -> IndexedPage:
    chance = random.Random(seed * 1_000_003 + key)  # noqa: S311 - not a secret
    layout = chance.choices(list(_LAYOUTS), list(_LAYOUTS.values()))[0]
    facility, name = chance.choice(facilities)
    day = f"{chance.choice(_DATED)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    found = [record(person, layout, damage, chance) for person in people]
    head = damage.text(f"{name} التاريخ {day.replace('-', '/').translate(_ARABIC)}", chance)
    text = "\n".join([head, *(line for _, line in found)])
    entities = Entities(
        people=tuple(person for person, _ in found),
        dates=(DateMention(day, (_BOX,), day, day, role="letter"),),
        facilities=(FacilityMention(name, (_BOX,), facility, name),),
        type="memo" if layout == "report" else "reg",
    )
    ref = PageRef(key, f"{key:064x}-1", f"{key:064x}", 1, HOLDING, f"{key}.tif", "image/tiff", 1)
    return IndexedPage(ref, 0, text, entities, _CONFIDENCE)


def record(person: Subject, layout: Layout, damage: Damage, chance: random.Random) -> tuple[Person, str]:
    """What was read of a person, and the line it stands in.

    In a report the parts of a name are words of a sentence, so that two that ran together are read as one part; in a ruled register and
    in a list they stand in columns. A list has names and the mother alone.
    """
    names = _names(person, layout, damage, chance)
    mother = damage.text(person.mother, chance)
    born = damage.text((person.day or str(person.year)).replace("-", "/").translate(_ARABIC), chance)
    where, registry = damage.text(person.place, chance), damage.text(str(person.registry).translate(_ARABIC), chance)
    whole = " ".join(name for name in names.values() if name)
    lines = {
        "register": f"{whole} {mother} {born} {where} {registry}",
        "report": f"{whole} والدته {mother} تولد {where} {born} خانة {registry}",
        "list": f"{whole} {mother}",
    }
    line, bare = lines[layout], layout == "list"
    read = Person(
        line, (_BOX,), names["given"], names["father"], names["grandfather"], names["family"], mother or None,
        None if bare else Birth(*_born(born), where or None), None if bare else registry or None, "subject", confidence=_CONFIDENCE,
    )  # fmt: skip
    return read, line


def _names(person: Subject, layout: Layout, damage: Damage, chance: random.Random) -> dict[str, str | None]:
    """The parts by their field; None for one that was not printed, or was read as the end of the part before."""
    parts = {"given": person.given, "father": person.father, "grandfather": person.grandfather, "family": person.family}
    read: dict[str, str | None] = {}
    last = ""
    for field, true in parts.items():
        if true is None:
            read[field] = None
        elif last and layout == "report" and damage.joins(chance):
            read[last] = f"{read[last] or ''}{damage.text(true, chance)}"
            read[field] = None
        else:
            read[field] = damage.text(true, chance).strip() or None
            last = field
    return read


def _born(text: str) -> tuple[int | None, str | None]:
    """The year and the ISO date that a reader draws from what is printed; None where it is no year or date any more."""
    parts = text.split("/")
    if not all(part.isdecimal() for part in parts) or len(parts[0]) != 4 or not 1880 <= int(parts[0]) <= 2030:
        return None, None
    try:
        return int(parts[0]), date(*map(int, parts)).isoformat()
    except (TypeError, ValueError):  # a year alone, or a day that is none
        return int(parts[0]), None


def _stored(page: IndexedPage) -> StoredPage:
    lines = tuple(Line(text, _BOX, _CONFIDENCE, ()) for text in page.text.split("\n"))
    return StoredPage(page.page, page.revision, Reading(1, 1, "made", lines), page.entities)
