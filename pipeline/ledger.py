"""What came in and what became of it: the values in which every file and page is accounted for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal, NamedTuple


@dataclass(frozen=True, slots=True)
class Tally:
    """How many pages (or index documents) are done and how many failed, and why: counts by reason code."""

    done: int = 0
    failed: int = 0
    codes: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Tally") -> "Tally":
        codes = {code: self.codes.get(code, 0) + other.codes.get(code, 0) for code in chain(self.codes, other.codes)}
        return Tally(self.done + other.done, self.failed + other.failed, codes)

    def __str__(self) -> str:
        reasons = ", ".join(f"{code} {count}" for code, count in sorted(self.codes.items()))
        return f"{self.done} done, {self.failed} failed" + (f" ({reasons})" if reasons else "")


@dataclass(frozen=True, slots=True)
class Offered:
    """One file as it was offered, and what became of it.

    ``location`` is where it was found (absolute), ``name`` as the archivist named it; ``sha256`` is empty when no bytes could be had,
    ``numbers`` are the page numbers it brings (accepted files only).
    """

    location: str
    name: str
    status: Literal["accepted", "duplicate", "refused"]
    sha256: str = ""
    size: int | None = None
    media_type: str = ""
    numbers: tuple[int, ...] = ()
    code: str | None = None
    detail: str | None = None


class Standing(NamedTuple):
    """``here``: the status this very file already has; ``held``: the holding accepted the same bytes from another place."""

    here: str | None
    held: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """A file or page that could not be taken in or read. ``page`` is None for a whole file."""

    source: str
    page: int | None
    code: str
    reason: str
    page_id: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch as the archivist described it: its box, what the manifest says, and how many files it brought."""

    id: int
    box: str | None
    manifest: Mapping[str, str]
    files: int


@dataclass(frozen=True, slots=True)
class HoldingLedger:
    """Every file and page of a holding accounted for: files = accepted + duplicates + refused, pages = indexed + waiting + failed."""

    id: int
    holding: str
    files: int
    accepted: int
    duplicates: int
    refused: int
    pages: int
    indexed: int
    waiting: int
    failed: int
    withdrawn: int
    low_confidence: int
    failures: tuple[Failure, ...]
    rescan: tuple[Failure, ...]
    batches: tuple[Batch, ...] = ()

    @property
    def whole(self) -> bool:
        """True when every file and every page is accounted for."""
        return self.files == self.accepted + self.duplicates + self.refused and self.pages == self.indexed + self.waiting + self.failed
