"""Papers that come in to a bucket: taken in by hand, and by the workers of a pool as they arrive."""

import io
import json
import re
import signal
import urllib.request
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from minio import Minio

from flows.server import LocalServer
from pipeline.access import Act
from pipeline.arrivals import TakeUp
from pipeline.catalogue.database import Database
from pipeline.catalogue.tables import source
from pipeline.settings import Settings
from pipeline.storage.s3_client import connect
from pipeline.wiring import archive, incoming, taking_in
from tests.drawn import small
from tests.e2e.command import Sijill
from tests.e2e.test_pool import ended, until
from tests.services.endpoints import PostgresEndpoint, S3Endpoint

PATIENCE = 900.0  # seconds; on two quiet cores nothing here takes a tenth of it
ASKED = "سامر نزار الحلبي"  # as the constant reader reads


class Bucket:
    """A bucket with versions that papers come in to."""

    def __init__(self, endpoint: S3Endpoint) -> None:
        self.name = f"in-{token_hex(6)}"
        self.client: Minio = connect(f"s3:{endpoint.url}/{self.name}", endpoint.access_key, endpoint.secret_key, None)[0]
        self.client.make_bucket(self.name, object_lock=True)

    def put(self, key: str, data: bytes) -> None:
        self.client.put_object(self.name, key, io.BytesIO(data), len(data))

    def etags(self) -> dict[str | None, str | None]:
        return {found.object_name: found.etag for found in self.client.list_objects(self.name, recursive=True)}


def scan(number: int) -> bytes:
    file = io.BytesIO()
    small(number).save(file, "png", dpi=(300, 300))
    return file.getvalue()


@pytest.fixture
def bucket(versitygw: S3Endpoint) -> Bucket:
    return Bucket(versitygw)


@pytest.fixture
def sijill(bucket: Bucket, versitygw: S3Endpoint, new_database: Callable[[], PostgresEndpoint], tmp_path: Path) -> Sijill:
    """A new archive whose bytes and record are on shared engines, and whose papers come from the same store."""
    database = new_database()
    settings = {
        "blobs": f"s3:{versitygw.url}/{bucket.name}-blobs", "s3_access_key": versitygw.access_key, "s3_secret_key": versitygw.secret_key,
        "catalogue": database.url, "catalogue_password": database.password,
        "reader": "constant", "processes": "1", "pool": f"readers-{bucket.name}",
    }  # fmt: skip
    return Sijill(tmp_path / "home", settings).with_account("amal", "archivist", "investigator", "operator")


def places(sijill: Sijill) -> list[str]:
    """Where the files of the record were found, in order."""
    database = Database(sijill.settings["catalogue"], password=sijill.settings["catalogue_password"])
    try:
        with database.read() as connection:
            return list(connection.scalars(source.select().with_only_columns(source.c.location).order_by(source.c.id)))
    finally:
        database.close()


def counts(sijill: Sijill) -> dict[str, int]:
    row = sijill.ledger()
    return {
        name: row[name] for name in ("files", "accepted", "duplicates", "refused", "pages", "indexed", "waiting", "failed") if row[name]
    }


def test_a_bucket_is_taken_in_as_a_folder_is(sijill: Sijill, bucket: Bucket, server: LocalServer, tmp_path: Path) -> None:
    sijill = sijill.having(prefect=server.url, pool="")
    (tmp_path / "beside.png").write_bytes(scan(9))
    hostile = "box/a?b #%2e\n\u202egnp.exe"
    for key, data in {
        "box/1.png": scan(1),
        "box/again.png": scan(1),
        hostile: scan(2),
        "box/notes.txt": b"no scan",
        "boxes/x.png": scan(3),
    }.items():
        bucket.put(key, data)
    bucket.put("box/empty", b"")
    before = bucket.etags()

    ingest = ("ingest", f"s3://{bucket.name}/box", tmp_path / "beside.png", "--holding", "Box")
    assert "3 accepted, 1 duplicate, 2 refused" in sijill(*ingest).ok().out
    assert counts(sijill) == {"files": 6, "accepted": 3, "duplicates": 1, "refused": 2, "pages": 3, "indexed": 3}
    assert {failure["code"] for failure in sijill.ledger()["failures"]} == {"unknown-format", "empty-file"}
    found = [urlsplit(place) for place in places(sijill) if place.startswith("s3:")]
    assert {(place.netloc, unquote(place.path)) for place in found} == {(bucket.name, f"/{key}") for key in before if key != "boxes/x.png"}
    assert all(parse_qs(place.query)["versionId"] for place in found if not place.path.endswith("empty"))
    assert {str(hit["source"]).partition(f"s3://{bucket.name}/")[2] for hit in sijill.hits(ASKED)} >= {"box/1.png"}

    assert "4 known, 2 refused" in sijill(*ingest).ok().out
    assert counts(sijill)["files"] == 6
    bucket.put("box/1.png", scan(4))
    assert "1 accepted, 3 known, 2 refused" in sijill(*ingest).ok().out
    assert counts(sijill)["indexed"] == 4
    assert "0 alarms" in sijill.quick("verify").ok().out
    assert bucket.etags() == before | {"box/1.png": bucket.etags()["box/1.png"]}, "nothing is changed where it lies"


