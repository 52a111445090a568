"""How the program behaves towards whoever calls it: help that teaches, light imports, pipes, mistakes told."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import pytest
import typer

from pipeline.cli import app
from tests.e2e.command import PROGRAM, SCANS, Sijill

HEAVY = ("prefect", "cv2", "onnxruntime", "pandas", "numpy", "PIL", "pikepdf", "torch")
PICTURES = ("cv2", "numpy", "PIL")


def commands() -> list[tuple[str, ...]]:
    """Every command, as typed."""
    root = typer.main.get_command(app)
    found: list[tuple[str, ...]] = []

    def walk(command: object, name: tuple[str, ...]) -> None:
        below = getattr(command, "commands", None)
        if below is None:
            found.append(name)
            return
        for part, inner in below.items():
            walk(inner, (*name, part))

    walk(root, ())
    return found


def test_every_command_is_there() -> None:
    wanted = "ingest,status,search,read,import,review export,review apply,withdraw,migrate,reindex,retry,verify,consent,doctor,up,down,ui"
    assert {" ".join(command) for command in commands()} >= set(wanted.split(","))


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_help_teaches(command: tuple[str, ...], tmp_path: Path) -> None:
    """More than one sentence, and every option with a word about it."""
    said = Sijill(tmp_path, {}).quick(*command, "--help").ok().out
    body = " ".join(line.strip() for line in said.split("Usage:")[1].splitlines()[1:]).split("╭")[0]
    assert body.count(". ") + body.rstrip().endswith(".") >= 2, body


def test_without_a_command_the_help_is_shown(tmp_path: Path) -> None:
    done = Sijill(tmp_path, {}).quick()
    assert "sijill ingest FOLDER --holding NAME" in done.out + done.err


@pytest.mark.parametrize(
    ("command", "may"),
    [
        (["--help"], ()),
        (["search", "غياث وصفي القهوجي"], ()),
        (["search", "غياث", "--json"], ()),
        (["search", "--queries", "QUERIES"], ()),
        (["status"], ()),
        (["status", "--json"], ()),
        (["verify"], ()),
        (["migrate"], ()),
        (["doctor"], ()),
        (["model", "list"], ()),
        (["review", "export"], PICTURES),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_what_needs_no_heavy_module_loads_none(scans: Sijill, command: list[str], may: tuple[str, ...], tmp_path: Path) -> None:
    """This keeps a command quick on any machine; the seconds are measured by `python -m benchmarks commands`."""
    (tmp_path / "names.txt").write_text("تميم\n" * 20, "utf-8")
    args = [str(tmp_path / "names.txt") if part == "QUERIES" else part for part in command]
    tell = f"lambda: sys.stderr.write('\\nloaded: ' + ' '.join(name for name in {HEAVY!r} if name in sys.modules))"
    program = (sys.executable, "-c", f"import atexit, sys, pipeline.cli; atexit.register({tell}); pipeline.cli.main()")
    _, told, loaded = scans(*args, program=program).ok().err.rpartition("loaded:")
    assert told
    assert set(loaded.split()) <= set(may)


def test_the_local_server_up_and_down(tmp_path: Path) -> None:
    sijill = Sijill(tmp_path / "archive", {})
    try:
        said = sijill("up").ok().out
        assert "http://127.0.0.1:" in said
        assert sijill("up").ok().out == said
        assert sijill("ui").ok().out.strip() in said
    finally:
        stopped = sijill("down")
    assert "Prefect is stopped." in stopped.ok().out
    assert "Prefect was not running." in sijill("down").ok().out


def test_a_reader_of_the_output_that_goes_away(scans: Sijill) -> None:
    """`sijill review export | head -1` ends quietly."""
    with subprocess.Popen([*PROGRAM, "review", "export"], env=scans.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as export:
        assert export.stdout is not None
        assert export.stderr is not None
        json.loads(export.stdout.readline())
        export.stdout.close()
        assert export.stderr.read() == b""
        assert export.wait(30) == 1  # as click has it


@pytest.mark.parametrize(
    ("settings", "args", "code"),
    [
        ({"processes": "none"}, ["status"], "bad-setting"),
        ({"reader": "nobody"}, ["ingest", str(SCANS), "--holding", "A"], "bad-setting"),
        ({"index": "mysql:x"}, ["search", "x"], "bad-setting"),
        ({"catalogue": "nonsense"}, ["status"], "bad-setting"),
        ({}, ["ingest", "/no/such/folder", "--holding", "A"], "no-such-path"),
        ({}, ["ingest", str(SCANS), "--holding", "  "], "bad-holding"),
        ({}, ["ingest", str(SCANS), "--holding", "A", "--manifest", "/no/such/file"], "bad-manifest"),
    ],
)
def test_mistakes_are_told_in_a_line(scans: Sijill, settings: dict[str, str], args: list[str], code: str, tmp_path: Path) -> None:
    home = scans.home if args[0] in ("search", "status") else tmp_path / "archive"
    told = Sijill(home, settings)(*args).failed(64, code)
    assert len(told.err.splitlines()) <= 3, told.err


@pytest.mark.parametrize("args", [["review", "export", "--out"], ["search", "غياث", "--limit", "1", "--pictures"]], ids=" ".join)
def test_what_cannot_be_written_is_told(scans: Sijill, args: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    scans.quick(*args, str(tmp_path / "file" / "below")).failed(64, "unwritable")


def test_an_unknown_option_is_told(scans: Sijill) -> None:
    done = scans.quick("search", "x", "--nonsense")
    assert done.code == click.UsageError.exit_code
    assert "--nonsense" in done.err


def test_a_manifest_is_kept(tmp_path: Path) -> None:
    """Place and date of seizure, holders, consent, gaps: in the catalogue, and its digest in the custody record."""
    (tmp_path / "in").mkdir()
    manifest = tmp_path / "box.toml"
    manifest.write_text('seized_at = "فرع ٢١٥"\nseized_on = "2013-05-01"\nheld_by = ["A", "B"]\nbox = "Box 3"\n', "utf-8")
    sijill = Sijill(tmp_path / "archive", {"reader": "constant"})
    said = sijill("ingest", tmp_path / "in", "--holding", "A", "--manifest", manifest, "--gaps", "boxes 4-6").ok()
    assert "no files" in said.out
    with sqlite3.connect(sijill.home / "catalogue.db") as database:
        [(box, kept)] = database.execute("SELECT box, manifest FROM accession").fetchall()
    database.close()
    assert box == "Box 3"
    assert json.loads(kept) == {"seized_at": "فرع ٢١٥", "seized_on": "2013-05-01", "held_by": "A; B", "gaps": "boxes 4-6"}
