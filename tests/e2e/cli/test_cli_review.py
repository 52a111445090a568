"""review and withdraw: a corrected line is found under its new name, the first reading stays; what is withdrawn is nowhere."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import SCANS, Sijill

ASKED = "تميم نصوح الدباغ"
MISREAD = "memo-branch-215.pdf"  # page 2: تميم read as تيم


def exported(sijill: Sijill) -> list[dict[str, Any]]:
    return [json.loads(line) for line in sijill.quick("review", "export", "--holding", "Branch 215").ok().out.splitlines()]


def jsonl(path: Path, *lines: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return str(path)


def named_line(sijill: Sijill) -> dict[str, Any]:
    """The line that holds a man's name on a page, as exported."""
    hit = next(hit for hit in sijill.hits("غياث وصفي القهوجي") if hit["source"].endswith("release-terrorism-court.jpg"))
    return next(line for line in exported(sijill) if line["page_id"] == hit["page_id"] and "غياث" in line["text"])


def printed_line(truth: list[dict[str, Any]]) -> str:
    """What is printed in that line, however it was read."""
    [page] = [page for page in truth if page["source"] == "release-terrorism-court.jpg"]
    [text] = [line["text"] for line in page["lines"] if "غياث" in line["text"]]
    return str(text)


def test_lines_as_exported(scans: Sijill, truth: list[dict[str, Any]], tmp_path: Path) -> None:
    lines = exported(scans)
    keys = {"page_id", "revision", "line", "text", "checked", "confidence", "box", "holding", "source", "page"}
    assert all(set(line) >= keys for line in lines)
    pages = {line["page_id"]: [other["line"] for other in lines if other["page_id"] == line["page_id"]] for line in lines}
    assert all(numbers == list(range(len(numbers))) for numbers in pages.values())
    blank = sum(not page["lines"] for page in truth)
    assert len(pages) == len(truth) - blank, "a page that is not blank has lines"
    scans.quick("review", "export", "--out", str(tmp_path / "lines.jsonl")).ok()
    assert [json.loads(line) for line in (tmp_path / "lines.jsonl").read_text("utf-8").splitlines()] == lines


def test_a_corrected_name_is_found_and_the_reading_stays(sijill: Sijill, truth: list[dict[str, Any]], tmp_path: Path) -> None:
    line = named_line(sijill)
    assert sijill.hits("صهيل برقوق الزعتري")[:1] == [] or sijill.hits("صهيل برقوق الزعتري")[0]["score"] < 0.8
    new = printed_line(truth).replace("غياث", "صهيل").replace("وصفي", "برقوق").replace("القهوجي", "الزعتري")
    file = jsonl(tmp_path / "corrected.jsonl", line | {"text": new})
    said = sijill.quick("review", "apply", file, "--by", "Reviewer 1").ok()
    assert "1 pages corrected" in said.out or "1 page corrected" in said.out

    hit = sijill.hits("صهيل برقوق الزعتري")[0]
    assert (hit["page_id"], hit["kind"], hit["checked"], hit["score"]) == (line["page_id"], "person", True, 1.0)
    assert hit["person"]["name"] == "صهيل برقوق الزعتري"
    assert hit["box"]
    old = [found for found in sijill.hits("غياث وصفي القهوجي") if found["page_id"] == line["page_id"] and found["score"] > 0.8]
    assert old == []
    now = next(other for other in exported(sijill) if (other["page_id"], other["line"]) == (line["page_id"], line["line"]))
    assert (now["text"], now["revision"], now["checked"]) == (new, line["revision"] + 1, True)

    with closing(sqlite3.connect(sijill.home / "catalogue.db")) as database:
        kept = 'SELECT revision, "by" FROM reading WHERE page_id = ? ORDER BY revision'
        assert database.execute(kept, [line["page_id"]]).fetchall() == [(0, None), (1, "Reviewer 1")]
    again = sijill.quick("review", "apply", file, "--by", "Reviewer 2").ok()
    assert "0 pages corrected, 1 unchanged" in again.out
    other = jsonl(tmp_path / "other.jsonl", line | {"text": line["text"].replace("غياث", "كنان")})
    told = sijill.quick("review", "apply", other, "--by", "Reviewer 2").failed(73, "not-applied")
    assert "is at revision 1, the correction was made on 0" in told.err
    assert "Export the page again" in told.err
    assert sijill.hits("صهيل برقوق الزعتري")[0]["score"] == 1.0
    row = sijill.ledger()
    assert row["indexed"] == row["pages"]
    sijill.quick("verify").ok()


