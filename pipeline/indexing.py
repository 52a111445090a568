"""Keeps the search index equal to the catalogue: drains the outbox, compares, builds anew."""

from collections.abc import Callable, Mapping, Sequence, Set

from pipeline.errors import Damaged, PageFailed
from pipeline.model import IndexedPage, PageRef, StoredPage
from pipeline.ports import Holds, Outbox, Rebuild

BATCH = 200


def drain(outbox: Outbox, index: Holds, tell: Callable[[int], None] | None = None) -> int:
    """Bring the index up to date, telling how far it is; returns how many pages changed.

    Safe to run anywhere, any number of times, several at once. Raises PageFailed (not-indexable) at the end when there were pages that
    the index does not take; they stay in the outbox, and hold up no other.
    """
    changed, refused = 0, dict[int, PageFailed]()
    while batch := [item for item in outbox.waiting(BATCH + len(refused)) if item[0].key not in refused]:
        failed = _apply(index, batch)
        refused |= failed
        outbox.done([ref for ref, _ in batch if ref.key not in failed])
        changed += len(batch) - len(failed)
        if tell:
            tell(changed)
    _raise_first(refused)
    return changed


def renew(
    rebuild: Rebuild,
    wanted: Callable[[], Mapping[int, int]],
    found: Callable[[Sequence[int]], Mapping[int, StoredPage]],
    tell: Callable[[int], None] | None = None,
) -> int:
    """Fill a rebuild with every page of the catalogue and let it take over; returns how many pages there were.

    ``wanted``: page key to version of all that should be found; ``found``: the pages of these keys. Asked after the rebuild has begun:
    what is recorded later reaches the new index by the outbox, as it does the old one. What the outbox holds is left in it. Raises
    Damaged (index-differs) when the new index does not hold what it was given; the old one then stays.
    """
    before, done, refused = wanted(), 0, dict[int, PageFailed]()
    keys = sorted(before)
    for start in range(0, len(keys), BATCH):
        pages = [stored.for_index() for stored in found(keys[start : start + BATCH]).values()]
        refused |= _apply(rebuild, [(page.page, page) for page in pages])
        done += len(pages)
        if tell:
            tell(done)
    _complete(before, wanted(), rebuild, refused.keys())
    rebuild.finish()
    _raise_first(refused)
    return done


def _apply(index: Holds, batch: Sequence[tuple[PageRef, IndexedPage | None]]) -> dict[int, PageFailed]:
    """Put a batch into the index; the pages it does not take, by key."""
    try:
        index.apply([page for _, page in batch if page is not None], [ref for ref, page in batch if page is None])
    except PageFailed as error:
        if len(batch) == 1:
            return {batch[0][0].key: error}
        return {key: why for item in batch for key, why in _apply(index, [item]).items()}
    return {}


def _raise_first(refused: Mapping[int, PageFailed]) -> None:
    for error in refused.values():
        raise error


def _complete(before: Mapping[int, int], now: Mapping[int, int], rebuild: Rebuild, refused: Set[int]) -> None:
    """Raise unless the new index has every page there was, if it is still to be found, in that version or a newer one."""
    held = dict(rebuild.versions())
    lacking = [key for key, version in before.items() if key in now and key not in refused and held.get(key, -1) < version]
    if lacking:
        detail = f"{len(lacking)} pages are not in the new index, page {min(lacking)} first."
        raise Damaged("index-differs", detail, "Run `sijill reindex` again.")


def differences(catalogue: Mapping[int, int], index: Holds) -> list[str]:
    """What the index should have and has not, or has and should not, or has in an older version; by page key."""
    held = dict(index.versions())
    missing = [f"page {key} is not in the index" for key in catalogue.keys() - held.keys()]
    extra = [f"page {key} is in the index and should not be" for key in held.keys() - catalogue.keys()]
    old = [f"page {key} is in the index as version {held[key]}, not {catalogue[key]}" for key in catalogue.keys() & held.keys()
           if held[key] != catalogue[key]]  # fmt: skip
    return sorted(missing + extra + old)
