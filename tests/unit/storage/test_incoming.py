"""Objects that arrive in a bucket are told apart, fetched whole and never trusted by their keys."""

import errno
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from pipeline.errors import Refused, SijillError, Unavailable, Usage
from pipeline.storage.incoming import Arrival, Incoming, Listed, parsed, place
from pipeline.storage.s3_client import connect
from tests.unit.storage.shelf import LOST, Answer, Shelf, error

LIMIT = 1000
HOSTILE = [
    "a\nb.pdf", "../../etc/passwd", "/etc/passwd", "a//b", "x" * 1024, "صندوق ١/ملف.pdf", "a?versionId=1", "a%3FversionId=1", "a#b",
    "a b+c&d;e", "\u202egpj.exe", "\x00\x1b[2J", "a\\b", "'; drop table", "a\u2028b", "-rf", "~/x", "%2e%2e/x", "a/./b", "..",
]  # fmt: skip


def incoming(shelf: Shelf, cache: Path | None = None) -> Incoming:
    return Incoming(connect(shelf.url, "the-account", "the-secret", None, answer_seconds=1)[0], cache)


def arrival(key: str, size: int = 3) -> Arrival:
    return Arrival("blobs", key, size, "e", None)


def keys(shelf: Shelf, prefix: str) -> list[str]:
    return [found.key for found in incoming(shelf).listed("blobs", prefix)]


@pytest.mark.parametrize(
    ("text", "bucket", "prefix"),
    [
        ("s3://papers", "papers", ""),
        ("s3://papers/", "papers", ""),
        ("s3://papers/box 1/ملف%20", "papers", "box 1/ملف%20"),
        ("s3://papers/a?b#c", "papers", "a?b#c"),
    ],
)
def test_what_is_asked_for_is_taken_literally(text: str, bucket: str, prefix: str) -> None:
    assert parsed(text) == (bucket, prefix)


@pytest.mark.parametrize("text", ["s3://", "s3:///x", "s3://P/x", "s3://..", "s3://a b/x", "s3://192.168.0.1/x"])
def test_no_bucket_has_such_a_name(text: str) -> None:
    with pytest.raises(Usage) as caught:
        parsed(text)
    assert caught.value.code == "no-such-path"


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("", ["box-1", "box-1/a", "box-1/b/c", "box-10/a", "other"]),
        ("box-1", ["box-1", "box-1/a", "box-1/b/c"]),
        ("box-1/", ["box-1/a", "box-1/b/c"]),
        ("box-1/a", ["box-1/a"]),
        ("box-2", []),
    ],
)
def test_a_prefix_is_a_folder_or_an_object(shelf: Shelf, prefix: str, found: list[str]) -> None:
    shelf.objects = dict.fromkeys(["box-1", "box-1/a", "box-1/b/c", "box-10/a", "other"], b"1") | {"box-1/": b"", "box-1/b/": b""}
    assert keys(shelf, prefix) == found


def test_what_is_known_of_an_object(shelf: Shelf) -> None:
    shelf.objects = {"a.pdf": b"123"}
    [found] = incoming(shelf).listed("blobs", "")
    assert found == Arrival("blobs", "a.pdf", 3, "e", datetime(2026, 11, 21, 12, 0, 0, 123_000, UTC))


def test_empty_objects_are_no_folders(shelf: Shelf) -> None:
    shelf.objects = {"a": b"", "b/": b"1"}
    assert keys(shelf, "") == ["a", "b/"]


@pytest.mark.parametrize("key", HOSTILE)
def test_hostile_keys_are_listed_as_they_are_and_fetched_into_the_folder_or_refused(shelf: Shelf, tmp_path: Path, key: str) -> None:
    shelf.objects = {key: b"123"}
    [found] = incoming(shelf).listed("blobs", "")
    assert found.key == key
    cache = tmp_path / "cache"
    cache.mkdir()
    with suppress(Refused), incoming(shelf, cache).fetched(found, LIMIT) as (path, _):
        assert path.read_bytes() == b"123"
        assert list(cache.iterdir()) == [path]
        assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.rglob("*")) == [cache]


