"""Every file that is offered has exactly one outcome; nothing is taken twice, nothing is lost, whoever else is at it."""

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import pytest

from pipeline import intake
from pipeline.catalogue import Catalogue
from pipeline.errors import Refused, Unavailable, WorkerLost
from pipeline.intake import Found, Taken
from pipeline.storage.filesystem import FileBlobs
from tests.support import counts, sha
from tests.unit.intake.desk import MOST, Desk, Info, probe, write


def test_a_file_is_kept_and_its_pages_wait(box: Path, desk: Desk) -> None:
    path = write(box / "a.pdf", b"3 pages")
    assert desk.take(Found(str(path), "a.pdf")) == Taken("a.pdf", "accepted", None, (1, 2, 3))
    with desk.blobs.open(sha("3 pages")) as kept:
        assert kept.read_bytes() == b"3 pages"
    assert counts(desk.made, "h") == {"files": 1, "accepted": 1, "pages": 3, "waiting": 3}


def test_taking_in_twice_changes_nothing(box: Path, desk: Desk, made: Catalogue) -> None:
    for name, data in {"a.pdf": b"2 a", "b.pdf": b"1 b", "copy.pdf": b"2 a", "empty.pdf": b""}.items():
        write(box / name, data)
    first = desk.take_all(box)
    before, custody = counts(made, "h"), len(list(made.custody.entries(1)))
    again = Desk(box.parent, made)
    assert again.take_all(box) == {
        name: ("known", None) if status != "refused" else (status, code) for name, (status, code) in first.items()
    }
    assert counts(made, "h") == before
    assert len(list(made.custody.entries(1))) == custody + 1, "the batch that was opened"


def test_a_bad_file_is_kept_as_evidence(box: Path, desk: Desk) -> None:
    def broken(_: Path) -> Info:
        raise Refused("truncated", "ends too early", "Copy it again.")

    assert desk.take(Found(str(write(box / "a.pdf")), "a.pdf"), broken) == Taken("a.pdf", "refused", "truncated")
    [failure] = desk.made.ledger.holdings()[0].failures
    assert (failure.source, failure.page, failure.code, failure.reason) == ("a.pdf", None, "truncated", "ends too early Copy it again.")
    assert list(desk.made.ledger.blobs()) == list(desk.blobs) == [sha("1 page")]
    assert desk.take(Found(str(box / "a.pdf"), "a.pdf")).status == "accepted", "after an update that can read it"
    assert counts(desk.made, "h") == {"files": 1, "accepted": 1, "pages": 1, "waiting": 1}


def test_a_file_that_breaks_the_probe_is_refused_like_any_other(box: Path, desk: Desk) -> None:
    def hangs(_: Path) -> Info:
        raise WorkerLost("reader-hung", "took too long")

    assert desk.take(Found(str(write(box / "a.pdf")), "a.pdf"), hangs).code == "reader-hung"


def test_a_file_of_no_pages_is_not_taken_for_one_that_is_in(box: Path, desk: Desk) -> None:
    assert desk.take(Found(str(write(box / "a.pdf", b"0 pages")), "a.pdf")).status == "refused"


@pytest.mark.parametrize(("size", "code"), [(0, "empty-file"), (1, None), (100, None), (101, "too-large")])
def test_sizes(box: Path, desk: Desk, size: int, code: str | None) -> None:
    path = write(box / "a.pdf", b"1" * size)
    assert desk.take(Found(str(path), "a.pdf"), most=100).code == code


def test_nothing_is_recorded_when_the_store_has_no_room(box: Path, desk: Desk) -> None:
    class FullBlobs:
        def put(self, _: BinaryIO) -> str:
            raise Unavailable("disk-full", "no room")

    found = Found(str(write(box / "a.pdf")), "a.pdf")
    with pytest.raises(Unavailable):
        intake.take_in(found, desk.accession, FullBlobs(), desk.made.accessions, probe, MOST, "tester")  # type: ignore[arg-type]
    assert counts(desk.made, "h") == {}
    assert desk.take(found).status == "accepted"


class Meddling(FileBlobs):
    """Lets something happen to the file between its opening and the end of its reading."""

    def __init__(self, root: Path, meddle: Callable[[BinaryIO], None]) -> None:
        super().__init__(root)
        self._meddle = meddle

    def put(self, source: BinaryIO | bytes) -> str:
        assert not isinstance(source, bytes)
        self._meddle(source)
        return super().put(source)


