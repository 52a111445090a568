"""What a column without a known heading holds, by its cells: names of the lists, years of birth."""

import re
from collections.abc import Callable, Sequence

from pipeline.entities.lexicon import Phrase, names, women

_MOST = 0.6  # of the cells must be of a kind
_LEAST = 3  # cells to tell by
_YEAR = re.compile(r"(?:19[2-9]\d|200\d|201[0-2])")


def guessed(keys: Sequence[str | None], columns: Sequence[Sequence[Phrase]]) -> list[str | None]:
    """The keys, those that are None told by the filled cells of the column (words and numbers, folded) where these are of one kind."""
    found = list(keys)
    for number, cells in enumerate(columns):
        if found[number] is None and len(cells) >= _LEAST:
            found[number] = _kind(cells, {key for key in found if key})
    return found


def _kind(cells: Sequence[Phrase], known: set[str]) -> str | None:
    """The field a column is most likely of, of those the table does not have yet."""
    named = bool(known & {"person.full", "person.full_turned", "reg.name"})
    first = not named and "person.given" not in known
    likely = (
        ("person.birth_place_date", True, lambda cell: len(cell) == 1 and bool(_YEAR.fullmatch(cell[0]))),
        ("person.full", first, lambda cell: len(cell) > 1 and cell[0] in names().given and _name_words(cell) > 1),
        ("person.mother", not first, lambda cell: cell[0] in women()),
        ("person.given", first, _is_given),
        ("person.father", not first and not named, _is_given),
        ("person.family", not first and not named, lambda cell: " ".join(cell) in names().family),
    )
    return next((key for key, open_, which in likely if open_ and key not in known and _share(cells, which)), None)


def _is_given(cell: Phrase) -> bool:
    return cell[0] in names().given or " ".join(cell) in names().given


def _name_words(cell: Phrase) -> int:
    return sum(word in names() or word.startswith("ال") for word in cell)


def _share(cells: Sequence[Phrase], which: Callable[[Phrase], bool]) -> bool:
    return sum(map(which, cells)) >= _MOST * len(cells)