def test_new_objects_are_taken_up_as_they_arrive(sijill: Sijill, bucket: Bucket, server: LocalServer) -> None:
    sijill = sijill.having(prefect=server.url)
    watch = ("incoming", f"s3://{bucket.name}", "--holding", "Box")
    bucket.put("1.png", scan(1))
    bucket.put("notes.txt", b"no scan")
    assert "taken up every 10 seconds" in sijill.quick(*watch, "--every", "10", "--box", "Drive 3").ok().out
    with sijill.working("--limit", "2") as worker:
        until(lambda: done(sijill, 1), PATIENCE)
        bucket.put("2.png", scan(2))
        until(lambda: done(sijill, 2), PATIENCE)
        assert counts(sijill) == {"files": 3, "accepted": 2, "refused": 1, "pages": 2, "indexed": 2}
        assert {hit["source"] for hit in sijill.hits(ASKED)} == {f"s3://{bucket.name}/1.png", f"s3://{bucket.name}/2.png"}
        until(lambda: under_way(sijill) == 0, PATIENCE)
        assert [batch["box"] for batch in sijill.ledger()["batches"]] == ["Drive 3"] * 2
        sijill.quick(*watch, "--stop").ok()
        worker.send_signal(signal.SIGTERM)
        ended(worker).ok()
    assert "0 alarms" in sijill.quick("verify").ok().out
    assert deployments(server, sijill) == [sijill.settings["pool"]]
    sijill.quick("incoming", "s3://another-bucket", "--holding", "Box", "--stop").failed(66, "not-watched")


def test_what_is_under_way_when_it_is_stopped_is_told_and_ended(
    bucket: Bucket, versitygw: S3Endpoint, server: LocalServer, tmp_path: Path
) -> None:
    """Looks took two batches in, and no worker is left."""
    store = {"incoming": versitygw.url, "incoming_access_key": versitygw.access_key, "incoming_secret_key": versitygw.secret_key}
    alone = Sijill(tmp_path / "home", {**store, "reader": "constant", "processes": "1"})
    sijill = alone.having(prefect=server.url, pool=f"readers-{bucket.name}")
    watch = ("incoming", f"s3://{bucket.name}", "--holding", "Box")
    sijill.quick(*watch, "--every", "10").ok()
    for number in (1, 2):
        bucket.put(f"{number}.png", scan(number))
        look(alone, bucket)
    said = sijill.quick(*watch, "--stop").ok().out
    assert re.findall(r"Batch (\d+) is under way: (\d of its \d) pages wait", said) == [("1", "1 of its 1"), ("2", "1 of its 1")]
    assert "is done" not in said
    alone("retry").ok()
    said = sijill(*watch, "--stop").ok().out
    assert re.findall(r"Batch (\d+) is done", said) == ["1", "2"]
    kept = [one for line in re.findall(r"outside this archive: (\S+)", said) for one in ("--checkpoint", line)]
    assert "0 alarms" in sijill.quick("verify", *kept).ok().out
    assert "Batch" not in sijill.quick(*watch, "--stop").ok().out, "and once"


def look(sijill: Sijill, bucket: Bucket) -> None:
    """What a worker's look takes in, each time a batch."""
    chosen = Settings.model_validate({**sijill.settings, "home": sijill.home})
    with archive(chosen, Act.WORK) as opened, taking_in(opened) as take:
        place, catalogue = f"s3://{bucket.name}", opened.catalogue
        watched = catalogue.incoming.named(place, "Box")
        TakeUp(watched, catalogue.incoming, catalogue.accessions, take, print, "tester")(incoming(chosen, place))


def done(sijill: Sijill, pages: int) -> bool:
    rows = sijill.quick("status", "--json")
    return rows.code == 0 and bool(rows.json) and rows.json[0]["indexed"] == pages


def under_way(sijill: Sijill) -> int:
    database = Database(sijill.settings["catalogue"], password=sijill.settings["catalogue_password"])
    try:
        with database.read() as connection:
            return int(connection.exec_driver_sql("select count(*) from incoming_batch").scalar_one())
    finally:
        database.close()


def deployments(server: LocalServer, sijill: Sijill) -> list[str]:
    """Names of those in this archive's pool."""
    body = json.dumps({"work_pools": {"name": {"any_": [sijill.settings["pool"]]}}}).encode()
    request = urllib.request.Request(f"{server.url}/deployments/filter", body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310  # our own server
        found: list[dict[str, Any]] = json.load(reply)
    return [one["name"] for one in found]
