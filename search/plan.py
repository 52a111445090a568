"""Which combinations of index words to ask an index for, best first: the same plan for every engine, so they find the same documents.

A tier is a conjunction of alternatives. Exact tiers come before loose ones, and the loss of a frequent word (محمد) before that of a
rare one (inverse document frequency, Spärck Jones 1972). An index walks the tiers until it has enough, so frequent words cost no
more than the rows that are wanted.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import log

from pipeline.model import Query
from search.documents import years_of
from search.keys import edges, facet, joined, near, shortened
from search.query import SURE, Period, Term

Group = tuple[str, ...]
"""Index words of which one must be there."""

GIVEN, NAME, PLACED, SHAPE, EDIT, EDGE = 1.2, 1.1, 1.0, 0.95, 0.8, 0.5
"""What a term found among people by each rule is worth: as the given name, in the name, one letter apart in its own place, by its
dotless shape, one letter apart in any place, by the letters at one of its ends."""
SPELLED, WRITTEN, HINTED = 0.9, 0.7, 0.5
"""What a term found anywhere, on a page too, is worth: as spelled, by its dotless shape, one letter apart."""
MOST_LOOSE = 5
"""Name words of which each may be damaged beyond one letter; of more, the others are enough."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Documents holding one word of each group are worth ``weight``."""

    weight: float
    groups: tuple[Group, ...]


def tiers(terms: Sequence[Term], frequency: Callable[[str], int], total: int) -> list[Tier]:
    """Every tier worth asking for, heaviest first. ``frequency``: documents holding an index word; ``total``: all documents."""
    rarity = [log(1 + (total + 1) / (1 + sum(map(frequency, counted([term]))))) for term in terms]
    found = sorted([*_all(terms, rarity), *_loose(terms, rarity), *_partial(terms, rarity)], key=lambda tier: -tier.weight)
    heaviest = {tier.groups: tier for tier in reversed(found)}
    return sorted(heaviest.values(), key=lambda tier: -tier.weight)


def counted(terms: Sequence[Term]) -> list[str]:
    """The index words by which the terms' rarity is judged."""
    return list(dict.fromkeys("r" + form.rasm for term in terms for form in term.forms))


def filter_groups(query: Query, asked: Period | None) -> tuple[Group, ...]:
    """The groups every document must also satisfy; the years of the period only narrow, its days are checked by the index."""
    groups: list[Group] = []
    if query.holdings is not None:
        groups.append(tuple(facet("h", holding) for holding in query.holdings))
    if query.facility is not None:
        groups.append((facet("f", query.facility),))
    if query.type is not None:
        groups.append((facet("t", query.type),))
    if asked is not None:
        years = years_of(asked.earliest, asked.latest)
        groups.append(tuple(f"y{year}" for year in years))
    return tuple(groups)


def _all(terms: Sequence[Term], rarity: Sequence[float]) -> Iterator[Tier]:
    """All terms: as a name from its given name on, in a name, by shape, one letter apart; then anywhere."""
    total = sum(rarity)
    named = [group for term in terms for group in (_part(term), _spelled(term)) if group]
    given = next((_keyed("g", term) for term in terms if term.field == "name"), None)
    if given:
        yield Tier(GIVEN * total, (given, *named))
    yield Tier(NAME * total, tuple(named))
    yield Tier(SHAPE * total, tuple(_part(term) or _shape(term) for term in terms))
    yield Tier(EDIT * total, tuple(map(_near, terms)))
    yield Tier(SPELLED * total, tuple(map(_spelled, terms)))
    yield Tier(WRITTEN * total, tuple(map(_shape, terms)))
    yield Tier(HINTED * total, tuple(map(_hinted, terms)))


