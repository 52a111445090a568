"""The values everything speaks in: frozen, units stated, no behaviour that touches the world.

Units: boxes are whole pixels from the top-left corner of the page image as it came (PDF: 300 dpi with /Rotate applied; pictures: their
own pixels after EXIF orientation); x1 and y1 are exclusive. Confidence runs from 0.0 to 1.0. Text is in logical order, NFC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:  # numpy stays out of commands that touch no pixels
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Affine = NDArray[np.float64]

Value = str | int | float | bool
DateRole = Literal[
    "letter", "received", "arrest", "admission", "transfer", "referral", "verdict", "release",
    "death", "registration", "burial", "birth", "copy", "other",
]  # fmt: skip
PersonRole = Literal["subject", "official", "other"]
PageState = Literal["waiting", "read", "indexed", "failed"]
PageStatus = Literal["read", "empty", "partial"]

DOUBTFUL = 0.9
"""Confidence under which a word is doubtful: it carries other readings, and reviewers see it first."""
IMPORTED = "application/x-sijill-page+json"
"""Media type of a page read elsewhere: its blob is the line it came in, and there is no image."""


class Box(NamedTuple):
    """A rectangle in pixels, x1 and y1 exclusive."""

    x0: int
    y0: int
    x1: int
    y1: int

    @staticmethod
    def around(boxes: Sequence["Box"]) -> "Box":
        """The smallest box holding all of them; raises ValueError on an empty sequence."""
        return Box(min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes))


class Alternative(NamedTuple):
    """Another way a word can be read, and the probability that it is the right one."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Word:
    """One word as read; a doubtful one carries its ``alternatives``, the likeliest first, without the word itself."""

    text: str
    box: Box
    confidence: float
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line, words in logical (reading) order; ``checked`` once a person has confirmed or corrected it."""

    text: str
    box: Box
    confidence: float
    words: tuple[Word, ...]
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """Provenance of one processing step: what was done, and what it measured or was set to."""

    name: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a page to be read as one piece, in pixels of the image it was found on.

    ``kind``: a ``block`` holds running lines; a ``cell`` is one cell of a ruled table at ``row``, ``column`` (column 0 is the rightmost),
    those of its top right corner where it spans several. Regions come in reading order, empty cells included.
    """

    kind: Literal["block", "cell"]
    box: Box
    table: int = 0
    row: int = 0
    column: int = 0
    row_span: int = 1
    col_span: int = 1