@pytest.mark.parametrize("key", ["../x", "a/../b", "a/./b", ".", "..", "a/.."])
def test_a_key_that_cannot_be_asked_for_is_refused(shelf: Shelf, key: str) -> None:
    with pytest.raises(Refused) as caught, incoming(shelf).fetched(arrival(key), LIMIT):
        pass
    assert caught.value.code == "bad-key"
    assert caught.value.way_out
    assert shelf.asked == []


def test_no_two_objects_have_the_same_place() -> None:
    places = {found.location for key in HOSTILE for found in (arrival(key), Arrival("blobs", key, 3, "e", None, "1"))}
    assert len(places) == 2 * len(HOSTILE)
    assert all(place.isprintable() or "\u202e" in place for place in places)  # what turns the line around is isolated where it is shown


@pytest.mark.parametrize("key", HOSTILE)
def test_a_place_leads_back_to_the_object(key: str) -> None:
    parts = urlsplit(Arrival("blobs", key, 3, "e", None, "v/1?").location)
    assert (parts.netloc, unquote(parts.path), parse_qs(parts.query)) == ("blobs", f"/{key}", {"versionId": ["v/1?"]})


def test_provenance_is_of_the_bytes_that_were_had(shelf: Shelf) -> None:
    """The object was replaced after it was listed."""
    shelf.objects = {"a": b"1234"}
    shelf.versions = {"a": {"ETag": '"new"', "x-amz-version-id": "v2", "Last-Modified": "Sun, 22 Nov 2026 12:00:00 GMT"}}
    with incoming(shelf).fetched(arrival("a"), LIMIT) as (path, had):
        assert path.read_bytes() == b"1234"
    assert had == Arrival("blobs", "a", 4, "new", datetime(2026, 11, 22, 12, tzinfo=UTC), "v2")
    assert had.location == "s3://blobs/a?versionId=v2"


@pytest.mark.parametrize("about", [{}, {"x-amz-version-id": "null"}, {"Last-Modified": "yesterday"}])
def test_a_store_without_versions_or_times(shelf: Shelf, about: dict[str, str]) -> None:
    shelf.objects, shelf.versions = {"a": b"123"}, {"a": about}
    with incoming(shelf).fetched(arrival("a"), LIMIT) as (_, had):
        assert had.location == "s3://blobs/a"


@pytest.mark.parametrize("listed", [LIMIT + 1, 3], ids=["as listed", "grown since"])
def test_too_large(shelf: Shelf, tmp_path: Path, listed: int) -> None:
    shelf.objects = {"a": bytes(LIMIT + 1)}
    with pytest.raises(Refused) as caught, incoming(shelf, tmp_path).fetched(arrival("a", listed), LIMIT):
        pass
    assert caught.value.code == "too-large"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (error(404, "NoSuchKey"), Refused, "vanished"),
        (error(403, "AccessDenied"), Refused, "unreadable"),
        (error(403, "InvalidObjectState"), Refused, "unreadable"),
        (error(503, "SlowDown"), Unavailable, "store-unavailable"),
        (Answer(200, b"123", cut=True), Unavailable, "store-unavailable"),
        (LOST, Unavailable, "store-unavailable"),
    ],
)  # fmt: skip
def test_an_object_that_cannot_be_had(shelf: Shelf, tmp_path: Path, answer: Answer, kind: type[SijillError], code: str) -> None:
    shelf.before = lambda asked: None if "location" in asked.query else answer
    with pytest.raises(kind) as caught, incoming(shelf, tmp_path).fetched(arrival("very-private-name"), LIMIT):
        pass
    assert caught.value.code == code
    assert "very-private-name" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_bucket_that_cannot_be_listed_is_told(shelf: Shelf) -> None:
    shelf.before = lambda _: error(404, "NoSuchBucket")
    with pytest.raises(Usage, match="bucket"):
        keys(shelf, "")


