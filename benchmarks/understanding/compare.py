"""What is compared with what: values in the form in which they are the same or not.

`exact`: as printed but for vowel marks, punctuation, blanks and the set of digits. `folded`: by the spelling key of `pipeline.arabic`,
in which hamza, final ya and ta marbuta do not count.
"""

import re
from collections.abc import Callable

from benchmarks.understanding.truth import NAME_PARTS, PARTS
from pipeline.arabic import ascii_digits, clean, orthographic
from pipeline.model import Person

_PIECES = re.compile(r"[^\W\d_]+|\d+")
_MARKS = re.compile("[\u064b-\u0652\u0670]")
_NOT_REGISTRY = frozenset(("رقم", "خانة", "خانه", "قيد"))
Text = Callable[[str], str]


def exact(text: str) -> str:
    return _MARKS.sub("", ascii_digits(clean(text)))


WAYS: dict[str, Text] = {"exact": exact, "folded": orthographic}


def values(person: Person, text: Text) -> dict[str, str]:
    """What a mention says, by field, in the form it is compared in; empty fields left out."""
    parts: dict[str, str | None] = {name: getattr(person, name) for name in PARTS if not name.startswith("birth")}
    birth = person.birth
    if birth:
        parts |= {"birth": birth.date or (str(birth.year) if birth.year else None), "birth_place": birth.place}
    return {name: key for name, value in parts.items() if value and (key := comparable(name, value, text))}


def comparable(name: str, value: str, text: Text) -> str:
    """A field's value in the form it is compared in."""
    if name == "birth":
        return value
    pieces = _PIECES.findall(text(value))
    if name == "registry":
        pieces = [piece for piece in pieces if piece not in _NOT_REGISTRY]
    if name == "rank":
        pieces = [piece.removeprefix("ال") for piece in pieces]
    return "".join(pieces) if name in NAME_PARTS or name == "birth_place" else " ".join(pieces)


def number_key(number: str) -> str:
    """A reference number in the form it is compared in: its parts in either direction, as slashes turn round on the page."""
    parts = _PIECES.findall(orthographic(number))
    return "/".join(max(parts, parts[::-1]))
