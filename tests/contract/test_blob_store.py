"""Every blob store keeps what it was given, once, whole, and says so when it no longer can."""

import errno
import hashlib
import io
import os
import resource
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.errors import Damaged, Unavailable
from pipeline.ports import BlobStore
from pipeline.storage.filesystem import FileBlobs
from pipeline.storage.s3 import S3Blobs
from pipeline.storage.s3_client import connect
from tests.services.endpoints import S3Endpoint

Make = Callable[[], BlobStore]
PAGE = b"\x00\xff scan \n" * 1000


@pytest.fixture(params=["filesystem", "versitygw", "minio"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Opens the same empty store each time it is called."""
    if request.param == "filesystem":
        return lambda: FileBlobs(tmp_path / "blobs")
    endpoint: S3Endpoint = request.getfixturevalue(request.param)
    bucket = f"blobs-{secrets.token_hex(8)}"

    def opened() -> BlobStore:
        client, _, prefix = connect(f"s3:{endpoint.url}/{bucket}/archive", endpoint.access_key, endpoint.secret_key, None)
        store = S3Blobs(client, bucket, prefix)
        store.probe()
        return store

    return opened


@pytest.fixture
def store(make: Make) -> BlobStore:
    return make()


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def fetch(store: BlobStore, sha256: str) -> bytes:
    with store.open(sha256) as path:
        return path.read_bytes()


@pytest.mark.parametrize(
    "data", [b"", b"x", PAGE, bytes(3 * 2**20 + 1)], ids=["empty", "one byte", "small", "more than a piece"]
)  # fmt: skip
@pytest.mark.parametrize("wrap", [bytes, io.BytesIO], ids=["bytes", "stream"])
def test_what_goes_in_comes_out(make: Make, data: bytes, wrap: Callable[[bytes], bytes | io.BytesIO]) -> None:
    assert make().put(wrap(data)) == sha(data)
    assert fetch(make(), sha(data)) == data


def test_a_stream_is_taken_from_where_it_stands(store: BlobStore) -> None:
    stream = io.BytesIO(b"head" + PAGE)
    stream.seek(4)
    assert store.put(stream) == sha(PAGE)


def test_the_same_bytes_twice_are_one_blob(store: BlobStore) -> None:
    assert store.put(PAGE) == store.put(io.BytesIO(PAGE)) == sha(PAGE)
    assert list(store) == [sha(PAGE)]


def test_many_are_kept_in_order_and_repeats_once(store: BlobStore) -> None:
    store.put(b"2")
    assert store.put_many([b"1", b"2", b"1", b"3"]) == [sha(b"1"), sha(b"2"), sha(b"1"), sha(b"3")]
    assert sorted(store) == sorted(map(sha, (b"1", b"2", b"3")))
    assert store.put_many([]) == []


def test_an_empty_store_lists_nothing(store: BlobStore) -> None:
    assert list(store) == []


@pytest.mark.parametrize("name", ["0" * 64, "../../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_what_is_not_there_is_an_alarm_not_an_empty_file(store: BlobStore, name: str) -> None:
    with pytest.raises(Damaged) as caught, store.open(name):
        pass
    assert caught.value.code == "blob-missing"


def test_eight_writers_of_the_same_bytes_leave_one_blob(store: BlobStore) -> None:
    start, done = threading.Barrier(8), list[str]()

    def put() -> None:
        start.wait()
        done.append(store.put(PAGE))

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [sha(PAGE)] * 8
    assert list(store) == [sha(PAGE)]


class Torn(io.RawIOBase):
    """A stream that gives some bytes and breaks."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, size: int = -1) -> bytes:
        self.reads += 1
        if self.reads > 1:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return b"x" * min(size, 1000)


def test_a_stream_that_breaks_leaves_nothing(store: BlobStore) -> None:
    with pytest.raises(Unavailable):
        store.put(Torn())  # type: ignore[arg-type]
    assert list(store) == []


# What only a folder can show.


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


def place(root: Path, sha256: str) -> Path:
    return root / sha256[:2] / sha256[2:4] / sha256


def files(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def damage(path: Path, data: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(data)


def flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


@pytest.mark.parametrize("bad", [flipped(PAGE), PAGE[:-1], PAGE + b"\0", b""], ids=["flipped", "cut", "longer", "emptied"])
def test_changed_bytes_are_refused_on_reading_and_on_writing(root: Path, bad: bytes) -> None:
    store = FileBlobs(root)
    damage(place(root, store.put(PAGE)), bad)
    for act in (lambda: fetch(store, sha(PAGE)), lambda: store.put(PAGE), lambda: store.put_many([b"other", PAGE, b"third"])):
        with pytest.raises(Damaged) as caught:
            act()
        assert caught.value.code == "blob-damaged"
    assert place(root, sha(PAGE)).read_bytes() == bad  # never repaired silently: it is evidence of what happened
    assert not list((root / "incoming").iterdir())


def test_a_blob_cannot_be_written_by_accident(root: Path) -> None:
    path = place(root, FileBlobs(root).put(PAGE))
    assert path.stat().st_mode & 0o777 == 0o400
    assert root.joinpath("incoming").stat().st_mode & 0o077 == 0


def test_strangers_in_the_folder_are_no_blobs(root: Path) -> None:
    store = FileBlobs(root)
    store.put(PAGE)
    for name in ("notes.txt", "a" * 63, "A" * 64):
        (place(root, sha(PAGE)).parent / name).touch()
    assert list(store) == [sha(PAGE)]


def test_a_blob_that_became_a_folder_is_told(root: Path) -> None:
    store = FileBlobs(root)
    path = place(root, store.put(PAGE))
    path.unlink()
    path.mkdir()
    with pytest.raises(Unavailable) as caught, store.open(sha(PAGE)):
        pass
    assert caught.value.code == "store-unavailable"


def test_a_root_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("in the way")
    with pytest.raises(Unavailable) as caught:
        FileBlobs(tmp_path / "blobs").put(PAGE)
    assert caught.value.code == "store-unavailable"


@pytest.fixture
def short_files() -> Iterator[None]:
    """No file may grow beyond 100,000 bytes: writing on fails with EFBIG, as a full disk does with ENOSPC."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


@pytest.mark.usefixtures("short_files")
@pytest.mark.parametrize("many", [False, True])
def test_no_room_for_a_file_leaves_nothing(root: Path, many: bool) -> None:
    store = FileBlobs(root)
    with pytest.raises(Unavailable) as caught:
        _ = store.put_many([b"small", bytes(200_000)]) if many else [store.put(bytes(200_000))]
    assert caught.value.code == "disk-full"
    assert "SIJILL" not in caught.value.way_out
    assert caught.value.way_out
    assert files(root) == []
    assert store.put(b"small") == sha(b"small")  # and goes on where there is room


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no right to mount a small disk: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("many", [False, True])
def test_a_full_disk_leaves_nothing_half_written(small_disk: Path, many: bool) -> None:
    store = FileBlobs(small_disk / "blobs")
    kept = store.put(b"k" * 300_000)
    with pytest.raises(Unavailable) as caught:
        _ = store.put_many([b"a" * 400_000, b"b" * 400_000]) if many else [store.put(bytes(900_000))]
    assert caught.value.code == "disk-full"
    assert files(small_disk) == [kept]
    assert store.put(b"c" * 300_000) in list(store)
    assert fetch(store, kept) == b"k" * 300_000


KILLED = """
import os, sys
from pathlib import Path
from pipeline.storage.filesystem import FileBlobs

class Dying:
    def __init__(self): self.reads = 0
    def read(self, size):
        self.reads += 1
        if self.reads == 2: os.kill(os.getpid(), 9)
        return b"x" * 5000

FileBlobs(Path(sys.argv[1])).put(Dying())
"""


def test_killed_while_writing_leaves_no_blob(root: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, root], check=False)
    assert killed.returncode == -9
    store = FileBlobs(root)
    assert list(store) == []
    assert store.put(b"x" * 5000) in list(store)


def test_what_a_killed_writer_left_goes_after_a_day(root: Path) -> None:
    FileBlobs(root).put(PAGE)
    left, fresh = root / "incoming" / "tmpleft", root / "incoming" / "tmpfresh"
    left.write_bytes(PAGE)
    fresh.write_bytes(PAGE)
    os.utime(left, (time.time() - 2 * 86_400,) * 2)
    FileBlobs(root).put(b"next")
    assert list((root / "incoming").iterdir()) == [fresh]  # somebody may still be writing this one
