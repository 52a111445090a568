"""Gives a batch out to the workers of a pool, chunk by chunk, until the catalogue says that no page of it waits."""

import math
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from flows.job import Away, Job
from pipeline import errors
from pipeline.errors import SijillError, Terminal, Unavailable, way_out

LEAST = 32  # pages a chunk
WINDOW = 64  # chunks given out at one time: enough for as many workers, few enough for the server to list at once
LOOK_SECONDS = 1.0
LEDGER_SECONDS = 5.0
IDLE_SECONDS = 60.0
IDLE = "No worker takes the pages up: start `sijill worker`, or see in the Prefect UI whether the pool is paused or busy. Waiting."
AWAY_SECONDS = 300.0  # without any word from Prefect the batch is then finished here
PAUSES = (2.0, 10.0, 30.0, 60.0)  # before a chunk is given out again
IN_WORK = {"PENDING", "RUNNING"}
GIVEN_UP = {"CANCELLED", "CANCELLING"}


class Seen(NamedTuple):
    """A chunk's run as Prefect has it: its type of state in capitals, and what it said."""

    state: str
    message: str = ""


class Desk(Protocol):
    """Where chunks are handed in; every call may raise Away."""

    def submit(self, name: str, keys: Sequence[int], ticket: str) -> str:
        """Give a chunk out under this name; returns its run. The same ticket twice is one run."""

    def seen(self, runs: Sequence[str]) -> Mapping[str, Seen]:
        """How these runs stand; those that were deleted are missing."""

    def stopped(self) -> bool:
        """True when the operator has cancelled the batch's own run."""

    def cancel(self, runs: Sequence[str], waiting_only: bool) -> None:
        """End runs: those that nobody has taken up yet, or all."""

    def crash(self, run: str) -> None:
        """Mark a run whose process is gone."""


@dataclass
class Chunk:
    """Pages ``first``..``last`` of the batch (from 1), and how it went with them so far; times in seconds of a steady clock."""

    first: int
    last: int
    keys: frozenset[int]
    run: str = ""
    tries: int = 0
    due: float = 0.0
    left: int = -1
    since: float = 0.0