def met(shelf: Shelf) -> Listed:
    shelf.objects = {"a": b"123"}
    [found] = incoming(shelf).met("s3://blobs/a")
    return found


def test_an_object_is_met_as_a_file_is(shelf: Shelf) -> None:
    found = met(shelf)
    shelf.versions = {"a": {"x-amz-version-id": "v1"}}
    with found.had(LIMIT) as had:
        assert had.file.read() == b"123"
    assert (found.name, found.location, had.location) == ("s3://blobs/a", "s3://blobs/a", "s3://blobs/a?versionId=v1")
    assert had.mark == found.mark == "e 3 2026-11-21T12:00:00.123000+00:00"


def test_bytes_that_were_not_listed_do_not_get_the_mark_of_those_that_were(shelf: Shelf) -> None:
    found = met(shelf)
    shelf.versions = {"a": {"ETag": '"other"'}}
    with found.had(LIMIT) as had:
        assert had.mark == ""


@pytest.mark.parametrize("about", [{"etag": ""}, {"modified": None}])
def test_what_cannot_be_told_apart_has_no_mark(shelf: Shelf, about: dict[str, Any]) -> None:
    found = met(shelf)
    assert replace(found, arrival=replace(found.arrival, **about)).mark == ""


def test_an_empty_object_is_refused_as_an_empty_file_is(shelf: Shelf) -> None:
    found = met(shelf)
    shelf.objects = {"a": b""}
    with pytest.raises(Refused) as caught, found.had(LIMIT):
        pass
    assert caught.value.code == "empty-file"


@pytest.mark.parametrize("answer", [error(500, "InternalError"), error(503, "SlowDown"), Answer(200, b"123", cut=True)])
def test_an_object_that_cannot_be_had_while_the_store_answers_is_refused(shelf: Shelf, answer: Answer) -> None:
    found = met(shelf)
    shelf.before = lambda asked: None if asked.query else answer
    with pytest.raises(Refused) as caught, found.had(LIMIT):
        pass
    assert caught.value.code == "unreadable"


@pytest.mark.parametrize("answer", [error(503, "SlowDown"), LOST])
def test_a_store_that_does_not_answer_blames_no_object(shelf: Shelf, answer: Answer) -> None:
    found = met(shelf)
    shelf.before = lambda _: answer
    with pytest.raises(Unavailable), found.had(LIMIT):
        pass


def test_a_store_that_lets_the_account_in_no_more_blames_no_object(shelf: Shelf) -> None:
    found = met(shelf)
    shelf.before = lambda asked: error(403, "AccessDenied") if asked.query else error(500, "InternalError")
    with pytest.raises(Usage, match="SIJILL_INCOMING"), found.had(LIMIT):
        pass


@pytest.mark.parametrize(
    ("text", "one"), [("s3://papers", "s3://papers"), ("s3://papers/", "s3://papers"), ("s3://papers/a/", "s3://papers/a/")]
)
def test_a_place_is_written_in_one_way(text: str, one: str) -> None:
    assert place(text) == one


@pytest.mark.parametrize(
    "url", ["", "://", "ftp://s3.example.org", "http://s3.example.org", "https://s3.example.org/bucket", "https://a:b@s3.example.org"]
)
def test_the_incoming_store_is_named_by_its_url(url: str) -> None:
    with pytest.raises(Usage, match="SIJILL_INCOMING") as caught:
        Incoming.at(url, "account", "secret", None, "papers")
    assert caught.value.code == "bad-setting"


def test_what_breaks_in_the_users_hands_is_his(shelf: Shelf, tmp_path: Path) -> None:
    shelf.objects = {"a": b"123"}
    with pytest.raises(OSError, match="mine"), incoming(shelf, tmp_path).fetched(arrival("a"), LIMIT):
        raise OSError(errno.EIO, "mine")
    assert list(tmp_path.iterdir()) == []
