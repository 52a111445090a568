"""From candidates to a ranked list with reasons: each part of a name compared by rule, each page by the words it holds."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product

from pipeline.model import Candidate, Person
from search.compare import Rule, compare, likeness
from search.keys import Form, forms, joined, lines
from search.query import SURE, Question, Term

NEUTRAL = 0.5
"""A part the paper does not give speaks neither for nor against."""
AGREES = 0.8
"""From here on a mother's name is taken to agree."""
LIKELY_NAME = 0.85
"""A name below this is never likely, whatever else agrees; to be calibrated on test pages."""
OUT_OF_ORDER, OTHER_GIVEN, CONFLICT = 0.1, 0.15, 0.7
WORTH_SHOWING = 0.3
"""Below this a candidate shares less with the question than one of three names; among thousands of pages that is chance."""
RUINED = 0.4
"""What a part may count that is no name any more, and would be the one asked for if letters enough were left of it."""
MOST_EDITS = 4
"""Letters by which two names may differ in length: two misread, and an article."""
PAGE = 0.9
"""Words on a page are worth less than the same words in one person."""


@dataclass(frozen=True, slots=True)
class Reason:
    """How one word asked for compares with what was read: the part it was compared with and the rule."""

    part: str
    rule: Rule
    asked: str
    read: str | None
    score: float
    term: Term

    @property
    def found(self) -> bool:
        return self.rule not in ("missing", "different")

    def as_json(self) -> dict[str, object]:
        return {"part": self.part, "rule": self.rule, "asked": self.asked, "read": self.read}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its score from 0 to 1. ``likely``: a person is probably meant, which name parts alone never show."""

    candidate: Candidate
    score: float
    likely: bool
    reasons: tuple[Reason, ...]

    @property
    def matched(self) -> frozenset[Term]:
        return frozenset(reason.term for reason in self.reasons if reason.found)


def rank(question: Question, candidates: Sequence[Candidate]) -> list[Ranked]:
    """The candidates worth showing, best first; ties: people first, then the index's weight, page key, person."""
    ranked = [one for one in (assess(question, candidate) for candidate in candidates) if one.matched and one.score >= WORTH_SHOWING]
    return sorted(ranked, key=_order)


def assess(question: Question, candidate: Candidate) -> Ranked:
    """One candidate compared with the question."""
    if candidate.record is None:
        return _page(question, candidate)
    return _person(question, candidate, candidate.record)


def _person(question: Question, candidate: Candidate, person: Person) -> Ranked:
    names = _name(question, person)
    others = [*_mother(question, person), *_birth(question, person), *_place(question, person), *_number(question, person)]
    reasons = (*names, *others)
    score = sum(reason.score for reason in reasons) / len(reasons) - _disorder(names, person)
    against = any(reason.rule == "different" for reason in others)
    rounded = round(max(score, 0.0) * (CONFLICT if against else 1.0), 3)
    return Ranked(candidate, rounded, _likely(names, others), reasons)


def _likely(names: Sequence[Reason], others: Sequence[Reason]) -> bool:
    """At least two name words, all close, and of mother, birth year and registry all that was asked for given by the paper and agreeing:
    of many who share a name, one may share the mother's name or the year as well."""
    if len(names) < 2 or any(reason.rule == "different" for reason in (*names, *others)):
        return False
    close = sum(reason.score for reason in names) / len(names) >= LIKELY_NAME
    telling = [reason for reason in others if reason.part in ("mother", "birth", "registry")]
    return close and bool(telling) and all(reason.found and reason.score >= AGREES for reason in telling)


def _name(question: Question, person: Person) -> list[Reason]:
    """Each name word with the part it fits best, no part's word used twice, two that ran together with the one word they make; what fits
    none is missing or different."""
    terms = tuple(term for term in question.terms if term.field == "name")
    parts = _parts(person)
    pairs = sorted(
        ((-score * trust * len(at), abs(at[0] - min(one.words)), at, to, rule) for at, form, trust in _asked(terms)
         for to, one in enumerate(parts) if abs(len(form.spelling) - len(one.form.spelling)) <= MOST_EDITS
         for rule, score in (compare(form, one.form),) if score),
    )  # fmt: skip
    taken: dict[int, Reason] = {}
    used: set[int] = set()
    for loss, _, places, to, rule in pairs:
        one = parts[to]
        if not used & one.words and not any(at in taken for at in places):
            for at in places:
                told: Rule = "latin" if terms[at].arabic else rule if len(places) == 1 else "joined"
                taken[at] = Reason(one.part, told, terms[at].form.raw, one.form.raw, -loss / len(places), terms[at])
            used |= one.words
    return [taken.get(at) or _absent(_expected(at, len(terms)), term, person) for at, term in enumerate(terms)]


@lru_cache(maxsize=64)
def _asked(terms: tuple[Term, ...]) -> tuple[tuple[tuple[int, ...], Form, float], ...]:
    """The words of the name asked for, and each two neighbours as the one word they make when the blank between them is lost; those in
    Latin letters as they may be written in Arabic, and how sure that is."""
    found = [((at,), form, trust) for at, term in enumerate(terms) for form, trust in _trusted(term)]
    together = [
        ((at, at + 1), joined(before, after), first * last)
        for at, (one, other) in enumerate(pairwise(terms))
        for (before, first), (after, last) in product(_trusted(one)[:SURE], _trusted(other)[:SURE])
    ]
    return (*found, *together)


def _trusted(term: Term) -> list[tuple[Form, float]]:
    return [*term.arabic] if term.arabic else [(term.form, 1.0)]


