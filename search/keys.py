"""Words as they are compared: each token with its spelling key, its dotless key, and the keys one lost letter away."""

import re
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from pipeline.arabic import clean, dotless, orthographic, strip_article, tokens

LONGEST = 40
"""Letters of a word that count: longer runs are noise or an attack, and share a key with what they begin like."""

_REFERENCE = re.compile(r"[^\W_]+(?:[/\\-][^\W_]+)+")
_EDGES = re.compile(r"^\W+|\W+$")
_SEPARATOR = re.compile(r"[/\\-]")
_UNSAFE = re.compile(r"[^ 0-9a-z/\u0080-\U0010ffff]")  # an index word is one word to every engine's tokenizer


class Form(NamedTuple):
    """One word: as printed, its spelling token (whole), and the two keys it is looked up by."""

    raw: str
    token: str
    spelling: str
    rasm: str

    @property
    def number(self) -> bool:
        return self.spelling[:1].isdecimal()


def forms(text: str) -> tuple[Form, ...]:
    """The words of a text in order. Compounds (عبد الرحمن) are one word; a number with slashes follows its parts as one more word."""
    printed = _printed(text)
    words = [_form(raw, token) for raw, token in _aligned(printed, tokens(text))]
    return (*words, *(_form(number, number) for number in references(text)))


def keys(text: str) -> list[tuple[str, str]]:
    """(spelling key, dotless key) of every word that ``forms`` gives, much quicker, for indexing."""
    spelled = [spelling(token) for token in (*tokens(text), *references(text))]
    shapes = _UNSAFE.sub("_", dotless("\n".join(spelled)).replace("\n", " ")).split(" ") if spelled else []
    if len(shapes) != len(spelled):  # a key that turns into a blank: never seen, but a page must not fall over it
        shapes = [_UNSAFE.sub("_", dotless(key)) for key in spelled]
    return list(zip(spelled, shapes, strict=True))


def references(text: str) -> tuple[str, ...]:
    """Numbers with slashes or dashes, spelling keys with their parts sorted: which side was printed first is often lost."""
    if not _REFERENCE.search(text):
        return ()
    found = _REFERENCE.findall(orthographic(text))
    return tuple("/".join(sorted(_SEPARATOR.split(number))) for number in found if any(char.isdecimal() for char in number))


@lru_cache(maxsize=100_000)
def spelling(token: str) -> str:
    """The key of one spelling token: without its article, also inside a compound (عبدالرحمن and عبد رحمن are one)."""
    for head in ("عبد", "ابو"):
        if token.startswith(head + "ال") and len(token) > len(head) + 3:
            token = head + token[len(head) + 2 :]
    if token.endswith("الدين") and len(token) > 5:
        token = token[:-5] + "دين"
    return _UNSAFE.sub("_", strip_article(token).casefold()[:LONGEST])


@lru_cache(maxsize=100_000)
def rasm(token: str) -> str:
    """The dotless key of one spelling token."""
    return _UNSAFE.sub("_", dotless(spelling(token)))


def shortened(key: str) -> frozenset[str]:
    """The key with each one of its letters left out (four letters or more): two words one edit apart share one (Mor & Fraenkel 1982)."""
    if not 4 <= len(key) <= 20 or key.isdecimal():
        return frozenset()
    return frozenset(key[:at] + key[at + 1 :] for at in range(len(key)))


def facet(kind: str, value: str) -> str:
    """An index word for a filter value, whatever characters it has."""
    return kind + blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@lru_cache(maxsize=100_000)
def _form(raw: str, token: str) -> Form:
    return Form(raw, token, spelling(token), rasm(token))


@lru_cache(maxsize=100_000)
def _pieces(chunk: str) -> tuple[str, ...]:
    return tokens(chunk)


def _printed(text: str) -> list[tuple[str, str]]:
    """Each spelling token before compounds are joined, beside the printed word it came from."""
    printed: list[tuple[str, str]] = []
    for chunk in clean(text).split():
        pieces = _pieces(chunk)
        printed += [(_EDGES.sub("", chunk) if len(pieces) == 1 else piece, piece) for piece in pieces]
    return printed


def _aligned(printed: list[tuple[str, str]], joined: tuple[str, ...]) -> list[tuple[str, str]]:
    """The joined tokens beside the printed words they are made of."""
    at, aligned = 0, []
    for token in joined:
        raw, piece = printed[at] if at < len(printed) else (token, token)
        at += 1
        while piece != token and at < len(printed) and token.startswith(piece + printed[at][1]):
            raw, piece, at = f"{raw} {printed[at][0]}", piece + printed[at][1], at + 1
        aligned.append((raw, token))
    return aligned
