"""Other ways to read a word: a prefix beam over its own frames, by the net's probabilities alone. No word list is asked."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

_LEAST, _SURE = 0.01, 0.9995

Codes = tuple[int, ...]


def readings(likely: NDArray[np.float32], width: int, without: int = 0) -> list[tuple[Codes, float]]:
    """The `width` likeliest label sequences of (frames, classes) probabilities with their chances, best first (Hannun et al., 2014).

    Class 0 is CTC's blank; class `without` (a space) is never part of one.
    """
    allowed = likely.copy()
    if without:
        allowed[:, without] = 0
    beam: dict[Codes, tuple[float, float]] = {(): (1.0, 0.0)}  # chance that it ends in a blank, and that it ends in its last sign
    for frame in allowed:
        sure = frame[0] > _SURE
        beam = {prefix: (blank + sign, 0.0) for prefix, (blank, sign) in beam.items()} if sure else _step(beam, frame, width)
    total = {prefix: blank + sign for prefix, (blank, sign) in beam.items() if blank + sign > 0}
    return sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))[:width]


def _step(beam: dict[Codes, tuple[float, float]], frame: NDArray[np.float32], width: int) -> dict[Codes, tuple[float, float]]:
    blanks: defaultdict[Codes, float] = defaultdict(float)
    signs: defaultdict[Codes, float] = defaultdict(float)
    likely = [(int(code), float(frame[code])) for code in np.flatnonzero(frame > _LEAST) if code]
    for prefix, (blank, sign) in beam.items():
        blanks[prefix] += (blank + sign) * float(frame[0])
        if prefix:
            signs[prefix] += sign * float(frame[prefix[-1]])
        for code, chance in likely:
            # The same sign twice needs a blank between.
            signs[(*prefix, code)] += chance * (blank if prefix and code == prefix[-1] else blank + sign)
    whole = {prefix: (blanks[prefix], signs[prefix]) for prefix in blanks.keys() | signs.keys()}
    best = sorted(whole, key=lambda prefix: (-sum(whole[prefix]), prefix))[:width]
    return {prefix: whole[prefix] for prefix in best}
