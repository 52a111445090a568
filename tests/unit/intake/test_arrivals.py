"""Objects of a bucket are taken in once for every state they are met in, whatever happens on the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.arrivals import TakeUp, end, is_incoming, remembering, unseen
from pipeline.errors import NotFound, Refused, Unavailable
from pipeline.intake import Had, Met, Taken, opened
from pipeline.model import Accession
from tests.support import counts, indexed, read
from tests.unit.intake.desk import Desk, write

PLACE = "s3://papers"


@dataclass(frozen=True)
class Object:
    """An object whose bytes lie in a file; its time is ``at``, and ``fault`` is what the store says when it is asked for."""

    path: Path
    at: int = 1
    fault: Exception | None = None
    replaced: bool = False

    @property
    def name(self) -> str:
        return f"{PLACE}/{self.path.name}"

    @property
    def location(self) -> str:
        return self.name

    @property
    def mark(self) -> str:
        return f"etag {self.at}"

    @contextmanager
    def had(self, max_bytes: int) -> Iterator[Had]:
        if self.fault:
            raise self.fault
        with opened(str(self.path), max_bytes) as file:
            yield Had(file, f"{self.name}?versionId={self.at}", "" if self.replaced else self.mark)


class Watch:
    """A watched place of the desk's archive; ``fetched`` has the names of objects that were asked for."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.fetched = desk, list[str]()
        described = desk.made.accessions.open("h", "Drive 3", {"gaps": "many"}, "tester")
        self.record = desk.made.incoming
        self.place = self.record.watch(PLACE, described)
        self.finished: list[int] = []

    def take(self, met: Met, accession: Accession) -> Taken:
        self.fetched.append(met.name)
        self.desk.accession = accession
        return self.desk.take(met)

    def __call__(self, *objects: Object) -> list[tuple[int, int]]:
        """(pages, pages waiting) of every batch under way."""
        self.fetched.clear()
        take = remembering(self.take, self.record)
        batches = self.desk.made.accessions
        look = TakeUp(self.place, self.record, batches, take, lambda batch: self.finished.append(batch.id), "tester")
        return [(len(batch.keys), len(batch.waiting)) for batch in look(objects)]

    @property
    def batches(self) -> int:
        return sum(entry.action == "accession-opened" for entry, _ in self.desk.made.custody.entries(1))


@pytest.fixture
def watch(desk: Desk) -> Watch:
    return Watch(desk)


@pytest.mark.parametrize(
    ("text", "store"), [("s3://b", True), ("s3://b/x", True), ("s3:/b", False), ("./s3://b", False), ("S3://b", False), ("b", False)]
)
def test_a_path_is_not_mistaken_for_a_bucket(text: str, store: bool) -> None:
    assert is_incoming(text) == store


def test_an_object_is_fetched_once_for_each_state(watch: Watch, box: Path) -> None:
    first, second = Object(write(box / "a.pdf", b"2 a")), Object(write(box / "b.pdf", b"1 b"))
    assert watch(first) == [(2, 2)]
    assert watch(first) == [(2, 2)]
    assert watch.fetched == []
    assert watch(first, second) == [(2, 2), (1, 1)]
    assert watch.fetched == [second.name]
    assert watch(Object(write(box / "a.pdf", b"3 new"), at=2), second) == [(2, 2), (1, 1), (3, 3)]
    assert counts(watch.desk.made, "h") == {"files": 3, "accepted": 3, "pages": 6, "waiting": 6}


def test_the_same_bytes_put_again_are_a_duplicate_and_then_known(watch: Watch, box: Path) -> None:
    path = write(box / "a.pdf")
    for at in (1, 2, 2):
        watch(Object(path, at))
    assert counts(watch.desk.made, "h") == {"files": 2, "accepted": 1, "duplicates": 1, "pages": 1, "waiting": 1}
    assert watch.fetched == []


def test_an_older_version_that_comes_back_is_looked_at_again(watch: Watch, box: Path) -> None:
    for data, at in ((b"1 a", 1), (b"1 b", 2), (b"1 a", 1)):
        watch(Object(write(box / "a.pdf", data), at))
        assert len(watch.fetched) == 1
    assert counts(watch.desk.made, "h")["files"] == 2


def test_an_object_replaced_while_it_was_fetched_is_looked_at_again(watch: Watch, box: Path) -> None:
    """What was listed was never had: it may come to be listed again."""
    watch(Object(write(box / "a.pdf"), replaced=True))
    watch(Object(write(box / "a.pdf")))
    assert len(watch.fetched) == 1


def test_refused_objects_are_looked_at_again_by_hand_only(watch: Watch, box: Path) -> None:
    bad = Object(write(box / "a.pdf", b"0 pages"))
    watch(bad)
    assert counts(watch.desk.made, "h") == {"files": 1, "refused": 1}
    watch(bad)
    assert watch.fetched == []
    holding = watch.place.holding_id
    assert list(unseen([bad], watch.record, holding, again=True)) == [bad]
    assert list(unseen([bad], watch.record, holding, again=False)) == []


