"""Child processes: bounded, replaced when lost, and gone with their parent."""

import itertools
import os
import pickle
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, wait
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline.errors import PageFailed, WorkerLost
from pipeline.sandbox import Sandbox

MIB = 2**20


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(workers=2, memory_mb=1024, seconds=20) as made:
        yield made


def answer(value: int) -> int:
    return value * 2


def pause(seconds: float) -> str:
    time.sleep(seconds)
    return "rested"


def hang_with_child(note: Path) -> None:
    child = subprocess.Popen(["sleep", "600"])
    note.write_text(f"{os.getpid()} {child.pid} {tempfile.gettempdir()}")
    time.sleep(600)


def hang_in_a_library() -> None:
    sum(itertools.repeat(0))  # never comes back to the interpreter, where signal handlers run


def die(number: int) -> None:
    os.kill(os.getpid(), number)


def quit_(code: int) -> None:
    os._exit(code)


def hoard() -> int:
    return len(bytearray(4096 * MIB))


def hoard_in_opencv() -> None:
    import cv2
    import numpy as np

    cv2.resize(np.zeros((10, 10), np.uint8), (60_000, 60_000))


def fail_page() -> None:
    raise PageFailed("render-failed", "page 3", "look at it")


def fail_oddly() -> None:
    class Local(Exception):
        pass

    raise Local("cannot be pickled")


def leave() -> None:
    raise SystemExit(3)


def unpicklable_result() -> object:
    return lambda: None


def surroundings() -> tuple[bool, int, int, str, int]:
    import cv2

    alone = os.getsid(0) == os.getpid()
    return (
        alone,
        resource.getrlimit(resource.RLIMIT_AS)[0],
        resource.getrlimit(resource.RLIMIT_CORE)[0],
        os.environ["OMP_THREAD_LIMIT"],
        cv2.getNumThreads(),
    )


def write_everywhere() -> int:
    print("to stdout")  # noqa: T201
    os.write(2, b"to stderr")
    return len(sys.stdin.read())


def remember(value: str) -> None:
    os.environ["SIJILL_TEST"] = value


def recall() -> str:
    return os.environ["SIJILL_TEST"]


def no_reader() -> None:
    raise PageFailed("not-installed", "no reader", "")


def until_gone(pids: list[int], seconds: float = 5) -> list[int]:
    """The processes still there, zombies aside, after at most ``seconds``."""
    end = time.monotonic() + seconds
    while (left := [pid for pid in pids if running(pid)]) and time.monotonic() < end:
        time.sleep(0.05)
    return left


def running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def read_note(note: Path) -> tuple[int, int, Path]:
    end = time.monotonic() + 20
    while not (note.exists() and len(note.read_text().split()) == 3):
        assert time.monotonic() < end, "the worker never started"
        time.sleep(0.02)
    worker, child, scratch = note.read_text().split()
    return int(worker), int(child), Path(scratch)


def test_results_come_back(sandbox: Sandbox) -> None:
    assert [future.result() for future in [sandbox.submit(answer, n) for n in range(50)]] == [2 * n for n in range(50)]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (partial(pause, 600), "reader-hung"),
        (partial(die, signal.SIGSEGV), "reader-died"),
        (partial(die, signal.SIGKILL), "reader-died"),
        (partial(quit_, 7), "reader-died"),
        (hoard, "out-of-memory"),
        (hoard_in_opencv, "out-of-memory"),
    ],
)
def test_a_lost_worker_says_why_and_the_pool_goes_on(sandbox: Sandbox, call: Callable[[], object], code: str) -> None:
    future = sandbox.submit(call, seconds=2 if code == "reader-hung" else None)
    with pytest.raises(WorkerLost) as lost:
        future.result(30)
    assert lost.value.code == code
    assert "sijill retry" in lost.value.way_out
    assert sandbox.submit(answer, 4).result(30) == 8


def test_siblings_of_a_dying_worker_finish(sandbox: Sandbox) -> None:
    siblings = [sandbox.submit(pause, 1.5)]
    dying: list[Future[Any]] = [sandbox.submit(die, signal.SIGSEGV), sandbox.submit(pause, 600, seconds=0.3)]
    siblings += [sandbox.submit(pause, 0.1) for _ in range(4)]
    assert [future.result(30) for future in siblings] == ["rested"] * 5
    for future in dying:
        with pytest.raises(WorkerLost):
            future.result(30)


def test_an_idle_worker_killed_by_the_kernel_costs_nothing(sandbox: Sandbox) -> None:
    for pid in {sandbox.submit(os.getpid).result(30) for _ in range(6)}:
        os.kill(pid, signal.SIGKILL)
        assert until_gone([pid]) == []
        time.sleep(0.3)
    assert sandbox.submit(answer, 1).result(30) == 2


