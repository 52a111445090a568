"""Blobs in an S3 store that answers badly, late, twice or not at all."""

import hashlib
import io
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import Damaged, SijillError, Unavailable, Usage
from pipeline.storage.s3 import PART, S3Blobs
from pipeline.storage.s3_client import connect
from tests.unit.storage.shelf import LOST, Answer, Asked, Shelf, error

PAGE = b"\x00\xff scan \n" * 1000
SHA = hashlib.sha256(PAGE).hexdigest()
KEY = f"{SHA[:2]}/{SHA[2:4]}/{SHA}"


def blobs(shelf: Shelf, cache: Path | None = None, prefix: str = "") -> S3Blobs:
    client, bucket, _ = connect(shelf.url, "the-account", "the-secret", None, answer_seconds=1)
    return S3Blobs(client, bucket, prefix, cache=cache)


def fetch(store: S3Blobs, sha256: str) -> bytes:
    with store.open(sha256) as path:
        return path.read_bytes()


def puts(shelf: Shelf) -> list[Asked]:
    return [asked for asked in shelf.asked if asked.method == "PUT"]


def once(method: str, answer: Answer, query: str = "") -> Callable[[Asked], Answer | None]:
    left = [answer]
    return lambda asked: left.pop() if left and asked.method == method and query in asked.query else None


def always(method: str, answer: Answer) -> Callable[[Asked], Answer | None]:
    return lambda asked: answer if asked.method == method and "location" not in asked.query else None


def test_a_blob_is_named_by_its_hash_and_written_under_a_condition(shelf: Shelf) -> None:
    assert blobs(shelf).put(PAGE) == SHA
    assert shelf.objects == {KEY: PAGE}
    assert [asked.headers["If-None-Match"] for asked in puts(shelf)] == ["*"]


def test_it_is_read_back_before_it_is_acknowledged(shelf: Shelf) -> None:
    shelf.fault = lambda asked: shelf.objects.update({KEY: PAGE[:-1]}) if asked.method == "PUT" else None
    with pytest.raises(Damaged) as caught:
        blobs(shelf).put(PAGE)
    assert caught.value.code == "blob-damaged"
    assert len(puts(shelf)) == 1


def test_a_store_that_takes_and_does_not_keep_is_found_out(shelf: Shelf) -> None:
    shelf.fault = lambda asked: shelf.objects.clear() if asked.method == "PUT" else None
    with pytest.raises(Damaged) as caught:
        blobs(shelf).put(PAGE)
    assert caught.value.code == "blob-missing"


@pytest.mark.parametrize("answer", [LOST, error(503, "SlowDown"), error(500, "InternalError")], ids=["lost", "slow down", "internal"])
def test_an_answer_lost_after_storing_is_one_blob_and_a_success(shelf: Shelf, answer: Answer) -> None:
    shelf.fault = once("PUT", answer)
    assert blobs(shelf).put(PAGE) == SHA
    assert shelf.objects == {KEY: PAGE}
    assert [asked.headers["If-None-Match"] for asked in puts(shelf)] == ["*", "*"]  # the second is told that the first was stored


def test_an_answer_lost_after_the_parts_were_joined_is_a_success(shelf: Shelf) -> None:
    shelf.fault = once("POST", LOST, "uploadId=")
    data = bytes(PART + 1)
    assert blobs(shelf).put(data) == hashlib.sha256(data).hexdigest()
    assert list(shelf.objects.values()) == [data]
    [joined] = [asked for asked in shelf.asked if asked.method == "POST" and "uploadId=" in asked.query]
    assert joined.headers["If-None-Match"] == "*"
    assert not any(asked.headers["If-None-Match"] for asked in puts(shelf))


def test_parts_that_cannot_be_stored_are_taken_back(shelf: Shelf) -> None:
    shelf.before = always("PUT", error(507, "XMinioStorageFull"))
    with pytest.raises(Unavailable) as caught:
        blobs(shelf).put(bytes(PART + 1))
    assert caught.value.code == "disk-full"
    assert (shelf.parts, shelf.objects) == (None, {})


