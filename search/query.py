"""What a person typed, as terms to look for: bounded, labels understood, nothing in it ever an operator."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, islice
from typing import Literal

from pipeline.errors import Usage
from pipeline.model import Query
from search.keys import Form, forms
from search.latin import Spelling, is_latin, names, spellings

MAX_CHARACTERS = 10_000
MAX_TERMS = 16
"""Words searched for; a pasted page names its people in fewer, and the rest is said to be left out."""

FEW_TERMS = 6
"""Words of a name with a mother and a birth; in a longer text a word that comes again says nothing new."""
SURE = 2
"""Of the Arabic spellings of a Latin name, those tried together with the word beside it."""
Word = tuple[Form, tuple[Spelling, ...]]
Field = Literal["name", "mother", "birth", "place", "number"]

_MOTHER = frozenset(("والدته", "والدتو", "والدتها", "والده", "امه", "امها"))
_BIRTH = frozenset(("تولد", "مواليد", "مولود", "ولد"))
_BETWEEN = frozenset(("بن", "ابن", "بنت", "المدعو", "المدعوه", "السيد", "في", "من", "عام"))
_FIRST_YEAR, _LAST_YEAR = 1880, 2100


@dataclass(frozen=True, slots=True)
class Term:
    """One word asked for, what it was said to be, and, of a name in Latin letters, how it may be written in Arabic ones."""

    form: Form
    field: Field
    arabic: tuple[Spelling, ...] = ()

    @property
    def forms(self) -> tuple[Form, ...]:
        """The word, or its Arabic spellings, best first, then the word as it stands."""
        return (*(spelling.form for spelling in self.arabic), self.form)


@dataclass(frozen=True, slots=True)
class Question:
    """The terms of a query in order, and what had to be left out of it, if anything."""

    terms: tuple[Term, ...]
    notice: str | None = None

    def of(self, *fields: Field) -> tuple[Form, ...]:
        return tuple(term.form for term in self.terms if term.field in fields)


@dataclass(frozen=True, slots=True)
class Period:
    """The days asked for, ISO 8601, both ends included."""

    earliest: str
    latest: str


def parse(text: str) -> Question:
    """The terms of a query. Raises Usage (bad-query) where there is no word or number in it."""
    words = tuple(_words(text[:MAX_CHARACTERS]))
    terms = _labelled(words) or tuple(Term(word, "number" if word.number else "name", arabic) for word, arabic in words)
    if len(terms) > FEW_TERMS:  # in a name a word may stand twice: a father's name is often the family's too
        terms = tuple(dict.fromkeys(terms))
    if not terms:
        raise Usage("bad-query", "The query has no word or number in it.", "Give a name, a word or a number to look for.")
    cut = len(terms) > MAX_TERMS or len(text) > MAX_CHARACTERS
    notices = [f"Only the first {min(MAX_TERMS, len(terms))} words were looked for."] if cut else []
    if any(term.arabic for term in terms[:MAX_TERMS]):
        notices.append("Names in Latin letters are looked for as they may be written in Arabic; Arabic letters find more.")
    return Question(terms[:MAX_TERMS], " ".join(notices) or None)


def period(query: Query) -> Period | None:
    """The days asked for; a year or a month stands for all its days. None: any day. Raises Usage (bad-query)."""
    if query.earliest is None and query.latest is None:
        return None
    asked = Period(_day(query.earliest or "0001-01-01"), _day(query.latest or "9999-12-31", last=True))
    if asked.earliest > asked.latest:
        raise Usage("bad-query", "The period ends before it begins.", "Exchange the two dates.")
    return asked


def _words(text: str) -> Iterator[Word]:
    """The words of a text in order; those in Latin letters by the name, each with its Arabic spellings."""
    for latin, chunks in groupby(text.split(), key=is_latin):
        if not latin:
            yield from ((form, ()) for form in forms(" ".join(chunks)))
            continue
        for name in names(list(islice(chunks, 4 * MAX_TERMS))):
            printed = forms(name)
            if printed:
                yield printed[-1]._replace(raw=name), spellings(name)


def _labelled(words: Sequence[Word]) -> tuple[Term, ...]:
    """Each word with its field: labels (والدته, مواليد) name what follows and are not looked for themselves."""
    terms: list[Term] = []
    field: Field = "name"
    for word, arabic in words:
        if word.token in _MOTHER:
            field = "mother"
        elif word.token in _BIRTH:
            field = "birth"
        elif word.token not in _BETWEEN:
            field = "place" if field == "birth" else field
            terms.append(Term(word, _number(word) if word.number else field, arabic))
    return tuple(terms)


def _number(word: Form) -> Field:
    year = word.spelling.isdecimal() and len(word.spelling) == 4 and _FIRST_YEAR <= int(word.spelling) <= _LAST_YEAR
    return "birth" if year else "number"


def _day(text: str, last: bool = False) -> str:
    parts = text.split("-")
    try:
        if len(parts) == 3:
            return date.fromisoformat(text).isoformat()
        year, month = int(parts[0]), int(parts[1]) if len(parts) == 2 else (12 if last else 1)
        first = date(year, month, 1)
        return (_month_end(first) if last else first).isoformat()
    except (ValueError, OverflowError) as error:
        raise Usage("bad-query", "A date of the period is not a date.", "Write dates as 2012, 2012-05 or 2012-05-31.") from error


def _month_end(first: date) -> date:
    return date(first.year, 12, 31) if first.month == 12 else date(first.year, first.month + 1, 1) - timedelta(days=1)
