"""Words as they are compared: each token with its spelling key, its dotless key, and the keys one lost letter away."""

import re
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from pipeline.arabic import clean, dotless, orthographic, strip_article, tokens

LONGEST = 40
"""Letters of a word that count: longer runs are noise or an attack, and share a key with what they begin like."""

EDGE = 3
"""Letters of each end of a word by which it is found where the rest was lost."""

_OPEN = str.maketrans("نيق", "ٮٮڡ")  # at a word's end they have a shape of their own, which is lost with the blank after it
_REFERENCE = re.compile(r"(?<![^\W_])[^\W_]+(?:[/\\-][^\W_]+)+")
_CORE = re.compile(r"\w(?:.*\w)?", re.DOTALL)
_SEPARATOR = re.compile(r"[/\\-]")
_UNSAFE = re.compile(r"[^ 0-9a-z/\u0080-\U0010ffff]")  # an index word is one word to every engine's tokenizer


_HEADS, _TAILS = ("عبد", "ابو"), ("الله", "الدين")  # where a compound may be: tokens() decides


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
    return _words(clean(text))


def lines(text: str) -> tuple[tuple[Form, ...], ...]:
    """The words of each line."""
    return tuple(map(_words, clean(text).split("\n")))


def keys(text: str) -> list[tuple[str, str]]:
    """(spelling key, dotless key) of every word that ``forms`` gives, much quicker, for indexing."""
    spelled = [spelling(token) for token in (*tokens(text), *references(text))]
    shapes = _UNSAFE.sub("_", dotless("\n".join(spelled)).replace("\n", " ")).split(" ") if spelled else []
    if len(shapes) != len(spelled):  # a key that turns into a blank: never seen, but a page must not fall over it
        shapes = [_UNSAFE.sub("_", dotless(key)) for key in spelled]
    return list(zip(spelled, shapes, strict=True))


def references(text: str) -> tuple[str, ...]:
    """Numbers with slashes or dashes, spelling keys with their parts sorted: which side was printed first is often lost."""
    if not _SEPARATOR.search(text):
        return ()
    found = _REFERENCE.findall(orthographic(text))
    return tuple("/".join(sorted(_SEPARATOR.split(number))) for number in found if any(char.isdecimal() for char in number))


@lru_cache(maxsize=100_000)
def spelling(token: str) -> str:
    """The key of one spelling token: without its article, also inside a compound (عبدالرحمن and عبد رحمن are one)."""
    for head in _HEADS:
        if token.startswith(head + "ال") and len(token) > len(head) + 3:
            token = head + token[len(head) + 2 :]
    if token.endswith("الدين") and len(token) > 5:
        token = token[:-5] + "دين"
    return _UNSAFE.sub("_", strip_article(token).casefold()[:LONGEST])


@lru_cache(maxsize=100_000)
def rasm(token: str) -> str:
    """The dotless key of one spelling token."""
    return _UNSAFE.sub("_", dotless(spelling(token)))


@lru_cache(maxsize=100_000)
def shape(token: str) -> str:
    """The dotless form of a spelling token with its article."""
    return _UNSAFE.sub("_", dotless(token[:LONGEST]))


def shortened(key: str) -> frozenset[str]:
    """The key with each one of its letters left out (three letters or more): two words one edit apart share one (Mor & Fraenkel 1982)."""
    if not 3 <= len(key) <= 20 or key.isdecimal():
        return frozenset()
    return frozenset(key[:at] + key[at + 1 :] for at in range(len(key)))


def near(shape: str) -> frozenset[str]:
    """What two words share that are one edit of their shape apart: the shape, letters at its end like those within, and it shortened."""
    open_ = shape.translate(_OPEN)
    return shortened(open_) | {open_}


def bare(shape: str) -> tuple[str, ...]:
    """The shape, and what is left of it if its beginning is an article with a letter misread or lost (اكحمصي, لحمصي)."""
    if len(shape) < 5 or shape.isdecimal():
        return (shape,)
    if shape[0] == "ا" or shape[1] == "ل":
        return shape, shape[2:]
    return (shape, shape[1:]) if shape[0] == "ل" else (shape,)


def edges(shape: str) -> tuple[str, str]:
    """The first and the last three letters of a shape: words that ran together, or are damaged at one end, still have one of them."""
    open_ = shape.translate(_OPEN)
    return open_[:EDGE], open_[-EDGE:]


@lru_cache(maxsize=100_000)
def joined(*words: Form) -> Form:
    """Words as the one word they make when the blanks between them are lost."""
    return _form(" ".join(word.raw for word in words), "".join(word.token for word in words))


def facet(kind: str, value: str) -> str:
    """An index word for a filter value, whatever characters it has."""
    return kind + blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _words(text: str) -> tuple[Form, ...]:
    found: list[Form] = []
    for chunk in text.split():
        for form in _chunk(chunk):
            if found and _compound(found[-1].token, form.token):
                before = found.pop()
                found.append(_form(f"{before.raw} {form.raw}", before.token + form.token))
            else:
                found.append(form)
    return (*found, *(_form(number, number) for number in references(text)))


def _compound(before: str, token: str) -> bool:
    return (before in _HEADS or token in _TAILS) and len(tokens(f"{before} {token}")) == 1


@lru_cache(maxsize=200_000)
def _chunk(chunk: str) -> tuple[Form, ...]:
    """The words of a text without blanks, each beside what was printed, its edges free of marks."""
    found = tokens(chunk)
    core = _CORE.search(chunk)
    return tuple(_form(core[0] if core and len(found) == 1 else token, token) for token in found)


def _form(raw: str, token: str) -> Form:
    return Form(raw, token, spelling(token), rasm(token))
