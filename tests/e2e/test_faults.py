"""Faults staged against the whole program: readers that hang and crash, a full disk, servers and batches killed on the way."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import IO

import numpy as np
import psutil
import pytest
from PIL import Image

from flows.server import LocalServer
from tests.drawn import small
from tests.e2e.command import Sijill

MISBEHAVING = (sys.executable, "-m", "tests.e2e.misbehave")
GOOD = 300  # the height of a page on which the reader behaves
HABITS = {"hang": 400, "crash": 410, "exit": 420, "memory": 430, "bug": 440, "flaky": 450}
CODES = {"hang": "reader-hung", "crash": "reader-died", "exit": "reader-died", "memory": "out-of-memory", "bug": "unforeseen"}


def draw(path: Path, height: int, seed: int) -> None:
    small(seed, height).save(path, dpi=(300, 300))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty small pages, all good."""
    folder = tmp_path_factory.mktemp("pages")
    for number in range(60):
        draw(folder / f"{number:02}.png", GOOD, number)
    return folder


@pytest.fixture
def sijill(tmp_path: Path, server: LocalServer) -> Sijill:
    return Sijill(tmp_path / "archive", {"prefect": server.url, "reader": "constant", "page_seconds": "20"})


def whole(sijill: Sijill, pages: int) -> None:
    row = sijill.ledger()
    assert (row["pages"], row["indexed"], row["waiting"], row["failed"]) == (pages, pages, 0, 0), row
    assert row["files"] == row["accepted"] == pages
    sijill.quick("verify").ok()
    assert sijill.quick("search", "سامر نزار الحلبي", "--json").ok().json["coverage"]["complete"] is True