@pytest.mark.parametrize("code", ["vanished", "unreadable"])
def test_an_object_that_could_not_be_had_stops_no_other_and_is_tried_again(watch: Watch, box: Path, code: str) -> None:
    gone = Object(write(box / "a.pdf"), fault=Refused(code, "not now"))
    other = Object(write(box / "b.pdf", b"1 b"))
    watch(gone, other)
    assert counts(watch.desk.made, "h") == {"files": 2, "accepted": 1, "refused": 1, "pages": 1, "waiting": 1}
    for _ in range(3):
        watch(gone, other)
        assert watch.fetched == [gone.name]
    assert watch.batches == 3, "the desk's own, the first, and one that stays empty"
    watch(Object(gone.path), other)
    assert counts(watch.desk.made, "h") == {"files": 3, "accepted": 2, "duplicates": 1, "pages": 2, "waiting": 2}, "no refusal is left"
    watch(Object(gone.path), other)
    assert watch.fetched == []


def test_a_look_in_vain_leaves_no_trace(watch: Watch, box: Path) -> None:
    watch(Object(write(box / "a.pdf")))
    before = len(list(watch.desk.made.custody.entries(1)))
    for _ in range(5):
        watch(Object(box / "a.pdf"))
    assert len(list(watch.desk.made.custody.entries(1))) == before


def test_what_a_look_that_died_has_left_is_taken_on(watch: Watch, box: Path) -> None:
    objects = [Object(write(box / f"{number}.pdf", b"1 %d" % number)) for number in range(4)]
    broken = [*objects[:2], Object(objects[2].path, fault=Unavailable("store-unavailable", "away")), objects[3]]
    with pytest.raises(Unavailable):
        watch(*broken)
    assert watch(*objects) == [(2, 2), (2, 2)]
    assert counts(watch.desk.made, "h") == {"files": 4, "accepted": 4, "pages": 4, "waiting": 4}


def test_a_batch_ends_when_none_of_its_pages_waits(watch: Watch, box: Path) -> None:
    one = Object(write(box / "a.pdf", b"2 a"))
    watch(one)
    made = watch.desk.made
    keys = made.work.pending()
    read(made, keys[:1], "نص")
    assert watch(one) == [(2, 1)]
    read(made, keys[1:], "نص")
    indexed(made)
    assert (watch(one), len(watch.finished)) == ([], 1)
    assert (watch(one), len(watch.finished)) == ([], 1)


def test_who_stops_ends_what_is_read_and_hears_of_what_waits(watch: Watch, box: Path) -> None:
    watch(Object(write(box / "a.pdf", b"2 a")))
    watch(Object(write(box / "b.pdf", b"3 b")))
    made, number, done = watch.desk.made, watch.place.id, list[int]()
    first, second = (batch.accession.id for batch in watch.record.batches(number))
    read(made, made.work.pending()[:3], "نص")
    assert [(batch.accession.id, len(batch.waiting)) for batch in end(watch.record, number, lambda batch: done.append(batch.id))] == [
        (second, 2)
    ]
    assert done == [first]
    read(made, made.work.pending(), "نص")
    for _ in range(2):
        assert end(watch.record, number, lambda batch: done.append(batch.id)) == []
    assert done == [first, second]


def test_a_batch_that_was_ended_while_a_look_went_on_is_under_way_again(watch: Watch, box: Path) -> None:
    """Who stopped saw a duplicate in it and nothing that waits; a file came after."""
    watch(Object(write(box / "a.pdf", b"1 a")))
    made, number = watch.desk.made, watch.place.id
    read(made, made.work.pending(), "نص")
    watch()
    again, last = Object(write(box / "b.pdf", b"1 a")), Object(write(box / "c.pdf", b"2 c"))

    class Stopping(Object):
        @contextmanager
        def had(self, max_bytes: int) -> Iterator[Had]:
            end(watch.record, number, lambda batch: watch.finished.append(batch.id))
            assert watch.record.batches(number) == []
            with super().had(max_bytes) as had:
                yield had

    assert watch(again, Stopping(last.path)) == [(2, 2)]
    assert [(len(batch.keys), len(batch.waiting)) for batch in watch.record.batches(number)] == [(2, 2)]


def test_batches_are_described_as_the_place_is(watch: Watch, box: Path) -> None:
    for number in (1, 2):
        watch(*(Object(write(box / f"{which}.pdf", b"1 %d" % which)) for which in range(number)))
    assert [(batch.box, dict(batch.manifest)) for batch in watch.desk.made.ledger.holdings()[0].batches] == [
        ("Drive 3", {"gaps": "many"})
    ] * 2
    assert watch.record.watch(PLACE, watch.desk.made.accessions.open("h", "Drive 4", {}, "tester")).id == watch.place.id
    assert watch.record.named(PLACE, "h").box == "Drive 4"
    with pytest.raises(NotFound, match="not-watched"):
        watch.record.named("s3://papers/other", "h")
    with pytest.raises(NotFound, match="not-watched"):
        watch.record.watched(99)
