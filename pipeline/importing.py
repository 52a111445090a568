"""Pages read elsewhere join the archive: each line of a JSONL file is a blob of its own, kept as it came."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipeline import leases
from pipeline.entities import extract
from pipeline.errors import Terminal, Usage
from pipeline.formats import ReadPage, entities_from_json, page_from_json
from pipeline.formats.given import MAX_BYTES
from pipeline.intake import storable
from pipeline.ledger import Offered
from pipeline.model import IMPORTED, Accession, PageRef, PageResult
from pipeline.ports import Accessions, BlobStore, Work
from pipeline.process import stage_key

BATCH = 500
BATCH_BYTES = 2 * MAX_BYTES
LEASE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How many lines and bytes were looked at, and what became of the lines."""

    lines: int
    bytes: int
    accepted: int
    known: int
    duplicates: int
    refused: int

    def __add__(self, other: "Progress") -> "Progress":
        return Progress(
            self.lines + other.lines, self.bytes + other.bytes, self.accepted + other.accepted, self.known + other.known,
            self.duplicates + other.duplicates, self.refused + other.refused,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Importer:
    """Takes the lines of a file in, batch by batch; run again it goes on where it stopped."""

    accession: Accession
    blobs: BlobStore
    accessions: Accessions
    work: Work
    actor: str

    def run(self, path: Path) -> Iterator[Progress]:
        """Progress after each batch of lines. Raises Usage when the file cannot be opened."""
        self._resume()
        total = Progress(0, 0, 0, 0, 0, 0)
        try:
            with path.open("rb") as lines:
                for batch in _batches(lines):
                    total += self._batch(storable(str(path.resolve())), total.lines, batch)
                    yield total
        except OSError as error:
            raise Usage("unreadable", f"{path}: {error.strerror}") from error

    def _batch(self, file: str, before: int, lines: "list[tuple[bytes, int]]") -> Progress:
        numbered = [(f"{file}:{before + at}", line) for at, (line, _) in enumerate(lines, start=1) if line]
        hashes = self._keep([line for _, line in numbered])
        standings = self.accessions.standing(self.accession, [(where, sha256) for (where, _), sha256 in zip(numbered, hashes, strict=True)])
        offers: list[Offered] = []
        results: dict[str, PageResult] = {}
        for (where, line), sha256, standing in zip(numbered, hashes, standings, strict=True):
            if standing.here in ("accepted", "duplicate"):
                continue
            if standing.held or sha256 in results:
                offers.append(Offered(where, where, "duplicate", sha256, len(line)))
            else:
                offers.append(_offer(where, line, sha256, results))
        keys = self.accessions.record(self.accession, offers, self.actor)
        self._record(keys, results)
        count = [offer.status for offer in offers]
        known, size = len(numbered) - len(offers), sum(size for _, size in lines)
        return Progress(len(lines), size, count.count("accepted"), known, count.count("duplicate"), count.count("refused"))

    def _keep(self, lines: Sequence[bytes]) -> list[str]:
        """The sha256 of each line kept; empty for one that was too long to be read to its end."""
        kept = iter(self.blobs.put_many([line for line in lines if len(line) <= MAX_BYTES]))
        return [next(kept) if len(line) <= MAX_BYTES else "" for line in lines]

    def _resume(self) -> None:
        """Finish lines that an earlier run recorded and did not live to read."""
        me, waiting = leases.owner(), self.work.pending(self.accession.holding_id)
        for start in range(0, len(waiting), BATCH):
            for ref in self.work.lease(waiting[start : start + BATCH], me, LEASE_SECONDS):
                if not ref.has_image:
                    self._finish(ref)
            self.work.release(me)

    def _finish(self, ref: PageRef) -> None:
        try:
            with self.blobs.open(ref.sha256) as path:
                result = page_result(path.read_bytes())
        except Terminal as error:
            self.work.fail(ref, error, 1, self.actor)
        else:
            self.work.record([(ref, stage_key(ref.page_id, result.reading.reader), result)], self.actor)

    def _record(self, keys: list[int], results: dict[str, PageResult]) -> None:
        leased = self.work.lease(keys, leases.owner(), LEASE_SECONDS)
        done = [(ref, stage_key(ref.page_id, results[ref.sha256].reading.reader), results[ref.sha256]) for ref in leased]
        self.work.record(done, self.actor)


def _batches(file: BinaryIO) -> "Iterator[list[tuple[bytes, int]]]":
    """Lines with the bytes each takes in the file, some at a time; of one longer than a page can be, MAX_BYTES + 1 bytes."""
    batch: list[tuple[bytes, int]] = []
    held = 0
    while line := file.readline(MAX_BYTES + 1):
        size, rest = len(line), line
        while not rest.endswith(b"\n") and (rest := file.readline(1 << 20)):
            size += len(rest)
        batch.append((_page_of(line) if size == len(line) else line, size))
        held += len(line)
        if len(batch) == BATCH or held > BATCH_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _page_of(line: bytes) -> bytes:
    """The page's object alone: without the brackets and commas around it when the file is a list of pages, one a line."""
    plain = line.strip()
    if plain in (b"[", b"]"):  # a list written with its brackets on lines of their own
        return b""
    return plain.removeprefix(b"[").removesuffix(b"]").strip().removesuffix(b",").strip() or plain


def page_result(line: bytes, where: str = "this line") -> PageResult:
    """What a line says of its page: given entities are kept, else they are drawn out. Raises Usage (bad-line)."""
    return _parsed(line, where)[1]


def _parsed(line: bytes, where: str) -> tuple[ReadPage, PageResult]:
    page = page_from_json(line, where)
    return page, PageResult(page.reading, entities_from_json(line, where) or extract(page.reading))


def _offer(where: str, line: bytes, sha256: str, results: dict[str, PageResult]) -> Offered:
    """A line as a file of one page; its result goes into ``results``."""
    try:
        page, results[sha256] = _parsed(line, where)
    except Usage as error:
        return Offered(where, where, "refused", sha256, len(line) if sha256 else None, code=error.code, detail=error.detail)
    return Offered(where, page.source, "accepted", sha256, len(line), IMPORTED, (page.page,))
