"""The shape a page read elsewhere must have: one JSON object, every field bounded."""

import re
from datetime import date
from typing import Annotated, Literal, Self, TypeVar
from unicodedata import is_normalized, normalize

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pipeline.model import Box, DateRole, PersonRole

MAX_TEXT = 1_000_000
"""Most characters of one text."""
MAX_ITEMS = 20_000
"""Most lines on a page, words on a line, or mentions of one kind."""
MAX_ALTERNATIVES = 100
"""Most other readings of one word."""
MAX_NOTES = 100
"""Most notes on one page."""

_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")  # controls, bidi marks, BOM


def clean(text: str) -> str:
    """NFC, on one line, without control characters and bidi marks."""
    if text.isprintable() and is_normalized("NFC", text):  # nearly all
        return text.strip()
    return normalize("NFC", _UNSEEN.sub("", _BREAKS.sub(" ", text))).strip()


Corners = tuple[int, int, int, int]


def _ordered(box: Corners) -> Corners:
    if box[2] < box[0] or box[3] < box[1]:
        raise ValueError("a box is [x0, y0, x1, y1] with x0 <= x1 and y0 <= y1")
    return box


def _iso(day: str) -> str:
    return date.fromisoformat(day).isoformat()


Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(clean)]
Part = Annotated[str, Field(max_length=1_000), AfterValidator(clean)]
Edge = Annotated[int, Field(ge=0, le=1_000_000)]
GivenBox = Annotated[tuple[Edge, Edge, Edge, Edge], AfterValidator(_ordered)]
Confidence = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Span = Annotated[int, Field(ge=1, le=MAX_ITEMS)]
Day = Annotated[str, Field(max_length=10), AfterValidator(_iso)]
Item = TypeVar("Item")
Several = Annotated[tuple[Item, ...], Field(max_length=MAX_ITEMS)]


class Given(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class GivenAlternative(Given):
    text: Text
    confidence: Confidence


class GivenWord(Given):
    text: Text
    box: GivenBox | None = None
    confidence: Confidence | None = None
    alternatives: Annotated[tuple[GivenAlternative, ...], Field(max_length=MAX_ALTERNATIVES)] = ()


class GivenLine(Given):
    text: Text = ""
    box: GivenBox | None = None
    confidence: Confidence | None = None
    words: Several[GivenWord] = ()


class GivenCell(Given):
    text: Text = ""
    box: GivenBox
    row_span: Span = 1
    col_span: Span = 1


class GivenTable(Given):
    box: GivenBox
    rows: Several[Several[GivenCell]] = ()


class GivenMention(Given):
    text: Text = ""
    box: GivenBox | None = None
    boxes: Several[GivenBox] = ()
    confidence: Confidence | None = None

    @property
    def where(self) -> tuple[Box, ...]:
        return tuple(Box(*box) for box in self.boxes or ((self.box,) if self.box else ()))


class GivenBirth(Given):
    year: Annotated[int, Field(ge=1, le=9999)] | None = None
    date: Day | None = None
    place: Part | None = None


class GivenPerson(GivenMention):
    given: Part | None = None
    father: Part | None = None
    grandfather: Part | None = None
    family: Part | None = None
    mother: Part | None = None
    birth: GivenBirth | None = None
    registry: Part | None = None
    role: PersonRole = "other"
    rank: Part | None = None
    post: Part | None = None
    how: Part = "given"

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if not (self.text or self.given or self.father or self.grandfather or self.family):
            raise ValueError("a person needs a text or a part of a name")
        return self


class GivenSpan(Given):
    earliest: Day
    latest: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.latest < self.earliest:
            raise ValueError("latest is before earliest")
        return self


class GivenDate(GivenMention, GivenSpan):
    alternatives: Several[GivenSpan] = ()
    calendar: Literal["gregorian", "hijri"] = "gregorian"
    role: DateRole = "other"
    flags: Several[Part] = ()


class GivenFacility(GivenMention):
    id: Part
    name: Part


class GivenPlace(GivenMention):
    pcode: Part | None = None


class GivenReference(GivenMention):
    number: Part


class GivenEntities(Given):
    people: Several[GivenPerson] = ()
    dates: Several[GivenDate] = ()
    facilities: Several[GivenFacility] = ()
    places: Several[GivenPlace] = ()
    references: Several[GivenReference] = ()
    type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")] | None = None


class GivenBeside(GivenEntities):
    """Entities stand under ``entities``, or beside the other keys of the page."""

    entities: GivenEntities | None = None


class GivenPage(GivenBeside):
    source: Annotated[str, Field(min_length=1, max_length=4096)]
    page: Annotated[int, Field(ge=1, le=1_000_000)]
    width: Edge = 0
    height: Edge = 0
    reader: Part = "unknown"
    text: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    lines: Several[GivenLine] = ()
    tables: Several[GivenTable] = ()
    unread: Several[GivenBox] = ()
    notes: Annotated[tuple[Code, ...], Field(max_length=MAX_NOTES)] = ()

    @model_validator(mode="after")
    def _has_text(self) -> Self:
        if not {"text", "lines"} & self.model_fields_set:  # a misspelt key is not a blank page
            raise ValueError("a page needs lines or a text, which may be empty")
        return self
