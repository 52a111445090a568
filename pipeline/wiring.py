"""One archive put together from what its settings name, and what is done with it; heavy modules are imported only where they are used."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipeline import indexing
from pipeline.access import Access, Act
from pipeline.admission import admitted, login
from pipeline.arrivals import Take, remembering
from pipeline.catalogue import Catalogue
from pipeline.catalogue.database import SCHEMA, Database
from pipeline.custody import Checkpoint
from pipeline.errors import Damaged, NotFound
from pipeline.intake import Met, Taken, take_in
from pipeline.model import Accession, Box, PageRef, PageResult, Query, Value
from pipeline.ports import BlobStore, SearchIndex
from pipeline.settings import Settings
from pipeline.wiring_reading import draw_page, limits, page_reader, read_stored_page
from pipeline.wiring_stores import blob_store, catalogue_database, index_rebuild, search_index

if TYPE_CHECKING:  # these bring OpenCV, which searching should not wait for
    from pipeline.digitise import Digitiser
    from pipeline.moving import Bytes
    from pipeline.sandbox import Sandbox
    from pipeline.storage.incoming import Listed


class Archive:
    """The three stores of one archive, opened for one act; the index is opened when it is first asked for.

    Through ``catalogue`` only the holdings are seen in which ``access`` may do that act.
    """

    def __init__(self, settings: Settings, catalogue: Catalogue, access: Access, stack: ExitStack, blobs: BlobStore) -> None:
        self.settings, self.catalogue, self.access, self.blobs = settings, catalogue, access, blobs
        self._stack = stack

    def note(self, action: str, subject: str, **details: Value) -> None:
        """Enter what is about to be shown, or was changed, in the record of accesses, which only a shared archive has."""
        if self.access.account is not None:
            self.catalogue.audit.note(self.access.who, action, subject, {"account": self.access.account, **details})

    def note_asked(self, query: Query, pages: Sequence[int]) -> None:
        """Enter a search and the keys of the pages it is about to show."""
        if self.access.account is not None:
            asked = {name: value for name, value in asdict(query).items() if value is not None}
            shown: dict[str, Value] = {"hits": len(pages), "pages": " ".join(map(str, pages))}
            self.catalogue.audit.asked(self.access.who, asked, {"account": self.access.account, **shown})

    def require_holdings(self, names: Sequence[str]) -> None:
        """Raises NotFound (no-such-holding), also for one that this account may not see."""
        known = self.catalogue.ledger.names()
        for name in names:
            if name not in known:
                raise NotFound("no-such-holding", f"there is no holding {name!r}", "`sijill status` lists them.")

    def narrowed(self, query: Query) -> Query:
        """The query, asked of no holding but those that may be searched. Raises NotFound (no-such-holding)."""
        self.require_holdings(query.holdings or ())
        if query.holdings is not None or self.access.holdings(Act.SEARCH) is None:
            return query
        return replace(query, holdings=tuple(self.catalogue.ledger.names()))

    @cached_property
    def index(self) -> SearchIndex:
        """Raises Damaged (index-missing, index-damaged, index-outdated): `sijill reindex` mends it; Unavailable."""
        return self._kept(search_index(self.settings))

    def require_index(self) -> None:
        """Make the index if it is not there; everything the catalogue has is then put in line for it."""
        try:
            _ = self.index
        except Damaged as error:
            if error.code == "index-missing":
                self.catalogue.outbox.refill()  # first: an empty index must never look like one that is up to date
                self.__dict__["index"] = self._kept(search_index(self.settings, create=True))

    def rebuild_index(self, tell: Callable[[int], None]) -> int:
        """A whole new index in place of whatever is there, which is searched until the new one is complete; returns how many pages.

        Raises Damaged (index-differs), Unavailable (index-busy …), PageFailed (not-indexable).
        """
        rebuild, catalogue = index_rebuild(self.settings), self.catalogue
        self._stack.callback(rebuild.close)
        return indexing.renew(rebuild, catalogue.ledger.versions, catalogue.readings.found, tell)

    def _kept(self, index: SearchIndex) -> SearchIndex:
        self._stack.callback(index.close)
        return index


@contextmanager
def archive(settings: Settings, act: Act, create: bool = False) -> Iterator[Archive]:
    """The archive these settings name, for one act; made first if ``create``.

    Raises Missing (no-archive, archive-outdated), Forbidden (account-needed, account-unknown, not-allowed).
    """
    database = catalogue_database(settings)
    with ExitStack() as stack:
        stack.callback(database.close)
        if create and database.schema() is None:
            database.migrate()
        database.require_current()
        with _admitted(settings, database, act, create) as access:
            catalogue = Catalogue(database, access.holdings(act))
            opened = Archive(settings, catalogue, access, stack, blob_store(settings, writing=create))
            if create:
                opened.require_index()
            yield opened


def is_shared(settings: Settings) -> bool:
    """Whether people have accounts there; an embedded archive is its files, and belongs to who owns them."""
    return settings.catalogue_url.startswith("postgresql:")


def _admitted(settings: Settings, database: Database, act: Act, create: bool) -> AbstractContextManager[Access]:
    if not is_shared(settings):
        return nullcontext(Access.owner(login()))
    whole = Catalogue(database)
    return admitted(whole.accounts, whole.audit, settings.account_key.get_secret_value(), act, create)


def make_catalogue(settings: Settings) -> None:
    """Make the tables of an archive that is not there yet, and nothing else."""
    database = catalogue_database(settings)
    try:
        if database.schema() is None:
            database.migrate()
    finally:
        database.close()


def migrate(settings: Settings) -> tuple[str | None, str]:
    """Bring the catalogue to this version's schema; returns the schema before (None: there was none) and now."""
    database = catalogue_database(settings)
    try:
        before = database.schema()
        database.migrate()
        return before, SCHEMA
    finally:
        database.close()