@dataclass(frozen=True, slots=True)
class _Read:
    """A word of a person's name, or a part's words as one: the part, and which words of the whole name."""

    part: str
    form: Form
    words: frozenset[int]


def _parts(person: Person) -> list[_Read]:
    named = (("given", person.given), ("father", person.father), ("grandfather", person.grandfather), ("family", person.family))
    found: list[_Read] = []
    at = 0
    for part, text in [one for one in named if one[1]] or [("name", person.name)]:
        words, whole = _forms(text or "")
        found += [_Read(part, form, frozenset((at + to,))) for to, form in enumerate(words)]
        if whole:
            found.append(_Read(part, whole, frozenset(range(at, at + len(words)))))
        at += len(words)
    return found


@lru_cache(maxsize=100_000)
def _forms(text: str) -> tuple[tuple[Form, ...], Form | None]:
    """The words of a part of a name, and two or three of them as one."""
    words = forms(text)
    return words, joined(*words) if 1 < len(words) <= 3 else None


def _expected(at: int, count: int) -> str:
    return "given" if at == 0 else "family" if at == count - 1 else "father"


def _absent(part: str, term: Term, person: Person) -> Reason:
    read: str | None = getattr(person, part)
    if not read:
        return Reason(part, "missing", term.form.raw, None, NEUTRAL, term)
    words, _ = _forms(read)
    alike = max((likeness(form, word) * trust for form, trust in _trusted(term) for word in words), default=0.0)
    return Reason(part, "different", term.form.raw, read, RUINED * alike, term)


def _disorder(names: Sequence[Reason], person: Person) -> float:
    """What is taken off for parts in another order than asked, and for a given name that nobody asked for."""
    order = [("given", "father", "grandfather", "family").index(reason.part) for reason in names if reason.found and reason.part != "name"]
    off = OUT_OF_ORDER * sum(later < earlier for earlier, later in pairwise(order))
    other_given = len(names) > 1 and bool(person.given) and 0 not in order
    return off + (OTHER_GIVEN if other_given else 0.0)


def _mother(question: Question, person: Person) -> Iterator[Reason]:
    return _each(question, "mother", "mother", person.mother)


def _place(question: Question, person: Person) -> Iterator[Reason]:
    return _each(question, "place", "birth place", person.birth.place if person.birth else None)


def _number(question: Question, person: Person) -> Iterator[Reason]:
    return _each(question, "number", "registry", person.registry)


def _each(question: Question, field: str, part: str, read: str | None) -> Iterator[Reason]:
    for term in question.terms:
        if term.field == field:
            pairs = ((compare(asked, form), trust, form.raw) for form in forms(read or "") for asked, trust in _trusted(term))
            best = max(((score * trust, rule, raw) for (rule, score), trust, raw in pairs), default=None)
            if best is None:
                yield Reason(part, "missing", term.form.raw, None, NEUTRAL, term)
            else:
                yield Reason(part, best[1], term.form.raw, best[2] if best[0] else read, best[0], term)


def _birth(question: Question, person: Person) -> Iterator[Reason]:
    """The year of birth: the same, a year off (estimates, calendars), up to five years off, or another."""
    read = (person.birth.year or (int(person.birth.date[:4]) if person.birth.date else None)) if person.birth else None
    for term in question.terms:
        if term.field == "birth" and read is None:
            yield Reason("birth", "missing", term.form.raw, None, NEUTRAL, term)
        elif term.field == "birth" and read is not None:
            off = abs(int(term.form.spelling) - read)
            rule: Rule = "same" if off == 0 else "near" if off <= 5 else "different"
            yield Reason("birth", rule, term.form.raw, str(read), 1.0 if off == 0 else 0.7 if off == 1 else 0.4 if off <= 5 else 0.0, term)


_ON_PAGE: tuple[tuple[Rule, float, Callable[[Form], str]], ...] = (
    ("same", 1.0, lambda form: form.raw),
    ("orthographic", 0.97, lambda form: form.token),
    ("article", 0.95, lambda form: form.spelling),
    ("dots", 0.8, lambda form: form.rasm),
)


def _page(question: Question, candidate: Candidate) -> Ranked:
    """The share of the words that are on the page, those on one line counting more."""
    read = lines(candidate.text)
    held = [{key(form): form.raw for line in read for form in line} for _, _, key in _ON_PAGE]
    reasons = tuple(_on_page(term, held) for term in question.terms)
    asked = [{form.rasm for form in term.forms} for term in question.terms]
    there = [{form.rasm for form in line} for line in read]
    together = max(sum(not shapes.isdisjoint(line) for shapes in asked) for line in there) / len(asked)
    mean = sum(reason.score for reason in reasons) / len(reasons)
    return Ranked(candidate, round(PAGE * (0.7 * mean + 0.3 * together), 3), False, reasons)


def _on_page(term: Term, held: Sequence[dict[str, str]]) -> Reason:
    for (rule, score, key), words in zip(_ON_PAGE, held, strict=True):
        if (read := words.get(key(term.form))) is not None:
            return Reason("text", rule, term.form.raw, read, score, term)
    found = [(trust * score, words[key(form)]) for form, trust in term.arabic for (_, score, key), words in zip(_ON_PAGE, held, strict=True)
             if key(form) in words]  # fmt: skip
    if found:
        score, read = max(found)
        return Reason("text", "latin", term.form.raw, read, score, term)
    return Reason("text", "different", term.form.raw, None, 0.0, term)


def _order(one: Ranked) -> tuple[float, bool, float, int, int]:
    person = one.candidate.person
    return -one.score, person is None, -one.candidate.weight, one.candidate.page.key, -1 if person is None else person
