"""Many write at once: nobody waits for ever, no chain breaks, nothing is there twice or lost."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import pytest

from pipeline import verify
from pipeline.catalogue import Catalogue
from pipeline.errors import Conflict, NotFound
from pipeline.model import Entities, PageResult, Rescan
from tests.contract.cases import BROKEN, HUNG, waiting_texts
from tests.contract.conftest import Again
from tests.support import FAR, indexed, offered, read, reading, result, sha, take

HOLDINGS, LABELS = ("first", "second", "third"), tuple(f"f{number}" for number in range(6))


@dataclass
class Hand:
    """One of many who all do everything, over the same few scans."""

    made: Catalogue
    name: str
    chance: random.Random

    def take_in(self) -> None:
        batch = self.made.accessions.open(self.chance.choice(HOLDINGS), None, {}, self.name)
        labels = self.chance.sample(LABELS, 3)
        places = ("box", "copy")
        offers = [offered(label, pages=3, place=self.chance.choice(places)) for label in labels]
        self.made.accessions.record(batch, [*offers, offered("bad", "refused", code="truncated")], self.name)
        self.made.accessions.close(batch, self.name)

    def read_some(self) -> None:
        waiting = self.made.work.pending()
        refs = self.made.work.lease(self.chance.sample(waiting, min(5, len(waiting))), self.name, FAR)
        self.made.work.renew(self.name, FAR)
        unknown = [ref for ref in refs if not self.made.work.known(ref, sha(f"s {ref.page_id}"))]
        failing, fine = unknown[:1], unknown[1:]
        notes = (Rescan("dark", "0.9"), Rescan("dark", "0.8"))
        self.made.work.record([(ref, sha(f"s {ref.page_id}"), PageResult(reading("نص"), Entities(), notes)) for ref in fine], self.name)
        for ref in failing:
            self.made.work.fail(ref, self.chance.choice((HUNG, BROKEN)), 2, self.name)
        self.made.work.note_gaps([ref.key for ref in refs], [(ref.key, Rescan("missing-rows", "2")) for ref in fine])
        self.made.work.release(self.name)

    def retry(self) -> None:
        self.made.work.retry(self.name)

    def correct(self) -> None:
        with suppress(NotFound, Conflict):  # not read yet, withdrawn, or somebody was quicker
            page_id = f"{sha(self.chance.choice(LABELS))}-{self.chance.randint(1, 3)}"
            revision, _ = self.made.readings.current(page_id)
            self.made.readings.correct(page_id, revision, result(f"صحيح {self.name}"), self.name)

    def withdraw(self) -> None:
        with suppress(NotFound):
            self.made.readings.withdraw(f"{sha(LABELS[0])}-{self.chance.randint(1, 3)}", "consent", self.name)

    def index(self) -> None:
        self.made.outbox.done([ref for ref, _ in self.made.outbox.waiting(7)])

    def refill(self) -> None:
        self.made.outbox.refill()

    def decide(self) -> None:
        self.made.consents.decide(self.chance.choice(HOLDINGS), self.chance.random() < 0.5, "letter", self.name)

    def look(self) -> None:
        assert all(row.whole for row in self.made.ledger.holdings()), "at no moment is a page unaccounted for"


OFTEN = {"take_in": 3, "read_some": 6, "retry": 1, "correct": 4, "withdraw": 1, "index": 3, "refill": 1, "decide": 1, "look": 1}


def at_once(doings: Sequence[Callable[[], object]]) -> list[object]:
    """All begin at the same moment; raises what any of them raised."""
    start = threading.Barrier(len(doings))

    def do(doing: Callable[[], object]) -> object:
        start.wait()
        return doing()

    with ThreadPoolExecutor(len(doings)) as pool:
        return list(pool.map(do, doings))


def true_to_itself(made: Catalogue) -> None:
    """All that `sijill verify` would look at, but for the bytes."""
    _, alarms, digests = verify.chains(made.custody, [])
    told = (verify.readings(made.readings, digests), verify.provenance(made.custody, made.ledger), verify.ledger(made.ledger))
    assert [*alarms, *(alarm for some in told for alarm in some), *verify.consents(made.custody, made.consents)] == []


@pytest.mark.parametrize("seed", [1, 2])
def test_everything_at_once(again: Again, made: Catalogue, seed: int) -> None:
    for holding in HOLDINGS:
        take(made, holding)
    hands = [Hand(again(), f"hand {number}", random.Random(100 * seed + number)) for number in range(6)]  # noqa: S311  # no secret

    def work(hand: Hand) -> None:
        for doing in hand.chance.choices(list(OFTEN), list(OFTEN.values()), k=25):
            getattr(hand, doing)()

    at_once([partial(work, hand) for hand in hands])
    assert made.work.owners() == []
    hidden = {ref.page_id for ref in (ref for ref, page in made.outbox.waiting(1000) if page is None)}
    assert hidden <= {f"{sha(LABELS[0])}-{number}" for number in (1, 2, 3)}
    read(made, made.work.pending(), "نص")
    made.work.retry("tester")
    read(made, made.work.pending(), "نص")
    indexed(made)
    assert made.outbox.waiting(1) == []
    assert sum(row.waiting + row.failed for row in made.ledger.holdings()) == 0
    true_to_itself(made)


def _digitise(made: Catalogue, holding: str, label: str) -> None:
    read(made, take(made, holding, label, pages=2)[1], "نص")


def test_a_scan_withdrawn_while_other_holdings_take_it_in_is_hidden_in_all(again: Again, made: Catalogue) -> None:
    for round_ in range(6):
        label = f"scan {round_}"
        read(made, take(made, "first", label, pages=2)[1], "نص")
        withdraw = partial(again().readings.withdraw, sha(label), "consent", "Board")
        at_once([withdraw, *(partial(_digitise, again(), holding, label) for holding in ("second", "third"))])
    assert set(waiting_texts(made).values()) == {None}
    assert made.ledger.versions() == {}
    assert [row.withdrawn for row in made.ledger.holdings()] == [12, 12, 12]
    true_to_itself(made)


def test_a_page_read_by_two_at_once_has_one_reading(again: Again, made: Catalogue) -> None:
    for round_ in range(6):
        pages = [take(made, holding, f"scan {round_}")[1] for holding in HOLDINGS]
        at_once([partial(read, again(), keys, "نص") for keys in pages])
    assert [revision for _, revision, _ in made.readings.digests()] == [0] * 6
    true_to_itself(made)


def test_one_scan_of_two_holdings_in_one_call_has_one_reading(made: Catalogue) -> None:
    keys = [key for holding in HOLDINGS for key in take(made, holding, "a")[1]]
    read(made, keys, "نص")
    assert [revision for _, revision, _ in made.readings.digests()] == [0]
    assert list(waiting_texts(made).values()) == ["نص"] * 3
    true_to_itself(made)


def test_corrections_and_machine_readings_at_once_lose_none(again: Again, made: Catalogue) -> None:
    _, keys = take(made, "first", "a")
    [ref] = read(made, keys, "نص")

    def correct(mine: Catalogue, who: str) -> int:
        done = 0
        while done < 5:
            try:
                revision, _ = mine.readings.current(ref.page_id)
                mine.readings.correct(ref.page_id, revision, result(who), who)
                done += 1
            except Conflict:
                pass
        return done

    machine = partial(again().work.record, [(ref, sha("better"), result("خطأ"))], "machine")
    at_once([machine, *(partial(correct, again(), who) for who in ("huda", "omar", "rami"))])
    revisions = [revision for _, revision, _ in made.readings.digests()]
    assert revisions == list(range(len(revisions)))
    assert len(revisions) in (16, 17), "the machine came before them all, or not at all"
    true_to_itself(made)


def test_decisions_at_once_are_kept_in_the_order_of_the_record(again: Again, made: Catalogue) -> None:
    take(made, "first", "a")
    at_once([partial(again().consents.decide, "first", who == "b", "letter", who) for who in "abcdef"])
    said = [entry.actor for entry, _ in made.custody.entries(1) if entry.action.startswith("training")]
    assert [by for *_, by in made.consents.decisions()] == said
    assert made.consents.terms()[0].by == said[-1]
    true_to_itself(made)
