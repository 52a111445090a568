"""Verification tells everything that is not as it was, and nothing else."""

import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from pipeline import indexing, verify
from pipeline.catalogue import Catalogue
from pipeline.custody import Checkpoint
from pipeline.errors import Damaged
from pipeline.ledger import Offered
from pipeline.model import Accession, PageRef, Person
from pipeline.storage.filesystem import FileBlobs
from search.memory import MemoryIndex
from tests.support import catalogue, offered, read, result, sha, take

SAMER = Person("سامر نبيل", ())


class Archive:
    """Two holdings with a page in both, one corrected, one refused file and one duplicate; all of it indexed and kept."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.made: Catalogue = catalogue(root / "c.db")
        self.store, self.index = FileBlobs(root / "blobs"), MemoryIndex()
        self.refs: list[PageRef] = []
        for holding in ("h", "other"):
            accession, keys = take(self.made, holding, "a", "b")
            self.refs += read(self.made, keys, f"نص {holding}", people=(SAMER,))
            self.made.accessions.record(accession, [self._bad(), offered("a", "duplicate", place="copy")], "tester")
            self.kept = self.made.accessions.close(accession, "tester")
        self.accession: Accession = accession
        for label in ("a", "b", "bad"):
            self.store.put(label.encode())
        self.made.readings.correct(self.refs[0].page_id, 0, result("صحيح", people=(SAMER,)), "huda")
        indexing.drain(self.made.outbox, self.index)

    def _bad(self) -> Offered:
        return offered("bad", "refused", code="truncated")

    def sql(self, text: str, *values: object) -> None:
        """Change the database as somebody with access to its file would."""
        with self.made.database.write() as connection:
            connection.exec_driver_sql("pragma defer_foreign_keys = on")
            connection.exec_driver_sql(text, values)

    def blob(self, label: str) -> Path:
        return self.root / "blobs" / sha(label)[:2] / sha(label)[2:4] / sha(label)

    def alarms(self, *kept: Checkpoint) -> list[str]:
        """The codes of all alarms, as `sijill verify` gathers them."""
        _, alarms, digests = verify.chains(self.made.custody, kept)
        alarms += verify.provenance(self.made.custody, self.made.ledger)
        alarms += verify.readings(self.made.readings, digests)
        alarms += verify.ledger(self.made.ledger)
        alarms += verify.index(self.made.ledger, self.index)
        alarms += verify.blobs(self.store, self.made.ledger, lambda: None)
        return [alarm.code for alarm in alarms]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive(tmp_path)
    yield made
    made.made.close()


def test_a_good_archive_raises_no_alarm(archive: Archive) -> None:
    ends, _, digests = verify.chains(archive.made.custody, [archive.kept])
    assert archive.alarms(archive.kept, *ends) == []
    assert [end.holding for end in ends] == [1, 2]
    assert digests.keys() == {(archive.refs[0].page_id, 0), (archive.refs[0].page_id, 1), (archive.refs[1].page_id, 0)}


def test_every_blob_is_looked_at(archive: Archive) -> None:
    steps: list[int] = []
    list(verify.blobs(archive.store, archive.made.ledger, lambda: steps.append(1)))
    assert len(steps) == 3


def _write(path: Path, data: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(data)


@pytest.mark.parametrize("label", ["a", "b", "bad"])
def test_a_flipped_byte_or_a_lost_blob_is_told(archive: Archive, label: str) -> None:
    _write(archive.blob(label), b"x")
    assert archive.alarms() == ["blob-damaged"]
    archive.blob(label).unlink()
    assert archive.alarms() == ["blob-missing"]


def test_a_blob_nobody_recorded_is_told(archive: Archive) -> None:
    archive.store.put(b"cut short")
    assert archive.alarms() == ["blob-unrecorded"]


TAMPERING: dict[str, tuple[str, Sequence[str]]] = {
    "a record edited": ("update custody set actor = 'x' where holding_id = 1 and number = 2", ["chain-broken"]),
    "details that are no JSON": ("update custody set details = '{' where holding_id = 1 and number = 1", ["chain-broken"]),
    "details of another kind": ("update custody set details = '[1]' where holding_id = 1 and number = 1", ["chain-broken"]),
    "details without a revision": ("update custody set details = '{\"reading\": 1}' where holding_id = 1 and number = 1", ["chain-broken"]),
    "a record removed": ("delete from custody where holding_id = 1 and number = 3", ["chain-broken"]),
    "the last records removed": ("delete from custody where action = 'page-corrected'", ["reading-changed"]),
    "a whole chain removed": ("delete from custody where holding_id = 2", ["chain-cut", "provenance-changed"]),
    "a file's row removed": ("delete from source where id = 2", ["ledger-broken", "provenance-missing"]),
    "a refused file's row removed": ("delete from source where holding_id = 1 and status = 'refused'", ["provenance-missing"]),
    "a duplicate's row removed": ("delete from source where holding_id = 1 and status = 'duplicate'", ["provenance-missing"]),
    "a file's outcome changed": ("update source set status = 'refused' where id = 2", ["ledger-broken", "provenance-changed"]),
    "a file's bytes exchanged": ("update source set sha256 = 'x' where status = 'refused' and holding_id = 2", ["provenance-missing"]),
    "a page removed": ("delete from page where holding_id = 2 and key = 3", ["ledger-broken", "index-differs"]),
    "a reading's content": ("update reading set content = x'00' where revision = 1", ["reading-changed"]),
    "a reading's digest": ("update reading set digest = 'x' where revision = 1", ["reading-changed"]),
    "a mention": ("update mention set content = '{}' where revision = 1", ["reading-changed"]),
    "a mention removed": ("delete from mention where revision = 0 and ordinal = 0", ["reading-changed"]),
    "a document type": ("update reading set type = 'death' where revision = 1", ["reading-changed"]),
    "who corrected": ("update reading set \"by\" = 'x' where revision = 1", ["reading-changed"]),
    "a reading removed": ("delete from reading where revision = 1", ["reading-missing"]),
    "every reading removed": ("delete from reading", ["reading-missing"]),
    "a reading slipped in": (
        "insert into reading select page_id, 7, stage_key, reader, content, digest, type, confidence, checked, 'huda', at from reading"
        " where revision = 1",
        ["reading-changed"],
    ),
    "a page's version": ("update page set version = version + 1 where key = 1", ["index-differs"]),
    "a holding": (
        "delete from holding where id = 2; delete from source where holding_id = 2; delete from page where holding_id = 2",
        ["provenance-missing"],
    ),
}


@pytest.mark.parametrize(("sql", "codes"), TAMPERING.values(), ids=TAMPERING)
def test_tampering_is_told(archive: Archive, sql: str, codes: Sequence[str]) -> None:
    with closing(sqlite3.connect(archive.root / "c.db")) as outside:  # where foreign keys hold nobody back
        outside.executescript(sql)
    told = {*archive.alarms(archive.kept), *archive.alarms()}
    assert set(codes) <= told


def test_a_chain_cut_off_shows_against_its_checkpoint_only(archive: Archive) -> None:
    archive.sql("delete from custody where holding_id = 2 and action in ('accession-closed', 'page-corrected')")
    _, plain, _ = verify.chains(archive.made.custody, [])
    _, told, _ = verify.chains(archive.made.custody, [archive.kept])
    assert (plain, [alarm.code for alarm in told]) == ([], ["chain-cut"])


def test_a_checkpoint_of_a_holding_that_is_not_there_is_told(archive: Archive) -> None:
    _, alarms, _ = verify.chains(archive.made.custody, [Checkpoint(9, 1, "0" * 64)])
    assert [alarm.code for alarm in alarms] == ["chain-cut"]


def test_one_broken_chain_does_not_hide_another(archive: Archive) -> None:
    archive.sql("update custody set actor = 'x' where number = 1")
    _, alarms, _ = verify.chains(archive.made.custody, [])
    assert [alarm.code for alarm in alarms] == ["chain-broken", "chain-broken"]


def test_a_file_that_could_be_read_later_is_accounted_for_once(archive: Archive) -> None:
    made, accession = archive.made, archive.accession
    made.accessions.record(accession, [offered("late", "refused", sha256="", code="unreadable")], "tester")
    made.accessions.record(accession, [offered("late", "refused", code="truncated")], "tester")
    made.accessions.record(accession, [offered("late")], "tester")
    assert list(verify.provenance(made.custody, made.ledger)) == []


def test_the_index_must_hold_exactly_what_the_catalogue_has(archive: Archive) -> None:
    [page, *_] = [stored.for_index() for stored in archive.made.readings.lines(None)]
    lost, index = archive.index, MemoryIndex()
    archive.index = index
    assert archive.alarms() == ["index-differs"] * 4
    archive.index = lost
    archive.made.readings.withdraw(page.page.page_id, "consent", "huda")
    assert archive.alarms() == ["index-differs"] * 2
    indexing.drain(archive.made.outbox, archive.index)
    assert archive.alarms() == []


def test_an_index_that_cannot_be_read_is_an_alarm(archive: Archive) -> None:
    class Broken(MemoryIndex):
        def versions(self) -> Iterator[tuple[int, int]]:
            raise Damaged("index-damaged", "malformed")

    archive.index = Broken()
    assert archive.alarms() == ["index-damaged"]


@pytest.mark.parametrize("content", [b"", b"x", zlib.compress(b"{}"), zlib.compress(b"\xff")])
def test_a_damaged_reading_is_an_error_not_a_crash(archive: Archive, content: bytes) -> None:
    archive.sql("update reading set content = ? where revision = 1", content)
    made, page_id = archive.made, archive.refs[0].page_id
    for act in (lambda: made.readings.current(page_id), lambda: list(made.readings.lines(None)), lambda: made.readings.found([1])):
        with pytest.raises(Damaged) as caught:
            act()
        assert caught.value.code == "reading-damaged"
