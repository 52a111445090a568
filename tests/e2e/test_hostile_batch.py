"""Every hostile file there is in one folder with good scans: all accounted for with reasons, the good ones found, memory bounded."""

import os
import pty
import re
import shutil
import subprocess
import time
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import psutil
import pytest

from flows.server import LocalServer
from pipeline.errors import WAYS_OUT
from pipeline.intake import storable
from tests.e2e.command import PROGRAM, SCANS, Done, Sijill
from tests.hostile import HOSTILE, Hostile

GOOD = ("death-registry.png", "release-branch-227.tif")
MOST = 2 * 2**30
SECONDS = "8"
LONGEST_PATH = 4095


class Folder(NamedTuple):
    """The batch: where it lies, and where each hostile thing in it was written."""

    root: Path
    written: dict[str, str]


class Run(NamedTuple):
    """A batch done: the archive, what was said, and the most memory its processes held at one time, in bytes."""

    sijill: Sijill
    done: Done
    peak: int


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    root = tmp_path_factory.mktemp("hostile") / "box"
    root.mkdir()
    written = {hostile.name: os.path.normpath(hostile.write(root)) for hostile in HOSTILE}
    for name in GOOD:
        shutil.copy(SCANS / name, root)
    yield Folder(root, written)
    subprocess.run(["rm", "-rf", root], check=True)  # some paths are too long for Python's own


def measured(sijill: Sijill, *args: str | Path) -> Run:
    """Run a command and watch the memory of all its processes."""
    process = sijill.start(*args)
    peak = 0

    def watch() -> None:
        nonlocal peak
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(process.pid)
            while process.returncode is None:
                peak = max(peak, sum(map(resident, [parent, *parent.children(recursive=True)])))
                time.sleep(0.05)

    watcher = Thread(target=watch)
    watcher.start()
    out, err = process.communicate(timeout=400)
    watcher.join()
    return Run(sijill, Done(process.returncode, out, err), peak)


def resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


@pytest.fixture(scope="module")
def run(folder: Folder, tmp_path_factory: pytest.TempPathFactory, server: LocalServer) -> Run:
    settings = {"prefect": server.url, "reader": "constant", "page_seconds": SECONDS}
    return measured(Sijill(tmp_path_factory.mktemp("archive") / "archive", settings), "ingest", folder.root, "--holding", "Hostile")


def failures(sijill: Sijill, place: str) -> list[dict[str, Any]]:
    """The failures told of a file, or of what lies below a folder."""
    place = storable(place)
    return [item for item in sijill.ledger()["failures"] if item["source"] == place or item["source"].startswith(f"{place}/")]


def test_the_batch_ends_well(run: Run) -> None:
    run.done.ok()
    assert all(line.startswith(("Taking in: ", "Reading: ")) for line in run.done.err.splitlines()), run.done.err


def test_every_file_is_accounted_for(run: Run, folder: Folder) -> None:
    """Counted by find, which knows nothing of ours; a folder whose path no call takes whole counts as one."""
    listed = subprocess.run(["find", folder.root, "!", "-type", "d", "-print0"], capture_output=True, check=True).stdout
    paths = [path for path in listed.split(b"\0") if path]
    too_deep = sum(len(path) > LONGEST_PATH for path in paths)
    row = run.sijill.ledger()
    assert row["files"] == len(paths) - too_deep + bool(too_deep)
    assert row["files"] == row["accepted"] + row["duplicates"] + row["refused"]
    assert row["pages"] == row["indexed"] + row["waiting"] + row["failed"]
    assert row["waiting"] == 0
    assert len(row["failures"]) == row["refused"] + row["failed"]


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_each_is_told_with_its_reason(run: Run, folder: Folder, hostile: Hostile) -> None:
    told = failures(run.sijill, folder.written[hostile.name])
    codes: set[str | None] = {item["code"] for item in told} or {None}
    allowed = {*hostile.codes, *([None] if hostile.root_reads and os.geteuid() == 0 else [])}
    assert codes <= allowed
    for item in told:
        assert WAYS_OUT[item["code"]] in item["reason"], "the reason names no way out"


@pytest.mark.parametrize("name", GOOD)
def test_good_scans_among_them_are_found(run: Run, folder: Folder, name: str) -> None:
    hits = run.sijill.hits("سامر نزار الحلبي", "--limit", "100")
    assert str(folder.root / name) in {hit["source"] for hit in hits}


def test_memory_stays_bounded(run: Run) -> None:
    assert 0 < run.peak < MOST, f"{run.peak / 2**20:.0f} MiB"


def tampering(text: str) -> set[str]:
    """Characters that could move the cursor or turn text round."""
    return {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") and char not in "\n\u200c\u200d"}


def test_what_is_printed_cannot_tamper_with_a_terminal(run: Run) -> None:
    for done in (run.done, run.sijill.quick("status"), run.sijill.quick("search", "سامر نزار الحلبي", "--limit", "100")):
        assert tampering(done.out + done.err) == set()


def test_nor_on_a_terminal(run: Run) -> None:
    """There colours are ours, and isolates keep names apart; nothing else."""
    reader, writer = pty.openpty()
    with subprocess.Popen([*PROGRAM, "status"], stdout=writer, stderr=writer, env=run.sijill.environment) as status:
        os.close(writer)
        shown = b""
        with suppress(OSError):  # the other end closes with the program
            while piece := os.read(reader, 65536):
                shown += piece
    os.close(reader)
    assert status.returncode == 0
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).replace("\r\n", "\n")
    assert "not taken" in text
    assert tampering(text) <= {"\u2068", "\u2069"}


def test_the_same_batch_again_changes_nothing(run: Run, folder: Folder) -> None:
    before = run.sijill.ledger()
    again = run.sijill("ingest", folder.root, "--holding", "Hostile").ok()
    after = run.sijill.ledger()
    assert after == before
    assert "Reading" not in again.err
    run.sijill.quick("verify").ok()


def ids(listed: list[dict[str, Any]]) -> list[tuple[str, int, str]]:
    return sorted((item["source"], item["page"] or 0, item["code"]) for item in listed)


def test_two_at_once_end_with_the_same_ledger(run: Run, folder: Folder, tmp_path: Path) -> None:
    both = Sijill(tmp_path / "archive", run.sijill.settings)
    started = [both.start("ingest", folder.root, "--holding", "Hostile") for _ in range(2)]
    ended = [(*process.communicate(timeout=400), process.returncode) for process in started]
    for out, err, code in ended:
        assert code == 0, out + err
        assert "Traceback" not in err
    one, two = run.sijill.ledger(), both.ledger()
    assert sum(batch["files"] for batch in two.pop("batches")) == sum(batch["files"] for batch in one.pop("batches"))
    for listed in ("failures", "rescan"):  # in any order; a hang is told in the words of whoever noticed it first
        assert ids(two.pop(listed)) == ids(one.pop(listed))
    assert two == one
    both.quick("verify").ok()
