"""Reads waiting pages in child processes and records what comes back: the work a flow carries, ids only."""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from pipeline import gaps, indexing, leases
from pipeline.errors import SijillError
from pipeline.ledger import HoldingLedger, Tally
from pipeline.model import Accession, PageRef, PageResult
from pipeline.ports import Outbox, SearchIndex, Work
from pipeline.process import stage_key

ACTOR = "sijill"
LEASE_SECONDS = 300.0  # how long the pages of a machine that is gone wait; of a process that is gone on this one they come back at once
RENEW_SECONDS = 60.0  # how often a worker that lives says so
LOOK_SECONDS = 0.5  # how often to see whether another worker is done
Submit = Callable[[PageRef], "Future[PageResult]"]


class Digitiser:
    """Takes page keys to readings. A page's failure is recorded and counted, never raised; trouble with a store is raised as Retryable."""

    def __init__(
        self, work: Work, outbox: Outbox, index: SearchIndex, ledger: Callable[[], Sequence[HoldingLedger]],
        submit: Submit, reader: str, attempts: int, renew_seconds: float = RENEW_SECONDS,
    ) -> None:  # fmt: skip
        self._work, self._outbox, self._index, self._ledger = work, outbox, index, ledger
        self._submit, self._reader, self._attempts, self._renew_seconds = submit, reader, attempts, renew_seconds
        self._renewed = time.monotonic()
        self._owner = leases.owner(secrets.token_hex(4))  # two in one process are two workers
        self._begun: dict[int, tuple[PageRef, Future[PageResult]]] = {}
        self._reading: set[int] = set()  # keys that a thread has taken out of _begun and not finished
        self._lock = threading.Lock()
        self._indexing = threading.Lock()
        self._spent: dict[str, float] = {}

    @property
    def spent(self) -> Mapping[str, float]:
        """Seconds that went into each part of the pages read so far, summed over the child processes; failed tries are not in it."""
        with self._lock:
            return dict(self._spent)

    def begin(self, keys: Sequence[int]) -> None:
        """Start on pages ahead of time; ``read`` picks the results up."""
        self._begin(keys)

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
        while wanted := wanted - self._read_mine(sorted(wanted), failures):
            wanted &= set(self.pending())
            if not wanted:
                break
            self._renew()
            time.sleep(LOOK_SECONDS)
        self.index()
        failed = failures.total()
        return Tally(len(set(keys)) - failed, failed, dict(failures))

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
            self._work.note_gaps([ref.key for ref, _, _ in file], notes)

    def release(self) -> None:
        """Give back what this process holds and will not finish."""
        self._work.release(self._owner)

    def _begin(self, keys: Sequence[int]) -> set[int]:
        """Submit those that nobody works on; returns the keys of pages whose reading was known already."""
        known = set()
        with self._lock:
            free = [key for key in keys if key not in self._begun and key not in self._reading]
            for ref in self._work.lease(free, self._owner, LEASE_SECONDS):
                if self._work.known(ref, self._key(ref)):
                    known.add(ref.key)
                else:
                    self._begun[ref.key] = (ref, self._submit(ref))
        return known

    def _read_mine(self, keys: Sequence[int], failures: Counter[str]) -> set[int]:
        """Read those of the pages that nobody else works on; returns their keys."""
        known = self._begin(keys)
        with self._lock:
            running = {future: ref for ref, future in (self._begun.pop(key) for key in keys if key in self._begun)}
            mine = {ref.key for ref in running.values()}
            self._reading |= mine
        try:
            while running:
                self._settle(running, failures)
        finally:
            with self._lock:
                self._reading -= mine
                self._begun |= {ref.key: (ref, future) for future, ref in running.items()}  # kept for when the call is made again
        return known | mine

    def _settle(self, running: "dict[Future[PageResult], PageRef]", failures: Counter[str]) -> None:
        """Wait for pages to be done and record what came of them; only then they are taken out of ``running``."""
        while not (finished := wait(running, self._renew_seconds / 2, FIRST_COMPLETED).done):
            self._renew()
        self._renew()
        results, faults = [], []
        for future in finished:
            try:
                results.append((running[future], self._key(running[future]), future.result()))
            except SijillError as error:
                faults.append((future, error))
        self._work.record(results, ACTOR)
        self._note_spent([result for _, _, result in results])
        for future in finished - {failed for failed, _ in faults}:
            del running[future]
        for future, fault in faults:
            again = self._work.fail(running[future], fault, self._attempts, ACTOR)
            ref = running.pop(future)
            if again:
                running[self._submit(ref)] = ref
            else:
                failures[fault.code] += 1

    def _renew(self) -> None:
        """Say that this worker lives, if it is time: all its pages, those that were begun ahead too, stay its own."""
        with self._lock:
            due = time.monotonic() - self._renewed >= self._renew_seconds
            if due:
                self._renewed = time.monotonic()
        if due:
            self._work.renew(self._owner, LEASE_SECONDS)

    def _note_spent(self, results: Sequence[PageResult]) -> None:
        with self._lock:
            for result in results:
                for part, seconds in result.seconds.items():
                    self._spent[part] = self._spent.get(part, 0.0) + seconds

    def _key(self, ref: PageRef) -> str:
        return stage_key(ref.page_id, self._reader)
