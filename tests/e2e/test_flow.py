"""The flow against a real Prefect server: what the operator sees, what it must never hold, and a server killed on the way."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from typing import Any

import pytest

from flows.job import Job
from flows.run import UNOBSERVED, digitise, run
from flows.server import LocalServer, RemoteServer
from pipeline.errors import Damaged, Unavailable
from tests.e2e.fake_work import HOLDING, SECRET, FakeWork, ShownNumbers

# Prefect leaves idle connections of its pools to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
AT_ONCE = (0.01, 0.01, 0.01)


def post(server: LocalServer, what: str, **body: object) -> Any:
    request = urllib.request.Request(  # noqa: S310  # our own server
        f"{server.url}/{what}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
        return json.load(reply)


def ask(server: LocalServer, what: str, **body: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = post(server, f"{what}/filter", **body)
    return found


def flow_run(server: LocalServer, batch: int) -> dict[str, Any]:
    return next(
        found for found in ask(server, "flow_runs") if (found["parameters"]["batch"], found["parameters"]["holding"]) == (batch, HOLDING)
    )


def task_runs(server: LocalServer, batch: int, expected: int) -> dict[str, str]:
    """Names and states of a batch's tasks; the server writes them a moment after they are sent."""
    run_id = flow_run(server, batch)["id"]
    deadline = time.monotonic() + 20
    while True:
        found = {task["name"]: task["state_name"] for task in ask(server, "task_runs", flow_runs={"id": {"any_": [run_id]}})}
        over = {"Completed", "Failed", "Cancelled"}
        if (len(found) >= expected and set(found.values()) <= over) or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def artifact(server: LocalServer, batch: int, kind: str) -> str:
    """The batch's artifact of this kind, as text."""
    found = ask(server, "artifacts", flow_runs={"id": {"any_": [flow_run(server, batch)["id"]]}})
    return next(str(artifact["data"]) for artifact in found if str(artifact["key"]).startswith(kind))


def ledger(server: LocalServer, batch: int) -> str:
    return artifact(server, batch, "ledger-of")


def event(server: LocalServer, name: str, batch: int) -> dict[str, Any]:
    """The event of that name about a batch; the server writes it a moment after it is sent."""
    about = {"event": {"name": [name]}, "resource": {"id": [f"sijill.batch.{batch}"]}}
    deadline = time.monotonic() + 20
    while True:
        found = post(server, "events/filter", filter=about)["events"]
        if found or time.monotonic() > deadline:
            return dict(found[0])
        time.sleep(0.2)


def job(work: FakeWork, batch: int, progress: ShownNumbers | None = None) -> Job:
    return Job(work, batch, HOLDING, work.pending(), progress or ShownNumbers(), retry_seconds=AT_ONCE)


def test_the_operator_sees_the_batch_and_nobody_sees_a_name(server: LocalServer, capfd: pytest.CaptureFixture[str]) -> None:
    work, shown = FakeWork(40, bad={7: "reader-hung", 30: "render-failed"}), ShownNumbers()
    assert digitise(work, server=server, batch=1, holding=HOLDING, progress=shown) is None

    assert sorted(work.read_keys) == list(range(1, 41))
    assert shown.told[-1] == (38, 2, 40)
    assert capfd.readouterr() == ("", "")
    seen = flow_run(server, 1)
    assert (seen["name"], seen["state_name"]) == (f"Batch 1: 40 pages of holding {HOLDING}", "Completed")
    assert seen["parameters"] == {"batch": 1, "holding": HOLDING, "pages": 40}
    reads = [f"Read pages {first}-{last} of 40" for first, last in [(1, 16), (17, 32), (33, 40)]]
    assert task_runs(server, 1, 5) == dict.fromkeys([*reads, "Bring the index up to date", "Write the ledger"], "Completed")
    text = ledger(server, 1)
    assert "40 pages = 38 indexed + 0 waiting + 2 failed" in text
    assert "reader-hung" in text
    assert "SIJILL_PAGE_SECONDS" in text
    assert f"`{'ab' * 32}-7`" in text
    aside = artifact(server, 1, "set-aside-of")
    assert f"| render-failed | `{'ab' * 32}-30` |" in aside
    assert "sijill retry --failed-only" in aside
    told = event(server, "sijill.pages.set-aside", 1)["payload"]
    assert told == {"holding": HOLDING, "pages": 2, "codes": {"reader-hung": 1, "render-failed": 1}}


def test_a_run_whose_process_was_killed_is_marked_crashed_by_the_next(server: LocalServer) -> None:
    code = "from tests.e2e.test_flow import *; run(job(FakeWork(1600, seconds=0.25), 11), LocalServer(Path(sys.argv[1])))"
    killed = subprocess.Popen([sys.executable, "-c", f"import sys, pathlib; Path = pathlib.Path; {code}", str(server.home)])
    deadline = time.monotonic() + 300
    while not any(run["parameters"]["batch"] == 11 and run["tags"] for run in ask(server, "flow_runs")) and time.monotonic() < deadline:
        time.sleep(0.2)
    killed.kill()
    killed.wait()
    assert flow_run(server, 11)["state_name"] == "Running"
    assert run(job(FakeWork(1), 12), server) is None
    assert flow_run(server, 11)["state_name"] == "Crashed"


def test_store_trouble_is_tried_again(server: LocalServer) -> None:
    work = FakeWork(20, troubles=[Unavailable("store-unavailable", SECRET)] * 3)
    assert run(job(work, 2), server) is None
    assert sorted(work.read_keys) == list(range(1, 21))
    assert set(task_runs(server, 2, 4).values()) == {"Completed"}


