"""Where on a page a hit stands: the boxes of its words and the lines they are on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.model import Box, Line, Person, Reading
from search.keys import Form, forms

MAX_LINES = 3
"""Lines shown of a page: enough for words that stand apart, short enough to read."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Word boxes in reading order, the lines' text, and whether a person has checked all those lines."""

    boxes: tuple[Box, ...]
    text: str
    checked: bool


def spot_person(reading: Reading, person: Person) -> Spot:
    """The person's own boxes and the lines they are on; where there are none, the lines that hold the name."""
    if not person.boxes:
        found = spot_words(reading, forms(person.name))
        return Spot(found.boxes, found.text or person.text, found.checked)
    lines = [line for line in reading.lines if any(_meet(line.box, box) for box in person.boxes)]
    return Spot(person.boxes, "\n".join(line.text for line in lines) or person.text, _checked(lines))


def spot_words(reading: Reading, asked: Sequence[Form]) -> Spot:
    """The fewest lines that hold all the words, found greedily, and the boxes of the words in them."""
    shapes = {form.rasm for form in asked}
    held = [(at, shapes & {form.rasm for form in forms(line.text)}) for at, line in enumerate(reading.lines)]
    chosen: list[int] = []
    while shapes and held and len(chosen) < MAX_LINES:
        at, best = max(held, key=lambda one: (len(one[1] & shapes), -one[0]))
        if not best & shapes:
            break
        chosen.append(at)
        shapes -= best
    lines = [reading.lines[at] for at in sorted(chosen)]
    wanted = {form.rasm for form in asked}
    boxes = tuple(box for line in lines for box in _boxes(line, wanted))
    return Spot(boxes, "\n".join(line.text for line in lines), _checked(lines))


def _boxes(line: Line, wanted: set[str]) -> list[Box]:
    """The boxes of the wanted words; the whole line where its words cannot be told apart."""
    found = {at for at, shape in _shapes(line) if shape in wanted}
    return [line.words[at].box for at in sorted(found)] or [line.box]


def _shapes(line: Line) -> Iterator[tuple[int, str]]:
    """(word number, shape) of each word, and of each two that make one compound together."""
    for at, word in enumerate(line.words):
        yield from ((at, form.rasm) for form in forms(word.text))
        if at and len(joined := forms(f"{line.words[at - 1].text} {word.text}")) == 1:
            yield from ((part, joined[0].rasm) for part in (at - 1, at))


def _meet(one: Box, other: Box) -> bool:
    """Whether the middle of the second lies in the first: neighbouring lines' boxes overlap a little."""
    x, y = (other.x0 + other.x1) / 2, (other.y0 + other.y1) / 2
    return one.x0 <= x < one.x1 and one.y0 <= y < one.y1


def _checked(lines: Sequence[Line]) -> bool:
    return bool(lines) and all(line.checked for line in lines)
