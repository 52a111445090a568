"""Small made things the tests of the core share: readings, pages in a catalogue, futures. Fictitious people, pages that never were."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

from pipeline.catalogue import Catalogue
from pipeline.catalogue.database import Database
from pipeline.errors import SijillError
from pipeline.ledger import Offered
from pipeline.model import Accession, Box, Entities, Line, PageRef, PageResult, Person, Reading, Word

READER = "made 1"
FAR = 3600.0
"""Seconds of a lease that does not run out while a test runs."""


class Clock:
    """Time that stands still until told."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def catalogue(path: Path, clock: Clock | None = None) -> Catalogue:
    """A catalogue on a SQLite file, brought to the newest schema."""
    database = Database(f"sqlite:{path}", clock or Clock())
    database.migrate()
    return Catalogue(database)


def sha(label: str) -> str:
    return hashlib.sha256(label.encode()).hexdigest()


def offered(label: str, status: str = "accepted", pages: int = 1, place: str = "box", **other: object) -> Offered:
    """A file of that many pages; equal labels are equal bytes, other places are other files."""
    numbers = tuple(range(1, pages + 1)) if status == "accepted" else ()
    media_type = "application/pdf" if status == "accepted" else ""
    values: dict[str, object] = {"sha256": sha(label), "size": 100, "media_type": media_type, "numbers": numbers}
    return Offered(f"/{place}/{label}", label, status, **(values | other))  # type: ignore[arg-type]


def take(made: Catalogue, holding: str, *labels: str, pages: int = 1, place: str = "box") -> tuple[Accession, list[int]]:
    """A new batch of a holding with these files, and the keys of the new pages."""
    accession = made.accessions.open(holding, None, {}, "tester")
    return accession, made.accessions.record(accession, [offered(label, pages=pages, place=place) for label in labels], "tester")


def reading(*lines: str, reader: str = READER, confidence: float = 0.9) -> Reading:
    """A reading whose words are 50 pixels wide and 40 high, from the right edge of a page 1000 pixels wide."""
    return Reading(1000, 1400, reader, tuple(_line(text, 100 + 60 * row, confidence) for row, text in enumerate(lines)))


def _line(text: str, top: int, confidence: float) -> Line:
    words = tuple(Word(word, Box(950 - 60 * at, top, 1000 - 60 * at, top + 40), confidence) for at, word in enumerate(text.split()))
    return Line(text, Box(0, top, 1000, top + 40), confidence, words)


def result(*lines: str, people: Sequence[Person] = (), reader: str = READER, confidence: float = 0.9) -> PageResult:
    return PageResult(reading(*lines, reader=reader, confidence=confidence), Entities(people=tuple(people), type="memo"))


def read(made: Catalogue, keys: Sequence[int], *lines: str, stage: str = "s", **other: object) -> list[PageRef]:
    """Lease these pages and record the same reading for each."""
    refs = made.work.lease(keys, "reader", FAR)
    made.work.record([(ref, sha(f"{stage} {ref.page_id}"), result(*lines, **other)) for ref in refs], "tester")  # type: ignore[arg-type]
    return refs


def indexed(made: Catalogue) -> None:
    """Tell the catalogue that the index follows."""
    while batch := made.outbox.waiting(100):
        made.outbox.done([ref for ref, _ in batch])


def settled(outcome: PageResult | SijillError) -> "Future[PageResult]":
    """A future that has come to this already."""
    future: Future[PageResult] = Future()
    if isinstance(outcome, SijillError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
    return future


def whole(made: Catalogue) -> bool:
    """Every file and page of every holding is accounted for."""
    return all(row.whole for row in made.ledger.holdings())


def counts(made: Catalogue, holding: str) -> dict[str, int]:
    """The ledger's figures of one holding, those that are not 0."""
    [row] = [row for row in made.ledger.holdings() if row.holding == holding]
    names = ("files", "accepted", "duplicates", "refused", "pages", "indexed", "waiting", "failed", "withdrawn", "low_confidence")
    return {name: getattr(row, name) for name in names if getattr(row, name)}