def test_errors_of_our_tree_pass_unchanged(sandbox: Sandbox) -> None:
    with pytest.raises(PageFailed) as failed:
        sandbox.submit(fail_page).result(30)
    assert failed.value.args == ("render-failed", "page 3", "look at it")


@pytest.mark.parametrize(
    ("call", "kind", "says"),
    [
        (fail_oddly, RuntimeError, "cannot be pickled"),
        (leave, SystemExit, "3"),
        (unpicklable_result, (AttributeError, pickle.PicklingError), "unpicklable_result"),
        (partial(int, "x"), ValueError, "invalid literal"),
    ],
)
def test_other_errors_reach_the_caller(sandbox: Sandbox, call: Callable[[], object], kind: type[BaseException], says: str) -> None:
    with pytest.raises(kind, match=says):
        sandbox.submit(call).result(30)
    assert sandbox.submit(answer, 1).result(30) == 2


def test_a_worker_is_confined_and_quiet(sandbox: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    assert sandbox.submit(surroundings).result(30) == (True, 1024 * MIB, 0, "1", 1)
    assert sandbox.submit(write_everywhere).result(30) == 0
    assert capfd.readouterr() == ("", "")


def test_a_hung_call_takes_its_own_children_and_files_along(sandbox: Sandbox, tmp_path: Path) -> None:
    future = sandbox.submit(hang_with_child, tmp_path / "note", seconds=1.5)
    worker, child, scratch = read_note(tmp_path / "note")
    assert running(child)
    assert scratch.is_dir()
    with pytest.raises(WorkerLost):
        future.result(30)
    assert until_gone([worker, child]) == []
    time.sleep(0.2)
    assert not scratch.exists()


def test_a_hang_inside_a_library_holds_nobody_up(sandbox: Sandbox) -> None:
    with pytest.raises(WorkerLost):
        sandbox.submit(hang_in_a_library, seconds=0.5).result(30)


def test_cancel_ends_a_running_call(sandbox: Sandbox, tmp_path: Path) -> None:
    future = sandbox.submit(hang_with_child, tmp_path / "note")
    worker, child, _ = read_note(tmp_path / "note")
    assert future.cancel()
    assert until_gone([worker, child]) == []
    assert wait([future], timeout=5).not_done == set()


def test_the_initializer_runs_once_a_worker_and_its_failure_is_told() -> None:
    with Sandbox(1, 1024, 20, partial(remember, "ready")) as sandbox:
        assert sandbox.submit(recall).result(30) == "ready"
    with Sandbox(1, 1024, 20, no_reader) as sandbox, pytest.raises(PageFailed, match="no reader"):
        sandbox.submit(recall).result(30)


def test_leaving_ends_every_child_and_cancels_the_rest(tmp_path: Path) -> None:
    with Sandbox(2, 1024, 60) as sandbox:
        futures: list[Future[Any]] = [sandbox.submit(hang_with_child, tmp_path / "note"), *(sandbox.submit(pause, 60) for _ in range(2000))]
        worker, child, _ = read_note(tmp_path / "note")
        guarded = [worker, child, *(p.pid for p in psutil.Process(worker).children(recursive=True))]
        start = time.monotonic()
    assert time.monotonic() - start < 30  # none of the calls was waited for: they rest for a minute
    assert until_gone(guarded) == []
    for future in futures:
        with pytest.raises(CancelledError):
            future.result(0)
    late = sandbox.submit(answer, 1)
    assert wait([late], timeout=5).done == {late}
    assert late.cancelled()


PARENT = """
import sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from test_sandbox import hang_with_child
from pipeline.sandbox import Sandbox
if __name__ == "__main__":
    sandbox = Sandbox(2, 1024, 600)
    for name in ("one", "two"):
        sandbox.submit(hang_with_child, Path({notes!r}) / name)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_parent_leaves_no_orphan(tmp_path: Path, number: signal.Signals) -> None:
    program = tmp_path / "parent.py"
    program.write_text(PARENT.format(folder=str(Path(__file__).parent), notes=str(tmp_path)))
    with subprocess.Popen([sys.executable, program], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        notes = [read_note(tmp_path / name) for name in ("one", "two")]
        family = [child.pid for child in psutil.Process(parent.pid).children(recursive=True)]
        assert {pid for worker, child, _ in notes for pid in (worker, child)} < set(family)
        parent.send_signal(number)
        parent.wait(10)
        assert until_gone(family) == []
    time.sleep(0.2)
    assert not any(scratch.exists() for _, _, scratch in notes)
