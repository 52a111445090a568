"""Tables: a head that names the columns, then rows; by their rulings, else one line a row with words put in columns by where they stand."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from pipeline.entities import grids, headings, ruled
from pipeline.entities.page import Page
from pipeline.entities.ruled import NAMED, TOTALS, Cell, Row

_MEASURED_ROWS = 60  # enough to see where no column's words stand

Span = tuple[int, int]


@dataclass(frozen=True)
class Table:
    """The rows of all tables of a page, in reading order, and the cells beside or under the labels of ruled forms, form by form."""

    rows: tuple[Row, ...]
    forms: tuple[Row, ...] = ()
    spans: tuple[Span, ...] = ()

    @cached_property
    def _cells(self) -> list[Cell]:
        own = (cell for row in (*self.rows, *self.forms) for cell in row if not cell.ditto)
        return sorted(own, key=lambda cell: cell.start)

    @cached_property
    def _starts(self) -> list[int]:
        return [cell.start for cell in self._cells]

    def ruled(self, position: int) -> bool:
        """Whether a letter of the page stands in a ruled table that was understood."""
        return any(start <= position < end for start, end in self.spans)

    def at(self, position: int) -> Cell | None:
        """The cell a letter of the page stands in."""
        number = bisect_right(self._starts, position) - 1
        return self._cells[number] if number >= 0 and position < self._cells[number].end else None


@dataclass(frozen=True)
class _Column:
    label: str
    key: str
    low: float
    high: float


def read(page: Page) -> Table:
    """The filled cells of every row of every table on the page, in reading order."""
    ruled_ones = [one for grid in grids.read(page) if (one := ruled.read(page, grid))]
    spans = tuple(one.span for one in ruled_ones)
    taken = {line for start, end in spans for line in range(page.line(start), page.line(end - 1) + 1)}
    found = [row for one in ruled_ones for row in one.rows]
    heads = [(number, columns) for number in range(len(page.lines)) if number not in taken and (columns := _head(page, number))]
    for (number, columns), (end, _) in pairwise([*heads, (len(page.lines), [])]):
        body = _body(page, range(number + 1, end), taken)
        bounds = _bounds(page, columns, body)
        found += [row for line in body if (row := _row(page, line, columns, bounds))]
    found.sort(key=lambda row: next((cell.start for cell in row if not cell.ditto), row[0].start))
    return Table(tuple(found), tuple(one.form for one in ruled_ones if one.form), spans)


def _head(page: Page, number: int) -> list[_Column]:
    """The columns a line names; none when it is no table head: three known labels over most of its words, one of them a person's name."""
    start, end = page.lines[number]
    if ":" in page.fold[start:end] or end - start > 400:
        return []
    first, last = page.first_token(start), page.first_token(end)
    columns: list[_Column] = []
    index, known, unknown = first, 0, first
    while index < last:
        match = _label(page, index, last)
        if match is None:
            index += 1
            continue
        columns += _column(page, unknown, index, "")
        columns += _column(page, index, index + match[0], match[1])
        known, index = known + match[0], index + match[0]
        unknown = index
    columns += _column(page, unknown, last, "")
    enough = sum(bool(column.key) for column in columns) >= 3 and known * 10 >= (last - first) * 6
    return columns if enough and any(column.key in NAMED for column in columns) else []


def _label(page: Page, index: int, last: int) -> tuple[int, str] | None:
    """(tokens, key) of the label at a token: words that stand apart by more than a blank are of two columns."""
    end = index + 1
    while end < min(last, index + headings.LONGEST) and not _apart(page, end):
        end += 1
    return headings.at(page, index, end)


def _apart(page: Page, at: int) -> bool:
    """Whether a token stands further from the one before it than half the height of its letters."""
    before, here = (page.words[page.between(token.start, token.end)[0]].box for token in page.tokens[at - 1 : at + 1])
    gap = max(before.x0 - here.x1, here.x0 - before.x1, before.y0 - here.y1, here.y0 - before.y1)
    return 2 * gap > min(here.x1 - here.x0, here.y1 - here.y0)


def _column(page: Page, first: int, last: int, key: str) -> list[_Column]:
    if first >= last:
        return []
    start, end = page.tokens[first].start, page.tokens[last - 1].end
    return [_Column(page.fold[start:end], key, *page.extent(start, end))]


def _body(page: Page, numbers: range, taken: set[int]) -> list[int]:
    """The lines under a head that may be rows: up to a total, and with words to tell apart."""
    body: list[int] = []
    for number in numbers:
        start, end = page.lines[number]
        if page.fold[start:end].startswith(TOTALS) or number in taken:
            break
        if end > start:
            body.append(number)
    return body


def _bounds(page: Page, columns: Sequence[_Column], body: Sequence[int]) -> list[float]:
    """Between neighbouring labels, the place the fewest words of the table cross, in pixels along the reading direction."""
    spans = [
        page.extent(page.starts[word], page.starts[word] + 1) for line in body[:_MEASURED_ROWS] for word in page.between(*page.lines[line])
    ]
    return [_river(before.high, after.low, spans) for before, after in pairwise(columns)]


def _river(low: float, high: float, spans: Sequence[tuple[float, float]]) -> float:
    if high <= low:
        return (low + high) / 2
    near = [(max(a, low), min(b, high)) for a, b in spans if a < high and b > low]
    edges = sorted({low, high, *(edge for span in near for edge in span)})
    places = [((a + b) / 2, b - a) for a, b in pairwise(edges)]
    return min(places, key=lambda place: (sum(a < place[0] < b for a, b in near), -place[1]))[0]


def _row(page: Page, number: int, columns: Sequence[_Column], bounds: Sequence[float]) -> Row:
    """The cells of a line; none when the line is not a row: three filled cells, a number among them, and a name."""
    held: dict[int, list[Span]] = {}
    start, end = page.lines[number]
    for word in page.between(start, end):
        begin = page.starts[word]
        low, high = page.extent(begin, begin + 1)
        column = sum((low + high) / 2 > bound for bound in bounds)
        stop = page.starts[word + 1] - 1 if word + 1 < len(page.starts) and page.starts[word + 1] < end else end
        held.setdefault(column, []).append((begin, stop))
    cells = tuple(Cell(columns[c].label, columns[c].key, held[c][0][0], held[c][-1][1]) for c in sorted(held))
    named = any(cell.key in NAMED for cell in cells)
    return cells if named and len(cells) >= 3 and any(char.isdigit() for char in page.fold[start:end]) else ()
