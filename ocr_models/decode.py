"""From the net's probabilities to words: read in paper order, given in logical order with where they stand and how sure they are."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ocr_models.beam import Codes, readings
from ocr_models.bidi import reading_order
from ocr_models.confidence import Calibration, Chances, Spelling, likelihoods, log_odds
from pipeline.model import DOUBTFUL

_BEAM_BELOW, _BEAM, _MOST_OTHERS, _LEAST_SHARE = 0.97, 10, 5, 0.01
_FIGURES = frozenset("0123456789٠١٢٣٤٥٦٧٨٩")
_LETTERS = frozenset(chr(code) for code in range(0x621, 0x6D4) if unicodedata.bidirectional(chr(code)) == "AL")


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
    """Signs between two spaces of a line, in paper order: `spelling` on the frames they have for themselves.

    `left`, `right`: frames half-way to the spaces beside. `chance` of the spelling among all the frames could say; `space`: that of
    the less certain space beside, 1 where there is none. `beam`: what else was weighed, best first.
    """

    text: str
    spelling: Spelling
    left: float
    right: float
    space: float
    chance: float = 0.0
    beam: tuple[tuple[Codes, float], ...] = ()


@dataclass(frozen=True)
class VisualLine:
    """A line's tokens from left to right."""

    tokens: tuple[Token, ...]

    @property
    def text(self) -> str:
        return " ".join(token.text for token in self.tokens)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where in `text` each token begins."""
        lengths = np.array([len(token.text) + 1 for token in self.tokens], int)
        return tuple(int(each) for each in np.cumsum(lengths) - lengths)


def softmax(logits: NDArray[np.float32]) -> Chances:
    """(frames, classes) logits to probabilities."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)


def words(lines: Sequence[Chances], signs: str, calibration: Calibration) -> list[tuple[Heard, ...]]:
    """The words of each line in logical order, from (frames, classes) probabilities; class i is signs[i - 1], class 0 CTC's blank."""
    read = visual_lines(lines, signs)
    sure = iter(calibration(features(read)))
    return [tuple(_heard(line, [float(next(sure)) for _ in line.tokens], signs)) for line in read]


def visual_lines(lines: Sequence[Chances], signs: str) -> list[VisualLine]:
    """Lines read as they stand. All at once: it is faster.

    CTC's best path parts the words; a word that is not nearly certain is read once more by a beam over its own frames, since the
    likeliest text is not always on the best path.
    """
    paths = [_best_path(likely, signs) for likely in lines]
    tokens = _with_chances([token for some in paths for token in some])
    space = signs.find(" ") + 1
    better = iter(_with_chances([_reread(token, signs, space) if token.chance < _BEAM_BELOW else token for token in tokens]))
    return [VisualLine(tuple(next(better) for _ in some)) for some in paths]


def features(lines: Sequence[VisualLine]) -> NDArray[np.float64]:
    """(tokens of all lines, confidence.FEATURES): what the calibration judges by."""
    tokens = [token for line in lines for token in line.tokens]
    whole, spaces = (log_odds(np.array(some, np.float64)) for some in ([t.chance for t in tokens], [t.space for t in tokens]))
    length = np.log([len(token.text) for token in tokens])
    figures = np.array([not _FIGURES.isdisjoint(token.text) for token in tokens], np.float64)
    counts = [len(line.tokens) for line in lines if line.tokens]
    means = np.add.reduceat(whole, np.cumsum([0, *counts[:-1]])) / counts if counts else np.zeros(0)
    return np.stack([whole, length, figures, spaces, np.repeat(means, counts)], axis=1)


