"""Every file that is offered has exactly one outcome, whatever it is; nothing blocks, nothing is taken twice, nothing is lost."""

import hashlib
import os
import stat
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pytest

from pipeline import intake
from pipeline.catalogue import Catalogue
from pipeline.errors import WAYS_OUT, Refused, Unavailable, Usage, WorkerLost
from pipeline.intake import Found, Taken
from pipeline.model import Accession
from pipeline.storage.filesystem import FileBlobs
from tests.hostile import HOSTILE, Hostile
from tests.support import catalogue, counts, sha, whole

MOST = 2**20


@dataclass(frozen=True)
class Info:
    """What a probe tells of any file: as many pages as its first byte says."""

    pages: int
    media_type: str = "application/pdf"


def probe(path: Path) -> Info:
    return Info(path.read_bytes()[0] - ord("0"))


class Desk:
    """An archive and one batch of it, for taking files in."""

    def __init__(self, root: Path, made: Catalogue, holding: str = "h") -> None:
        self.blobs, self.made = FileBlobs(root / "blobs"), made
        self.accession: Accession = made.accessions.open(holding, None, {}, "tester")

    def take(self, found: Found, probe: Callable[[Path], intake.Probed] = probe, most: int = MOST) -> Taken:
        return intake.take_in(found, self.accession, self.blobs, self.made.accessions, probe, most, "tester")

    def take_all(self, *paths: Path) -> dict[str, tuple[str, str | None]]:
        """(status, code) by name, relative to the first path."""
        taken = [self.take(found) for found in intake.walk(paths)]
        assert len({one.name for one in taken}) == len(taken)
        return {one.name.removeprefix(f"{paths[0]}/"): (one.status, one.code) for one in taken}


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Catalogue]:
    fresh = catalogue(tmp_path / "c.db")
    yield fresh
    assert whole(fresh)
    fresh.close()


@pytest.fixture
def desk(tmp_path: Path, made: Catalogue) -> Desk:
    return Desk(tmp_path, made)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    folder = tmp_path / "box"
    folder.mkdir()
    return folder


def write(path: Path, data: bytes = b"1 page") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


# Walking.


def test_files_come_in_a_stable_order_each_once(box: Path) -> None:
    for name in ("b/2.pdf", "b/1.pdf", "a.pdf", "c/d/e.pdf", "c/0.pdf"):
        write(box / name)
    assert [found.path.removeprefix(f"{box}/") for found in intake.walk([box])] == ["a.pdf", "b/1.pdf", "b/2.pdf", "c/0.pdf", "c/d/e.pdf"]
    assert list(intake.walk([box])) == list(intake.walk([box]))
    assert [found.path for found in intake.walk([box / "a.pdf"])] == [str(box / "a.pdf")]


@pytest.mark.parametrize("name", ["none", "a\0b", "x" * 5000, "a.pdf/b"])
def test_a_path_that_is_not_there_is_told(box: Path, name: str) -> None:
    write(box / "a.pdf")
    with pytest.raises(Usage) as caught:
        list(intake.walk([box, box / name]))
    assert caught.value.code == "no-such-path"


def test_an_empty_folder_has_no_files(box: Path) -> None:
    assert list(intake.walk([box])) == []


def test_links(box: Path, desk: Desk) -> None:
    inner = write(box / "in" / "page.pdf")
    outside = write(box.parent / "outside.pdf", b"1 outside")
    write(box.parent / "box-beside" / "x.pdf")
    links: dict[str, Path | str] = {
        "abs-in": inner, "rel-in": "in/page.pdf", "out": outside, "up": "../outside.pdf", "folder": "in", "self-folder": ".", "root": "/",
        "broken": "nothing", "loop": "loop", "beside": "../box-beside/x.pdf", "through": "folder/page.pdf", "device": "/dev/zero",
    }  # fmt: skip
    for name, target in links.items():
        (box / name).symlink_to(target)
    outcomes = desk.take_all(box)
    assert outcomes == {
        "abs-in": ("accepted", None), "rel-in": ("duplicate", None), "through": ("duplicate", None), "in/page.pdf": ("duplicate", None),
        "out": ("refused", "link-outside"), "up": ("refused", "link-outside"), "root": ("refused", "link-outside"),
        "beside": ("refused", "link-outside"), "device": ("refused", "link-outside"), "folder": ("refused", "link-to-folder"),
        "self-folder": ("refused", "link-outside"), "broken": ("refused", "link-broken"), "loop": ("refused", "link-broken"),
    }  # fmt: skip
    assert counts(desk.made, "h") == {"files": 13, "accepted": 1, "duplicates": 3, "refused": 9, "pages": 1, "waiting": 1}
    assert list(desk.blobs) == [sha("1 page")], "nothing from outside was read"