Tell = Callable[[int, int, int], None]


class Copied(Protocol):
    """An archive, or a record of a backup."""

    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def blobs(self) -> "Bytes": ...


def copy_blobs(here: Copied, there: Archive, tell: Tell) -> frozenset[str]:
    """The bytes of every file of ``here`` in the store of the empty archive ``there``, read back; returns their sha256.

    ``tell`` hears (over, failed, in all). Raises Conflict (archive-not-empty), Damaged (blob-missing, blob-damaged), Unavailable.
    """
    from pipeline.catalogue.copying import require_empty
    from pipeline.moving import carry

    require_empty(there.catalogue.database)
    wanted = list(here.catalogue.ledger.blobs())
    return carry(here.blobs, there.blobs, wanted, lambda count: tell(count, 0, len(wanted)))


def copy_record(here: Copied, there: Archive, carried: frozenset[str], actor: str, tell: Tell, action: str = "archive-copied") -> int:
    """The whole catalogue in one step, for blobs that are there already; returns how many rows. The index there has still to follow.

    Raises Conflict (archive-not-empty, archive-busy), Damaged (copy-differs), Unavailable.
    """
    from pipeline.catalogue.copying import copy

    rows = copy(here.catalogue.database, there.catalogue.database, carried, actor, tell, action)
    there.catalogue.outbox.refill()
    return rows


def incoming(settings: Settings, place: str) -> "Iterator[Listed]":
    """The objects at s3://BUCKET[/PREFIX], one by one as they are listed.

    Raises Usage (no-such-path, own-bucket, bad-setting …), Unavailable.
    """
    from pipeline.storage.incoming import Incoming, parsed, refuse_own

    bucket, prefix = parsed(place)
    refuse_own(settings.blobs_url, settings.incoming_store[0], bucket, prefix)
    return Incoming.at(*settings.incoming_store, settings.ca_file, bucket).met(place)


def incoming_place(text: str) -> str:
    """The one way to write s3://BUCKET[/PREFIX]. Raises Usage (no-such-path)."""
    from pipeline.storage.incoming import place

    return place(text)


@contextmanager
def taking_in(opened: Archive) -> Iterator[Take]:
    """Gives a call that takes one file or object in. Each is probed in a child process; what became of an object is remembered."""
    from pipeline.pages import probe

    chosen, catalogue, bounds = opened.settings, opened.catalogue, limits(opened.settings)
    with sandbox(chosen, 1) as prober:

        def take(met: Met, accession: Accession) -> Taken:
            return take_in(
                met, accession, opened.blobs, catalogue.accessions, lambda path: prober.submit(probe, path, bounds).result(),
                chosen.max_file_mb * 2**20, opened.access.who,
            )  # fmt: skip

        yield remembering(take, catalogue.incoming)


def sandbox(settings: Settings, workers: int) -> "Sandbox":
    """Child processes bounded as the settings say."""
    from pipeline.sandbox import Sandbox

    return Sandbox(workers, settings.memory_mb, settings.page_seconds)


def digitiser(opened: Archive, pool: "Sandbox") -> "Digitiser":
    """Reads waiting pages of an archive in that pool."""
    from pipeline.digitise import Digitiser

    settings, catalogue = opened.settings, opened.catalogue
    identity = page_reader(settings).identity

    def submit(page: PageRef) -> "Future[PageResult]":
        return pool.submit(read_stored_page, settings, identity, page.sha256, page.number, page.media_type)

    return Digitiser(
        catalogue.work, catalogue.outbox, opened.index, catalogue.ledger.holdings, submit, identity, settings.attempts
    )  # fmt: skip


def finished(opened: Archive, batch: Accession, work: "Digitiser | None" = None) -> Checkpoint:
    """End a batch whose pages all have their end: the index, the rescan list, the checkpoint of the custody record."""
    if work is None:
        with sandbox(opened.settings, 1) as pool:
            return finished(opened, batch, digitiser(opened, pool))
    work.index()
    work.note_gaps(batch)
    return opened.catalogue.accessions.close(batch, opened.access.who)


Draw = Callable[[PageRef, Sequence[Box], Path], None]


@contextmanager
def drawing(opened: Archive) -> Iterator[Draw]:
    """Gives a call that writes a small PNG of a page with these boxes framed. It raises Damaged, PageFailed, WorkerLost, OSError."""
    with sandbox(opened.settings, 1) as pool:

        def draw(page: PageRef, boxes: Sequence[Box], path: Path) -> None:
            with opened.blobs.open(page.sha256) as scan:
                pool.submit(draw_page, scan, page.number, page.media_type, limits(opened.settings), tuple(boxes), path).result()

        yield draw
