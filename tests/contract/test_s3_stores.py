"""What an S3 store is relied on for, asked of real ones: locks, one winner, parts, paging, and what comes after damage and crashes."""

import hashlib
import io
import re
import secrets
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from minio import Minio
from minio.error import S3Error

from pipeline.errors import Damaged, Refused, SijillError, Unavailable, Usage
from pipeline.storage.incoming import Arrival, Incoming
from pipeline.storage.s3 import PART, S3Blobs
from pipeline.storage.s3_client import connect
from tests.services.endpoints import S3Endpoint
from tests.services.fault_proxy import FaultProxy
from tests.services.s3 import Minio as MinioStore
from tests.services.s3 import Versitygw

PAGE = b"\x00\xff scan \n" * 100_000  # a MinIO store keeps less than this within its own records
SHA = hashlib.sha256(PAGE).hexdigest()
KEY = f"archive/{SHA[:2]}/{SHA[2:4]}/{SHA}"


@pytest.fixture(params=["versitygw", "minio"])
def endpoint(request: pytest.FixtureRequest) -> S3Endpoint:
    found: S3Endpoint = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def bucket() -> str:
    return f"blobs-{secrets.token_hex(8)}"


def client_of(endpoint: S3Endpoint) -> Minio:
    return connect(f"s3:{endpoint.url}/any-bucket", endpoint.access_key, endpoint.secret_key, None, answer_seconds=60)[0]


def opened(endpoint: S3Endpoint, bucket: str, days: int = 0) -> S3Blobs:
    return S3Blobs(client_of(endpoint), bucket, "archive", days)


def made(endpoint: S3Endpoint, bucket: str, days: int = 0) -> S3Blobs:
    store = opened(endpoint, bucket, days)
    store.probe()
    return store


def fetch(store: S3Blobs, sha256: str) -> bytes:
    with store.open(sha256) as path:
        return path.read_bytes()


def versions(endpoint: S3Endpoint, bucket: str) -> list[str | None]:
    return [found.object_name for found in client_of(endpoint).list_objects(bucket, recursive=True, include_version=True)]


def wait_for(true: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.05)


class Zeros(io.RawIOBase):
    """So many zeros, which are nowhere in memory."""

    def __init__(self, count: int) -> None:
        self.left = count

    def read(self, size: int = -1) -> bytes:
        given = min(self.left, size)
        self.left -= given
        return bytes(given)


def test_a_big_blob_goes_in_parts_and_never_lies_in_memory_whole(endpoint: S3Endpoint, bucket: str) -> None:
    store, size = made(endpoint, bucket), 8 * PART + 1
    tracemalloc.start()
    try:
        sha256 = store.put(Zeros(size))  # type: ignore[arg-type]
        most_in = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        with store.open(sha256) as path:
            assert path.stat().st_size == size
        most_out = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert client_of(endpoint).stat_object(bucket, f"archive/{sha256[:2]}/{sha256[2:4]}/{sha256}").etag.endswith("-9")  # type: ignore[union-attr]
    assert most_in < 6 * PART
    assert most_out < PART
    assert store.put(Zeros(size)) == sha256  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1000, PART + 1], ids=["whole", "in parts"])
