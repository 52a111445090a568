"""Logical order to the order signs stand on paper, left to right, and back: the recogniser reads in visual order.

The paragraph is always right to left. With no explicit marks UAX #9 then knows two levels only: the line runs leftwards, and
within it numbers and Latin words run rightwards. Which signs a rightward run takes in is decided by the letter before it:
after an Arabic one `/`, `.`, `,` and `:` hold a number together and `-` and `+` part it (W2, W4); at a line's start `-` and
`+` hold it too. So 12-5-2013 prints as 2013-5-12 after تاريخ, and 12/5/2013 prints as it is.
"""

import unicodedata
from collections.abc import Iterator

from bidi import get_display  # type: ignore[import-untyped]  # follows brackets (N0), mirrors none
from bidi.algorithm import get_display as get_mirrored  # type: ignore[import-untyped]  # mirrors, does not know N0

_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_UNPAIRED = str.maketrans("()[]{}<>«»", "(([[{{<<««")
# What the line said before a run, as short as it can be: nothing, an Arabic letter, a Latin one with a number that parts it from the run.
_START, _ARABIC, _LATIN = "", "ا", "A١ "


def to_visual(logical: str) -> str:
    """Signs of a right-to-left line as they stand on paper from left to right, brackets as drawn (UAX #9, L4)."""
    return str(get_mirrored(logical, base_dir="R"))


def to_logical(visual: str) -> str:
    """The text a line says, from its signs as they stand from left to right.

    Exact wherever one text only prints so; where several do (Latin words beside numbers), the one whose run is longest.
    """
    return reading_order(visual)[0]


def reading_order(visual: str) -> tuple[str, tuple[int, ...]]:
    """The text a line says, and for each of its signs where that one stands on paper, counted from the left.

    >>> reading_order("2/1 د")
    ('د 2/1', (4, 3, 0, 1, 2))
    """
    pieces = list(_from_right(visual))
    return "".join(text for _, text in pieces), tuple(place for start, text in pieces for place in range(start, start + len(text)))


def survives(logical: str) -> bool:
    """Whether a text comes back whole from paper order, and both algorithms put it there alike."""
    visual = to_visual(logical)
    return _order(logical).translate(_UNPAIRED) == visual.translate(_UNPAIRED) and to_logical(visual) == logical


def _order(logical: str) -> str:
    return str(get_display(logical, base_dir="R"))


def _from_right(visual: str) -> Iterator[tuple[int, str]]:
    """Pieces in logical order with their place: rightward runs whole, every other sign alone and mirrored."""
    end, before = len(visual), _START
    while end:
        start = _run_start(visual, end, before)
        run = visual[start:end]
        yield start, run if len(run) > 1 or not _neutral(run) else run.translate(_MIRRORED)
        before = _after(run, before)
        end = start


def _run_start(visual: str, end: int, before: str) -> int:
    """Where the longest run begins that ends at `end` and would be printed rightwards there; one sign at least."""
    first = end
    while first and not _leftward(visual[first - 1]):
        first -= 1
    if first >= end - 1:
        return end - 1
    printed_before = _order(before)
    for start in range(first, end - 1):
        run = visual[start:end]
        whole = start == 0 or _neutral(visual[start - 1])
        if whole and _rightward(run[0]) and _rightward(run[-1]) and _order(before + run) == run + printed_before:
            return start
    return end - 1


def _after(run: str, before: str) -> str:
    """The context a piece leaves behind: its last strong sign's, or the one before it."""
    for sign in reversed(run):
        if _leftward(sign):
            return _ARABIC
        if unicodedata.bidirectional(sign) == "L":
            return _LATIN
    return before


def _leftward(sign: str) -> bool:
    return unicodedata.bidirectional(sign) in ("AL", "R")


def _rightward(sign: str) -> bool:
    """Whether a sign can begin or end a rightward run: letters, figures and what hangs on to figures (%, #, °)."""
    return unicodedata.bidirectional(sign) in ("L", "EN", "AN", "ET")


def _neutral(sign: str) -> bool:
    return unicodedata.bidirectional(sign) not in ("L", "EN", "AN")