def _best_path(likely: Chances, signs: str) -> list[Token]:
    """CTC's greedy reading: repeats once, blanks out; parted at spaces."""
    best, highest = likely.argmax(axis=1), likely.max(axis=1)
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    stops = np.append(starts[1:], len(best))
    kept = best[starts] != 0
    codes, first, stop = best[starts][kept], starts[kept], stops[kept]
    text = "".join(signs[code - 1] for code in codes)
    found = []
    for before, after in pairwise([-1, *(i for i, sign in enumerate(text) if sign == " "), len(text)]):
        low, high = before + 1, after
        if high > low:
            left, right = before >= 0, after < len(text)
            begin, end = int(stop[before]) if left else 0, int(first[after]) if right else len(best)
            peaks = [float(highest[first[at] : stop[at]].max()) for at, there in ((before, left), (after, right)) if there]
            found.append(
                Token(
                    text[low:high],
                    Spelling(likely[begin:end], tuple(int(code) for code in codes[low:high])),
                    float(begin + first[low]) / 2 if left else 0.0,
                    float(end + stop[high - 1]) / 2 if right else float(end),
                    min(peaks, default=1.0),
                )
            )
    return found


def _with_chances(tokens: Sequence[Token]) -> list[Token]:
    unknown = [token for token in tokens if not token.chance]
    chances = dict(zip(map(id, unknown), likelihoods([token.spelling for token in unknown]), strict=True))
    return [replace(token, chance=float(chances[id(token)])) if id(token) in chances else token for token in tokens]


def _reread(token: Token, signs: str, space: int) -> Token:
    """The token with its beam, and spelt as the beam's best where that is another."""
    beam = tuple((codes, chance) for codes, chance in readings(token.spelling.likely, _BEAM, without=space) if codes)
    if not beam or beam[0][0] == token.spelling.codes:
        return replace(token, beam=beam)
    codes = beam[0][0]
    return replace(token, text=_text(codes, signs), spelling=replace(token.spelling, codes=codes), chance=0.0, beam=beam)


def _text(codes: Codes, signs: str) -> str:
    return "".join(signs[code - 1] for code in codes)


def _heard(line: VisualLine, sure: Sequence[float], signs: str) -> Iterator[Heard]:
    """Words in logical order. One that Latin letters part on paper is as sure as its least certain part."""
    owner = {start + at: number for number, start in enumerate(line.starts) for at in range(len(line.tokens[number].text))}
    for text, places in _split(line.text):
        parts = sorted({owner[place] for place in places})
        confidence = min(sure[part] for part in parts)
        whole = len(parts) == 1 and len(places) == len(line.tokens[parts[0]].text)
        others = _others(line, parts[0], text, confidence, signs) if whole and confidence < DOUBTFUL else ()
        left, right = min(line.tokens[part].left for part in parts), max(line.tokens[part].right for part in parts)
        yield Heard(text, left, right, confidence, others)


def _split(visual: str) -> Iterator[tuple[str, Sequence[int]]]:
    """Words of a line in logical order, each with the places of its signs on paper."""
    text, order = reading_order(visual)
    at = 0
    for word in text.split(" "):
        if word:
            yield word, order[at : at + len(word)]
        at += len(word) + 1


def _others(line: VisualLine, number: int, text: str, confidence: float, signs: str) -> tuple[tuple[str, float], ...]:
    """Up to five other readings; they share what the word's confidence leaves, as their chances on the frames are to each other."""
    token = line.tokens[number]
    total = sum(chance for _, chance in token.beam)
    rest = [(codes, chance) for codes, chance in token.beam if codes != token.spelling.codes and chance >= _LEAST_SHARE * total]
    shares: Mapping[str, float] = {_in_logical_order(line, number, _text(codes, signs)): chance for codes, chance in rest[:_MOST_OTHERS]}
    left = (1 - confidence) / max(sum(shares.values()), 1e-9)
    return tuple((other, round(chance * left, 4)) for other, chance in shares.items() if other != text)


def _in_logical_order(line: VisualLine, number: int, visual: str) -> str:
    """A token's signs in logical order were it in this place of the line: figures turn by what stands before them."""
    if _LETTERS.issuperset(visual):
        return visual[::-1]
    start, old = line.starts[number], line.tokens[number].text
    text, order = reading_order(line.text[:start] + visual + line.text[start + len(old) :])
    inside = range(start, start + len(visual))
    return "".join(sign for sign, place in zip(text, order, strict=True) if place in inside)