@pytest.mark.parametrize(("target", "code"), [("nothing", "link-broken"), ("link", "unreadable")])
def test_a_link_named_by_hand_that_leads_nowhere(box: Path, desk: Desk, target: str, code: str) -> None:
    (box / "link").symlink_to(target)
    [found] = intake.walk([box / "link"])
    assert (desk.take(found).code) == code


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """1,500 folders one in the other, with a file at the bottom: more than Python's own recursion goes."""
    top = tmp_path / "deep"
    handle = os.open(tmp_path, os.O_RDONLY)
    for name in ["deep", *["d"] * 1500]:
        os.mkdir(name, dir_fd=handle)
        inner = os.open(name, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(os.open("page.pdf", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=handle))
    os.close(handle)
    yield top
    subprocess.run(["rm", "-rf", top], check=True)


def test_folders_may_lie_very_deep(deep: Path) -> None:
    [found] = intake.walk([deep])
    assert found.path.endswith("/d/page.pdf")


@pytest.fixture
def too_deep(tmp_path: Path) -> Iterator[Path]:
    """A file and a folder whose paths are longer than any call takes, below a folder whose path is not."""
    handle = os.open(tmp_path, os.O_RDONLY)
    left = 4090 - len(os.fsencode(tmp_path))
    for name in ["long", *["d" * 200] * ((left - 5) // 201), "e" * ((left - 5) % 201 - 1)]:
        os.mkdir(name, dir_fd=handle)
        inner = os.open(name, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(os.open("page.pdf", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=handle))
    os.mkdir("folder", dir_fd=handle)
    os.close(handle)
    yield tmp_path / "long"
    subprocess.run(["rm", "-rf", tmp_path / "long"], check=True)


def test_paths_too_long_to_open_are_told_so(too_deep: Path, desk: Desk) -> None:
    taken = [desk.take(found) for found in intake.walk([too_deep])]
    assert [(one.name.rpartition("/")[2], one.code) for one in taken] == [("page.pdf", "name-too-long"), ("folder", "name-too-long")]


# Names.

RAW = [
    b"memo-\xff.png",
    b"memo-\\xff.png",
    b"memo-\\\\xff.png",
    "memo-\u202egnp.png".encode(),
    b"a\nb\rc.png",
    "س".encode() * 127,
    b"-rf",
    b"a b",
    b"\\",
]


def test_no_two_files_share_a_name(box: Path, desk: Desk) -> None:
    for raw in RAW:
        Path(os.fsdecode(os.fsencode(box) + b"/" + raw)).write_bytes(b"1 page")
    outcomes = desk.take_all(box)
    assert Counter(status for status, _ in outcomes.values()) == {"accepted": 1, "duplicate": len(RAW) - 1}
    assert counts(desk.made, "h")["files"] == len(RAW)
    for name in outcomes:
        name.encode("utf-8")
    assert set(desk.take_all(box).values()) == {("known", None)}


def test_dots_in_a_path_are_the_same_place(box: Path, desk: Desk) -> None:
    path = write(box / "a.pdf")
    (box / "sub").mkdir()
    assert desk.take(Found(str(path), "a")).status == "accepted"
    assert desk.take(Found(f"{box}/sub/../a.pdf", "a")).status == "known"


# What becomes of a file.


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


# What is no file.


def _socket(path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def _device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # as /dev/zero
    except PermissionError:
        pytest.skip("no right to make a device")


SPECIAL: dict[str, Callable[[Path], object]] = {"pipe": os.mkfifo, "socket": _socket, "device": _device}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", SPECIAL.values(), ids=SPECIAL)
def test_what_is_no_file_never_blocks(box: Path, desk: Desk, make: Callable[[Path], object]) -> None:
    make(box / "x.pdf")
    assert desk.take_all(box) == {"x.pdf": ("refused", "not-a-file")}
    [found] = intake.walk([box / "x.pdf"])
    with pytest.raises(Refused):
        intake.openable(found, MOST)


@pytest.mark.timeout(20)
def test_a_pipe_is_not_even_opened(box: Path, desk: Desk) -> None:
    """Opening a device may rewind a tape or wake a machine's watchdog; a pipe shows whether it was opened."""
    pipe, entered = box / "pipe.pdf", threading.Event()
    os.mkfifo(pipe)

    def write_end() -> None:
        os.close(os.open(pipe, os.O_WRONLY))
        entered.set()

    writer = threading.Thread(target=write_end, daemon=True)
    writer.start()
    desk.take_all(box)
    assert not entered.wait(0.3)
    os.close(os.open(pipe, os.O_RDONLY))
    writer.join()


def test_a_file_that_vanished(box: Path, desk: Desk) -> None:
    path = write(box / "a.pdf")
    [found] = intake.walk([box])
    path.unlink()
    assert desk.take(found).code == "vanished"


UNREADABLE = """
import os, sys
from pathlib import Path
from pipeline import intake
os.setgid(65534); os.setuid(65534)
for found in intake.walk([Path(sys.argv[1])]):
    try:
        intake.openable(found, 100)
        print(os.path.basename(found.path), "opened")
    except intake.Refused as error:
        print(os.path.basename(found.path), error.code)
"""


def test_what_this_user_may_not_read_is_told() -> None:
    if os.geteuid():
        pytest.skip("only root can become another user")
    import tempfile

    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to other users
        box = Path(name)
        box.chmod(0o755)
        for path in ("ok.pdf", "closed.pdf", "locked/inside.pdf"):
            write(box / path)
        (box / "closed.pdf").chmod(0)
        (box / "locked").chmod(0)
        told = subprocess.run([sys.executable, "-c", UNREADABLE, name], capture_output=True, text=True, check=False, cwd=Path.cwd())
        (box / "locked").chmod(0o700)
    assert told.returncode == 0, told.stderr
    assert told.stdout.split("\n")[:-1] == ["closed.pdf unreadable", "ok.pdf opened", "locked unreadable"]


NAMED = ("name-", "path-", "link-", "named-pipe", "empty")


@pytest.mark.parametrize("bad", [bad for bad in HOSTILE if bad.name.startswith(NAMED)], ids=lambda bad: bad.name)
@pytest.mark.timeout(60)
def test_every_bad_name_and_place_has_one_outcome(box: Path, desk: Desk, bad: Hostile) -> None:
    bad.write(box)
    taken = [desk.take(found, lambda _: Info(1)) for found in intake.walk([box])]
    assert [one.code for one in taken if one.code in bad.codes] == [one.code for one in taken] != []
    assert all(one.code in WAYS_OUT for one in taken if one.code)
    assert counts(desk.made, "h")["files"] == len(taken)
    subprocess.run(["rm", "-rf", box], check=True)


# Two at once.


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
from tests.unit.test_intake import Desk
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
    told = [process.communicate(timeout=60)[1] for process in started]
    assert [process.returncode for process in started] == [0] * 3, told
    assert counts(made, "h") == {"files": 31, "accepted": 20, "duplicates": 10, "refused": 1, "pages": 40, "waiting": 40}
    assert len(list(FileBlobs(tmp_path / "blobs"))) == 20


def test_one_scan_in_two_holdings_is_one_blob(box: Path, tmp_path: Path, made: Catalogue) -> None:
    write(box / "a.pdf")
    for holding in ("h", "other"):
        assert Desk(tmp_path, made, holding).take_all(box) == {"a.pdf": ("accepted", None)}
    assert list(FileBlobs(tmp_path / "blobs")) == list(made.ledger.blobs()) == [sha("1 page")]
    assert len(made.work.pending()) == 2
