"""Reads waiting pages in child processes and records what comes back: the work a flow carries, ids only."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from pipeline import gaps, indexing, leases
from pipeline.errors import SijillError
from pipeline.model import Accession, HoldingLedger, PageRef, PageResult, Tally
from pipeline.ports import Outbox, SearchIndex, Work
from pipeline.process import stage_key

ACTOR = "sijill"
LEASE_SECONDS = 3600.0  # only matters for a lease held on another machine; here a dead owner is seen at once
Submit = Callable[[PageRef], "Future[PageResult]"]


class Digitiser:
    """Takes page keys to readings. A page's failure is recorded and counted, never raised; trouble with a store is raised as Retryable."""

    def __init__(
        self, work: Work, outbox: Outbox, index: SearchIndex, ledger: Callable[[], Sequence[HoldingLedger]],
        submit: Submit, reader: str, attempts: int,
    ) -> None:  # fmt: skip
        self._work, self._outbox, self._index, self._ledger = work, outbox, index, ledger
        self._submit, self._reader, self._attempts = submit, reader, attempts
        self._owner = leases.owner()
        self._begun: dict[int, tuple[PageRef, Future[PageResult]]] = {}
        self._lock = threading.Lock()
        self._indexing = threading.Lock()

    def begin(self, keys: Sequence[int]) -> None:
        """Start on pages ahead of time; ``read`` picks the results up."""
        with self._lock:
            for ref in self._work.lease([key for key in keys if key not in self._begun], self._owner, LEASE_SECONDS):
                if not self._work.known(ref, self._key(ref)):
                    self._begun[ref.key] = (ref, self._submit(ref))

    def pending(self, holding_id: int | None = None) -> list[int]:
        """Keys of the pages that wait, of one holding or of all; leases of processes that are gone are taken back first."""
        for owner in self._work.owners():
            if leases.gone(owner):
                self._work.release(owner)
        return self._work.pending(holding_id)

    def read(self, keys: Sequence[int]) -> Tally:
        """Make sure these pages are read or set aside; waits for pages another process is working on."""
        failures: Counter[str] = Counter()
        wanted = set(keys)
        while wanted:
            self._read_mine(sorted(wanted), failures)
            wanted &= set(self.pending())
            if wanted:
                time.sleep(0.5)
        self.index()
        failed = failures.total()
        return Tally(len(keys) - failed, failed, dict(failures))

    def index(self) -> Tally:
        """Bring the search index up to date; counts the pages that changed."""
        with self._indexing:
            return Tally(indexing.drain(self._outbox, self._index))

    def ledger(self) -> Sequence[HoldingLedger]:
        """The ledger of every holding."""
        return self._ledger()

    def note_gaps(self, accession: Accession) -> None:
        """Enter in the rescan list what only whole files show: missing attachments, rows, page numbers."""
        for file in self._work.files(accession):
            found = gaps.gaps([(ref.number, reading.text.splitlines(), entities) for ref, reading, entities in file])
            notes = [(ref.key, note) for (ref, _, _), page_notes in zip(file, found, strict=True) for note in page_notes]
            self._work.note_rescans(notes)

    def release(self) -> None:
        """Give back what this process holds and will not finish."""
        self._work.release(self._owner)

    def _read_mine(self, keys: Sequence[int], failures: Counter[str]) -> None:
        self.begin(keys)
        with self._lock:
            running = {future: ref for ref, future in (self._begun.pop(key) for key in keys if key in self._begun)}
        while running:
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            results = []
            for future in finished:
                ref = running.pop(future)
                try:
                    results.append((ref, self._key(ref), future.result()))
                except SijillError as error:
                    if self._work.fail(ref, error, self._attempts, ACTOR):
                        running[self._submit(ref)] = ref
                    else:
                        failures[error.code] += 1
            self._work.record(results, ACTOR)

    def _key(self, ref: PageRef) -> str:
        return stage_key(ref.page_id, self._reader)
