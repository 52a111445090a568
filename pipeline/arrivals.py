"""Takes up what has come in to a place in an S3 store: what is new there, in batches whose pages are followed to their end."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.intake import Met, Taken
from pipeline.model import Accession

SCHEME = "s3://"
PIECE = 1000
NOT_HAD = frozenset({"vanished", "unreadable"})  # says nothing of the object's bytes: it is looked at again, changed or not

Take = Callable[[Met, Accession], Taken]


def is_incoming(text: str) -> bool:
    """Whether this names a place in a store; a folder that is called s3: is ./s3:/"""
    return text.startswith(SCHEME)


@dataclass(frozen=True, slots=True)
class Watched:
    """A place, s3://BUCKET[/PREFIX], whose new objects go into a holding, and what is known of them beforehand."""

    id: int
    place: str
    holding_id: int
    holding: str
    box: str | None
    manifest: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that came from a watched place: how many files it has, the keys of all its pages in order, and of those that wait."""

    accession: Accession
    files: int
    keys: tuple[int, ...]
    waiting: frozenset[int]


class Seen(Protocol):
    """What became of objects, by name and mark, in a holding."""

    def seen(self, holding_id: int, objects: Sequence[tuple[str, str]]) -> list[str | None]:
        """The status that each (name, mark) ended with; None for one that was never met with this mark."""

    def note(self, holding_id: int, name: str, mark: str, status: str) -> None:
        """Remember what became of an object, in place of what became of it before."""


class Record(Seen, Protocol):
    """Watched places and their batches."""

    def watch(self, place: str, described: Accession) -> Watched:
        """Take up what comes to a place into the holding of an empty batch that describes those to come, and is the first of them."""

    def watched(self, number: int) -> Watched:
        """By its id. Raises NotFound (not-watched)."""

    def named(self, place: str, holding_name: str) -> Watched:
        """Raises NotFound (not-watched)."""

    def begun(self, number: int, batch: Accession) -> None:
        """A batch of this place is under way."""

    def ended(self, batch: Accession) -> None:
        """It is so no longer."""

    def batches(self, number: int) -> list[Batch]:
        """Those under way, in the order they were begun."""


class Batches(Protocol):
    """Of ports.Accessions, what makes a batch."""

    def open(self, holding: str, box: str | None, manifest: Mapping[str, str], actor: str) -> Accession: ...


def unseen(objects: Iterable[Met], seen: Seen, holding_id: int, again: bool) -> Iterator[Met]:
    """Objects that are to be fetched; with ``again`` also those that were refused as they are.

    One that was taken in with the mark it has now is not fetched: see storage.incoming on why the mark cannot be of other bytes.
    """
    done = {"known", "accepted", "duplicate"} if again else {"known", "accepted", "duplicate", "refused"}
    for some in _pieces(objects):
        for met, status in zip(some, seen.seen(holding_id, [(met.name, met.mark) for met in some]), strict=True):
            if not met.mark or status not in done:
                yield met


def remembering(take: Take, seen: Seen) -> Take:
    """As ``take``, remembering what became of an object."""

    def taking(met: Met, accession: Accession) -> Taken:
        taken = take(met, accession)
        if taken.mark and taken.code not in NOT_HAD:
            seen.note(accession.holding_id, taken.name, taken.mark, taken.status)
        return taken

    return taking


def end(record: Record, number: int, finish: Callable[[Accession], None]) -> list[Batch]:
    """Have every batch of a watched place finished whose pages all have their end; returns those under way whose pages wait."""
    under_way = record.batches(number)
    for batch in under_way:
        if batch.files and not batch.waiting:
            finish(batch.accession)
            record.ended(batch.accession)
    return [batch for batch in under_way if batch.waiting]


@dataclass(frozen=True)
class TakeUp:
    """One look at a watched place. ``finish`` is given each batch whose pages all have their end."""

    watched: Watched
    record: Record
    batches: Batches
    take: Take
    finish: Callable[[Accession], None]
    actor: str

    def __call__(self, objects: Iterable[Met]) -> list[Batch]:
        """Take in what is new of ``objects``; returns every batch with pages that wait, also of earlier calls.

        What a call that died has left is taken on by the next one: its batch is still under way. Raises what ``take`` raises.
        """
        end(self.record, self.watched.id, self.finish)
        accession: Accession | None = None
        for met in unseen(objects, self.record, self.watched.holding_id, again=False):
            accession = accession or self._empty_batch()
            self.take(met, accession)
        under_way = self._under_way()
        if accession and accession.id not in {batch.accession.id for batch in under_way}:
            self.record.begun(self.watched.id, accession)  # it was ended meanwhile, with less in it
            under_way = self._under_way()
        return [batch for batch in under_way if batch.waiting]

    def _empty_batch(self) -> Accession:
        """The one left over when nothing could be entered in it, else a new one: a look in vain leaves no trace in the custody record."""
        for batch in self._under_way():
            if not batch.files:
                return batch.accession
        watched = self.watched
        opened = self.batches.open(watched.holding, watched.box, watched.manifest, self.actor)
        self.record.begun(watched.id, opened)
        return opened

    def _under_way(self) -> list[Batch]:
        return self.record.batches(self.watched.id)


def _pieces(objects: Iterable[Met]) -> Iterator[list[Met]]:
    some: list[Met] = []
    for met in objects:
        some.append(met)
        if len(some) == PIECE:
            yield some
            some = []
    if some:
        yield some
