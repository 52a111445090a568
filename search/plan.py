"""Which combinations of index words to ask an index for, best first: the same plan for every engine, so they find the same documents.

A tier is a conjunction of alternatives. Exact tiers come before loose ones, and the loss of a frequent word (محمد) before that of a
rare one (inverse document frequency, Spärck Jones 1972). An index walks the tiers until it has enough, so frequent words cost no
more than the rows that are wanted.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log

from pipeline.model import Query
from search.documents import years_of
from search.keys import facet, shortened
from search.query import Period, Term

Group = tuple[str, ...]
"""Index words of which one must be there."""

GIVEN, NAME, SPELLED, SHAPE, EDIT = 1.2, 1.1, 1.0, 0.75, 0.4
"""What a term found by each rule is worth: as the given name, in the name, as spelled, by its dotless shape, one letter apart."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Documents holding one word of each group are worth ``weight``."""

    weight: float
    groups: tuple[Group, ...]


def tiers(terms: Sequence[Term], frequency: Callable[[str], int], total: int) -> list[Tier]:
    """Every tier worth asking for, heaviest first. ``frequency``: documents holding an index word; ``total``: all documents."""
    rarity = [log(1 + (total + 1) / (1 + frequency("r" + term.form.rasm))) for term in terms]
    found = sorted([*_all(terms, rarity), *_relaxed(terms, rarity), *_partial(terms, rarity)], key=lambda tier: -tier.weight)
    heaviest = {tier.groups: tier for tier in reversed(found)}
    return sorted(heaviest.values(), key=lambda tier: -tier.weight)


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
    """All terms: as a name from its given name on, in a name, anywhere as spelled, then by shape, then one letter apart."""
    total = sum(rarity)
    named = [group for term in terms for group in (_part(term), _spelled(term)) if group]
    given = next((("g" + term.form.rasm,) for term in terms if term.field == "name"), None)
    if given:
        yield Tier(GIVEN * total, (given, *named))
    yield Tier(NAME * total, tuple(named))
    yield Tier(SPELLED * total, tuple(map(_spelled, terms)))
    yield Tier(SHAPE * NAME * total, tuple(_part(term) or _shape(term) for term in terms))
    yield Tier(SHAPE * total, tuple(map(_shape, terms)))
    yield Tier(EDIT * total, tuple(map(_near, terms)))


def _relaxed(terms: Sequence[Term], rarity: Sequence[float]) -> Iterator[Tier]:
    """All terms, one of them a letter apart."""
    for at in range(len(terms) if len(terms) > 1 else 0):
        weight = SHAPE * (sum(rarity) - rarity[at]) + EDIT * rarity[at]
        yield Tier(weight, tuple(_near(term) if at == near else _shape(term) for near, term in enumerate(terms)))


def _partial(terms: Sequence[Term], rarity: Sequence[float]) -> Iterator[Tier]:
    """All but one term, any two of the four rarest, and each term alone."""
    rarest = sorted(range(len(terms)), key=lambda at: (-rarity[at], at))[:4]
    subsets = {tuple(at for at in range(len(terms)) if at != left) for left in range(len(terms))}
    subsets |= set(combinations(sorted(rarest), 2)) | {(at,) for at in range(len(terms))}
    for subset in sorted(filter(None, subsets)):
        weight = sum(rarity[at] for at in subset)
        if len(subset) == len(terms) - 1:
            yield Tier(SPELLED * weight, tuple(_spelled(terms[at]) for at in subset))
        yield Tier(SHAPE * weight, tuple(_shape(terms[at]) for at in subset))
        yield Tier(EDIT * weight, tuple(_near(terms[at]) for at in subset))


def _part(term: Term) -> Group | None:
    """The shape in the field it was said to be in."""
    kind = {"name": "n", "mother": "m"}.get(term.field)
    return (kind + term.form.rasm,) if kind else None


def _spelled(term: Term) -> Group:
    return ("s" + term.form.spelling,)


def _shape(term: Term) -> Group:
    return ("r" + term.form.rasm,)


def _near(term: Term) -> Group:
    """The shape, the shape less any letter, and shapes that are one of these when they lose a letter themselves."""
    key = term.form.rasm
    if term.form.number:
        return _shape(term)
    shorter = sorted(shortened(key))
    return ("r" + key, "x" + key, *("r" + short for short in shorter), *("x" + short for short in shorter))
