"""The words the papers are made of: the project's lists, and two larger ones given by path."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ocr_models.training.alphabet import BORROWED_LETTERS, LETTERS, label_of
from ocr_models.training.phrases import FORMULAE, HEADINGS, PROSE
from pipeline.entities.lexicon import rows, spellings

_ARABIC = frozenset(LETTERS + BORROWED_LETTERS)
_LONGEST_WORD = 18


@dataclass(frozen=True)
class Lexicon:
    """Lists to draw from; `words` are the commonest first."""

    men: tuple[str, ...]
    women: tuple[str, ...]
    families: tuple[str, ...]
    places: tuple[str, ...]
    facilities: tuple[str, ...]
    ranks: tuple[str, ...]
    labels: tuple[str, ...]
    months: tuple[str, ...]
    months_west: tuple[str, ...]
    months_hijri: tuple[str, ...]
    words: tuple[str, ...]


def load(words: Path | None = None, places: Path | None = None) -> Lexicon:
    """The lists of pipeline.entities, with a word file (one a line, the commonest first) and OCHA's CSV of places where given.

    Raises OSError where a given file cannot be read, KeyError where the CSV lacks place_ar, ValueError for a word file
    without an Arabic word.
    """
    months = list(rows("months"))
    more = _ocha(places) if places else ()
    return Lexicon(
        men=_column("given_names_male"),
        women=_column("given_names_female"),
        families=_column("family_names"),
        places=_unique([*_spelt("places", "name_ar", "variants_ar"), *more]),
        facilities=_spelt("facilities", "name_ar", "variants_ar"),
        ranks=_spelt("ranks", "ar", "variants_ar"),
        labels=_spelt("labels", "label_ar", "variants_ar"),
        months=tuple(row["name_ar"] for row in months if row["calendar"] == "levantine"),
        months_west=_unique(name for row in months for name in row["western_ar"].split(";") if name),
        months_hijri=tuple(row["name_ar"] for row in months if row["calendar"] != "levantine"),
        words=_from_file(words) if words else _words(" ".join((*PROSE, *FORMULAE, *HEADINGS)).split()),
    )


def _column(name: str) -> tuple[str, ...]:
    return _unique(row["name_ar"] for row in rows(name) if row.get("flag", "") != "avoid")


def _spelt(name: str, first: str, variants: str) -> tuple[str, ...]:
    return _unique(text.strip() for row in rows(name) for text in spellings(row, first, variants))


def _ocha(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["place_ar"].strip() for row in csv.DictReader(file)]


def _from_file(path: Path) -> tuple[str, ...]:
    with path.open(encoding="utf-8") as file:
        kept = _words(map(str.strip, file))
    if not kept:
        raise ValueError("the word file holds no Arabic word")
    return kept


def _words(texts: Iterable[str]) -> tuple[str, ...]:
    return _unique(label for label in map(label_of, texts) if len(label) <= _LONGEST_WORD and _ARABIC.issuperset(label))


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
