"""What a flow asks of the archive: page keys in, counts and reason codes out, never a name."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from pipeline.ledger import HoldingLedger, Tally

__all__ = ["Progress", "Tally", "Work", "chunk_size", "slice_size"]

Progress = Callable[[int, int, int], None]
"""Told (pages done, pages failed, pages in all) as a batch goes on; from any thread, one call at a time."""

SLICE = 16  # pages asked for in one call at least: a stop, and the progress shown, are never further away


class Work(Protocol):
    """The archive's own work on pages. Everything may be asked again: what is done is not done twice."""

    def pending(self) -> list[int]:
        """Keys of the pages waiting, in the order to read them."""

    def read(self, keys: Sequence[int]) -> Tally:
        """See that these pages are read and recorded; called from several threads.

        A page that fails is counted, never raised; Retryable says a store was in the way, and the same call may be made again.
        """

    def index(self) -> Tally:
        """Bring the index up to date with the catalogue."""

    def ledger(self) -> Sequence[HoldingLedger]:
        """The ledger of every holding, as `sijill status` counts it."""


def chunk_size(pages: int) -> int:
    """Pages a task: about a fiftieth of the batch, from 16 to 256, so that ten thousand pages are as easy to watch as two hundred."""
    return SLICE if pages <= 50 * SLICE else min(256, 2 * SLICE * -(-pages // (100 * SLICE)))


def chunks(pages: int) -> Iterator[tuple[int, int]]:
    """First and last page of each task, from 1."""
    size = chunk_size(pages)
    return ((start + 1, min(start + size, pages)) for start in range(0, pages, size))


def slice_size(pages: int) -> int:
    """Pages a call of `Work.read`; divides the chunk."""
    return min(chunk_size(pages), 2 * SLICE)