def test_trouble_that_stays_is_raised_as_it_was_with_the_ledger_written(server: LocalServer) -> None:
    trouble = Unavailable("disk-full", SECRET, "Free some space.")
    work = FakeWork(400, troubles=[trouble] * 100)
    with pytest.raises(Unavailable) as caught:
        run(job(work, 3), server)
    assert caught.value is trouble
    assert flow_run(server, 3)["state_name"] == "Failed"
    assert "0 indexed + 400 waiting + 0 failed" in ledger(server, 3)
    assert len(work.troubles) > 80  # a few chunks in flight, four tries each, then no further chunk


def test_a_terminal_error_is_not_tried_again(server: LocalServer) -> None:
    work = FakeWork(16, troubles=[Damaged("chain-broken", SECRET), Damaged("chain-broken", SECRET), Damaged("never-asked", "")])
    with pytest.raises(Damaged):
        run(job(work, 4), server)
    assert len(work.troubles) == 1  # the other two: once in the head start, once in the flow


def test_a_bug_keeps_its_words_from_prefect(server: LocalServer) -> None:
    work = FakeWork(16, troubles=[ValueError(SECRET)] * 2)
    with pytest.raises(ValueError, match=SECRET):
        run(job(work, 5), server)
    assert "bug-ValueError" in flow_run(server, 5)["state"]["message"]


def test_a_ledger_that_does_not_add_up_fails_the_run(server: LocalServer) -> None:
    work = FakeWork(16, lost=1)
    with pytest.raises(Damaged) as caught:
        run(job(work, 6), server)
    assert caught.value.code == "ledger-broken"
    assert flow_run(server, 6)["state_name"] == "Failed"
    assert "NOT every page is accounted for" in ledger(server, 6)


def test_no_name_is_anywhere_in_what_prefect_keeps(server: LocalServer) -> None:
    """After all the runs above, failures included: neither in a table nor in a log nor in a stored result."""
    time.sleep(3)  # the server writes events and logs in batches
    with sqlite3.connect(f"file:{server.home / 'prefect.db'}?mode=ro", uri=True) as database:
        dump = "\n".join(database.iterdump())
    database.close()
    others = [path.read_bytes() for path in server.home.rglob("*") if path.is_file() and not path.name.startswith("prefect.db")]
    escaped = json.dumps(SECRET).strip('"')
    assert "Digitise a batch" in dump
    assert SECRET not in dump
    assert escaped not in dump
    assert not any(SECRET.encode() in content or escaped.encode() in content for content in others)


def test_a_server_killed_on_the_way_comes_back_and_the_run_ends_whole(server: LocalServer, capfd: pytest.CaptureFixture[str]) -> None:
    work = FakeWork(160, seconds=0.2)

    def kill_once(done: int, _failed: int, _total: int) -> None:
        if done == 48:
            os.kill(json.loads((server.home / "server.json").read_text())["pid"], signal.SIGKILL)

    assert digitise(work, server=server, batch=7, holding=HOLDING, progress=kill_once) is None
    assert sorted(work.read_keys) == list(range(1, 161))
    assert flow_run(server, 7)["state_name"] == "Completed"
    assert "160 indexed + 0 waiting" in ledger(server, 7)
    assert set(task_runs(server, 7, 12).values()) == {"Completed"}
    assert capfd.readouterr() == ("", "")


class DyingServer(LocalServer):
    """A server that cannot be started again."""

    __slots__ = ()

    def revive(self) -> bool:
        return False


def test_without_any_server_the_batch_is_finished_all_the_same(own_server: LocalServer) -> None:
    own_server.start()
    work, before = FakeWork(96, seconds=0.05), time.monotonic()

    def kill_once(done: int, _failed: int, _total: int) -> None:
        if done == 32:
            own_server.stop()

    assert digitise(work, server=DyingServer(own_server.home), batch=8, holding=HOLDING, progress=kill_once) == UNOBSERVED
    assert sorted(work.read_keys) == list(range(1, 97))
    assert work.indexed == 96
    assert time.monotonic() - before < 120


def test_a_remote_server_that_is_gone_does_not_stop_the_work() -> None:
    work = FakeWork(16)
    nobody = RemoteServer("http://127.0.0.1:9/api")
    assert digitise(work, server=nobody, batch=9, holding=HOLDING, progress=ShownNumbers()) == UNOBSERVED
    assert work.indexed == 16


def test_interrupted_it_ends_soon_and_is_marked_cancelled(server: LocalServer) -> None:
    work = FakeWork(1600, seconds=0.02)
    timer = threading.Timer(6, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        digitise(work, server=server, batch=10, holding=HOLDING, progress=ShownNumbers())
    assert flow_run(server, 10)["state_name"] == "Cancelled"
    assert 0 < len(work.read_keys) < 1600
    assert "waiting" in ledger(server, 10)


def test_cancelled_in_the_ui_it_ends_soon_and_what_is_not_read_waits(server: LocalServer) -> None:
    work = FakeWork(1600, seconds=0.1)

    def cancel() -> None:
        until = time.monotonic() + 300
        while not (found := ask(server, "flow_runs", flow_runs={"name": {"any_": [f"Batch 23: 1600 pages of holding {HOLDING}"]}})):
            assert time.monotonic() < until
            time.sleep(0.2)
        post(server, f"flow_runs/{found[0]['id']}/set_state", state={"type": "CANCELLING"})  # as the UI does

    operator = threading.Thread(target=cancel)
    operator.start()
    with pytest.raises(KeyboardInterrupt):
        run(job(work, 23), server)
    operator.join()
    assert flow_run(server, 23)["state_name"] == "Cancelled"
    assert 0 < len(work.read_keys) < 1600
    assert f"{len(work.pending())} waiting" in ledger(server, 23)
