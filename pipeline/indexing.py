"""Keeps the search index equal to the catalogue: drains the outbox, compares."""

from collections.abc import Callable, Mapping

from pipeline.ports import Outbox, SearchIndex

BATCH = 200


def drain(outbox: Outbox, index: SearchIndex, tell: Callable[[int], None] | None = None) -> int:
    """Bring the index up to date, telling how far it is; returns how many pages changed.

    Safe to run anywhere, any number of times, several at once.
    """
    changed = 0
    while batch := outbox.waiting(BATCH):
        index.apply([page for _, page in batch if page is not None], [ref for ref, page in batch if page is None])
        outbox.done([ref for ref, _ in batch])
        changed += len(batch)
        if tell:
            tell(changed)
    return changed


def differences(catalogue: Mapping[int, int], index: SearchIndex) -> list[str]:
    """What the index should have and has not, or has and should not, or has in an older version; by page key."""
    held = dict(index.versions())
    missing = [f"page {key} is not in the index" for key in catalogue.keys() - held.keys()]
    extra = [f"page {key} is in the index and should not be" for key in held.keys() - catalogue.keys()]
    old = [f"page {key} is in the index as version {held[key]}, not {catalogue[key]}" for key in catalogue.keys() & held.keys()
           if held[key] != catalogue[key]]  # fmt: skip
    return sorted(missing + extra + old)
