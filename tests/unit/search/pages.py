"""Small made pages for the tests of searching: fictitious people on pages that never were."""

from collections.abc import Sequence
from dataclasses import replace

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
    Reading,
    ReferenceMention,
    Word,
)


def ref(key: int, version: int = 1, holding: str = "box-1", **changes: object) -> PageRef:
    """The reference of a made page."""
    made = PageRef(key, f"{key:064x}-1", f"{key:064x}", 1, holding, f"scan-{key}.pdf", "application/pdf", version)
    return replace(made, **changes)  # type: ignore[arg-type]


def person(name: str, mother: str | None = None, year: int | None = None, place: str | None = None, **parts: object) -> Person:
    """A person whose name is given, father, family in that order (two words: given, family)."""
    words = name.split()
    father = words[1] if len(words) > 2 else None
    family = " ".join(words[2:] if len(words) > 2 else words[1:]) or None
    birth = Birth(year, None, place) if year or place else None
    made = Person(name, (Box(0, 0, 10, 10),), words[0], father, None, family, mother, birth)
    return replace(made, **parts)  # type: ignore[arg-type]


def page(
    key: int, text: str = "", people: Sequence[Person] = (), version: int = 1, holding: str = "box-1", **facets: object
) -> IndexedPage:
    """A made page; ``dates`` are (earliest, latest), ``facility`` an id, ``type`` a document type, ``numbers`` references."""
    dates = tuple(DateMention("", (), first, last) for first, last in facets.get("dates", ()))  # type: ignore[attr-defined]
    facility = facets.get("facility")
    facilities = (FacilityMention(str(facility), (), str(facility), str(facility)),) if facility else ()
    numbers = tuple(ReferenceMention(number, (), number) for number in facets.get("numbers", ()))  # type: ignore[attr-defined]
    entities = Entities(tuple(people), dates, facilities, (), numbers, facets.get("type"))  # type: ignore[arg-type]
    return IndexedPage(ref(key, version, holding), 0, text, entities, 0.9)


def reading(*lines: str) -> Reading:
    """A reading whose words are 50 pixels wide and 40 high, from the right edge of a page 1000 pixels wide."""
    return Reading(1000, 1400, "made", tuple(_line(text, 100 + 60 * row) for row, text in enumerate(lines)))


def _line(text: str, top: int) -> Line:
    words = tuple(Word(word, Box(950 - 60 * at, top, 1000 - 60 * at, top + 40), 0.9) for at, word in enumerate(text.split()))
    return Line(text, Box(0, top, 1000, top + 40), 0.9, words)