def _loose(terms: Sequence[Term], rarity: Sequence[float]) -> Iterator[Tier]:
    """The words of a name one letter apart, each in its place; two of them run together; one of them or all by their ends alone; one
    of them lost."""
    named = [at for at, term in enumerate(terms) if term.field == "name" and not term.form.number]
    if not 2 <= len(named) <= MOST_LOOSE:
        return
    total = sum(rarity[at] for at in named)
    placed = {at: _placed(terms[at], slots) for at, slots in zip(named, _slots(len(named)), strict=True)}
    yield Tier(PLACED * total, tuple(placed.values()))
    yield Tier(EDIT * total, tuple(_near(terms[at]) for at in named))
    for one, other in pairwise(named):
        others = tuple(placed[at] for at in named if at not in (one, other))
        yield Tier(PLACED * total, (_together(terms[one], terms[other]), *others))
    for loose in named:
        rest, others = total - rarity[loose], tuple(placed[at] for at in named if at != loose)
        yield Tier(PLACED * rest + EDGE * rarity[loose], (*others, _edge(terms[loose])))
        yield Tier(EDIT * rest + EDGE * rarity[loose], tuple(_edge(terms[at]) if at == loose else _near(terms[at]) for at in named))
        if len(others) > 1:
            yield Tier(SHAPE * rest, others)
    yield Tier(EDGE * total, tuple(_edge(terms[at]) for at in named))


def _partial(terms: Sequence[Term], rarity: Sequence[float]) -> Iterator[Tier]:
    """All but one term, any two of the four rarest, and each term alone."""
    rarest = sorted(range(len(terms)), key=lambda at: (-rarity[at], at))[:4]
    subsets = {tuple(at for at in range(len(terms)) if at != left) for left in range(len(terms))}
    subsets |= set(combinations(sorted(rarest), 2)) | {(at,) for at in range(len(terms))}
    for subset in sorted(filter(None, subsets)):
        weight, some = sum(rarity[at] for at in subset), [terms[at] for at in subset]
        yield Tier(SHAPE * weight, tuple(_part(term) or _shape(term) for term in some))
        yield Tier(EDIT * weight, tuple(map(_near, some)))
        yield Tier(HINTED * weight, tuple(map(_shape if len(subset) > 1 else _hinted, some)))


def _part(term: Term) -> Group | None:
    """The shape in the field it was said to be in."""
    kind = {"name": "n", "mother": "m"}.get(term.field)
    return _keyed(kind, term) if kind else None


def _keyed(kind: str, term: Term) -> Group:
    return tuple(dict.fromkeys(kind + form.rasm for form in term.forms))


def _spelled(term: Term) -> Group:
    return tuple(dict.fromkeys("s" + form.spelling for form in term.forms))


def _shape(term: Term) -> Group:
    return _keyed("r", term)


def _near(term: Term) -> Group:
    """Words of people one letter apart: both give the same when they lose a letter. A number is never guessed; a place is not so kept."""
    if term.form.number or term.field not in ("name", "mother"):
        return _shape(term)
    return tuple(sorted({"x" + key for form in term.forms for key in near(form.rasm)}))


def _slots(words: int) -> list[str]:
    """The places where each word of a name may stand: given, father's and family name; of four words, two may be one of them."""
    return ["i", *[("j" if words == 3 else "ijk")] * (words - 2), "k"]


def _placed(term: Term, slots: str) -> Group:
    return tuple(sorted({slot + key for slot in slots for form in term.forms for key in near(form.rasm)}))


def _together(one: Term, other: Term) -> Group:
    """Names one letter apart from the two as one word."""
    words = {joined(before, after).rasm for before in one.forms[:SURE] for after in other.forms[:SURE]}
    return tuple(sorted({"x" + key for word in words for key in near(word)}))


def _hinted(term: Term) -> Group:
    """The same, and words of pages that have lost a letter."""
    found = {"r" + short for form in term.forms if not form.number for short in shortened(form.rasm)}
    return tuple(dict.fromkeys((*_shape(term), *_near(term), *sorted(found))))


def _edge(term: Term) -> Group:
    """Names one letter apart, or that begin or end alike."""
    ends = {kind + edge for form in term.forms for kind, edge in zip("be", edges(form.rasm), strict=True)}
    return (*_near(term), *sorted(ends))
