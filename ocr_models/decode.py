"""From the net's probabilities to words: signs in paper order, words in logical order with where they stand and how sure they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ocr_models.beam import readings
from ocr_models.bidi import reading_order
from ocr_models.confidence import Calibration, Chances, Spelling, likelihoods, log_odds

_DOUBTFUL = 0.9  # below this a word carries other readings
_BEAM, _MOST_OTHERS, _LEAST_SHARE = 8, 5, 0.01
_FIGURES = frozenset("0123456789٠١٢٣٤٥٦٧٨٩")


@dataclass(frozen=True)
class Heard:
    """A word in logical order on frames `start` to `stop` (fractions between); `others`: text and confidence, best first."""

    text: str
    start: float
    stop: float
    confidence: float
    others: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Token:
    """A stretch of signs `low` to `high` between two spaces of a line, and the frames it has for itself."""

    low: int
    high: int
    start: int
    stop: int


@dataclass(frozen=True)
class Path:
    """The greedy reading of a line from left to right: n signs, their classes, first and last frames, and highest chances."""

    text: str
    codes: NDArray[np.intp]
    first: NDArray[np.intp]
    last: NDArray[np.intp]
    peak: Chances
    likely: Chances

    def tokens(self) -> list[Token]:
        spaces = [i for i, sign in enumerate(self.text) if sign == " "]
        found = []
        for before, after in pairwise([-1, *spaces, len(self.text)]):
            if after > before + 1:
                start = int(self.last[before]) + 1 if before >= 0 else 0
                stop = int(self.first[after]) if after < len(self.text) else len(self.likely)
                found.append(Token(before + 1, after, start, stop))
        return found

    def spelling(self, token: Token) -> Spelling:
        return Spelling(self.likely[token.start : token.stop], tuple(int(code) for code in self.codes[token.low : token.high]))


def softmax(logits: NDArray[np.float32]) -> Chances:
    """(frames, classes) logits to probabilities."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)


def greedy(likely: Chances, signs: str) -> Path:
    """CTC's best path: repeats once, blanks out; class i is signs[i - 1]."""
    best = likely.argmax(axis=1)
    starts = np.concatenate(([0], np.flatnonzero(best[1:] != best[:-1]) + 1)) if len(best) else np.zeros(0, np.intp)
    stops = np.append(starts[1:], len(best))
    kept = best[starts] != 0
    codes, first, last = best[starts][kept], starts[kept], stops[kept] - 1
    peak = np.maximum.reduceat(likely.max(axis=1), starts)[kept] if len(best) else np.zeros(0, np.float32)
    return Path("".join(signs[code - 1] for code in codes), codes, first, last, peak, likely)


def words(lines: Sequence[Chances], signs: str, calibration: Calibration) -> list[tuple[Heard, ...]]:
    """The words of each line in logical order, from (frames, classes) probabilities. All lines at once: it is faster."""
    paths = [greedy(likely, signs) for likely in lines]
    tokens = [path.tokens() for path in paths]
    sure = iter(calibration(features(paths, tokens)))
    return [tuple(_heard(path, some, [float(next(sure)) for _ in some], signs)) for path, some in zip(paths, tokens, strict=True)]


def features(paths: Sequence[Path], tokens: Sequence[Sequence[Token]]) -> NDArray[np.float64]:
    """(tokens of all lines, confidence.FEATURES): what the calibration judges by."""
    everywhere = [(path, token) for path, some in zip(paths, tokens, strict=True) for token in some]
    whole = log_odds(likelihoods([path.spelling(token) for path, token in everywhere]))
    weakest = log_odds(np.array([path.peak[token.low : token.high].min() for path, token in everywhere], np.float64))
    length = np.log([token.high - token.low for _, token in everywhere])
    figures = np.array([not _FIGURES.isdisjoint(path.text[token.low : token.high]) for path, token in everywhere], np.float64)
    spaces = log_odds(np.array([_spaces(path, token) for path, token in everywhere], np.float64))
    counts = [len(some) for some in tokens if some]
    means = np.add.reduceat(whole, np.cumsum([0, *counts[:-1]])) / counts if counts else np.zeros(0)
    return np.stack([whole, weakest, length, figures, spaces, np.repeat(means, counts)], axis=1)


def _spaces(path: Path, token: Token) -> float:
    """The chance of the less certain space beside a word; at the line's ends there is none to doubt."""
    beside = [path.peak[at] for at in (token.low - 1, token.high) if 0 <= at < len(path.peak)]
    return float(min(beside, default=1.0))


def _heard(path: Path, tokens: Sequence[Token], sure: Sequence[float], signs: str) -> Iterator[Heard]:
    """Words in logical order. Where Latin letters part a word on paper, it is as sure as its least certain part."""
    owner = {place: number for number, token in enumerate(tokens) for place in range(token.low, token.high)}
    for text, places in _split(path.text):
        parts = {owner[place] for place in places}
        confidence = min(sure[part] for part in parts)
        token = tokens[min(parts)]
        whole = len(parts) == 1 and len(places) == token.high - token.low
        others = _others(path, token, text, confidence, signs) if whole and confidence < _DOUBTFUL else ()
        yield Heard(text, *_extent(path, min(places), max(places)), confidence, others)


def _split(visual: str) -> Iterator[tuple[str, list[int]]]:
    """Words of a line in logical order, each with the places of its signs on paper."""
    text, order = reading_order(visual)
    at = 0
    for word in text.split(" "):
        if word:
            yield word, list(order[at : at + len(word)])
        at += len(word) + 1


def _extent(path: Path, low: int, high: int) -> tuple[float, float]:
    """Frames of signs `low` to `high`, half-way to the neighbours; at a line's ends all there is."""
    start = (path.last[low - 1] + 1 + path.first[low]) / 2 if low else 0.0
    stop = (path.last[high] + 1 + path.first[high + 1]) / 2 if high + 1 < len(path.text) else len(path.likely)
    return float(start), float(stop)


def _others(path: Path, token: Token, text: str, confidence: float, signs: str) -> tuple[tuple[str, float], ...]:
    """Up to five other readings; they share what the word's confidence leaves, as their chances on the frames are to each other."""
    spelling = path.spelling(token)
    found = readings(spelling.likely, _BEAM, without=[signs.index(" ") + 1] if " " in signs else [])
    own = dict(found).get(spelling.codes, 0.0)
    rest = [(codes, chance) for codes, chance in found if codes and codes != spelling.codes]
    total = own + sum(chance for _, chance in rest)
    scaled = {}
    for codes, chance in rest:
        other = _in_logical_order(path.text, token, "".join(signs[code - 1] for code in codes))
        share = chance / total
        if other != text and share >= _LEAST_SHARE:
            scaled[other] = round(share * (1 - confidence) / max(1 - own / total, 1e-9), 4)
    return tuple(scaled.items())[:_MOST_OTHERS]


def _in_logical_order(line: str, token: Token, visual: str) -> str:
    """A token's signs in logical order were it in this place of the line: figures turn by what stands before them."""
    changed = line[: token.low] + visual + line[token.high :]
    text, order = reading_order(changed)
    inside = range(token.low, token.low + len(visual))
    return "".join(sign for sign, place in zip(text, order, strict=True) if place in inside)