def test_answers_lost_for_good_end_and_the_next_try_finds_it_stored(shelf: Shelf) -> None:
    shelf.fault = lambda _: LOST if puts(shelf) else None
    with pytest.raises(Unavailable):
        blobs(shelf).put(PAGE)
    shelf.fault = lambda _: None
    before = len(puts(shelf))
    assert blobs(shelf).put(PAGE) == SHA
    assert len(puts(shelf)) == before


def test_other_bytes_under_the_name_are_left_as_they_are(shelf: Shelf) -> None:
    shelf.objects[KEY] = b"other"
    store = blobs(shelf)
    for act in (lambda: store.put(PAGE), lambda: store.put_many([b"1", PAGE]), lambda: fetch(store, SHA)):
        with pytest.raises(Damaged) as caught:
            act()
        assert caught.value.code == "blob-damaged"
    assert shelf.objects[KEY] == b"other"


def test_other_bytes_that_came_first_are_not_overwritten(shelf: Shelf) -> None:
    """They appear between looking and writing."""

    def rival(asked: Asked) -> Answer | None:
        if asked.method == "PUT":
            shelf.objects.setdefault(KEY, b"other")
        return None

    shelf.before = rival
    with pytest.raises(Damaged):
        blobs(shelf).put(PAGE)
    assert shelf.objects == {KEY: b"other"}


