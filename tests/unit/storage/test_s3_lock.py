"""A store that promises object lock and does not hold it is refused before anything is written."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.errors import SijillError, Unavailable, Usage
from pipeline.storage.s3 import S3Blobs
from pipeline.storage.s3_client import connect
from tests.unit.storage.shelf import XML, Answer, Asked, Shelf, error

HELD = error(403, "AccessDenied")


def retention(mode: str, hours: float) -> Answer:
    until = (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return Answer(200, f"<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>".encode(), XML)


KEPT = retention("COMPLIANCE", 1)
NO_LOCK = error(400, "InvalidRequest")
GARAGE = error(501, "NotImplemented")


def script(**answers: Answer) -> Callable[[Asked], Answer | None]:
    """Answers by method, `retention` for what is asked about the lock, `lock` for what is set anew."""

    def before(asked: Asked) -> Answer | None:
        if "location" in asked.query:
            return None
        kind = asked.method.lower()
        if "retention" in asked.query:
            kind = "retention" if kind == "get" else "lock"
        return answers.get(kind)

    return before


def blobs(shelf: Shelf, days: int) -> S3Blobs:
    client, bucket, prefix = connect(f"{shelf.url}/p", "name", "secret", None, answer_seconds=1)
    return S3Blobs(client, bucket, prefix, retention_days=days)


@pytest.mark.parametrize("there", [False, True], ids=["first", "again"])
def test_a_store_that_holds_its_locks(shelf: Shelf, there: bool) -> None:
    shelf.objects = {"p/lock-probe": b""} if there else {}
    shelf.before = script(retention=KEPT, delete=HELD, lock=Answer(200))
    blobs(shelf, 1).probe()
    assert [asked.method for asked in shelf.asked if asked.path == "/blobs/p/lock-probe"] == [
        "HEAD", "PUT", "GET", "DELETE",
    ]  # fmt: skip
    assert list(shelf.objects) == ["p/lock-probe"]


def test_a_blob_is_locked_for_its_days(shelf: Shelf) -> None:
    blobs(shelf, 10).put(b"page")
    [put] = [asked for asked in shelf.asked if asked.method == "PUT"]
    until = datetime.fromisoformat(put.headers["x-amz-object-lock-retain-until-date"])
    assert put.headers["x-amz-object-lock-mode"] == "COMPLIANCE"
    assert timedelta(days=9.9) < until - datetime.now(UTC) < timedelta(days=10.1)


def test_without_retention_nothing_is_locked_or_probed(shelf: Shelf) -> None:
    blobs(shelf, 0).probe()
    blobs(shelf, 0).put(b"page")
    assert not any("lock" in str(asked.headers) + asked.path for asked in shelf.asked)


@pytest.mark.parametrize(
    "answers",
    [
        {"put": NO_LOCK},
        {"put": GARAGE},
        {"retention": GARAGE},
        {"retention": NO_LOCK},
        {"retention": error(404, "NoSuchObjectLockConfiguration")},
        {"retention": retention("GOVERNANCE", 1), "delete": HELD},
        {"retention": retention("COMPLIANCE", -1), "delete": HELD},
        {"retention": KEPT, "delete": Answer(204)},
    ],
)
def test_a_store_that_does_not_is_refused(shelf: Shelf, answers: dict[str, Answer]) -> None:
    shelf.before = script(**answers)
    with pytest.raises(Usage) as caught:
        blobs(shelf, 1).probe()
    assert caught.value.code == "store-not-locking"
    assert "SIJILL_S3_RETENTION_DAYS" in caught.value.way_out


@pytest.mark.parametrize(
    ("answers", "kind", "code"),
    [
        ({"put": HELD}, Usage, "store-denied"),
        ({"head": HELD}, Usage, "store-denied"),
        ({"put": error(507, "XMinioStorageFull")}, Unavailable, "disk-full"),
        ({"put": error(503, "SlowDown")}, Unavailable, "store-unavailable"),
        ({"retention": KEPT, "delete": error(503, "SlowDown")}, Unavailable, "store-unavailable"),
        ({"retention": Answer(200, b"<html", XML)}, Unavailable, "store-unavailable"),
    ],
)
def test_other_troubles_are_not_taken_for_it(shelf: Shelf, answers: dict[str, Answer], kind: type[SijillError], code: str) -> None:
    shelf.before = script(**answers)
    with pytest.raises(kind) as caught:
        blobs(shelf, 1).probe()
    assert caught.value.code == code
