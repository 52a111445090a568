"""A lease's owner is told to be gone only when it surely is."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from pipeline import leases

SHOW = "from pipeline import leases; print(leases.owner(), flush=True); import sys; sys.stdin.read()"


def test_this_process_lives() -> None:
    assert not leases.gone(leases.owner())
    assert not leases.gone(leases.owner("part"))
    assert leases.owner() == leases.owner()
    assert leases.owner("a") != leases.owner("b")


def test_threads_are_one_owner() -> None:
    names: list[str] = []
    thread = threading.Thread(target=lambda: names.append(leases.owner()))
    thread.start()
    thread.join()
    assert names == [leases.owner()]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_process_is_gone_at_once_even_unburied(end: signal.Signals) -> None:
    child = subprocess.Popen([sys.executable, "-c", SHOW], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout
    assert child.stdin
    name = child.stdout.readline().strip()
    assert name.split("/")[2] == str(child.pid)
    assert not leases.gone(name)
    child.send_signal(end)
    deadline = time.monotonic() + 10
    while not leases.gone(name) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert leases.gone(name), "a zombie does no work"
    child.wait()
    child.stdout.close()
    child.stdin.close()
    assert leases.gone(name)


def _changed(place: int, value: str) -> str:
    parts = leases.owner("part").split("/")
    parts[place] = value
    return "/".join(parts)


CHANGES = {
    "other host": (0, "another-host", False),
    "rebooted": (1, "another-boot", True),
    "no such process": (2, "4194304", True),
    "another process": (2, "1", True),
    "recycled id": (3, "1", True),
    "never started": (3, "", True),
    "other part": (4, "x", False),
}


@pytest.mark.parametrize(("place", "value", "gone"), CHANGES.values(), ids=CHANGES)
def test_what_is_gone(place: int, value: str, gone: bool) -> None:
    assert leases.gone(_changed(place, value)) is gone


@pytest.mark.parametrize("rest", ["", "/", "/boot/pid/started", "/boot/-1/5", "/boot/1", "/boot/../stat", "/boot/²/5"])
def test_what_cannot_be_told_counts_as_alive(rest: str) -> None:
    """Names come from the database: one that another version wrote must not stop this one, nor lose its pages."""
    assert not leases.gone(os.uname().nodename + rest)
