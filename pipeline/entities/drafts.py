"""A person while being put together from the parts a page gives, and the person that comes of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.entities.dates import Found
from pipeline.entities.names import Name, Unit
from pipeline.entities.page import Page
from pipeline.model import Birth, Person, PersonRole

_NAME = ("given", "father", "grandfather", "family")
_NEAR = 50  # people of one name that a new mention is compared with


@dataclass(frozen=True)
class Draft:
    """Parts by name (given, father, grandfather, family, mother, place, registry, rank, post), each with its letters on the page.

    ``ditto``: parts that a mark in a row stands for; their letters are those of a row above, and another person's too.
    """

    role: PersonRole
    how: str
    parts: Mapping[str, Unit]
    born: Found | None = None
    text: Unit | None = None
    ditto: frozenset[str] = frozenset()

    def having(self, parts: Mapping[str, Unit | None], born: Found | None = None) -> "Draft":
        """With more parts; what is known already stays."""
        more = {name: unit for name, unit in parts.items() if unit and unit.text.strip()}
        return replace(self, parts={**more, **self.parts}, born=self.born or born)

    @property
    def units(self) -> list[Unit]:
        found = [self.parts[name] for name in _NAME if name in self.parts and name not in self.ditto]
        return sorted(found, key=lambda unit: unit.start) or ([self.text] if self.text else [])


def of_name(name: Name, role: PersonRole, how: str) -> Draft:
    parts = {part: unit for part in _NAME if (unit := getattr(name, part))}
    return Draft(role, how, parts)


def person(page: Page, draft: Draft) -> Person:
    """The person of a draft: parts as read, the boxes of the name's own words."""
    units = draft.units
    read = {name: page.text(unit.start, unit.end) for name, unit in draft.parts.items()}
    words = sorted({number for unit in units for number in page.between(unit.start, unit.end)})
    confidences = [page.words[number].confidence for number in words]
    joined = units[-1].end - units[0].start < 120 and not draft.ditto.intersection(_NAME)
    whole = page.text(units[0].start, units[-1].end) if joined else " ".join(read[n] for n in _NAME if n in read)
    return Person(
        text=whole,
        boxes=tuple(page.words[number].box for number in words),
        given=read.get("given"),
        father=read.get("father"),
        grandfather=read.get("grandfather"),
        family=read.get("family"),
        mother=read.get("mother"),
        birth=_birth(draft.born, read.get("place")),
        registry=read.get("registry"),
        role=draft.role,
        rank=read.get("rank"),
        post=read.get("post"),
        confidence=sum(confidences) / len(confidences) if confidences else None,
        how=draft.how,
    )


def _birth(born: Found | None, place: str | None) -> Birth | None:
    if born is None:
        return Birth(place=place) if place else None
    mention = born.mention
    day = mention.earliest if mention.earliest == mention.latest else None
    year = int(mention.earliest[:4]) if mention.earliest[:4] == mention.latest[:4] else None
    return Birth(year, day, place)


def merged(drafts: Iterable[Draft]) -> Sequence[Draft]:
    """One draft for each person a page tells of more than once: same role, given and family name, and nothing that contradicts.

    Rows of tables are never put together: two rows are two entries, whatever their names.
    """
    kept: list[Draft] = []
    alike: dict[tuple[str, ...], list[int]] = {}
    for draft in sorted(drafts, key=lambda one: (one.units[0].start, one.how)):
        key = _key(draft)
        same = next((n for n in reversed(alike.get(key, [])[-_NEAR:]) if _agree(kept[n], draft)), None) if key else None
        if same is None:
            alike.setdefault(key, []).append(len(kept))
            kept.append(draft)
        else:
            kept[same] = kept[same].having(draft.parts, draft.born)
    return kept


def _key(draft: Draft) -> tuple[str, ...]:
    names = tuple(draft.parts[name].text for name in ("given", "family") if name in draft.parts)
    return (draft.role, *names) if len(names) == 2 else ()


def _agree(one: Draft, other: Draft) -> bool:
    if one.how == other.how == "table":
        return False
    both = [name for name in ("father", "grandfather", "mother") if name in one.parts and name in other.parts]
    years = {draft.born.mention.earliest[:4] for draft in (one, other) if draft.born}
    return all(one.parts[name].text == other.parts[name].text for name in both) and len(years) < 2
