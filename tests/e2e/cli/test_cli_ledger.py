"""ingest and status: every file and page of the fixture scans accounted for, in the form programs rely on."""

from pathlib import Path
from typing import Any

from tests.e2e.command import SCANS, Done, Sijill

COUNTS = ("files", "accepted", "duplicates", "refused", "pages", "indexed", "waiting", "failed", "withdrawn", "low_confidence")


def test_what_ingest_says(taken_in: tuple[Sijill, Done], truth: list[dict[str, Any]]) -> None:
    said = taken_in[1]
    files = {page["source"] for page in truth}
    others = [path.name for path in SCANS.iterdir() if path.name not in files]
    assert f"{len(files)} accepted, {len(others)} refused" in said.out
    for name in others:
        assert f"{name}: unknown-format" in said.out
    assert said.out.count("Checkpoint, to keep outside this archive: ") == 1
    assert all(line.startswith(("Taking in: ", "Reading: ")) for line in said.err.splitlines()), said.err
    assert f"Reading: {len(truth)} of {len(truth)} pages" in said.err


def test_status_has_the_keys_and_the_equations(scans: Sijill, truth: list[dict[str, Any]]) -> None:
    row = scans.ledger()
    assert set(row) == {"holding", *COUNTS, "failures", "rescan", "batches", "training"}
    assert all(type(row[name]) is int for name in COUNTS)
    assert row["files"] == row["accepted"] + row["duplicates"] + row["refused"] == sum(1 for _ in SCANS.iterdir())
    assert row["pages"] == row["indexed"] + row["waiting"] + row["failed"] == len(truth)
    assert (row["holding"], row["indexed"], row["duplicates"]) == ("Branch 215", len(truth), 0)
    for failure in row["failures"]:
        assert set(failure) == {"source", "page", "code", "reason"}
        assert (failure["page"], failure["code"]) == (None, "unknown-format")
        assert "convert the file" in failure["reason"]
    assert {Path(failure["source"]).name for failure in row["failures"]} == {"README.md", "truth.json"}


def test_what_the_papers_say_is_missing_is_listed(scans: Sijill, truth: list[dict[str, Any]]) -> None:
    """Missing rows and pages show in digits, which Tesseract seldom reads; what is told must be so."""
    told = scans.ledger()["rescan"]
    missing = {(page["source"], page["page"], f"missing-{what}") for page in truth for what in page["missing"]}
    found = {(Path(note["source"]).name, note["page"], note["code"]) for note in told if note["code"].startswith("missing-")}
    assert ("memo-enclosures.png", 1, "missing-attachments") in found
    assert found <= missing
    assert f"to scan again or missing from the papers: {len(told)}" in scans.quick("status").out


def test_the_same_batch_again_changes_nothing(sijill: Sijill) -> None:
    before = sijill.ledger()
    again = sijill("ingest", SCANS, "--holding", "Branch 215", "--box", "Box 7").ok()
    after = sijill.ledger()
    assert after == before
    assert sum(batch["files"] for batch in after["batches"]) == after["files"]
    assert "Reading" not in again.err


def test_another_holding_shares_the_bytes_and_nothing_else(sijill: Sijill) -> None:
    """A duplicate elsewhere is a page of its own there, read without reading it again."""
    sijill("ingest", SCANS / "death-registry.png", "--holding", "Second", "--box", "Box 1").ok()
    rows = {row["holding"]: row for row in sijill.quick("status", "--json").json}
    assert (rows["Second"]["files"], rows["Second"]["accepted"], rows["Second"]["indexed"]) == (1, 1, 1)
    assert rows["Branch 215"]["indexed"] == rows["Branch 215"]["pages"]
    found = {hit["holding"] for hit in sijill.hits("راتب شبلي الحفار", "--limit", "50") if Path(hit["source"]).name == "death-registry.png"}
    assert found == {"Branch 215", "Second"}
    assert {hit["holding"] for hit in sijill.hits("راتب شبلي الحفار", "--holding", "Second")} == {"Second"}
    [alone] = [hit for hit in sijill.hits("راتب شبلي الحفار", "--holding", "Second") if hit["kind"] == "person"]
    assert alone["page"] == 1
