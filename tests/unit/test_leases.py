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
    assert name.split("/")[4] == str(child.pid)
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
    "another machine of the same name": (1, "0123456789ab", False),
    "another container of the same name": (3, "pid:[4026539999]", False),
    "no such process": (4, "4194304", True),
    "another process": (4, "1", True),
    "recycled id": (5, "1", True),
    "never started": (5, "", True),
    "other part": (6, "x", False),
}


@pytest.mark.parametrize(("place", "value", "gone"), CHANGES.values(), ids=CHANGES)
def test_what_is_gone(place: int, value: str, gone: bool) -> None:
    assert leases.gone(_changed(place, value)) is gone


def test_what_ran_before_this_machine_was_started_anew_is_gone_if_it_was_this_machine() -> None:
    parts = _changed(2, "another-boot").split("/")
    assert leases.gone("/".join(parts)) is (bool(parts[1]) and parts[3] == leases.WHOLE_MACHINE)
    parts[3] = "pid:[4026539999]"
    assert not leases.gone("/".join(parts)), "a container may have gone on elsewhere"


@pytest.mark.parametrize("rest", ["", "/", "/boot/1/5/part", "/machine/boot/pid/started"])
def test_what_cannot_be_told_counts_as_alive(rest: str) -> None:
    """Names come from the database: one that another version wrote must not stop this one, nor lose its pages."""
    assert not leases.gone(os.uname().nodename + rest)


@pytest.mark.parametrize("pid", ["-1", "../stat", "²", ""])
def test_what_is_no_process_id_is_not_looked_up(pid: str) -> None:
    assert not leases.gone(_changed(4, pid))


def test_a_name_fits_its_column() -> None:
    assert len(leases.owner("0" * 8)) - len(os.uname().nodename) + 64 <= 200
