"""The few things Sijill asks of an engine: each Protocol has a contract suite that every adapter passes."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from pipeline.access import Access, Account, Role
from pipeline.custody import Checkpoint
from pipeline.errors import SijillError
from pipeline.ledger import Offered, Standing
from pipeline.model import (
    Accession,
    Box,
    Candidate,
    Entities,
    IndexedPage,
    PageRef,
    PageResult,
    Query,
    Reading,
    Rescan,
    StoredPage,
    Value,
    Word,
)

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


class Holds(Protocol):
    """What holds pages that can be found: an index, or a rebuild of one."""

    def apply(self, pages: Sequence[IndexedPage], removed: Sequence[PageRef] = ()) -> None:
        """Put pages (replacing all that was there of each) and take out removed ones, durably, in one step.

        A page whose ``version`` is not newer than what the index already holds (removals count too) is left as it is.
        """

    def versions(self) -> Iterator[tuple[int, int]]:
        """(page key, version) of every page that can be found, for checking against the catalogue."""

    def close(self) -> None:
        """Let go of files and connections."""


class SearchIndex(Holds, Protocol):
    """Finds candidates; can be thrown away and rebuilt from the catalogue. Keys are computed in Python, the same for every engine."""

    def candidates(self, query: Query, limit: int) -> list[Candidate]:
        """Up to ``limit`` best pages and people, best first, ties by page key then person number. Raises Usage (bad-query)."""

    def clear(self) -> None:
        """Forget everything, as a new index."""


class Rebuild(Holds, Protocol):
    """A new, empty index that takes the place of the one that is searched once it is whole.

    From its beginning on, whatever anybody applies to the index goes into both. ``apply`` fills the new one alone. One that is never
    finished changes nothing for those who search, and is cleared away by the next.
    """

    def finish(self) -> None:
        """Search the new one from now on, and remove the old, in one step; raises what is in the way, and the old one stays."""


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


class Accounts(Protocol):
    """Who is let in, and for what; holdings are named, and without one a grant is for every holding. Changes are on record, ids only.

    ``key`` is the digest of an account's key, all that is kept of it.

    Raises NotFound (no-such-account, no-such-holding, no-such-grant), Conflict (last-admin, account-there, account-closed).
    """

    def none(self) -> bool:
        """Whether there is no account at all."""

    def of_key(self, key: str) -> Account | None:
        """The account whose key this is, be it disabled."""

    def all(self) -> list[Account]:
        """Every account, in the order they were made."""

    def add(self, name: str, key: str, grants: Collection[tuple[Role, str | None]], by: Access) -> Account:
        """A new account. The first one has to look after the others: raises Usage (first-account)."""

    def grant(self, name: str, role: Role, holdings: Sequence[str], by: Access) -> Account:
        """The account with what it is granted now; granting again changes nothing."""

    def revoke(self, name: str, role: Role, holdings: Sequence[str], by: Access) -> Account:
        """The account with what is left; a grant for every holding is revoked as such, not in one holding."""

    def disable(self, name: str, by: Access) -> Account:
        """Its key is not let in any more, from the next command on."""

    def rekey(self, name: str, key: str, by: Access) -> Account:
        """Another key in place of the one it has."""


class Audit(Protocol):
    """The record of who was let in, what was asked and what was refused; durable when a call returns."""

    def note(self, who: str, action: str, subject: str, details: Mapping[str, Value]) -> None:
        """Enter an act: ids, acts and counts, never names of files or people."""

    def asked(self, who: str, query: Mapping[str, object], details: Mapping[str, Value]) -> None:
        """Enter a search: the chain holds a salted digest of the query, its text is kept beside it."""
