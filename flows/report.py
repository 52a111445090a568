"""The ledger as an operator sees it in the Prefect UI: numbers, page ids and reason codes, never a name."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import way_out
from pipeline.ledger import Failure, HoldingLedger

MOST_ROWS = 500
AGAIN = "Once the reason is gone, `sijill retry --failed-only` reads them again.\n"
COLUMNS = ("files", "accepted", "duplicates", "refused", "pages", "indexed", "waiting", "failed")


@dataclass(frozen=True, slots=True)
class SetAside:
    """Pages that failed: how many, how many a reason code, and the list for an operator."""

    pages: int
    codes: Mapping[str, int]
    markdown: str


def set_aside(holding: int, ledger: Sequence[HoldingLedger]) -> SetAside | None:
    """The pages of ``holding`` (0: of all) that were set aside; None when there are none."""
    failures = [failure for row in ledger if holding in (0, row.id) for failure in row.failures if failure.page_id]
    if not failures:
        return None
    codes = Counter(code(failure) for failure in failures)
    parts = ["# Pages set aside", AGAIN, *count_table("Reasons", "pages", codes), *failure_table(failures)]
    return SetAside(len(failures), codes, "\n".join(parts) + "\n")


def report(title: str, holding: int, ledger: Sequence[HoldingLedger]) -> str:
    """Markdown: the ledger of every holding, then what failed in ``holding`` (0: in all) and the way out of each."""
    here = [row for row in ledger if holding in (0, row.id)]
    parts = [f"# {title}", summary(here), *ledger_table(ledger)]
    failures = [failure for row in here for failure in row.failures]
    pages = [failure for failure in failures if failure.page_id]
    parts += count_table("Pages that failed", "pages", Counter(failure.code for failure in pages)) + failure_table(pages)
    parts += count_table("Files not taken in", "files", Counter(failure.code for failure in failures if not failure.page_id))
    parts += count_table("Pages to scan again", "pages", Counter(failure.code for row in here for failure in row.rescan))
    return "\n".join(parts) + "\n"


def summary(rows: Sequence[HoldingLedger]) -> str:
    pages, indexed, waiting, failed = (sum(getattr(row, name) for row in rows) for name in ("pages", "indexed", "waiting", "failed"))
    word = "Every page is accounted for" if all(row.whole for row in rows) else "**NOT every page is accounted for: run `sijill verify`**"
    return f"{word}: {pages} pages = {indexed} indexed + {waiting} waiting + {failed} failed.\n"


def ledger_table(ledger: Sequence[HoldingLedger]) -> list[str]:
    rows = ([row.id, *(getattr(row, name) for name in COLUMNS), "yes" if row.whole else "**NO**"] for row in ledger)
    return table(["holding", *COLUMNS, "accounted for"], rows)


def failure_table(failures: Sequence[Failure]) -> list[str]:
    """Which page for which reason; the ways out stand in the table of reasons above it."""
    if not failures:
        return []
    rows = ([code(failure), f"`{failure.page_id}`"] for failure in failures[:MOST_ROWS])
    more = len(failures) - MOST_ROWS
    return [*table(["reason", "page"], rows), *([f"… and {more} more: `sijill status`."] if more > 0 else [])]


def count_table(title: str, what: str, counts: Counter[str]) -> list[str]:
    rows = ([reason if is_code(reason) else "other", count, way_out(reason)] for reason, count in counts.most_common())
    return [f"## {title}", *table(["reason", what, "way out"], rows)] if counts else []


def code(failure: Failure) -> str:
    return failure.code if is_code(failure.code) else "other"


def is_code(text: str) -> bool:
    """A reason code and nothing else: whatever else lands in that field stays out of Prefect."""
    return bool(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text))


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = (f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)
    return [f"| {' | '.join(head)} |", "|" + " --- |" * len(head), *lines, ""]
