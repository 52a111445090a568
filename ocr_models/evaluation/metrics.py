"""Counts that measures are made of, each as (what counts, out of how many), from a true text and the text read for it.

Shares are sums over items, never means of shares: a page of four words does not weigh as much as one of four hundred.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, zip_longest
from typing import NamedTuple

from rapidfuzz.distance import LCSseq, Levenshtein

from ocr_models.evaluation.normalise import letters

_NUMBER = re.compile(r"\d+(?:[/\-.]\d+)*")
_FOUR = re.compile(r"(?<!\d)\d{4}(?!\d)")
BINS = 20
LOWER_IS_BETTER = frozenset({"cer", "letters", "wer", "dropped", "right_flagged", "ece"})


class Count(NamedTuple):
    """``part`` of ``whole``: errors of signs, words read of words there."""

    part: int
    whole: int

    def __add__(self, other: object) -> "Count":
        if not isinstance(other, Count):
            return NotImplemented
        return Count(self.part + other.part, self.whole + other.whole)

    @property
    def share(self) -> float | None:
        """None where there was nothing to read."""
        return self.part / self.whole if self.whole else None


NOTHING = Count(0, 0)


def signs(truth: str, read: str) -> Count:
    """Edit distance in signs, out of the true signs (CER)."""
    return Count(Levenshtein.distance(truth, read), len(truth))


def arabic_letters(truth: str, read: str) -> Count:
    """Edit distance of the Arabic letters alone (letters-only CER)."""
    return signs(letters(truth), letters(read))


def words(truth: Sequence[str], read: Sequence[str]) -> Count:
    """Edit distance in words, out of the true words (WER)."""
    return Count(Levenshtein.distance(truth, read), len(truth))


def right_words(truth: Sequence[str], read: Sequence[str]) -> list[bool]:
    """For each word read, whether it is a true one at its place: those of the best alignment that are exactly alike."""
    right = [False] * len(read)
    for step in Levenshtein.opcodes(truth, read):
        if step.tag == "equal":
            right[step.dest_start : step.dest_end] = [True] * (step.dest_end - step.dest_start)
    return right


def numbers(truth: str, read: str) -> Count:
    """Numbers, dates and references (runs of digits with / - . within) found exactly, each as often as it truly stands there."""
    return recall(_NUMBER.findall(truth), _NUMBER.findall(read))


def four_digits(truth: str, read: str) -> Count:
    """Groups of exactly four digits found exactly: years, mostly."""
    return recall(_FOUR.findall(truth), _FOUR.findall(read))


def recall(truth: Iterable[str], read: Iterable[str]) -> Count:
    there = Counter(truth)
    return Count((there & Counter(read)).total(), there.total())


def names(truth: Iterable[str], *readings: str) -> Count:
    """Full names of the truth found whole in one of the readings of a page, each as often as it truly stands there.

    One sign more at the name's end is another name; one of the letters written on to words (و ب ل ف ك) may stand before it.
    """
    there = Counter(truth)
    found = 0
    for name, times in there.items():
        whole = re.compile(rf"(?<!\w)[وبلفك]?{re.escape(name)}(?!\w)")
        found += min(times, max(len(whole.findall(reading)) for reading in readings))
    return Count(found, there.total())


def is_dropped(truth: str, read: str) -> bool:
    """Whether under half of a line's signs were read, in their order."""
    plain = truth.replace(" ", "")
    return 2 * LCSseq.similarity(plain, read.replace(" ", "")) < len(plain)


def order(places: Sequence[float | None]) -> Count:
    """Neighbouring lines of the truth read in that order; ``places`` are where each was read, None where it was dropped."""
    pairs = [(before, after) for before, after in pairwise(places) if before is not None and after is not None]
    return Count(sum(before < after for before, after in pairs), len(pairs))


def flags(confidences: Sequence[tuple[float, bool]], threshold: float) -> dict[str, Count]:
    """How many of the wrong words, and of the right ones, are under the threshold that marks a word as doubtful."""
    wrong = [confidence < threshold for confidence, right in confidences if not right]
    fine = [confidence < threshold for confidence, right in confidences if right]
    return {"wrong_flagged": Count(sum(wrong), len(wrong)), "right_flagged": Count(sum(fine), len(fine))}


Bins = tuple[tuple[int, float, int], ...]
"""For each of 20 equal spans of confidence: words, the sum of their confidences, how many were right."""


def bins(confidences: Iterable[tuple[float, bool]]) -> Bins:
    filled = [[0, 0.0, 0] for _ in range(BINS)]
    for confidence, right in confidences:
        mine = filled[min(int(confidence * BINS), BINS - 1)]
        mine[0], mine[1], mine[2] = mine[0] + 1, mine[1] + confidence, mine[2] + right
    return tuple((int(count), round(float(total), 4), int(right)) for count, total, right in filled)


def joined_bins(parts: Iterable[Bins]) -> Bins:
    total = [[0, 0.0, 0] for _ in range(BINS)]
    for part in parts:
        for mine, (count, confidence, right) in zip(total, part, strict=True):
            mine[0], mine[1], mine[2] = mine[0] + count, mine[1] + confidence, mine[2] + right
    return tuple((int(count), float(confidence), int(right)) for count, confidence, right in total)


def ece(filled: Bins) -> float | None:
    """Expected calibration error: mean distance of confidence and share of right words, weighted by words (Naeini et al., 2015)."""
    count = sum(words for words, _, _ in filled)
    return sum(abs(confidence - right) for _, confidence, right in filled) / count if count else None


def confusions(truth: str, read: str) -> Counter[tuple[str, str]]:
    """(true sign, sign read) where they differ; the empty string stands for nothing."""
    found: Counter[tuple[str, str]] = Counter()
    for step in Levenshtein.opcodes(truth, read):
        true, said = truth[step.src_start : step.src_end], read[step.dest_start : step.dest_end]
        if step.tag != "equal":
            found.update(zip_longest(true, said, fillvalue=""))
    return found


def total(counts: Iterable[Mapping[str, Count]]) -> dict[str, Count]:
    """Counts of several items added up by measure."""
    sums: dict[str, Count] = {}
    for each in counts:
        for measure, count in each.items():
            sums[measure] = sums.get(measure, NOTHING) + count
    return sums
