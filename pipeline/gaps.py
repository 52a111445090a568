"""What the papers of one file show to be missing: enclosures a letter announces, rows a table skips, pages a foot counts."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.arabic import orthographic
from pipeline.model import Entities, Rescan

Page = tuple[int, Sequence[str], Entities]

_ENCLOSURES = re.compile(r"(?<!\w)المرفقات ?:? ?[(\[]? ?(?P<count>\d{1,3}|[^\W\d_]{3,8})(?![^\W_])")
_COUNTS = {"واحد": 1, "واحده": 1, "مرفق": 1, "اثنان": 2, "اثنين": 2, "ثلاثه": 3, "ثلاث": 3, "اربعه": 4, "اربع": 4, "خمسه": 5, "خمس": 5}
_FOOT = re.compile(r"(?<!\w)(?:ال)?(?:صفحه|ص) ?\.?:? ?(?P<number>\d{1,3}) ?(?:من|/) ?(?P<total>\d{1,3})(?!\d)")
_HEAD = re.compile(r"^(?:م|ت|الرقم|تسلسل|التسلسل|الرقم المتسلسل|رقم متسلسل) .{0,40}(?:الاسم|اسم)")
_ROW = re.compile(r"^(?P<serial>\d{1,4})(?= )")
_TOTAL = re.compile(r"^(?:ال)?مجموع|^(?:ال)?صفحه")
_ROW_WORDS = 4  # a line of a table with fewer words is the rest of the row above


@dataclass(frozen=True)
class _Row:
    """A row of a table: the page it is on, by its place in the file, and its serial number where it was read."""

    page: int
    serial: int | None


@dataclass(frozen=True)
class _Foot:
    page: int
    number: int
    total: int


def gaps(pages: Sequence[Page]) -> tuple[tuple[Rescan, ...], ...]:
    """For each page of one file, in order, what it shows to be missing. A page is (number, lines as read, entities).

    Codes and details: ``missing-attachments`` (how many are announced), ``missing-rows`` and ``missing-pages`` (their numbers, as ranges).
    A page number or serial that was not read is not missing: only numbers for which the file holds too few rows or pages are.
    """
    texts = [[orthographic(line) for line in lines] for _, lines, _ in pages]
    notes: list[list[Rescan]] = [[] for _ in pages]
    for found in (_attachments(pages, texts), _rows(texts), _feet(pages, texts)):
        for place, note in found:
            notes[place].append(note)
    return tuple(map(tuple, notes))


def _attachments(pages: Sequence[Page], texts: Sequence[Sequence[str]]) -> Iterator[tuple[int, Rescan]]:
    """Letters that announce enclosures, when no page of another kind follows them in the file."""
    for place, lines in enumerate(texts):
        counts = [count for line in lines for match in _ENCLOSURES.finditer(line) if (count := _count(match["count"]))]
        kind = pages[place][2].type
        if counts and not any(later and pages[n][2].type != kind for n, later in enumerate(texts) if n > place):
            yield place, Rescan("missing-attachments", str(counts[0]))


def _count(text: str) -> int:
    return int(text) if text.isdecimal() else _COUNTS.get(text, 0)


def _rows(texts: Sequence[Sequence[str]]) -> Iterator[tuple[int, Rescan]]:
    """Serial numbers that tables skip, at the page where the next row stands; a table goes on over pages that have its head again."""
    for table in _tables(texts):
        known = [(place, row.serial) for place, row in enumerate(table) if row.serial is not None]
        steady = [known[n] for n in _rising([serial - place for place, serial in known])]
        skipped: dict[int, list[tuple[int, int]]] = {}
        for (before, low), (after, high) in pairwise(steady):
            if after - before < high - low <= len(table):  # a leap longer than the table is rather a misread number
                skipped.setdefault(table[after].page, []).append((low + 1, high - 1))
        for page, ranges in skipped.items():
            yield page, Rescan("missing-rows", _written(ranges))


def _tables(texts: Sequence[Sequence[str]]) -> Iterator[list[_Row]]:
    """The rows of each table; a head after which the numbers begin again begins another table."""
    rows: list[_Row] = []
    for page, lines in enumerate(texts):
        new = list(_rows_of(page, lines))
        first = next((row.serial for row in new if row.serial is not None), None)
        last = next((row.serial for row in reversed(rows) if row.serial is not None), None)
        if rows and new and (first is None or last is None or first <= last):
            yield rows
            rows = []
        rows += new
    if rows:
        yield rows


def _rows_of(page: int, lines: Sequence[str]) -> Iterator[_Row]:
    heads = [number for number, line in enumerate(lines) if _HEAD.match(line)]
    for line in lines[heads[0] + 1 :] if heads else ():
        if _TOTAL.match(line):
            return
        match = _ROW.match(line)
        if match or line.count(" ") + 1 >= _ROW_WORDS:
            yield _Row(page, int(match["serial"]) if match else None)


def _rising(values: Sequence[int]) -> list[int]:
    """The places of the longest run of values that never falls (others were misread); by patience sorting."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for place, value in enumerate(values):
        length = bisect_right(tails, value)
        tails[length : length + 1] = [value]
        ends[length : length + 1] = [place]
        before.append(ends[length - 1] if length else -1)
    found: list[int] = []
    place = ends[-1] if ends else -1
    while place >= 0:
        found.append(place)
        place = before[place]
    return found[::-1]


def _feet(pages: Sequence[Page], texts: Sequence[Sequence[str]]) -> Iterator[tuple[int, Rescan]]:
    """Pages that a foot «صفحة ٢ من ٣» counts and the file does not hold, at the last page of those it does."""
    feet = [foot for page, lines in enumerate(texts) if (foot := _foot(page, lines))]
    runs: list[list[_Foot]] = []
    for foot in feet:
        if not runs or foot.total != runs[-1][-1].total or foot.number <= runs[-1][-1].number:
            runs.append([])
        runs[-1].append(foot)
    edges = [-1, *(run[0].page for run in runs), len(texts)]
    for place, run in enumerate(runs):
        start = runs[place - 1][-1].page + 1 if place else 0
        lost = list(_lost(pages, run, start, edges[place + 2]))
        if lost:
            yield run[-1].page, Rescan("missing-pages", f"{_written(lost)}/{run[0].total}")


def _foot(page: int, lines: Sequence[str]) -> _Foot | None:
    for line in reversed(lines):
        match = _FOOT.search(line)
        if match and 0 < int(match["number"]) <= int(match["total"]):
            return _Foot(page, int(match["number"]), int(match["total"]))
    return None


def _lost(pages: Sequence[Page], run: Sequence[_Foot], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Ranges of page numbers for which there are too few pages before, between and after the counted ones."""
    kind = pages[run[0].page][2].type
    first, last = run[0], run[-1]
    before = sum(pages[place][2].type in (kind, None) for place in range(start, first.page))
    after = sum(pages[place][2].type in (kind, None) for place in range(last.page + 1, end))
    if first.number - 1 > before:
        yield 1, first.number - 1
    for one, other in pairwise(run):
        if other.number - one.number > other.page - one.page:
            yield one.number + 1, other.number - 1
    if last.total - last.number > after:
        yield last.number + 1, last.total


def _written(ranges: Sequence[tuple[int, int]]) -> str:
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in ranges)