def test_of_many_writers_one_wins(endpoint: S3Endpoint, bucket: str, size: int) -> None:
    made(endpoint, bucket, days=1)  # a bucket with versions, where a second write would show
    start, done = threading.Barrier(4), list[str]()

    def put() -> None:
        store = opened(endpoint, bucket, days=1)
        start.wait()
        done.append(store.put(bytes(size)))

    threads = [threading.Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 4
    assert len([name for name in versions(endpoint, bucket) if name and name.endswith(done[0])]) == 1


def test_listing_goes_on_beyond_a_page(endpoint: S3Endpoint, bucket: str) -> None:
    store = made(endpoint, bucket)
    put = store.put_many([str(number).encode() for number in range(1005)])
    assert list(store) == sorted(put)


def test_a_locked_blob_stays(endpoint: S3Endpoint, bucket: str) -> None:
    store = made(endpoint, bucket, days=1)
    store.probe()  # another process
    store.put(PAGE)
    client = client_of(endpoint)
    about = client.stat_object(bucket, KEY)
    with pytest.raises(S3Error):
        client.remove_object(bucket, KEY, about.version_id)
    assert fetch(store, SHA) == PAGE
    assert versions(endpoint, bucket).count("archive/lock-probe") == 1
    assert list(store) == [SHA]


def test_a_removed_object_is_under_a_marker_and_comes_back(endpoint: S3Endpoint, bucket: str) -> None:
    """As docs/operations.md tells it, for somebody who removed objects of a bucket with locks."""
    store, client = made(endpoint, bucket, days=1), client_of(endpoint)
    store.put(PAGE)
    client.remove_object(bucket, KEY)
    with pytest.raises(Damaged) as caught:
        fetch(store, SHA)
    assert caught.value.code == "blob-missing"
    said = client._execute(
        "GET", bucket, query_params={"versions": "", "prefix": KEY}
    ).data.decode()  # minio's own fails on versitygw's times
    [marker] = re.findall(r"<DeleteMarker>.*?<VersionId>(.*?)</VersionId>", said, re.S)
    client.remove_object(bucket, KEY, marker)
    assert fetch(store, SHA) == PAGE


def test_a_bucket_that_was_made_without_locks_is_refused(endpoint: S3Endpoint, bucket: str) -> None:
    made(endpoint, bucket)
    with pytest.raises(Usage) as caught:
        made(endpoint, bucket, days=1)
    assert caught.value.code == "store-not-locking"


def test_a_bucket_made_by_two_at_once(endpoint: S3Endpoint, bucket: str) -> None:
    threads = [threading.Thread(target=made, args=(endpoint, bucket)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(opened(endpoint, bucket)) == []


@pytest.mark.parametrize("wrong", [{"secret_key": "guessed-secret"}, {"access_key": "nobody"}], ids=["secret", "account"])
def test_a_stranger_is_told_so_and_no_more(endpoint: S3Endpoint, bucket: str, wrong: dict[str, str]) -> None:
    made(endpoint, bucket).put(PAGE)
    stranger = opened(replace(endpoint, **wrong), bucket)
    for act in (stranger.probe, lambda: stranger.put(PAGE), lambda: fetch(stranger, SHA), lambda: list(stranger)):
        with pytest.raises(Usage) as caught:
            act()
        assert caught.value.code == "store-denied"
        assert not any(secret in str(caught.value) for secret in (*wrong.values(), endpoint.secret_key, endpoint.access_key, SHA))


def test_no_bucket(endpoint: S3Endpoint, bucket: str) -> None:
    store = opened(endpoint, bucket)
    for act in (lambda: store.put(PAGE), lambda: fetch(store, SHA), lambda: list(store)):
        with pytest.raises(Usage, match="no bucket"):
            act()


def test_an_answer_lost_on_the_way_is_one_blob_and_a_success(endpoint: S3Endpoint, bucket: str) -> None:
    made(endpoint, bucket, days=1)
    direct, host = client_of(endpoint), urlsplit(endpoint.url)
    with FaultProxy(str(host.hostname), int(host.port or 0)) as proxy, ThreadPoolExecutor(1) as pool:
        store = opened(replace(endpoint, url=f"http://127.0.0.1:{proxy.port}"), bucket, days=1)
        proxy.delay(2)  # long enough to silence the answer while it is on its way
        putting = pool.submit(store.put, b"page")
        sha256 = hashlib.sha256(b"page").hexdigest()
        wait_for(lambda: any(str(found.object_name).endswith(sha256) for found in direct.list_objects(bucket, recursive=True)))
        proxy.drop_responses()
        wait_for(lambda: proxy.withheld > 0)
        proxy.restore()
        assert putting.result(60) == sha256
    assert len([name for name in versions(endpoint, bucket) if name and name.endswith(sha256)]) == 1


def test_a_network_that_is_cut_is_told_and_then_forgotten(endpoint: S3Endpoint, bucket: str) -> None:
    sha256 = made(endpoint, bucket).put(PAGE)
    host = urlsplit(endpoint.url)
    with FaultProxy(str(host.hostname), int(host.port or 0)) as proxy:
        store = opened(replace(endpoint, url=f"http://127.0.0.1:{proxy.port}"), bucket)
        assert fetch(store, sha256) == PAGE
        proxy.cut()
        for act in (lambda: fetch(store, sha256), lambda: store.put(b"page"), lambda: list(store)):
            with pytest.raises(Unavailable):
                act()
        proxy.restore()
        assert fetch(store, sha256) == PAGE
        assert store.put(b"page") in list(store)


# Stores of a test's own, whose files are touched and which are killed.


@pytest.fixture(params=["own_versitygw", "own_minio"])
def engine(request: pytest.FixtureRequest) -> Versitygw | MinioStore:
    found: Versitygw | MinioStore = request.getfixturevalue(request.param)
    return found


def flip(engine: Versitygw | MinioStore, bucket: str) -> None:
    [path] = [
        path for path in (engine.folder / "data" / bucket / KEY).parent.rglob("*") if path.is_file() and path.stat().st_size >= len(PAGE)
    ]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.write(data)


def test_flipped_bytes_are_never_given_out(engine: Versitygw | MinioStore, bucket: str) -> None:
    """versitygw gives them back as they are; MinIO finds them itself and gives nothing."""
    store = made(engine.endpoint, bucket)
    store.put(PAGE)
    flip(engine, bucket)
    for act in (lambda: fetch(store, SHA), lambda: store.put(PAGE), lambda: store.put_many([b"1", PAGE])):
        with pytest.raises((Damaged, Unavailable)) as caught:
            act()
        assert caught.value.code == ("blob-damaged" if isinstance(engine, Versitygw) else "store-unavailable")


def test_what_was_acknowledged_is_there_after_a_kill(engine: Versitygw | MinioStore, bucket: str) -> None:
    store = made(engine.endpoint, bucket)
    kept = store.put_many([str(number).encode() for number in range(20)])
    kept.append(store.put(Zeros(PART + 1)))  # type: ignore[arg-type]
    engine.kill()
    with pytest.raises(Unavailable) as caught:
        store.put(PAGE)
    assert caught.value.code == "store-unavailable"
    engine.start()
    assert store.put(PAGE) == SHA
    assert sorted(store) == sorted({*kept, SHA})
    assert [hashlib.sha256(fetch(store, sha256)).hexdigest() for sha256 in kept] == kept


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no right to mount a small disk: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_store_refuses_and_recovers(make_versitygw: Callable[[Path], Versitygw], small_disk: Path, bucket: str) -> None:
    with make_versitygw(small_disk / "store") as engine:
        engine.start()
        store = made(engine.endpoint, bucket)
        kept = store.put(PAGE)
        with pytest.raises(Unavailable) as caught:
            store.put(bytes(8 * 2**20))
        assert caught.value.code == "disk-full"
        assert list(store) == [kept]
        assert fetch(store, kept) == PAGE
        assert store.put(b"small") in list(store)


# Incoming buckets.

KEYS = ["a.pdf", "box 1/ملف.pdf", "a?versionId=1", "a%2Fb", "a+b&c", "line\nbreak", "x" * 200, "\u202egpj.exe", "a\\b"]


@pytest.fixture
def arrived(endpoint: S3Endpoint, bucket: str) -> Incoming:
    client = client_of(endpoint)
    client.make_bucket(bucket, object_lock=True)  # with versions
    for key in KEYS:
        client.put_object(bucket, key, io.BytesIO(key.encode()), len(key.encode()))
    return Incoming(client)


def test_objects_of_any_name_are_listed_and_fetched(arrived: Incoming, bucket: str) -> None:
    found = list(arrived.listed(bucket, ""))
    assert sorted(arrival.key for arrival in found) == sorted(KEYS)
    for arrival in found:
        with arrived.fetched(arrival, 1000) as (path, had):
            assert path.read_bytes() == arrival.key.encode()
        assert had.version
        assert (had.etag, had.size) == (arrival.etag, arrival.size)


def test_an_object_is_listed_with_the_same_mark_until_it_is_put_again(arrived: Incoming, endpoint: S3Endpoint, bucket: str) -> None:
    """The same bytes too: their version is another."""
    [first] = arrived.met(f"s3://{bucket}/a.pdf")
    [again] = arrived.met(f"s3://{bucket}/a.pdf")
    with again.had(1000) as had:
        assert had.mark == first.mark == again.mark != ""
    time.sleep(1.1)  # the coarsest clock of a store has seconds
    client_of(endpoint).put_object(bucket, "a.pdf", io.BytesIO(b"a.pdf"), 5)
    [put] = arrived.met(f"s3://{bucket}/a.pdf")
    assert put.mark != first.mark


def test_versions_and_removals(arrived: Incoming, endpoint: S3Endpoint, bucket: str) -> None:
    client = client_of(endpoint)
    before = list(arrived.listed(bucket, "a.pdf"))
    with arrived.fetched(before[0], 1000) as (_, first):
        pass
    client.put_object(bucket, "a.pdf", io.BytesIO(b"new"), 3)
    with arrived.fetched(before[0], 1000) as (path, second):
        assert path.read_bytes() == b"new"
    assert first.location != second.location
    client.remove_object(bucket, "a.pdf")
    assert list(arrived.listed(bucket, "a.pdf")) == []
    with pytest.raises(Refused) as caught, arrived.fetched(before[0], 1000):
        pass
    assert caught.value.code == "vanished"


def test_a_bucket_that_is_not_there(endpoint: S3Endpoint, bucket: str) -> None:
    with pytest.raises(SijillError, match="no bucket"):
        list(Incoming(client_of(endpoint)).listed(bucket, ""))
    with pytest.raises(Refused), Incoming(client_of(endpoint)).fetched(Arrival(bucket, "a", 1, "", None), 10):
        pass
