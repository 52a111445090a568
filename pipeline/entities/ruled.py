"""Ruled tables and forms: which cells are labels, which values stand under or beside them; ditto marks and merged cells resolved."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.entities.columns import guessed
from pipeline.entities.grids import Grid, GridCell
from pipeline.entities.headings import key_of
from pipeline.entities.lexicon import Phrase, names, ranks, words
from pipeline.entities.page import Page

NAMED = ("person.full", "person.full_turned", "person.given", "person.given_father", "reg.name")
TOTALS = ("المجموع", "مجموع", "الاجمالي", "اجمالي", "العدد الكلي", "العدد الاجمالي")
_HEAD = 0.6  # of the filled cells of a head are labels
_FORM = 0.5  # of the rows of a form begin with a label
_DITTO = re.compile(r"(?:[\"'=″〃“”«»,،´‘’] ?){1,4}|/ ?/")


@dataclass(frozen=True)
class Cell:
    """One cell of a row: its column's label and field key ("" when the label is not known), and its letters on the page.

    ``ditto``: the letters are those of a row above, which a mark or a merged cell stands for.
    """

    label: str
    key: str
    start: int
    end: int
    ditto: bool = False


Row = tuple[Cell, ...]
Span = tuple[int, int]


@dataclass(frozen=True)
class Ruled:
    """The rows of a table, or the fields of a form, and the letters of all of it."""

    rows: tuple[Row, ...]
    form: Row
    span: Span


def read(page: Page, grid: Grid) -> Ruled | None:
    """What a ruled table holds; None when it tells of nobody."""
    keys = [[_key(page, cell) for cell in row] for row in grid.rows]
    heads = [number for number, row in enumerate(grid.rows) if _is_head(row, keys[number])]
    rows: tuple[Row, ...] = ()
    form: Row = ()
    if _is_form(grid, keys, heads):
        form = tuple(_fields(page, grid, keys, heads))
    else:
        rows = tuple(_rows(page, grid, heads[0] if heads else None))
    filled = [cell for row in grid.rows for cell in row if cell.filled]
    return Ruled(rows, form, (min(cell.start for cell in filled), max(cell.end for cell in filled))) if rows or form else None


def _key(page: Page, cell: GridCell) -> str | None:
    """The key of a cell that is a label; a word for a person is one only with its article («المتهم», not «مجند»)."""
    if not cell.filled or cell.end - cell.start >= 60:
        return None
    said = _tokens(page, cell, labels=True)
    key = key_of(said, damaged=True)
    value = not any(word.startswith(("ال", "اسم")) for word in said) or ranks().at(said, 0) is not None
    return None if key == "reg.name" and value else key


def _tokens(page: Page, cell: GridCell, *, labels: bool = False) -> Phrase:
    texts = page.label_texts if labels else page.token_texts
    return texts[page.first_token(cell.start) : page.first_token(cell.end)]


def _is_head(row: Sequence[GridCell], keys: Sequence[str | None]) -> bool:
    """Whether most cells of a row are labels, one of them of a person."""
    filled = sum(cell.filled for cell in row)
    known = [key for key in keys if key]
    return len(known) >= 2 and len(known) >= _HEAD * filled and any(key.startswith(("person.", "reg.name")) for key in known)


def _is_form(grid: Grid, keys: Sequence[Sequence[str | None]], heads: Sequence[int]) -> bool:
    """Whether labels stand beside their values, in most rows, or in more than one row over them."""
    if len([number for number in heads if number - 1 not in heads]) > 1 and len(grid.rows) <= 3 * len(heads):
        return True
    beside = sum(bool(row and row[0]) and number not in heads for number, row in enumerate(keys))
    return beside >= max(_FORM * len(grid.rows), 1) and any(key and key.startswith(("person.", "reg.name")) for row in keys for key in row)


def _fields(page: Page, grid: Grid, keys: Sequence[Sequence[str | None]], heads: Sequence[int]) -> Iterator[Cell]:
    """The cell beside every label of a form, or under it where labels fill a row."""
    for number, row in enumerate(grid.rows):
        under = grid.over[number + 1] if number + 1 < len(grid.rows) else {}
        for place, cell in enumerate(row):
            key = keys[number][place]
            if key is None:
                continue
            beside = row[place + 1] if place + 1 < len(row) else None
            value = under.get(cell.column) if number in heads else beside
            if value is None or not value.filled or (number not in heads and keys[number][place + 1] and not _is_value(page, value, key)):
                continue
            yield Cell(page.fold[cell.start : cell.end], key, value.start, value.end)


def _is_value(page: Page, cell: GridCell, key: str) -> bool:
    """Whether a cell that reads as a label is a value after all: a rank beside «الرتبة», say."""
    return key == "person.rank" or any(map(str.isdecimal, _tokens(page, cell)))


def _rows(page: Page, grid: Grid, head: int | None) -> Iterator[Row]:
    """The rows under a head; without one, of a table whose columns tell by themselves what they are."""
    if head is None and (grid.width < 3 or len(grid.rows) < 3):
        return
    unknown = head is None and not any(word in names() for cell in grid.rows[0] for word in _tokens(page, cell))
    first = int(unknown) if head is None else head + max(cell.rows for cell in grid.rows[head])
    labels, keys = _columns(page, grid, range(0 if head is None else head, first), first)
    if not any(key in NAMED for key in keys):
        return
    above: dict[int, Cell] = {}
    for number in range(first, len(grid.rows)):
        row = tuple(_row(page, grid, number, labels, keys, above))
        if any(cell.key in NAMED and not cell.ditto for cell in row):
            yield row


def _columns(page: Page, grid: Grid, heads: range, first: int) -> tuple[list[str], list[str]]:
    """Labels and keys of the columns: all head cells over a column, the group's above its own; else what the column's cells say."""
    labels, keys = [], list[str | None]()
    for column in range(grid.width):
        cells = list(dict.fromkeys(cell for number in heads if (cell := grid.over[number].get(column)) and cell.filled))
        whole = key_of(tuple(word for cell in cells for word in _tokens(page, cell, labels=True)), damaged=True)
        labels.append(" ".join(page.fold[cell.start : cell.end] for cell in cells))
        keys.append(whole or (_key(page, cells[-1]) if cells else None))
    below = [[cell for row in grid.rows[first:] for cell in row if cell.column == column and cell.filled] for column in range(grid.width)]
    guesses = guessed(keys, [[tokens for cell in cells if (tokens := _tokens(page, cell))] for cells in below])
    labels = [
        "مواليد" if guess and not key and guess.startswith("person.birth") else label
        for label, key, guess in zip(labels, keys, guesses, strict=True)
    ]
    return labels, [guess or "" for guess in guesses]


def _row(page: Page, grid: Grid, number: int, labels: Sequence[str], keys: Sequence[str], above: dict[int, Cell]) -> Iterator[Cell]:
    """The filled cells of a row; a mark, or a cell that reaches down from above, stands for the one over it."""
    own = [cell for cell in grid.rows[number] if cell.filled]
    if not own or page.fold[own[0].start : own[0].end].startswith(TOTALS) or any(cell.columns > 2 for cell in own):
        return
    for column, cell in sorted(grid.over[number].items()):
        if not cell.filled or cell.column != column:
            continue
        reaching = cell.row != number
        if reaching or _is_ditto(page, cell):
            if column in above:
                held = above[column]
                yield Cell(held.label, held.key, held.start, held.end, ditto=True)
            continue
        above[column] = Cell(labels[column], keys[column], cell.start, cell.end)
        yield above[column]


def _is_ditto(page: Page, cell: GridCell) -> bool:
    text = page.fold[cell.start : cell.end].strip()
    return bool(_DITTO.fullmatch(text)) or text in words("dittos")
