"""What a search could not see: a search that finds nothing says which pages it has not looked at."""

from dataclasses import asdict, dataclass
from typing import NamedTuple


class Counts(NamedTuple):
    """Pages of the ledger in the holdings asked: pages = indexed + waiting + failed; ``low_confidence`` are among the indexed."""

    pages: int
    indexed: int
    waiting: int
    failed: int
    low_confidence: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """The counts, whether every page was searched, and the same in a sentence."""

    pages: int
    indexed: int
    waiting: int
    failed: int
    low_confidence: int
    complete: bool
    note: str

    def as_json(self) -> dict[str, object]:
        return asdict(self)


NARROWED = "Pages on which the date, facility or type asked for was not read, or was misread, were left out."


def coverage(counts: Counts, narrowed: bool = False) -> Coverage:
    """What the counts mean for one who searched; ``narrowed`` by what was read on the pages.

    ``complete`` says that all pages were searched, not that all were read well.
    """
    complete = counts.pages > 0 and counts.indexed == counts.pages and not narrowed
    return Coverage(*counts, complete=complete, note=f"{_note(counts)} {NARROWED}" if narrowed else _note(counts))


def _note(counts: Counts) -> str:
    if not counts.pages:
        return "There are no pages here to search."
    gaps = [(counts.waiting, "not read yet"), (counts.failed, "failed"), (counts.low_confidence, "read with low confidence")]
    told = [f"{count} {what}" for count, what in gaps if count]
    of = f"of {counts.pages} page{'s' * (counts.pages != 1)}"
    if not told:
        return f"All {counts.pages} pages were searched." if counts.pages > 1 else "The one page there is was searched."
    return f"{counts.indexed} {of} were searched: {', '.join(told)}. What is on those pages may be missing here."