@dataclass(frozen=True, slots=True)
class PageImage:
    """One page as it came: uint8 pixels (H, W) grey or (H, W, 3) BGR, and its resolution in dots per inch."""

    pixels: "Pixels"
    dpi: float
    steps: tuple[Step, ...] = ()

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True)
class CleanImage:
    """A page made ready for reading: grey uint8 pixels (H, W), and the 2x3 matrix taking its pixels back to the page as it came."""

    pixels: "Pixels"
    dpi: float
    to_page: "Affine"
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a ruled table; its lines are joined by blanks, and an empty cell has no text."""

    text: str
    box: Box
    row_span: int = 1
    col_span: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """A ruled table: rows from the top, the cells of each from right to left, empty ones included.

    A cell over several rows or columns stands once, in the row and at the place of its top right corner (as in HTML).
    """

    box: Box
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read on one page: size in pixels of the page as it came, the reader's identity, lines in reading order.

    ``tables`` show again, as rows and cells, what was read in ruled tables; corrections are in the lines. ``unread``: boxes of what looks
    like text and could not be read. ``notes``: codes of what to know about the reading (docs/formats.md).
    """

    width: int
    height: int
    reader: str
    lines: tuple[Line, ...]
    steps: tuple[Step, ...] = ()
    tables: tuple[Table, ...] = ()
    unread: tuple[Box, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> PageStatus:
        """``empty``: no line was read; ``partial``: something that looks like text was not read; else ``read``."""
        if not self.lines:
            return "empty"
        return "partial" if self.unread else "read"

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @property
    def confidence(self) -> float | None:
        """Mean confidence of the words; None when there are none."""
        words = [word.confidence for line in self.lines for word in line.words]
        return sum(words) / len(words) if words else None


@dataclass(frozen=True, slots=True)
class Birth:
    """What a page says of a birth: a year or an ISO date, and a place as read."""

    year: int | None = None
    date: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One mention of a person on one page. Name parts are as read, never repaired; ``how`` names the rule that found it."""

    text: str
    boxes: tuple[Box, ...]
    given: str | None = None
    father: str | None = None
    grandfather: str | None = None
    family: str | None = None
    mother: str | None = None
    birth: Birth | None = None
    registry: str | None = None
    role: PersonRole = "other"
    rank: str | None = None
    post: str | None = None
    confidence: float | None = None
    how: str = ""
    checked: bool = False

    @property
    def name(self) -> str:
        """The name parts in their usual order; the text as read when no part is known."""
        parts = [part for part in (self.given, self.father, self.grandfather, self.family) if part]
        return " ".join(parts) or self.text


class Span(NamedTuple):
    """A span of days, ISO 8601, both ends included."""

    earliest: str
    latest: str


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date on a page: ``earliest``..``latest`` is the likelier reading; other possible ones are in ``alternatives``."""

    text: str
    boxes: tuple[Box, ...]
    earliest: str
    latest: str
    alternatives: tuple[Span, ...] = ()
    calendar: Literal["gregorian", "hijri"] = "gregorian"
    role: DateRole = "other"
    confidence: float | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FacilityMention:
    """A facility on a page: id and name of the facility list."""

    text: str
    boxes: tuple[Box, ...]
    id: str
    name: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A place on a page, with its OCHA p-code where known."""

    text: str
    boxes: tuple[Box, ...]
    pcode: str | None = None


@dataclass(frozen=True, slots=True)
class ReferenceMention:
    """A reference number: ``number`` is the normal form (ASCII digits, as printed from the right), ``text`` as read."""

    text: str
    boxes: tuple[Box, ...]
    number: str


@dataclass(frozen=True, slots=True)
class Entities:
    """Everything drawn out of one reading. ``type`` is a lower-case document code (memo, reg, court, rel, death …) or None."""

    people: tuple[Person, ...] = ()
    dates: tuple[DateMention, ...] = ()
    facilities: tuple[FacilityMention, ...] = ()
    places: tuple[PlaceMention, ...] = ()
    references: tuple[ReferenceMention, ...] = ()
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Rescan:
    """Why a page should be scanned again, or what the papers show is missing: a reason code and the figure or text behind it."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class PageResult:
    """All that one pass over one page found."""

    reading: Reading
    entities: Entities
    rescan: tuple[Rescan, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageRef:
    """Where a page stands: its row, its content id (``page_id``), and the accession that holds it."""

    key: int
    page_id: str
    sha256: str
    number: int
    holding: str
    source: str
    media_type: str
    version: int = 0
    withdrawn: bool = False

    @property
    def has_image(self) -> bool:
        return self.media_type != IMPORTED


@dataclass(frozen=True, slots=True)
class IndexedPage:
    """Everything the search index holds of one page. ``page.version`` only grows: an older one never overwrites a newer one."""

    page: PageRef
    revision: int
    text: str
    entities: Entities
    confidence: float | None
    checked: bool = False


@dataclass(frozen=True, slots=True)
class StoredPage:
    """One page as the catalogue has it now: its latest revision, and what was drawn out of it."""

    page: PageRef
    revision: int
    reading: Reading
    entities: Entities

    @property
    def checked(self) -> bool:
        """True once a person has confirmed or corrected any of its lines."""
        return any(line.checked for line in self.reading.lines)

    def for_index(self) -> IndexedPage:
        reading = self.reading
        return IndexedPage(self.page, self.revision, reading.text, self.entities, reading.confidence, self.checked)


@dataclass(frozen=True, slots=True)
class Query:
    """A question to the index; every filter left None does not filter. ``earliest``/``latest`` are ISO dates."""

    text: str
    holdings: tuple[str, ...] | None = None
    facility: str | None = None
    earliest: str | None = None
    latest: str | None = None
    type: str | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """A page, or the ``person``-th person on it, that the index proposes for a query; ``weight`` is comparable within one answer."""

    page: PageRef
    person: int | None
    weight: float
    text: str
    record: Person | None


@dataclass(frozen=True, slots=True)
class Accession:
    """One batch of a holding."""

    id: int
    holding_id: int
    holding: str