def test_many_are_all_or_an_error_and_those_not_begun_are_left(shelf: Shelf) -> None:
    sources = [bytes([number % 256, number // 256]) for number in range(500)]
    shelf.before = always("PUT", error(507, "XMinioStorageFull"))
    with pytest.raises(Unavailable) as caught:
        blobs(shelf).put_many(sources)
    assert caught.value.code == "disk-full"
    assert len(puts(shelf)) < 100


def test_a_cut_answer_is_no_damage(shelf: Shelf) -> None:
    shelf.objects[KEY] = PAGE
    shelf.fault = always("GET", Answer(200, PAGE, cut=True))
    with pytest.raises(Unavailable) as caught:
        fetch(blobs(shelf), SHA)
    assert caught.value.code == "store-unavailable"


def test_listing_passes_by_what_is_no_blob(shelf: Shelf) -> None:
    below = {f"x/{KEY}", f"x/aa/bb/{SHA}", f"x/{KEY}/more", "x/lock-probe", f"x/{KEY.upper()}", f"other/{KEY}", KEY, f"x/y/{KEY}"}
    shelf.objects = dict.fromkeys(below, b"")
    assert list(blobs(shelf, prefix="x")) == [SHA]


@pytest.mark.parametrize(
    ("answer", "kind", "code", "told"),
    [
        (error(403, "AccessDenied"), Usage, "store-denied", "AccessDenied"),
        (error(403, "InvalidAccessKeyId"), Usage, "store-denied", "InvalidAccessKeyId"),
        (error(403, "SignatureDoesNotMatch"), Usage, "store-denied", "Signature"),
        (error(404, "XAdminUserNotFound"), Usage, "store-denied", "XAdminUserNotFound"),
        (error(401, "no plain word!"), Usage, "store-denied", "account [store-denied]"),
        (error(404, "NoSuchBucket"), Usage, "bad-setting", "no bucket"),
        (error(403, "QuotaExceeded"), Unavailable, "disk-full", "no room"),
        (error(507, "XMinioStorageFull"), Unavailable, "disk-full", "no room"),
        (error(403, "RequestTimeTooSkewed"), Unavailable, "store-unavailable", "clocks"),
        (error(503, "SlowDown"), Unavailable, "store-unavailable", "503: SlowDown"),
        (error(400, "Weird"), Unavailable, "store-unavailable", "400: Weird"),
        (Answer(502, b"<html>", {"Content-Type": "text/html"}), Unavailable, "store-unavailable", "does not speak S3"),
        (Answer(500, b"<Err", {"Content-Type": "application/xml"}), Unavailable, "store-unavailable", "does not speak S3"),
        (Answer(302, b"", {"Location": "http://192.0.2.1/elsewhere"}), Unavailable, "store-unavailable", "does not speak S3"),
        (LOST, Unavailable, "store-unavailable", "broke off"),
    ],
)  # fmt: skip
def test_every_answer_in_our_own_words(
    shelf: Shelf, answer: Answer, kind: type[SijillError], code: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.before = always("GET", answer)
    with pytest.raises(kind) as caught:
        blobs(shelf).put(PAGE)
    assert (caught.value.code, caught.value.way_out != "") == (code, True)
    assert told in str(caught.value)
    for secret in ("the-account", "the-secret", "secret-thing", SHA):
        assert secret not in str(caught.value) + caplog.text


@pytest.mark.parametrize(
    ("answer", "code"), [(error(507, "XMinioStorageFull"), "disk-full"), (error(403, "AccessDenied"), "store-denied")]
)  # fmt: skip
def test_a_refusal_to_write_is_told(shelf: Shelf, answer: Answer, code: str) -> None:
    shelf.before = always("PUT", answer)
    with pytest.raises(SijillError) as caught:
        blobs(shelf).put(io.BytesIO(PAGE))
    assert caught.value.code == code
    assert shelf.objects == {}


def test_listing_says_so_too(shelf: Shelf) -> None:
    shelf.fault = always("GET", error(403, "AccessDenied"))
    with pytest.raises(Usage):
        list(blobs(shelf))


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client, bucket, _ = connect(f"s3:http://127.0.0.1:{taken.getsockname()[1]}/blobs", "name", "secret", None)
        with pytest.raises(Unavailable, match="cannot be reached"):
            S3Blobs(client, bucket).put(PAGE)


def test_nobody_answers() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        client, bucket, _ = connect(f"s3:http://127.0.0.1:{silent.getsockname()[1]}/blobs", "name", "secret", None, answer_seconds=0.1)
        with pytest.raises(Unavailable, match="in time"):
            S3Blobs(client, bucket).put(PAGE)


def test_a_blob_being_read_is_private_and_gone_afterwards(shelf: Shelf, tmp_path: Path) -> None:
    store = blobs(shelf, tmp_path)
    store.put(io.BytesIO(PAGE))
    with store.open(SHA) as path:
        assert list(tmp_path.iterdir()) == [path]
        assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", [error(404, "NoSuchKey"), Answer(200, b"other"), Answer(200, PAGE, cut=True)])
def test_a_blob_that_cannot_be_had_leaves_no_file(shelf: Shelf, tmp_path: Path, fault: Answer) -> None:
    shelf.fault = always("GET", fault)
    with pytest.raises(SijillError):
        fetch(blobs(shelf, tmp_path), SHA)
    assert list(tmp_path.iterdir()) == []


def test_no_folder_for_what_is_on_its_way_is_told(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        blobs(shelf, tmp_path / "none").put(io.BytesIO(PAGE))
    assert caught.value.code == "store-unavailable"


FULL = """
import io, resource, signal, sys
from pathlib import Path
from pipeline.errors import Unavailable
from pipeline.storage.s3 import S3Blobs
from pipeline.storage.s3_client import connect
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
client, bucket, _ = connect(sys.argv[1], "name", "secret", None)
try:
    S3Blobs(client, bucket, cache=Path(sys.argv[2])).put(io.BytesIO(bytes(200_000)))
except Unavailable as error:
    print(error.code)
"""


def test_no_room_for_what_is_on_its_way(shelf: Shelf, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, shelf.url, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout == "disk-full\n"
    assert shelf.objects == {}
    assert list(tmp_path.iterdir()) == []


def test_a_part_is_no_smaller_than_stores_take() -> None:
    assert PART >= 5 * 2**20
