"""What the doctor says of machines that lack something."""

import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from pipeline.doctor import FEATURES, Finding, Machine, _python, _sqlite, examine, memory
from pipeline.errors import Damaged

GIB = 2**30
TESSERACT = 'case "$1" in --version) echo "tesseract 5.3.0";; *) printf "List (3):\\nArabic\\nara\\nosd\\n";; esac'
POPPLER = 'echo "pdftoppm version 22.12.0" >&2'


def bin_with(folder: Path, **programs: str) -> str:
    folder.mkdir()
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return str(folder)


def look(
    tmp_path: Path, home: Path | None = None, processes: int = 2, today: date = date(2027, 1, 2), **programs: str
) -> dict[str, Finding]:
    machine = Machine(bin_with(tmp_path / "bin", **programs), today, 2 * GIB)
    return {finding.name: finding for finding in examine(home or tmp_path, processes, machine)}


def test_a_whole_machine_lacks_nothing(tmp_path: Path) -> None:
    findings = look(tmp_path, tesseract=TESSERACT, pdftoppm=POPPLER)
    assert {name: (finding.found, finding.way_out) for name, finding in findings.items() if not finding.ok} == {}
    assert (findings["tesseract"].found, findings["pdftoppm"].found) == ("5.3.0", "22.12.0")
    assert {finding.way_out for finding in findings.values()} == {""}


def test_a_bare_machine_is_told_every_package(tmp_path: Path) -> None:
    ways_out = [finding.way_out for finding in look(tmp_path).values() if not finding.ok]
    packages = ["tesseract-ocr", "tesseract-ocr-ara", "tesseract-ocr-script-arab", "poppler-utils"]
    assert ways_out == [f"sudo apt-get install {package}" for package in packages]


@pytest.mark.parametrize(
    ("script", "lacking"),
    [
        ('case "$1" in --version) echo "tesseract 4.1.1";; *) printf "ara\\nArabic\\n";; esac', {"tesseract"}),
        ('case "$1" in --version) echo "tesseract 5.5.0";; *) printf "eng\\nara\\n";; esac', {"tesseract Arabic"}),
        ('case "$1" in --version) echo "tesseract 5.5.0";; *) printf "script/Arabic\\nara\\n";; esac', set()),
        ('case "$1" in --version) echo "tesseract 10.0";; *) printf "Arabic\\nara_old\\n";; esac', {"tesseract ara"}),
        ("exit 1", {"tesseract", "tesseract ara", "tesseract Arabic"}),
        ("printf '\\377\\376'", {"tesseract", "tesseract ara", "tesseract Arabic"}),
    ],
)
def test_tesseract_must_be_new_and_know_arabic(tmp_path: Path, script: str, lacking: set[str]) -> None:
    findings = look(tmp_path, tesseract=script, pdftoppm=POPPLER)
    assert {name for name, finding in findings.items() if not finding.ok} == lacking


def test_a_program_that_cannot_be_started_counts_as_missing(tmp_path: Path) -> None:
    folder = Path(bin_with(tmp_path / "bin"))
    (folder / "pdftoppm").write_bytes(b"\x7fELF")
    (folder / "pdftoppm").chmod(0o755)
    findings = {finding.name: finding for finding in examine(tmp_path, 1, Machine(str(folder)))}
    assert findings["pdftoppm"].found == "not found"


@pytest.mark.parametrize(("found", "ok"), [((3, 10, 9), False), ((3, 11, 0), True), ((3, 14, 1), True), ((4, 0, 0), True)])
def test_python_must_be_new(found: tuple[int, ...], ok: bool) -> None:
    assert _python(found).ok is ok


@pytest.mark.parametrize(
    ("found", "features", "shown", "ok"),
    [
        ((3, 34, 1), FEATURES, "3.34.1", False),
        ((3, 35, 0), FEATURES, "3.35.0", True),
        ((3, 40, 1), FEATURES | {"FTS6": "CREATE VIRTUAL TABLE u USING fts6(x)"}, "3.40.1 without FTS6", False),
    ],
)
def test_sqlite_must_be_new_and_search_text(found: tuple[int, ...], features: dict[str, str], shown: str, ok: bool) -> None:
    finding = _sqlite(found, features)
    assert (finding.found, finding.ok) == (shown, ok)


def test_this_sqlite_is_asked(tmp_path: Path) -> None:
    assert look(tmp_path)["sqlite"].found == sqlite3.sqlite_version


def test_a_folder_that_is_not_there_yet_is_judged_by_the_one_it_will_stand_in(tmp_path: Path) -> None:
    findings = look(tmp_path, home=tmp_path / "new" / "archive")
    assert findings["archive folder"].ok
    assert not (tmp_path / "new").exists()


def test_a_file_in_the_place_of_the_archive_is_told(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("")
    finding = look(tmp_path, home=tmp_path / "archive")["archive folder"]
    assert (finding.ok, finding.found) == (False, "Not a directory")
    assert finding.way_out.startswith("export SIJILL_HOME=")


@pytest.mark.parametrize(("today", "ok"), [(date(1970, 1, 1), False), (date(2025, 12, 31), False), (date(2026, 1, 1), True)])
def test_a_clock_that_never_was_set_is_told(tmp_path: Path, today: date, ok: bool) -> None:
    assert look(tmp_path, today=today)["clock"].ok is ok


@pytest.mark.parametrize(("processes", "ok", "way_out"), [(2, True, ""), (3, False, "export SIJILL_PROCESSES=2")])
def test_memory_is_weighed_against_what_reads_at_one_time(tmp_path: Path, processes: int, ok: bool, way_out: str) -> None:
    finding = look(tmp_path, processes=processes)["memory"]
    assert (finding.ok, finding.way_out) == (ok, way_out)


@pytest.mark.parametrize(("limit", "is_limited"), [("1048576\n", True), ("max\n", False), (None, False)])
def test_a_container_has_the_memory_it_was_given(tmp_path: Path, limit: str | None, is_limited: bool) -> None:
    if limit is not None:
        (tmp_path / "memory.max").write_text(limit)
    assert (memory(tmp_path / "memory.max") == 1048576) is is_limited


def test_the_doctor_comes_without_heavy_bags() -> None:
    code = "import sys, pipeline.doctor; print([m for m in ('cv2', 'prefect', 'pandas', 'numpy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_our_own_reader_needs_its_model_and_no_tesseract(tmp_path: Path) -> None:
    machine = Machine(bin_with(tmp_path / "bin", pdftoppm=POPPLER), date(2027, 1, 2), 2 * GIB)
    findings = {finding.name: finding for finding in examine(tmp_path, 1, machine, lambda: "lines-1 0123456789ab")}
    assert findings["reader's model"].ok
    assert findings["reader's model"].found == "lines-1 0123456789ab"
    assert "tesseract" not in findings


def test_an_altered_model_is_told_with_a_way_out(tmp_path: Path) -> None:
    def verified() -> str:
        raise Damaged("model-damaged", "The model is not the one listed.", "Put it back.")

    found = {finding.name: finding for finding in examine(tmp_path, 1, Machine(str(tmp_path)), verified)}["reader's model"]
    assert (found.ok, found.found, found.way_out) == (False, "The model is not the one listed.", "Put it back.")
