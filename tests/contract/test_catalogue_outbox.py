"""The index is told of every change, in order, and what it has not followed does not count as found."""

from pipeline.catalogue import Catalogue
from tests.contract.cases import waiting_texts
from tests.support import counts, indexed, read, result, take


def test_an_index_that_is_behind_stays_so(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    read(made, keys, "نص")
    [(old, _)] = made.outbox.waiting(10)
    made.readings.correct(old.page_id, 0, result("صحيح"), "huda")
    made.outbox.done([old])
    [(new, page)] = made.outbox.waiting(10)
    assert page is not None
    assert (page.text, page.revision) == ("صحيح", 1)
    assert new.version > old.version
    assert (counts(made, "h")["waiting"], made.ledger.counts(None).indexed) == (1, 0)
    made.outbox.done([new])
    assert made.outbox.waiting(10) == []
    assert counts(made, "h")["indexed"] == 1
    made.outbox.done([old, new])
    made.outbox.done([])


def test_versions_only_grow(made: Catalogue) -> None:
    _, keys = take(made, "h", "a")
    [ref] = read(made, keys, "نص")
    seen = [made.ledger.versions()[ref.key]]
    made.readings.correct(ref.page_id, 0, result("صحيح"), "huda")
    seen.append(made.ledger.versions()[ref.key])
    made.work.record([(ref, "other", result("x"))], "tester")
    seen.append(made.ledger.versions()[ref.key])
    made.readings.withdraw(ref.page_id, "consent", "huda")
    seen.append(made.outbox.waiting(1)[0][0].version)
    assert seen == sorted(set(seen))


def test_the_outbox_is_given_in_pieces(made: Catalogue) -> None:
    _, keys = take(made, "h", *map(str, range(7)))
    read(made, keys, "نص")
    assert made.ledger.behind() == 7
    seen = []
    while batch := made.outbox.waiting(3):
        assert len(batch) <= 3
        seen += [ref.key for ref, _ in batch]
        made.outbox.done([ref for ref, _ in batch])
    assert sorted(seen) == keys


def test_refilling_puts_every_read_page_back(made: Catalogue) -> None:
    _, keys = take(made, "h", "a", "b", "c", "d")
    [first, _, _] = read(made, keys[:3], "نص")
    indexed(made)
    assert made.outbox.refill() == 3
    assert made.outbox.refill() == 0
    assert counts(made, "h") == {"files": 4, "accepted": 4, "pages": 4, "waiting": 4}, "no search says that it looked at all of them"
    indexed(made)
    made.readings.withdraw(first.page_id, "consent", "huda")
    made.outbox.refill()
    assert waiting_texts(made) == {keys[0]: None, keys[1]: "نص", keys[2]: "نص"}
    assert made.ledger.versions().keys() == {keys[1], keys[2]}
