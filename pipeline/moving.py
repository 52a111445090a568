"""Carries an archive's bytes from one store into another, each read back before it counts."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import Protocol

from pipeline.errors import Damaged, way_out
from pipeline.ports import BlobStore

LANES, PIECE = 8, 256


class Bytes(Protocol):
    """What a store, or a backup of one, gives."""

    def open(self, sha256: str) -> AbstractContextManager[Path]: ...


def carry(source: Bytes, target: BlobStore, wanted: Iterable[str], tell: Callable[[int], None]) -> frozenset[str]:
    """See that ``target`` holds every wanted blob with its own bytes; returns their sha256.

    What an earlier, interrupted run has brought is only checked. ``tell`` hears how many are there. Raises Damaged (blob-missing,
    blob-damaged) naming the blob, from either side, and Unavailable.
    """
    held, there = frozenset(target), set[str]()

    def bring(sha256: str) -> None:
        if sha256 not in held:
            with source.open(sha256) as path, path.open("rb") as file:
                if target.put(file) != sha256:
                    raise Damaged("blob-damaged", f"blob {sha256} changed on its way", way_out("blob-damaged"))
        with target.open(sha256):
            """What is there reads back as it should."""

    with ThreadPoolExecutor(LANES) as lanes:
        for piece in pieces(iter(wanted)):
            list(lanes.map(bring, piece))
            there.update(piece)
            tell(len(there))
    return frozenset(there)


def pieces(wanted: Iterator[str]) -> Iterator[list[str]]:
    """In portions, so that work and what is told of it go on together."""
    while piece := list(islice(wanted, PIECE)):
        yield piece