def test_bad_readers_are_set_aside_and_their_siblings_finish(tmp_path: Path, sijill: Sijill, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hung, crashed, ended, out of memory, a bug: each a failure with its code after three tries; later read by a better reader."""
    folder = tmp_path / "box"
    folder.mkdir()
    for seed, (kind, height) in enumerate(HABITS.items()):
        draw(folder / f"{kind}.png", height, seed)
    for number in range(6):
        draw(folder / f"good-{number}.png", GOOD, 100 + number)
    monkeypatch.setenv("MISBEHAVE", json.dumps({height: kind for kind, height in HABITS.items()}))
    monkeypatch.setenv("MISBEHAVE_ONCE", str(tmp_path / "once"))

    ingest = ("ingest", folder, "--holding", "Box")
    done = sijill.having(page_seconds="6")(*ingest, program=MISBEHAVING).ok()
    row = sijill.ledger()
    failed = {Path(failure["source"]).stem: failure for failure in row["failures"]}
    assert {kind: failure["code"] for kind, failure in failed.items()} == CODES
    assert all(failure["page"] == 1 and failure["reason"] for failure in failed.values())
    assert "SIJILL_PAGE_SECONDS" in failed["hang"]["reason"]
    assert "SIJILL_MEMORY_MB" in failed["memory"]["reason"]
    assert (row["pages"], row["indexed"], row["waiting"], row["failed"]) == (12, 7, 0, 5)
    assert (tmp_path / "once").exists(), "the page that failed once was not tried"
    assert "retry --failed-only" in done.out

    answer = sijill.quick("search", "سامر نزار الحلبي", "--json").ok().json
    assert (answer["coverage"]["failed"], answer["coverage"]["complete"]) == (5, False)
    assert "5 failed" in sijill.quick("search", "zzqx").ok().out
    again = sijill(*ingest, program=MISBEHAVING).ok()
    assert {**sijill.ledger(), "batches": []} == {**row, "batches": []}, "offered again, failed pages stay aside until they are asked for"
    assert "Reading" not in again.err

    said = sijill("retry", "--failed-only").ok()
    assert "5 failed pages to read again, 0 others waiting." in said.out
    row = sijill.ledger()
    assert (row["indexed"], row["failed"], row["failures"]) == (12, 0, [])
    sijill.quick("verify").ok()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system takes root")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", place], capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.parametrize("kib", [0, 150, 600])
def test_a_full_disk(kib: int, small_disk: Path, sijill: Sijill, tmp_path: Path) -> None:
    """Told with a way out; with space freed, the same command ends whole."""
    folder = tmp_path / "box"
    folder.mkdir()
    noise = np.random.default_rng(5)
    for number in range(8):
        Image.fromarray(noise.integers(0, 256, (400, 300), dtype=np.uint8)).save(folder / f"{number}.png", dpi=(300, 300))
    full = Sijill(small_disk / "archive", sijill.settings)
    full("ingest", folder / "0.png", "--holding", "Box").ok()
    filler = small_disk / "filler"
    free = os.statvfs(small_disk)
    filler.write_bytes(bytes(free.f_bavail * free.f_frsize - kib * 1024))

    ingest = ("ingest", folder, "--holding", "Box")
    told = full(*ingest).failed(75, "disk-full")
    assert "Free some space" in told.err
    assert full.quick("status").code in (0, 74, 75)
    filler.unlink()
    full(*ingest).ok()
    whole(full, 8)


def wait_for(text: str, stream: "IO[str]") -> str:
    """Read lines until one holds the text; the rest is read in the background so that the program does not block."""
    read = ""
    while text not in read:
        line = stream.readline()
        assert line, f"ended before {text!r}:\n{read}"
        read += line
    Thread(target=stream.read, daemon=True).start()
    return read


def alive(processes: list[psutil.Process], seconds: float = 10) -> list[psutil.Process]:
    _, left = psutil.wait_procs(processes, timeout=seconds)
    return [process for process in left if process.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize(
    ("at", "number", "code"),
    [
        ("Taking in: ", signal.SIGINT, 130),
        ("Reading: ", signal.SIGINT, 130),
        ("Reading: ", signal.SIGTERM, None),
        ("Reading: ", signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_a_batch_stopped_on_the_way(
    at: str, number: signal.Signals, code: int | None, pages: Path, sijill: Sijill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No process is left behind, nothing is lost, the same command goes on."""
    monkeypatch.setenv("MISBEHAVE", json.dumps({GOOD: "slow"}))
    ingest = ("ingest", pages, "--holding", "Box")
    with sijill.start(*ingest, program=MISBEHAVING) as batch:
        assert batch.stderr is not None
        wait_for(at, batch.stderr)
        family = psutil.Process(batch.pid).children(recursive=True)
        os.killpg(batch.pid, number)
        ended = batch.wait(60)
    assert ended == code or code is None
    assert alive(family) == []
    row = sijill.ledger()
    assert row["pages"] == row["indexed"] + row["waiting"] + row["failed"]
    assert row["waiting"] > 0
    sijill(*ingest).ok()
    whole(sijill, 60)


def test_ctrl_c_is_told_in_a_line(pages: Path, sijill: Sijill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISBEHAVE", json.dumps({GOOD: "slow"}))
    batch = sijill.start("ingest", pages, "--holding", "Box", program=MISBEHAVING)
    assert batch.stderr is not None
    while "Reading: " not in batch.stderr.readline():
        pass
    os.killpg(batch.pid, signal.SIGINT)
    _, err = batch.communicate(timeout=60)
    assert batch.returncode == 130
    rest = [line for line in err.splitlines() if not line.startswith(("Taking in: ", "Reading: "))]
    assert rest == ["sijill: stopped; the same command goes on where this one ended"]


def test_a_prefect_server_killed_on_the_way(pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The archive's own server: the batch is whole, and says nothing but that."""
    monkeypatch.setenv("MISBEHAVE", json.dumps({GOOD: "slow"}))
    sijill = Sijill(tmp_path / "archive", {"reader": "constant"})
    try:
        with sijill.start("ingest", pages, "--holding", "Box", program=MISBEHAVING) as batch:
            assert batch.stderr is not None
            wait_for("Reading: 16", batch.stderr)
            os.kill(json.loads((sijill.home / "prefect" / "server.json").read_text())["pid"], signal.SIGKILL)
            assert batch.wait(120) == 0
        whole(sijill, 60)
    finally:
        sijill("down")
