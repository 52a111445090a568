"""The same commands on shared engines: S3, PostgreSQL and Elasticsearch; and an archive carried there and back."""

import os
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import pytest

from flows.server import LocalServer
from tests.e2e.command import SCANS, Sijill
from tests.services.endpoints import ElasticEndpoint, PostgresEndpoint, S3Endpoint

ASKED = "غياث وصفي القهوجي"


@pytest.fixture
def shared(
    versitygw: S3Endpoint, new_database: Callable[[], PostgresEndpoint], elastic: ElasticEndpoint, server: LocalServer, tmp_path: Path
) -> Sijill:
    """Settings of a new archive on shared engines; the home folder holds nothing of it."""
    database, name = new_database(), f"t{token_hex(6)}"
    settings = {
        "blobs": f"s3:{versitygw.url}/{name}", "s3_access_key": versitygw.access_key, "s3_secret_key": versitygw.secret_key,
        "catalogue": database.url, "catalogue_password": database.password,
        "index": f"{elastic.url}/{name}", "index_key": elastic.api_key, "ca_file": str(elastic.ca_file),
        "prefect": server.url, "processes": "1",
    }  # fmt: skip
    return Sijill(tmp_path / "nothing", settings)


@pytest.fixture
def embedded(server: LocalServer, tmp_path: Path) -> Sijill:
    return Sijill(tmp_path / "embedded", {"prefect": server.url, "processes": "1"})


def settings_file(sijill: Sijill, path: Path) -> Path:
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={value}\n" for name, value in sijill.environment.items() if name.startswith("SIJILL_")))
    return path


def findings(sijill: Sijill) -> tuple[object, list[dict[str, object]]]:
    """What the archive says of itself and of a name, but for what a copy may change: where the ledger's times stand."""
    return sijill.quick("status", "--json").ok().json, sijill.hits(ASKED, "--limit", "50")


def test_every_command_on_shared_engines(shared: Sijill, tmp_path: Path) -> None:
    shared = shared.with_account("amal", "archivist", "reviewer")
    scans = [SCANS / name for name in ("death-registry.png", "release-terrorism-court.jpg")]
    said = shared("ingest", *scans, "--holding", "Branch 215").ok()
    checkpoint = said.out.partition("Checkpoint, to keep outside this archive: ")[2].split()[0]
    assert not (tmp_path / "nothing").exists() or not any((tmp_path / "nothing").rglob("*.db"))
    assert shared("ingest", *scans, "--holding", "Branch 215").ok()
    row = shared.ledger()
    assert (row["files"], row["accepted"], row["waiting"], row["failed"]) == (2, 2, 0, 0)
    assert row["pages"] == row["indexed"] > 0
    hit = shared.hits(ASKED)[0]
    shared("search", ASKED, "--pictures", tmp_path / "pictures").ok()
    assert any((tmp_path / "pictures").iterdir())
    assert "0 alarms" in shared.quick("verify", "--checkpoint", checkpoint).ok().out
    assert shared.quick("reindex").ok().out.strip() == f"{row['pages']} pages indexed."
    assert shared.hits(ASKED)[0]["page_id"] == hit["page_id"]
    assert shared.quick("migrate").ok().out.startswith("The archive is at schema")
    shared("review", "export", "--out", tmp_path / "review.jsonl").ok()
    shared.quick("withdraw", str(hit["page_id"]), "--reason", "consent").ok()
    assert hit["page_id"] not in {other["page_id"] for other in shared.hits(ASKED)}
    assert "0 alarms" in shared.quick("verify", "--checkpoint", checkpoint).ok().out


def test_an_archive_moves_to_shared_engines_and_back(embedded: Sijill, shared: Sijill, tmp_path: Path) -> None:
    embedded("ingest", SCANS / "death-registry.png", SCANS / "truth.json", "--holding", "Branch 215").ok()
    before = findings(embedded)
    there = settings_file(shared, tmp_path / "shared.env")
    said = embedded.quick("move", there).ok().out
    assert "copied, read back and found equal" in said
    assert findings(embedded) == before, "the archive itself stays as it is"
    shared = shared.with_account("amal", "reviewer")
    assert findings(shared) == before
    assert "0 alarms" in shared.quick("verify").ok().out
    embedded.quick("move", there).failed(77, "account-needed")
    embedded.quick("move", settings_file(shared, there)).failed(73, "archive-not-empty")

    back = Sijill(tmp_path / "back", embedded.settings)
    shared.quick("move", settings_file(back, tmp_path / "back.env")).ok()
    assert findings(back) == before
    assert "0 alarms" in back.quick("verify").ok().out
    assert os.listdir(tmp_path / "back" / "blobs")  # noqa: PTH208  # the bytes are here, not in the store


def test_a_settings_file_that_others_can_read(embedded: Sijill, tmp_path: Path) -> None:
    embedded("ingest", SCANS / "truth.json", "--holding", "Branch 215")
    path = settings_file(embedded, tmp_path / "other.env")
    path.chmod(0o644)
    embedded.quick("move", path).failed(64, "bad-settings-file")
    embedded.quick("move", tmp_path / "none.env").failed(64, "bad-settings-file")
