"""Facilities as papers name them: by their names, by number, and by agency and place."""

import json
from dataclasses import dataclass
from functools import cache
from random import Random

from benchmarks.understanding.people import DATA, Split

_AGENCIES: dict[Split, dict[str, tuple[str, ...]]] = {
    "dev": {
        "MI": ("المخابرات العسكرية في {}", "فرع المخابرات العسكرية ب{}"),
        "GID": ("أمن الدولة في {}", "فرع المخابرات العامة ب{}"),
        "AFI": ("المخابرات الجوية في {}",),
        "PSD": ("الأمن السياسي في {}",),
    },
    "test": {
        "MI": ("الأمن العسكري في {}", "فرع المخابرات العسكرية في محافظة {}"),
        "GID": ("فرع أمن الدولة في {}", "إدارة المخابرات العامة - فرع {}"),
        "AFI": ("فرع المخابرات الجوية ب{}", "إدارة المخابرات الجوية - فرع {}"),
        "PSD": ("فرع الأمن السياسي في {}", "شعبة الأمن السياسي - فرع {}"),
    },
}
_NUMBERED: dict[Split, tuple[str, ...]] = {
    "dev": ("الفرع {}", "فرع {}", "الفرع رقم {}"),
    "test": ("الفرع {}", "فرع {}", "الفرع ({})", "ف/{}", "الفرع / {}", "فرع رقم {}"),
}
_CITIES = frozenset(
    ("حلب", "حمص", "حماة", "اللاذقية", "إدلب", "دير الزور", "طرطوس", "الرقة", "درعا", "السويداء", "الحسكة", "القنيطرة")
)  # fmt: skip
BRANCH, PRISON, COURT, HOSPITAL, GRAVE = "branch", "prison", "court", "hospital", "burial"


@dataclass(frozen=True)
class Facility:
    id: str
    agency: str
    number: str
    city: str
    kind: str
    forms: tuple[str, ...]


@cache
def facilities() -> tuple[Facility, ...]:
    rows = json.loads((DATA / "facilities.json").read_text("utf-8"))
    return tuple(Facility(**{**row, "forms": tuple(row["forms"])}) for row in rows)


@cache
def of_kind(kind: str) -> tuple[Facility, ...]:
    return tuple(each for each in facilities() if kind in each.kind)


def named(facility: Facility, rng: Random, split: Split) -> str:
    """One of the ways this split's papers name it."""
    ways = [rng.choice(facility.forms)]
    if facility.number and BRANCH in facility.kind:
        ways += [rng.choice(_NUMBERED[split]).format(facility.number)] * 2
    if _alone(facility):
        ways.append(rng.choice(_AGENCIES[split][facility.agency]).format(facility.city))
    return rng.choice(ways)


def _alone(facility: Facility) -> bool:
    """Whether agency and place say which it is: the only branch of its agency there."""
    if facility.agency not in _AGENCIES["dev"] or facility.city not in _CITIES or facility.kind != "intelligence branch":
        return False
    same = [each for each in facilities() if (each.agency, each.city, each.kind) == (facility.agency, facility.city, facility.kind)]
    return len(same) == 1
