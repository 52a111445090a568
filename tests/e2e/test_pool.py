"""Batches read by the workers of a Prefect work pool: workers killed, runs cancelled, the server killed; every page is read once."""

import json
import os
import signal
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from flows.server import LocalServer
from tests.drawn import small
from tests.e2e.command import Done, Sijill

PAGES, FILES = 40, 4  # two chunks
NAME = "سامر-نزار-الحلبي"  # a file's name: must never reach Prefect
PATIENCE = 900.0  # seconds; on two quiet cores nothing here takes a tenth of it


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("box")
    pages = [small(number) for number in range(PAGES)]
    for file in range(FILES):
        first, *others = pages[file::FILES]
        first.save(folder / f"{NAME}-{file}.tif", save_all=True, append_images=others, dpi=(300, 300))
    return folder


@pytest.fixture
def sijill(tmp_path: Path, server: LocalServer) -> Sijill:
    """An archive of its own, and a pool of its own."""
    pool = f"readers-{abs(hash(tmp_path)):x}"
    return Sijill(tmp_path / "archive", {"prefect": server.url, "pool": pool, "reader": "constant", "processes": "2"})


def until(what: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Ask again and again until the answer is something."""
    deadline = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.05)
    return answer


def asked(home: Path, query: str) -> list[Any]:
    """What the catalogue answers; nothing while it is not there."""
    if not (home / "catalogue.db").exists():
        return []
    with closing(sqlite3.connect(f"file:{home / 'catalogue.db'}?mode=ro", uri=True, timeout=30)) as database:
        try:
            return [row[0] for row in database.execute(query)]
        except sqlite3.OperationalError:
            return []


def in_work(sijill: Sijill) -> list[int]:
    """Numbers of the processes that hold leases."""
    owners = asked(sijill.home, "SELECT DISTINCT lease_owner FROM page WHERE lease_owner IS NOT NULL")
    return [next(int(part) for part in owner.split("/") if part.isdecimal()) for owner in owners]


def whole(sijill: Sijill) -> dict[str, Any]:
    """The ledger, which accounts for every page."""
    ledger = sijill.ledger()
    assert ledger["pages"] == PAGES == ledger["indexed"] + ledger["waiting"] + ledger["failed"]
    return ledger


def read_once(sijill: Sijill) -> None:
    """Every page is read, and none was read twice."""
    assert whole(sijill)["indexed"] == PAGES
    assert asked(sijill.home, "SELECT count(*) FROM reading") == [PAGES]
    assert asked(sijill.home, "SELECT count(*) FROM custody WHERE action = 'page-read'") == [PAGES]
    assert in_work(sijill) == []


def processes_of(sijill: Sijill) -> list[int]:
    """Every process of this archive that is left."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("SIJILL_HOME") == str(sijill.home) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def ended(process: "subprocess.Popen[str]") -> Done:
    out, err = process.communicate(timeout=PATIENCE)
    return Done(process.returncode, out, err)


def stopped(worker: "subprocess.Popen[str]") -> None:
    """SIGTERM is a clean end."""
    worker.terminate()
    assert ended(worker).ok().out == ""


def api(server: LocalServer, what: str, **body: object) -> Any:
    request = urllib.request.Request(  # noqa: S310  # our own server
        f"{server.url}/{what}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
        return json.load(reply)


def runs(server: LocalServer, sijill: Sijill) -> dict[str, dict[str, Any]]:
    """This archive's chunks by name."""
    pool = {"name": {"any_": [sijill.settings["pool"]]}}
    return {run["name"]: run for run in api(server, "flow_runs/filter", work_pools=pool)}


def test_of_two_workers_one_is_killed_and_every_page_is_read_once(box: Path, sijill: Sijill, server: LocalServer) -> None:
    with sijill.working("--limit", "1") as first, sijill.working("--limit", "1") as second:
        ingest = sijill.start("ingest", box, "--holding", "Box")
        holder = until(lambda: in_work(sijill))[0]
        victim, other = (first, second) if psutil.Process(holder).ppid() == first.pid else (second, first)
        victim.kill()
        ended(ingest).ok()
        read_once(sijill)
        stopped(other)
    until(lambda: not processes_of(sijill))
    sijill.quick("verify").ok()

    seen = runs(server, sijill)
    assert {"Batch 1: pages 1-32 of 40", "Batch 1: pages 33-40 of 40"} == set(seen)
    assert all(run["parameters"].keys() == {"batch", "holding", "keys"} for run in seen.values())
    assert all(run["parent_task_run_id"] for run in seen.values())
    time.sleep(3)  # the server writes events and logs in batches
    with closing(sqlite3.connect(f"file:{server.home / 'prefect.db'}?mode=ro", uri=True)) as database:
        dump = "\n".join(database.iterdump())
    assert NAME not in dump
    assert str(box) not in dump
    assert str(sijill.home) not in dump


def test_cancelled_then_begun_again_with_the_server_killed_on_the_way(box: Path, sijill: Sijill, server: LocalServer) -> None:
    ingest = ("ingest", box, "--holding", "Box")
    with sijill.working("--limit", "1") as worker:
        first = sijill.start(*ingest)
        until(lambda: in_work(sijill))
        batches = api(server, "flow_runs/filter", flows={"name": {"any_": ["Digitise a batch"]}}, sort="START_TIME_DESC")
        api(server, f"flow_runs/{batches[0]['id']}/set_state", state={"type": "CANCELLING"})  # as the UI does
        assert ended(first).code == 130
        until(lambda: not in_work(sijill))
        assert whole(sijill)["waiting"] > 0
        assert {run["state_type"] for run in until(lambda: over(runs(server, sijill))).values()} <= {"CANCELLED", "COMPLETED"}

        second = sijill.start(*ingest)
        until(lambda: in_work(sijill))
        os.kill(json.loads((server.home / "server.json").read_text())["pid"], signal.SIGKILL)
        time.sleep(2)
        server.start()
        ended(second).ok()
        read_once(sijill)
        stopped(worker)
    until(lambda: not processes_of(sijill))


def over(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return found if all(run["state_type"] in {"CANCELLED", "COMPLETED", "CRASHED", "FAILED"} for run in found.values()) else {}


@pytest.mark.parametrize("command", [("worker",), ("ingest", ".", "--holding", "Box")])
def test_a_pool_without_a_server_is_refused(command: tuple[str, ...], tmp_path: Path) -> None:
    Sijill(tmp_path / "archive", {"pool": "readers"}).quick(*command).failed(64, "bad-setting")


def test_a_worker_without_a_pool_is_refused(tmp_path: Path) -> None:
    Sijill(tmp_path / "archive", {}).quick("worker").failed(64, "bad-setting")
