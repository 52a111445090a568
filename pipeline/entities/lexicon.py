"""The word lists of the papers, folded for matching, read once when first needed."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO

from pipeline.arabic import clean

_FOLD = str.maketrans("أإآٱىیئؤةکڪگپچڤۆ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹،؛؟\u00a0\t\r\f\v\n", "اااايييوهكككبجفو01234567890123456789,;?      ")
_TOKEN = re.compile(r"[^\W\d_]+|\d+")
Phrase = tuple[str, ...]


def fold(text: str) -> str:
    """The matching form: exactly as long as the text given, which carries no vowel marks; hamza, final ya, ta marbuta and digits folded."""
    return text.translate(_FOLD)


def phrase(text: str) -> Phrase:
    """The folded words and numbers of a text."""
    return tuple(_TOKEN.findall(fold(clean(text))))


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of one word list, columns by their bare name: ``variants_ar(;)`` is ``variants_ar``."""
    for row in csv.DictReader(StringIO(_data(f"{name}.csv"))):
        yield {key.split("(")[0]: value or "" for key, value in row.items() if key}


def _data(file: str) -> str:
    return (files("pipeline.entities") / "data" / file).read_text(encoding="utf-8")


def spellings(row: Mapping[str, str], first: str, variants: str) -> list[str]:
    """A row's own name and its variants, as written."""
    return [text for text in (row[first], *row[variants].split(";")) if text.strip()]


class Phrases:
    """Phrases and what each stands for, looked up longest first at a place in a list of tokens."""

    def __init__(self, entries: Iterable[tuple[Phrase, str]]) -> None:
        self._by_first: dict[str, list[tuple[Phrase, str]]] = {}
        for words, meaning in entries:
            if words:
                self._by_first.setdefault(words[0], []).append((words, meaning))
        for found in self._by_first.values():
            found.sort(key=lambda entry: -len(entry[0]))

    def at(self, tokens: Phrase, index: int) -> tuple[int, str] | None:
        """(how many tokens, meaning) of the longest phrase that stands at ``index``."""
        if index >= len(tokens):
            return None
        for words, meaning in self._by_first.get(tokens[index], ()):
            if tokens[index : index + len(words)] == words:
                return len(words), meaning
        return None


@dataclass(frozen=True)
class Names:
    """Folded name words: given and family names, and names of two words."""

    given: frozenset[str]
    family: frozenset[str]
    double: frozenset[Phrase]

    def __contains__(self, word: str) -> bool:
        return word in self.given or word in self.family


@cache
def names() -> Names:
    given = [phrase(row["name_ar"]) for name in ("given_names_male", "given_names_female") for row in rows(name)]
    family = [phrase(row["name_ar"]) for row in rows("family_names")]
    return Names(
        frozenset(" ".join(words) for words in given),
        frozenset(" ".join(words) for words in family),
        frozenset(
            words for words in (*given, *family) if len(words) == 2 and words[0] not in ("عبد", "ابو") and words[1] not in ("الدين", "الله")
        ),
    )


@cache
def women() -> frozenset[str]:
    """Given names that women alone have."""
    men = {phrase(row["name_ar"]) for row in rows("given_names_male")}
    return frozenset(" ".join(words) for row in rows("given_names_female") if (words := phrase(row["name_ar"])) not in men)


@cache
def labels() -> Phrases:
    """Labels of forms and table heads, each standing for its field key (``person.mother`` …)."""
    return Phrases((phrase(text), row["field_key"]) for row in rows("labels") for text in spellings(row, "label_ar", "variants_ar"))


@cache
def ranks() -> Phrases:
    """Ranks in all spellings, with and without the article; each stands for its plain form."""
    kinds = ("officer", "NCO", "enlisted", "police")
    found = [(phrase(text), row["ar"]) for row in rows("ranks") if row["category"] in kinds for text in spellings(row, "ar", "variants_ar")]
    articled = [(("ال" + words[0], *words[1:]), plain) for words, plain in found if not words[0].startswith("ال") and len(words[0]) > 1]
    return Phrases(
        [*found, *articled, *(((title,), "قاضي") for title in ("القاضي", "القاضيان", "القاضيين", "القضاه")), (("الدكتور",), "دكتور")]
    )


@cache
def posts() -> Phrases:
    """Posts of those who sign."""
    found = [row for row in rows("ranks") if row["category"] == "signatory role"]
    return Phrases((phrase(text), text) for row in found for text in spellings(row, "ar", "variants_ar"))


@cache
def words(name: str) -> frozenset[str]:
    """A plain word list: ``stops`` end a name, ``post_heads`` begin a post, ``place_leads`` come before a place."""
    return frozenset(map(fold, _data(f"{name}.txt").split()))


@cache
def places() -> Phrases:
    """Places, each standing for its p-code (empty when it has none)."""
    return Phrases((phrase(text), row["pcode"]) for row in rows("places") for text in spellings(row, "name_ar", "variants_ar"))
