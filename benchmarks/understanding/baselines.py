"""What is measured beside Sijill: plain patterns, and camel-tools with lists of names and nothing else.

camel-tools' own named entity recogniser needs a model of half a gigabyte and is not among them.
"""

import re
from collections.abc import Iterator

from camel_tools.tokenizers.word import simple_word_tokenize
from camel_tools.utils.dediac import dediac_ar
from camel_tools.utils.normalize import normalize_alef_ar, normalize_alef_maksura_ar, normalize_teh_marbuta_ar

from benchmarks.understanding.facilities import facilities
from benchmarks.understanding.people import words
from pipeline.arabic import ascii_digits
from pipeline.model import Birth, Box, DateMention, Entities, FacilityMention, Line, Person, Reading, ReferenceMention

_NAME = r"((?:(?:عبد|أبو|ابو) )?[^\W\d_]+)"
_PERSON = re.compile(rf"(?:المدعو|المتهم|الموقوف|الاسم(?: الثلاثي)?\s*:)\s+{_NAME} (?:بن |بنت )?{_NAME} {_NAME}")
_MOTHER = re.compile(rf"(?:والدته|والدتها|اسم الأم)\s*:?\s*{_NAME}")
_BORN = re.compile(r"(?:تولد|مواليد)\s*:?\s*(?:[^\W\d_]+ )?(?:\d{1,2}/\d{1,2}/)?((?:19|20)\d\d)")
_DATE = re.compile(r"(?<![\d/])(\d{1,2})[/.-](\d{1,2})[/.-]((?:19|20)\d\d)(?![\d/])")
_BRANCH = re.compile(r"(?:الفرع|فرع)\s+(?:رقم\s+)?(\d{3})")
_REFERENCE = re.compile(r"(?:الرقم|رقم|العدد)\s*:?\s*((?:[^\W\d_]/)?\d+(?:/[\d\w]+)*)")


def by_patterns(reading: Reading) -> Entities:
    """A regular expression for each kind of thing, line by line."""
    people, dates, places, references = [], [], [], []
    numbers = {each.number: each.id for each in facilities() if each.number}
    names = [(form, each.id) for each in facilities() for form in each.forms]
    for line in reading.lines:
        text, box = ascii_digits(line.text), (line.box,)
        people += list(_people(text, box))
        dates += [_day(match, box) for match in _DATE.finditer(text) if _possible(match)]
        places += [FacilityMention(match[0], box, numbers[match[1]], "") for match in _BRANCH.finditer(text) if match[1] in numbers]
        places += [FacilityMention(form, box, id_, "") for form, id_ in names if form in text]
        references += [ReferenceMention(match[0], box, match[1]) for match in _REFERENCE.finditer(text)]
    return Entities(tuple(people), tuple(dates), tuple(places), (), tuple(references))


def by_camel_tools(reading: Reading) -> Entities:
    """camel-tools' tokens and normal forms; runs of two to four tokens that are all in the lists of names are people.

    The first of a run is the given, the last the family name. Dates, facilities and references are not its business.
    """
    return Entities(tuple(person for line in reading.lines for person in _runs(line)))


def _people(text: str, box: tuple[Box, ...]) -> Iterator[Person]:
    for match in _PERSON.finditer(text):
        given, father, family = match.groups()
        mother, born = _MOTHER.search(text, match.end()), _BORN.search(text, match.end())
        birth = Birth(year=int(born[1])) if born else None
        yield Person(match[0], box, given, father, None, family, mother[1] if mother else None, birth, role="subject")


def _possible(match: re.Match[str]) -> bool:
    return 1 <= int(match[1]) <= 28 and 1 <= int(match[2]) <= 12


def _day(match: re.Match[str], box: tuple[Box, ...]) -> DateMention:
    day = f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}"
    return DateMention(match[0], box, day, day)


def _plain(text: str) -> str:
    plain: str = normalize_teh_marbuta_ar(normalize_alef_maksura_ar(normalize_alef_ar(dediac_ar(text)))).replace(" ", "")
    return plain


_GIVEN = frozenset(_plain(name) for kind in ("men", "women") for name in words(kind))
_FAMILIES = frozenset(map(_plain, words("families")))


def _runs(line: Line) -> Iterator[Person]:
    run: list[str] = []
    for token in [*_joined(simple_word_tokenize(line.text)), ""]:
        known = _plain(token) in _GIVEN | _FAMILIES
        if known:
            run.append(token)
        if not known or len(run) == 4:
            if len(run) >= 2 and _plain(run[0]) in _GIVEN:
                father = run[1] if len(run) > 2 else None
                yield Person(" ".join(run), (line.box,), run[0], father, run[2] if len(run) == 4 else None, run[-1], role="subject")
            run = []


def _joined(tokens: list[str]) -> Iterator[str]:
    """عبد and what follows as one."""
    before = ""
    for token in tokens:
        if token == "عبد":  # noqa: S105 - a name
            before = "عبد "
            continue
        yield before + token
        before = ""