@dataclass
class GiveOut:
    """One batch on its way through a pool. ``stall_seconds``: how long a chunk in work may bring no page to its end."""

    job: Job
    desk: Desk
    stall_seconds: float
    look: Callable[[], None]
    tell: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _ready: deque[Chunk] = field(default_factory=deque)
    _out: list[Chunk] = field(default_factory=list)
    _given_up: set[int] = field(default_factory=set)
    _idle_since: float | None = None

    def __call__(self) -> None:
        """Raises what a worker could not get over, Unavailable (pages-waiting), Away when Prefect stays away, KeyboardInterrupt."""
        self._ready.extend(cut(self.job.keys))
        try:
            self._until_the_end()
        except KeyboardInterrupt:
            self.job.stop.set()
            self._cancel(waiting_only=False)
            raise
        except SijillError:
            self._cancel(waiting_only=True)
            raise
        self._cancel(waiting_only=True)

    def _until_the_end(self) -> None:
        heard, shown = self.clock(), Shown(self.job)
        while True:
            began = self.clock()
            waiting = set(self.job.keys) & set(self.job.work.pending())
            asking = self.clock() - began
            shown(len(waiting), began)
            if not waiting - self._given_up:
                return
            self.look()
            try:
                self._tend(waiting)
                heard = self.clock()
            except Away:
                if self.clock() - heard > AWAY_SECONDS:
                    raise
            self.sleep(max(LOOK_SECONDS, 4 * asking))  # an archive of a million pages is not asked all the time

    def _tend(self, waiting: set[int]) -> None:
        if self.job.stop.is_set() or self.desk.stopped():
            raise KeyboardInterrupt
        self._out = [chunk for chunk in self._out if chunk.keys & waiting]
        seen = self.desk.seen([chunk.run for chunk in self._out])
        self._note_idle(any(run.state in IN_WORK for run in seen.values()))
        for chunk in list(self._out):
            self._judge(chunk, seen.get(chunk.run, Seen("DELETED")), len(chunk.keys & waiting))
        for _ in range(len(self._ready)):
            chunk = self._ready.popleft()
            if not chunk.keys & waiting:
                continue
            if len(self._out) < WINDOW and chunk.due <= self.clock():
                self._submit(chunk)
            else:
                self._ready.append(chunk)

    def _note_idle(self, busy: bool) -> None:
        """Say once, each time it happens, that nobody takes anything up."""
        if busy or not self._out:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = self.clock()
        elif self.clock() - self._idle_since > IDLE_SECONDS:
            self._idle_since = math.inf
            self.tell(IDLE)

    def _submit(self, chunk: Chunk) -> None:
        batch = f"Batch {self.job.batch}" if self.job.batch else "Reading again"
        name = f"{batch}: pages {chunk.first}-{chunk.last} of {len(self.job.keys)}"
        try:
            chunk.run = self.desk.submit(name, sorted(chunk.keys), f"{chunk.first}-{chunk.last}-{chunk.tries}")
        except Away:
            self._ready.appendleft(chunk)
            raise
        chunk.left, chunk.since = -1, self.clock()
        self._out.append(chunk)

    def _judge(self, chunk: Chunk, seen: Seen, left: int) -> None:
        """What is to become of a chunk some of whose pages wait."""
        if seen.state in IN_WORK:
            if left != chunk.left:
                chunk.left, chunk.since = left, self.clock()
            elif self.clock() - chunk.since > self.stall_seconds:
                self.desk.crash(chunk.run)
                self._again(chunk)
        elif seen.state in GIVEN_UP:
            self._given_up |= chunk.keys
            self._out.remove(chunk)
        elif seen.state == "FAILED":
            self._again(chunk, error_of(seen.message))
        elif seen.state in {"COMPLETED", "CRASHED", "DELETED"}:
            self._again(chunk)
        else:  # scheduled, or paused: nobody has taken it up
            chunk.since = self.clock()

    def _again(self, chunk: Chunk, error: SijillError | None = None) -> None:
        """Put a chunk back in line; one that comes to no end, or whose error stays, ends the batch."""
        if error and not error.retryable:
            raise error
        if chunk.tries == len(PAUSES):
            raise error or Unavailable("pages-waiting", f"Pages of batch {self.job.batch} come to no end.", "Run `sijill retry`.")
        chunk.due = self.clock() + PAUSES[chunk.tries]
        chunk.tries += 1
        self._out.remove(chunk)
        self._ready.append(chunk)

    def _cancel(self, waiting_only: bool) -> None:
        with suppress(Away):  # whoever takes one up then finds its pages read, or waiting as they should
            self.desk.cancel([chunk.run for chunk in self._out], waiting_only)


class Shown:
    """Tells how far a batch is: pages that failed are counted in the ledger, now and then."""

    def __init__(self, job: Job) -> None:
        self._job, self._before = job, _failed(job)
        self._failed, self._asked, self._left = 0, 0.0, -1

    def __call__(self, left: int, now: float) -> None:
        if left == self._left:
            return
        if not left or now - self._asked > LEDGER_SECONDS:
            self._failed, self._asked = max(0, _failed(self._job) - self._before), now
        self._left, pages = left, len(self._job.keys)
        failed = min(self._failed, pages - left)
        self._job.progress(pages - left - failed, failed, pages)


def _failed(job: Job) -> int:
    return sum(row.failed for row in job.ledger() if job.holding in (0, row.id))


def cut(keys: Sequence[int]) -> Iterator[Chunk]:
    """A batch in chunks: about a hundredth of it, 32 to 256 pages, since each costs a worker a process of seconds."""
    size = min(256, max(LEAST, -(-len(keys) // 100)))
    for start in range(0, len(keys), size):
        piece = keys[start : start + size]
        yield Chunk(start + 1, start + len(piece), frozenset(piece))


def error_of(message: str) -> SijillError:
    """The error behind KIND: CODE, as a chunk's run tells it; whatever else stands there is a fault of ours."""
    told = re.search(r"\b([A-Z][A-Za-z]+): ([a-z0-9]+(?:-[a-z0-9]+)*)$", message)
    kind = getattr(errors, told[1], None) if told else None
    if told and isinstance(kind, type) and issubclass(kind, SijillError):
        return kind(told[2], "A worker could not go on.", way_out(told[2]))
    return Terminal("unforeseen", "A worker met a fault in Sijill; its own terminal says where.", way_out("unforeseen"))
