"""One batch being digitised: what is done so far, whether or not Prefect looks on."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from flows.work import Progress, Tally, Work, slice_size
from pipeline.errors import Damaged, Retryable, SijillError, Unavailable
from pipeline.ledger import HoldingLedger

RETRY_SECONDS = (2.0, 6.0, 18.0)


class Trouble(Exception):
    """Stands for an error in front of Prefect, which stores and pickles exceptions: a reason code, never the detail."""

    def __init__(self, code: str, ticket: int, retryable: bool, kind: str = "") -> None:
        super().__init__(code)
        self.ticket, self.retryable, self.kind = ticket, retryable, kind


class Away(Exception):
    """Prefect does not answer."""


class Troubles:
    """The errors that Troubles stand for, by their tickets; for many threads."""

    def __init__(self) -> None:
        self._errors: list[Exception] = []
        self._lock = threading.Lock()

    @contextmanager
    def codes_only(self) -> Iterator[None]:
        """Around what Prefect sees: an error's words stay here, a Trouble goes on in its place."""
        try:
            yield
        except SijillError as error:
            raise self._trouble(error.code, error) from None
        except (Stopped, Trouble, Away):
            raise
        except Exception as error:  # noqa: BLE001  # raised again by `original`, whatever it is
            raise self._trouble(f"bug-{type(error).__name__}", error) from None

    def original(self, trouble: Trouble) -> Exception:
        """The error a Trouble stands for."""
        return self._errors[trouble.ticket]

    def _trouble(self, code: str, error: Exception) -> Trouble:
        with self._lock:
            self._errors.append(error)
            return Trouble(code, len(self._errors) - 1, isinstance(error, Retryable), type(error).__name__)


class Stopped(Exception):
    """The operator asked for an end: what is not read stays waiting."""


@dataclass
class Job:
    """Batch ``batch`` of holding ``holding``: the pages of ``keys``, read slice by slice; a slice read once is not asked for again."""

    work: Work
    batch: int
    holding: int
    keys: Sequence[int]
    progress: Progress
    retry_seconds: Sequence[float] = RETRY_SECONDS
    stop: threading.Event = field(default_factory=threading.Event)
    _tallies: dict[int, Tally] = field(default_factory=dict)
    _troubles: Troubles = field(default_factory=Troubles)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def title(self) -> str:
        """The batch as a sentence; pages of any holding read again belong to batch 0 of holding 0."""
        pages = f"{len(self.keys)} page{'s' if len(self.keys) != 1 else ''}"
        return f"Batch {self.batch}: {pages} of holding {self.holding}" if self.batch else f"Reading again: {pages}"

    def read(self, first: int, last: int) -> Tally:
        """Read pages ``first``..``last`` (from 1) of the batch; raises Stopped, Retryable and what the work raises."""
        return sum((self._slice(start) for start in range(first - 1, last, slice_size(len(self.keys)))), Tally())

    def index(self) -> Tally:
        return self.work.index()

    def ledger(self) -> Sequence[HoldingLedger]:
        return self.work.ledger()

    def accounted_for(self, ledger: Sequence[HoldingLedger]) -> None:
        """Raises Damaged when a ledger does not add up, Unavailable when pages of this holding still wait."""
        if broken := [row.id for row in ledger if not row.whole]:
            raise Damaged("ledger-broken", f"The ledger of holding {broken[0]} does not account for every page.", "Run `sijill verify`.")
        if waiting := sum(row.waiting for row in ledger if row.id == self.holding):
            raise Unavailable("pages-waiting", f"{waiting} pages of holding {self.holding} still wait.", "Run `sijill retry`.")

    def finish(self) -> None:
        """Do what is left without Prefect, with the same retries."""
        for start in range(0, len(self.keys), slice_size(len(self.keys))):
            self._patiently(start)
        self.index()
        self.accounted_for(self.ledger())

    def codes_only(self) -> AbstractContextManager[None]:
        """Around what Prefect sees, as Troubles has it."""
        return self._troubles.codes_only()

    def original(self, trouble: Trouble) -> Exception:
        """The error a Trouble stands for."""
        return self._troubles.original(trouble)

    @contextmanager
    def head_start(self) -> Iterator[None]:
        """Read pages beside the block (Prefect's import, the server's start); what fails here is met again by the flow."""
        over = threading.Event()
        reader = threading.Thread(target=self._read_until, args=[over], name="head-start")
        reader.start()
        try:
            yield
        finally:
            over.set()
            reader.join()

    def _read_until(self, over: threading.Event) -> None:
        for start in range(0, len(self.keys), slice_size(len(self.keys))):
            if over.is_set():
                return
            try:
                self._slice(start)
            except Exception:  # noqa: BLE001  # nobody is above this thread: the flow asks for the same slice and meets it there
                return

    def _slice(self, start: int) -> Tally:
        if self.stop.is_set():
            raise Stopped
        if start not in self._tallies:
            try:
                tally = self.work.read(self.keys[start : start + slice_size(len(self.keys))])
            except CancelledError:  # the child processes were ended
                raise Stopped from None
            with self._lock:
                self._tallies[start] = tally
                so_far = sum(self._tallies.values(), Tally())
                self.progress(so_far.done, so_far.failed, len(self.keys))
        return self._tallies[start]

    def _patiently(self, start: int) -> Tally:
        for pause in self.retry_seconds:
            try:
                return self._slice(start)
            except Retryable:
                time.sleep(pause)
        return self._slice(start)
