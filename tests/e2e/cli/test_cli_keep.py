"""verify, reindex, migrate, retry, doctor: damage is told and never passed over, the index is mended, nothing else is touched."""

import json
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.e2e.command import PROGRAM, SCANS, Done, Sijill

ASKED = "غياث وصفي القهوجي"


def checkpoint(said: Done) -> str:
    return said.out.partition("Checkpoint, to keep outside this archive: ")[2].split()[0]


def flip(path: Path) -> None:
    """One bit of one byte, in the middle of a file that nobody may write to."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    path.chmod(0o400)


def blob(sijill: Sijill, name: str) -> Path:
    page_id = next(hit["page_id"] for hit in sijill.hits(ASKED, "--limit", "100") if Path(hit["source"]).name == name)
    [path] = (sijill.home / "blobs").glob(f"??/??/{page_id.rpartition('-')[0]}")
    return path


def test_a_sound_archive(taken_in: tuple[Sijill, Done]) -> None:
    sijill, said = taken_in
    done = sijill.quick("verify", "--checkpoint", checkpoint(said)).ok()
    assert "0 alarms" in done.out
    assert checkpoint(said) in done.out


def test_a_longer_record_still_holds_the_checkpoint(taken_in: tuple[Sijill, Done], sijill: Sijill) -> None:
    said = sijill("ingest", SCANS / "death-registry.png", SCANS / "truth.json", "--holding", "Branch 215", "--box", "later").ok()
    sijill.quick("verify", "--checkpoint", checkpoint(taken_in[1]), "--checkpoint", checkpoint(said)).ok()


def test_a_checkpoint_of_another_record(taken_in: tuple[Sijill, Done], sijill: Sijill) -> None:
    number, size, root = checkpoint(taken_in[1]).split(":")
    forged = f"{number}:{size}:{root[::-1]}"
    assert "ALARM chain-rewritten" in sijill.quick("verify", "--checkpoint", forged).failed(74, "verify-failed").err
    longer = f"{number}:{int(size) + 5}:{root}"
    assert "ALARM chain-cut" in sijill.quick("verify", "--checkpoint", longer).failed(74, "verify-failed").err
    assert "ALARM" in sijill.quick("verify", "--checkpoint", f"99:{size}:{root}").failed(74, "verify-failed").err
    sijill.quick("verify", "--checkpoint", "nonsense").failed(64, "bad-checkpoint")


def test_a_flipped_bit_in_a_blob(sijill: Sijill, tmp_path: Path) -> None:
    """verify alarms; drawing the page is refused; nothing is repaired."""
    path = blob(sijill, "release-terrorism-court.jpg")
    flip(path)
    told = sijill.quick("verify").failed(74, "verify-failed")
    assert told.err.count("ALARM") == 1
    assert f"ALARM blob-damaged: blob {path.name}" in told.err
    drawn = sijill("search", ASKED, "--pictures", tmp_path / "pictures").ok()
    refused = drawn.err.count("[blob-damaged]")
    assert refused >= 1
    assert "restore this blob from a backup" in drawn.err
    assert len(list((tmp_path / "pictures").iterdir())) == len(sijill.hits(ASKED)) - refused


def test_a_missing_blob(sijill: Sijill) -> None:
    path = blob(sijill, "release-terrorism-court.jpg")
    path.unlink()
    assert f"ALARM blob-missing: blob {path.name}" in sijill.quick("verify").failed(74, "verify-failed").err


def test_a_damaged_blob_is_not_read(sijill: Sijill) -> None:
    """Pages put back in line whose bytes have changed meanwhile: a failure with its reason, and whole again after a restore."""
    path = blob(sijill, "verdict-terrorism-court.tif")
    kept = path.read_bytes()
    flip(path)
    # A record of the pages as waiting and unread, as if the batch had been cut off after they were taken in.
    with sqlite3.connect(sijill.home / "catalogue.db") as database:
        database.execute("UPDATE page SET state = 'failed', code = 'reader-died', detail = '' WHERE sha256 = ?", [path.name])
        database.execute("DELETE FROM mention WHERE page_id LIKE ?", [f"{path.name}%"])
        database.execute("DELETE FROM reading WHERE page_id LIKE ?", [f"{path.name}%"])
    database.close()
    sijill("retry", "--failed-only").ok()
    failures = [item for item in sijill.ledger()["failures"] if item["page"]]
    assert [(item["page"], item["code"]) for item in failures] == [(1, "blob-damaged"), (2, "blob-damaged")]
    assert "restore" in sijill.quick("status").ok().out
    path.chmod(0o600)
    path.write_bytes(kept)
    said = sijill("retry", "--failed-only").ok()
    assert "2 failed pages to read again" in said.out
    assert [item for item in sijill.ledger()["failures"] if item["page"]] == []
    assert any(Path(hit["source"]).name == "verdict-terrorism-court.tif" for hit in sijill.hits(ASKED))


@pytest.mark.parametrize("what", ["UPDATE custody SET actor = 'nobody' WHERE number = 3", "DELETE FROM custody WHERE number = 5"])
def test_an_edited_record(sijill: Sijill, what: str) -> None:
    with sqlite3.connect(sijill.home / "catalogue.db") as database:
        database.execute(what)
    database.close()
    assert "ALARM chain-broken" in sijill.quick("verify").failed(74, "verify-failed").err


def test_an_edited_reading(sijill: Sijill) -> None:
    with sqlite3.connect(sijill.home / "catalogue.db") as database:
        two = [row[0] for row in database.execute("SELECT page_id FROM reading ORDER BY page_id LIMIT 2")]
        database.execute("UPDATE reading SET content = (SELECT content FROM reading WHERE page_id = ?) WHERE page_id = ?", two)
    database.close()
    assert f"page {two[1]}" in sijill.quick("verify").failed(74, "verify-failed").err


def test_a_deleted_index(sijill: Sijill) -> None:
    before = sijill.hits(ASKED)
    for path in sijill.home.glob("index.db*"):
        path.unlink()
    told = sijill.quick("search", ASKED)
    assert told.code == 74
    assert "[index-missing]" in told.err
    assert "sijill reindex" in told.err
    assert "index-missing" in sijill.quick("verify").failed(74, "verify-failed").err
    assert not (sijill.home / "index.db").exists()
    sijill.quick("reindex").ok()
    assert sijill.hits(ASKED) == before
    sijill.quick("verify").ok()


def test_an_index_of_noise(sijill: Sijill) -> None:
    before = sijill.hits(ASKED)
    for path in sijill.home.glob("index.db-*"):
        path.unlink()
    (sijill.home / "index.db").write_bytes(b"no index at all " * 3000)
    told = sijill.quick("search", ASKED)
    assert told.code == 74
    assert "sijill reindex" in told.err
    sijill.quick("reindex").ok()
    assert sijill.hits(ASKED) == before


def test_an_index_older_than_the_catalogue(sijill: Sijill, tmp_path: Path) -> None:
    """A copy of an older index put back: verify tells, the search shows nothing that is not so, reindex mends."""
    older = {path.name: shutil.copy(path, tmp_path) for path in sijill.home.glob("index.db*")}
    hit = next(hit for hit in sijill.hits(ASKED) if hit["source"].endswith("release-terrorism-court.jpg"))
    sijill.quick("withdraw", hit["page_id"], "--reason", "consent").ok()
    line = tmp_path / "more.jsonl"
    lines = [{"text": "المدعو صهيل بن برقوق الزعتري", "box": [0, 0, 90, 20], "confidence": 1.0, "words": []}]
    page = {"source": "more.png", "page": 1, "width": 99, "height": 99, "reader": "typed", "text": lines[0]["text"], "lines": lines}
    line.write_text(json.dumps(page, ensure_ascii=False), "utf-8")
    sijill.quick("import", str(line), "--holding", "Branch 215").ok()
    after = sijill.hits(ASKED)
    for path in sijill.home.glob("index.db*"):
        path.unlink()
    for name, copy in older.items():
        shutil.copy(copy, sijill.home / name)
    assert hit["page_id"] not in {other["page_id"] for other in sijill.hits(ASKED)}, "withdrawn, whatever the index says"
    assert "ALARM index-differs" in sijill.quick("verify").failed(74, "verify-failed").err
    sijill.quick("reindex").ok()
    sijill.quick("verify").ok()
    assert sijill.hits(ASKED) == after
    assert sijill.hits("صهيل برقوق الزعتري")[0]["source"] == "more.png"


def test_migrate_twice(sijill: Sijill, tmp_path: Path) -> None:
    before = sijill.ledger()
    for _ in range(2):
        assert "The archive is at schema" in sijill.quick("migrate").ok().out
    assert sijill.ledger() == before
    new = Sijill(tmp_path / "new", {})
    assert "Migrated from schema none" in new.quick("migrate").ok().out
    assert "The archive is at schema" in new.quick("migrate").ok().out
    new.quick("status").ok()


def test_nothing_to_retry(scans: Sijill) -> None:
    assert "0 failed pages to read again" in scans("retry", "--failed-only").ok().out


def test_the_doctor_finds_this_machine_fit(scans: Sijill) -> None:
    done = scans("doctor").ok()
    assert "MISSING" not in done.out
    assert "ok      reader's model: " in done.out
    assert "tesseract" in scans.having(reader="tesseract")("doctor").ok().out


def test_the_doctor_says_how_to_get_what_is_missing(scans: Sijill, tmp_path: Path) -> None:
    """On a machine without any program."""
    bare = scans.environment | {"PATH": str(tmp_path)}
    done = subprocess.run([*PROGRAM, "doctor"], env=bare, capture_output=True, text=True, check=False)
    assert done.returncode == 69
    assert "MISSING" in done.stdout
    assert "apt" in done.stdout
    assert "Traceback" not in done.stderr
