"""Checks that the archive still is what it was: every blob's bytes, every reading, the custody chains, the ledger, the index."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline import custody, indexing
from pipeline.custody import ARCHIVE, Checkpoint, Entry
from pipeline.errors import SijillError
from pipeline.ledger import HoldingLedger
from pipeline.ports import BlobStore, SearchIndex


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that is not as it was: a reason code, and the ids it is about."""

    code: str
    detail: str


class Ledger(Protocol):
    def holdings(self) -> list[HoldingLedger]: ...
    def files(self) -> Iterator[tuple[int, str, str, str]]: ...
    def blobs(self) -> Iterator[str]: ...
    def versions(self) -> dict[int, int]: ...


class Chains(Protocol):
    def holdings(self) -> list[int]: ...
    def entries(self, holding_id: int) -> Iterator[tuple[Entry, str]]: ...


class Decisions(Protocol):
    def decisions(self) -> Iterator[tuple[int, str, bool, str, str]]: ...


class Stored(Protocol):
    def digests(self) -> Iterator[tuple[str, int, str]]: ...


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
            yield entry, stored  # only when the next one is asked for has this one been found good
            if "reading" in entry.details:
                digests[entry.subject, int(entry.details["revision"])] = str(entry.details["reading"])

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
    """Every stored revision is the one the custody record tells of, and none that it tells of is gone."""
    missing = set(digests)
    for page_id, revision, digest in stored.digests():
        missing.discard((page_id, revision))
        if digests.get((page_id, revision)) != digest:
            yield Alarm("reading-changed", f"revision {revision} of page {page_id} is not what the custody record says was written")
    for page_id, revision in sorted(missing):
        yield Alarm("reading-missing", f"revision {revision} of page {page_id} is in the custody record and not in the archive")


def provenance(record: Chains, ledger: Ledger) -> Iterator[Alarm]:
    """Every file the custody record tells of stands in a provenance row with the same outcome, and no row stands alone."""
    try:
        told = _told(record)
    except SijillError as error:
        yield Alarm(error.code, error.detail)
        return
    for holding, location, sha256, status in ledger.files():
        said = told.pop((holding, location, sha256), None)
        if said != status:
            what = f"is {status}, the custody record says {said or 'nothing of it'}"
            yield Alarm("provenance-changed", f"file {sha256 or location} of holding {holding} {what}")
    for holding, location, sha256 in sorted(told):
        yield Alarm(
            "provenance-missing", f"file {sha256 or location} of holding {holding} is in the custody record and in no provenance row"
        )


def _told(record: Chains) -> dict[tuple[int, str, str], str]:
    """The outcome the custody record tells of each file, by holding, digest of its place, and sha256."""
    told: dict[tuple[int, str, str], str] = {}
    for holding in _of_papers(record):
        for entry, _ in record.entries(holding):
            act, _, status = entry.action.partition("-")
            if act == "file":
                place = str(entry.details.get("location"))
                if entry.subject:  # its bytes could not be had before, now they can
                    told.pop((holding, place, ""), None)
                told[holding, place, entry.subject] = status
    return told


def _of_papers(record: Chains) -> list[int]:
    """The chains that tell of files and terms: not that of the archive as a whole, which may be far longer than all of them."""
    return [holding for holding in record.holdings() if holding != ARCHIVE]


def consents(record: Chains, stored: Decisions) -> Iterator[Alarm]:
    """Every consent decision is the one the custody record tells of, and none that it tells of is gone."""
    said: set[tuple[int, str, bool, str, str]] = set()
    try:
        for holding in _of_papers(record):
            for entry, _ in record.entries(holding):
                act, _, answer = entry.action.partition("-")
                if act == "training":
                    by = str(entry.details.get("by") or _digest(entry.actor))
                    said.add((holding, entry.subject, answer == "allowed", str(entry.details.get("reason")), by))
    except SijillError as error:
        yield Alarm(error.code, error.detail)
        return
    kept = {(holding, number, training, reason, _digest(by)) for holding, number, training, reason, by in stored.decisions()}
    for holding, number, *_ in sorted(said.symmetric_difference(kept)):
        yield Alarm("consent-changed", f"consent decision {number} of holding {holding} is not what the custody record says")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


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
