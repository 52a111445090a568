"""Checks that accounts and kept queries are what the archive's own chain says of them."""

from collections.abc import Iterator
from typing import Protocol

from pipeline.custody import ARCHIVE
from pipeline.errors import SijillError
from pipeline.verify import Alarm, Chains


class Asked(Protocol):
    def queries(self) -> Iterator[tuple[int, str]]: ...


class Held(Protocol):
    def states(self) -> Iterator[tuple[str, str]]: ...


def accesses(record: Chains, asked: Asked, accounts: Held) -> Iterator[Alarm]:
    """Every kept query is the one that was asked, and every account as it was left. A query that was taken out is no alarm."""
    left = dict[str, str]()
    try:
        queries = asked.queries()
        kept = next(queries, None)
        for entry, _ in record.entries(ARCHIVE):
            if entry.action.startswith("account-"):
                left[entry.subject] = str(entry.details.get("state"))
            while kept is not None and kept[0] <= entry.number:
                if kept != (entry.number, entry.details.get("query")):
                    yield _changed(kept[0])
                kept = next(queries, None)
    except SijillError as error:
        yield Alarm(error.code, error.detail)
        return
    if kept is not None:
        yield from map(_changed, (kept[0], *(number for number, _ in queries)))
    for number, _ in sorted(left.items() ^ dict(accounts.states()).items()):
        yield Alarm("account-changed", f"account {number} is not as the custody record says it was left")


def _changed(number: int) -> Alarm:
    return Alarm("query-changed", f"what is kept of search {number} is not what the custody record says was asked")
