"""The few things Sijill asks of an engine: each Protocol has a contract suite that every adapter passes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from pipeline.custody import Checkpoint
from pipeline.errors import SijillError
from pipeline.ledger import Offered, Standing
from pipeline.model import Accession, Box, Candidate, Entities, IndexedPage, PageRef, PageResult, Query, Reading, Rescan, StoredPage, Word

if TYPE_CHECKING:
    from pipeline.model import Pixels


class BlobStore(Protocol):
    """Write-once bytes, named by their sha256 (64 lower-case hex digits); verified on every read."""

    def put(self, source: BinaryIO | bytes) -> str:
        """Store and return the sha256; storing the same bytes again changes nothing. Raises Unavailable (disk-full …)."""

    def put_many(self, sources: Sequence[bytes]) -> list[str]:
        """Store many small ones in one durable step; returns their sha256 in order."""

    def open(self, sha256: str) -> AbstractContextManager[Path]:
        """A local file holding exactly these bytes, while the context lasts. Raises Damaged (blob-damaged, blob-missing)."""

    def __iter__(self) -> Iterator[str]:
        """The sha256 of every stored blob."""


class LineReader(Protocol):
    """An engine that reads text lines of a clean page; finding the lines, and putting them together, is the pipeline's."""

    @property
    def identity(self) -> str:
        """Engine, version, models and settings, one line: equal identities give equal readings."""

    def read(self, pixels: "Pixels", dpi: float, boxes: Sequence[Box]) -> list[tuple[Word, ...]]:
        """For each box of one text line its words in logical order; empty where nothing can be read.

        Boxes, given and returned, are in pixels of ``pixels`` (grey uint8, H x W); words stay inside their line's box.
        """


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


class Accessions(Protocol):
    """What came in: holdings, batches, files, and the pages they brought."""

    def open(self, holding: str, box: str | None, manifest: Mapping[str, str], actor: str) -> Accession:
        """A new batch of a holding, which is made if it is not there."""

    def close(self, accession: Accession, actor: str) -> Checkpoint:
        """End the batch in the custody record and return the checkpoint to keep elsewhere."""

    def standing(self, accession: Accession, files: Sequence[tuple[str, str]]) -> list[Standing]:
        """What the catalogue already knows of each (location, sha256) in this holding."""

    def record(self, accession: Accession, offers: Sequence[Offered], actor: str) -> list[int]:
        """Write provenance rows, scans and their waiting pages; returns the keys of new pages. Recording again changes nothing."""


class Work(Protocol):
    """Pages on their way: who works on them, what came of it."""

    def pending(self, holding_id: int | None = None) -> list[int]:
        """Keys of the pages that wait to be read, in order; of one holding, or of all."""

    def lease(self, keys: Sequence[int], owner: str, seconds: float) -> list[PageRef]:
        """Those of the waiting pages that are now this owner's alone for that long."""

    def renew(self, owner: str, seconds: float) -> int:
        """Hold everything that owner holds for that long from now; returns how many."""

    def release(self, owner: str) -> int:
        """Give back everything that owner holds; returns how many."""

    def owners(self) -> list[str]:
        """Everybody who holds a lease."""

    def known(self, page: PageRef, stage_key: str) -> bool:
        """Take over the reading this very page already has from the same stage (another holding has the same scan)."""

    def record(self, results: Sequence[tuple[PageRef, str, PageResult]], actor: str) -> None:
        """Write readings, mentions, page state, custody and outbox for (page, stage key, result), in one transaction."""

    def fail(self, page: PageRef, error: SijillError, attempts: int, actor: str) -> bool:
        """Count a failed try; returns True if the page may be tried again, False once it is set aside."""

    def retry(self, actor: str) -> list[int]:
        """Put failed pages back to waiting; returns their keys."""

    def note_gaps(self, keys: Sequence[int], notes: Sequence[tuple[int, Rescan]]) -> None:
        """Enter in the rescan list what is missing (codes missing-…) around these pages, in place of what was noted before."""

    def files(self, accession: Accession) -> Iterator[list[tuple[PageRef, Reading, Entities]]]:
        """The read pages of each file of a batch, in order, for what only a whole file shows."""


class Outbox(Protocol):
    """What the index does not know yet."""

    def waiting(self, limit: int) -> list[tuple[PageRef, IndexedPage | None]]:
        """Pages whose documents are behind, oldest first; None where a page is to be taken out."""

    def done(self, pages: Sequence[PageRef]) -> None:
        """These versions are in the index; newer ones stay waiting."""

    def refill(self) -> int:
        """Put every page with a reading back, for a rebuild; returns how many."""


class Readings(Protocol):
    """What was read, every revision of it."""

    def found(self, keys: Sequence[int]) -> Mapping[int, StoredPage]:
        """The pages behind index hits as the catalogue has them now; withdrawn ones are left out."""

    def lines(self, holding: str | None) -> Iterator[StoredPage]:
        """Every read page that is not withdrawn."""

    def current(self, page_id: str) -> tuple[int, Reading]:
        """The latest revision and its reading. Raises NotFound, also for withdrawn pages."""

    def correct(self, page_id: str, base: int, result: PageResult, by: str) -> int:
        """A new revision on top of ``base``; returns its number. Raises Conflict (stale-revision) when ``base`` is not the latest."""

    def withdraw(self, identifier: str, reason: str, by: str) -> list[str]:
        """Hide a page, or all pages of a scan, everywhere; returns the page ids. Raises NotFound, Usage (ambiguous)."""
