"""Checks that the archive still is what it was: every blob's bytes, every reading, the custody chains, the ledger, the index."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline import custody, indexing
from pipeline.custody import Checkpoint, Entry
from pipeline.errors import SijillError
from pipeline.model import HoldingLedger
from pipeline.ports import BlobStore, SearchIndex


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that is not as it was: a reason code, and the ids it is about."""

    code: str
    detail: str


class Ledger(Protocol):
    def holdings(self) -> list[HoldingLedger]: ...
    def blobs(self) -> Iterator[str]: ...
    def versions(self) -> dict[int, int]: ...


class Chains(Protocol):
    def holdings(self) -> list[int]: ...
    def entries(self, holding_id: int) -> Iterator[tuple[Entry, str]]: ...


class Stored(Protocol):
    def contents(self) -> Iterator[tuple[str, int, bytes, str]]: ...


def blobs(store: BlobStore, ledger: Ledger, progress: Callable[[], None]) -> Iterator[Alarm]:
    """Every blob of the record is there with its own bytes; blobs the record does not know are told too."""
    recorded = set(ledger.blobs())
    for sha256 in sorted(recorded):
        try:
            with store.open(sha256):
                pass
        except SijillError as error:
            yield Alarm(error.code, error.detail)
        progress()
    for sha256 in store:
        if sha256 not in recorded:
            yield Alarm("blob-unrecorded", f"blob {sha256} is in no provenance row: an ingest was cut short; run it again")


def chains(record: Chains, kept: Sequence[Checkpoint]) -> tuple[list[Checkpoint], list[Alarm], Mapping[tuple[str, int], str]]:
    """Where each chain ends, what is wrong with them, and the digest each revision of each page had when it was written."""
    ends, alarms, digests = [], [], dict[tuple[str, int], str]()

    def noted(entries: Iterable[tuple[Entry, str]]) -> Iterator[tuple[Entry, str]]:
        for entry, stored in entries:
            if "reading" in entry.details:
                digests[entry.subject, int(entry.details["revision"])] = str(entry.details["reading"])
            yield entry, stored

    known = record.holdings()
    for holding in known:
        try:
            end = custody.check(noted(record.entries(holding)), [checkpoint for checkpoint in kept if checkpoint.holding == holding])
            ends += [end] if end else []
        except SijillError as error:
            alarms.append(Alarm(error.code, error.detail))
    alarms += [
        Alarm("chain-cut", f"holding {checkpoint.holding} of the checkpoint is gone")
        for checkpoint in kept
        if checkpoint.holding not in known
    ]
    return ends, alarms, digests


def readings(stored: Stored, digests: Mapping[tuple[str, int], str]) -> Iterator[Alarm]:
    """Every stored revision is the one the custody record tells of."""
    for page_id, revision, content, digest in stored.contents():
        if hashlib.sha256(content).hexdigest() != digest or digests.get((page_id, revision)) != digest:
            yield Alarm("reading-changed", f"revision {revision} of page {page_id} is not what the custody record says was written")


def ledger(record: Ledger) -> Iterator[Alarm]:
    """Every file and page of every holding is accounted for."""
    for row in record.holdings():
        if not row.whole:
            yield Alarm(
                "ledger-broken", f"holding {row.id}: {row.pages} pages expected, {row.indexed + row.waiting + row.failed} accounted for"
            )


def index(record: Ledger, search: SearchIndex) -> Iterator[Alarm]:
    """The index holds exactly the pages of the catalogue, in their newest version."""
    try:
        for difference in indexing.differences(record.versions(), search):
            yield Alarm("index-differs", difference)
    except SijillError as error:
        yield Alarm(error.code, str(error))