def test_a_correction_outlives_reading_again(sijill: Sijill, truth: list[dict[str, Any]], tmp_path: Path) -> None:
    """The same files offered again, the index built anew: a person's word still stands."""
    line = named_line(sijill)
    new = printed_line(truth).replace("غياث", "صهيل")
    sijill.quick("review", "apply", jsonl(tmp_path / "c.jsonl", line | {"text": new}), "--by", "R").ok()
    sijill("ingest", SCANS / "release-terrorism-court.jpg", "--holding", "Other", "--box", "2").ok()
    sijill.quick("reindex").ok()
    found = [hit for hit in sijill.hits("صهيل وصفي القهوجي") if hit["page_id"] == line["page_id"] and hit["kind"] == "person"]
    assert {(hit["holding"], hit["checked"], hit["score"]) for hit in found} == {("Branch 215", True, 1.0), ("Other", True, 1.0)}


def test_a_line_confirmed_removed_added(sijill: Sijill, tmp_path: Path) -> None:
    line = named_line(sijill)
    others = [other for other in exported(sijill) if other["page_id"] == line["page_id"] and other["line"] != line["line"]]
    added = {"page_id": line["page_id"], "revision": line["revision"], "text": "المدعو هيثم بن برقوق الزعتري", "after": line["line"]}
    file = jsonl(tmp_path / "c.jsonl", line | {"checked": True}, others[-1] | {"text": ""}, added)
    sijill.quick("review", "apply", file, "--by", "R").ok()
    now = [other["text"] for other in exported(sijill) if other["page_id"] == line["page_id"]]
    at = now.index(line["text"])
    assert now[at + 1] == "المدعو هيثم بن برقوق الزعتري"
    assert len(now) == len(others) + 1
    hit = sijill.hits("هيثم برقوق الزعتري")[0]
    assert (hit["page_id"], hit["person"]["name"]) == (line["page_id"], "هيثم برقوق الزعتري")
    confirmed = next(hit for hit in sijill.hits("غياث وصفي القهوجي") if hit["page_id"] == line["page_id"])
    assert confirmed["checked"] is True


def test_a_file_with_one_bad_line_changes_nothing(sijill: Sijill, tmp_path: Path) -> None:
    line = named_line(sijill)
    file = tmp_path / "c.jsonl"
    jsonl(file, line | {"text": "شيء آخر"})
    file.write_text(file.read_text("utf-8") + "{broken\n", "utf-8")
    told = sijill.quick("review", "apply", str(file), "--by", "R").failed(64, "bad-line")
    assert "line 2" in told.err
    assert named_line(sijill)["revision"] == 0


def test_a_page_nobody_has(sijill: Sijill, tmp_path: Path) -> None:
    file = jsonl(tmp_path / "c.jsonl", {"page_id": "0" * 64 + "-1", "revision": 0, "line": 0, "text": "x"})
    sijill.quick("review", "apply", file, "--by", "R").failed(73, "not-applied")
    sijill.quick("review", "apply", "/no/such/file", "--by", "R").failed(64, "unreadable")
    sijill.quick("review", "apply", file, "--by", "  ").failed(64, "bad-name")


@pytest.mark.parametrize("whole_file", [False, True])
def test_what_is_withdrawn_is_nowhere(sijill: Sijill, tmp_path: Path, whole_file: bool) -> None:
    line = named_line(sijill)
    page_id, blob = line["page_id"], line["page_id"].rpartition("-")[0]
    before = sijill.ledger()
    said = sijill.quick("withdraw", blob if whole_file else page_id, "--reason", "consent taken back").ok()
    assert said.out == "Pages withdrawn: 1.\n"
    asked = ("غياث وصفي القهوجي", "--limit", "100")
    assert page_id not in {hit["page_id"] for hit in sijill.hits(*asked)}
    assert page_id not in {other["page_id"] for other in exported(sijill)}
    row = sijill.ledger()
    assert (row["withdrawn"], row["pages"], row["failed"]) == (1, before["pages"], before["failed"])
    assert row["pages"] == row["indexed"] + row["waiting"] + row["failed"]

    change = jsonl(tmp_path / "c.jsonl", line | {"text": "شيء آخر"})
    sijill.quick("review", "apply", change, "--by", "R").failed(73, "not-applied")
    sijill("ingest", SCANS / "release-terrorism-court.jpg", "--holding", "Other", "--box", "9").ok()
    assert page_id not in {hit["page_id"] for hit in sijill.hits(*asked)}
    sijill.quick("reindex").ok()
    assert page_id not in {hit["page_id"] for hit in sijill.hits(*asked)}
    sijill.quick("withdraw", page_id, "--reason", "again").ok()
    sijill.quick("verify").ok()


def test_what_cannot_be_withdrawn(scans: Sijill) -> None:
    scans.quick("withdraw", "abc", "--reason", "x").failed(64, "bad-id")
    scans.quick("withdraw", "0" * 64, "--reason", "x").failed(66, "not-found")
    scans.quick("withdraw", "0" * 64, "--reason", " ").failed(64, "bad-reason")