def test_a_disk_that_fails_while_reading_refuses_the_file_not_the_batch(box: Path, desk: Desk) -> None:
    """A scratched disc, a memory stick pulled out."""
    path = write(box / "a.pdf", b"1" * 3_000_000)

    def pull(source: BinaryIO) -> None:
        os.dup2(os.open(box, os.O_RDONLY), source.fileno())  # reading a folder fails

    desk.blobs = Meddling(desk.blobs.root, pull)
    assert desk.take(Found(str(path), "a.pdf"), most=10**7) == Taken("a.pdf", "refused", "unreadable")
    assert list(desk.blobs) == []


@pytest.mark.parametrize(("grown", "code"), [(b"more", None), (b"x" * 200, "too-large")])
def test_a_file_still_being_copied_is_entered_as_it_was_read(box: Path, desk: Desk, grown: bytes, code: str | None) -> None:
    path = write(box / "a.pdf", b"1 page")

    def grow(_: BinaryIO) -> None:
        with path.open("ab") as file:
            file.write(grown)

    desk.blobs = Meddling(desk.blobs.root, grow)
    assert desk.take(Found(str(path), "a.pdf"), most=100).code == code
    with desk.made.database.read() as connection:
        [(size, sha256)] = connection.exec_driver_sql("select bytes, sha256 from source").all()
    assert (size, sha256) == ((None, "") if code else (10, hashlib.sha256(b"1 pagemore").hexdigest()))


def test_a_damaged_blob_refuses_its_file_and_not_the_batch(box: Path, desk: Desk) -> None:
    desk.take(Found(str(write(box / "a.pdf")), "a.pdf"))
    [kept] = [path for path in desk.blobs.root.rglob("*") if path.is_file()]
    kept.chmod(0o600)
    kept.write_bytes(b"2 page")
    assert desk.take(Found(str(box / "a.pdf"), "a.pdf")) == Taken("a.pdf", "known", "blob-damaged")
    assert desk.take(Found(str(write(box / "b.pdf")), "b.pdf")) == Taken("b.pdf", "refused", "blob-damaged")
    assert desk.take(Found(str(write(box / "c.pdf", b"1 other")), "c.pdf")).status == "accepted"
    kept.write_bytes(b"1 page")  # restored from a backup
    assert desk.take(Found(str(box / "b.pdf"), "b.pdf")) == Taken("b.pdf", "duplicate", None)
    assert counts(desk.made, "h") == {"files": 3, "accepted": 2, "duplicates": 1, "pages": 2, "waiting": 2}


def test_the_same_box_by_four_threads_at_once(box: Path, tmp_path: Path, made: Catalogue) -> None:
    for number in range(30):
        write(box / f"{number}.pdf", b"2 pages %d" % (number % 20))
    start = threading.Barrier(4)

    def ingest(_: int) -> list[int]:
        desk = Desk(tmp_path, made)
        start.wait()
        return [key for found in intake.walk([box]) for key in desk.take(found).keys]

    with ThreadPoolExecutor(4) as threads:
        keys = [key for some in threads.map(ingest, range(4)) for key in some]
    assert sorted(keys) == made.work.pending()
    assert counts(made, "h") == {"files": 30, "accepted": 20, "duplicates": 10, "pages": 40, "waiting": 40}


INGEST = """
import sys
from pathlib import Path
from pipeline import intake
from tests.unit.intake.desk import Desk
from tests.support import catalogue
root = Path(sys.argv[1])
made = catalogue(root / "c.db")
desk = Desk(root, made)
for found in intake.walk([root / "box"]):
    desk.take(found)
made.close()
"""


def test_the_same_box_by_three_processes_at_once(box: Path, tmp_path: Path, made: Catalogue) -> None:
    for number in range(30):
        write(box / f"{number}.pdf", b"2 pages %d" % (number % 20))
    write(box / "bad.pdf", b"")
    started = [subprocess.Popen([sys.executable, "-c", INGEST, str(tmp_path)], stderr=subprocess.PIPE, text=True) for _ in range(3)]
    told = [process.communicate(timeout=300)[1] for process in started]
    assert [process.returncode for process in started] == [0] * 3, told
    assert counts(made, "h") == {"files": 31, "accepted": 20, "duplicates": 10, "refused": 1, "pages": 40, "waiting": 40}
    assert len(list(FileBlobs(tmp_path / "blobs"))) == 20


def test_one_scan_in_two_holdings_is_one_blob(box: Path, tmp_path: Path, made: Catalogue) -> None:
    write(box / "a.pdf")
    for holding in ("h", "other"):
        assert Desk(tmp_path, made, holding).take_all(box) == {"a.pdf": ("accepted", None)}
    assert list(FileBlobs(tmp_path / "blobs")) == list(made.ledger.blobs()) == [sha("1 page")]
    assert len(made.work.pending()) == 2
