"""The few things Sijill asks of an engine: each Protocol has a contract suite that every adapter passes."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipeline.model import Candidate, IndexedPage, Line, PageRef, Query, Region

if TYPE_CHECKING:
    from pipeline.model import Pixels


class BlobStore(Protocol):
    """Write-once bytes, named by their sha256 (64 lower-case hex digits); verified on every read."""

    def put(self, source: Path | bytes) -> str:
        """Store and return the sha256; storing the same bytes again changes nothing. Raises Unavailable (disk-full …)."""

    def put_many(self, sources: Sequence[bytes]) -> list[str]:
        """Store many small ones in one durable step; returns their sha256 in order."""

    def open(self, sha256: str) -> AbstractContextManager[Path]:
        """A local file holding exactly these bytes, while the context lasts. Raises Damaged (blob-damaged, blob-missing)."""

    def __iter__(self) -> Iterator[str]:
        """The sha256 of every stored blob."""


class PageReader(Protocol):
    """An engine that reads text from a clean page."""

    @property
    def identity(self) -> str:
        """Engine, version, models and settings, one line: equal identities give equal readings."""

    def read(self, pixels: "Pixels", dpi: float, regions: Sequence[Region]) -> tuple[Line, ...]:
        """Lines in reading order, boxes in pixels of ``pixels`` (grey uint8, H x W). Regions come in reading order."""


class SearchIndex(Protocol):
    """Finds candidates; can be thrown away and rebuilt from the catalogue. Keys are computed in Python, the same for every engine."""

    def apply(self, pages: Sequence[IndexedPage], removed: Sequence[PageRef] = ()) -> None:
        """Put pages (replacing all that was there of each) and take out removed ones, durably, in one step.

        A page whose ``version`` is not newer than what the index already holds (removals count too) is left as it is.
        """

    def candidates(self, query: Query, limit: int) -> list[Candidate]:
        """Up to ``limit`` best pages and people, best first, ties by page key then person number. Raises Usage (bad-query)."""

    def versions(self) -> Iterator[tuple[int, int]]:
        """(page key, version) of every page that can be found, for checking against the catalogue."""

    def clear(self) -> None:
        """Forget everything, as a new index."""

    def close(self) -> None:
        """Let go of files and connections."""
