"""Runs a command and watches what it and its children cost: seconds, processor seconds, memory."""

import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import psutil  # type: ignore[import-untyped]

from flows.daemon import Daemon
from flows.server import LocalServer

LOOK_SECONDS = 1.0
MIB = 2**20


class Failed(Exception):
    """A command that is measured must succeed: a figure of a failed one would be worth nothing."""


class Sample(NamedTuple):
    """At ``seconds`` into the run: resident memory in MiB of the main process and of all its children together."""

    seconds: float
    main: float
    children: float


@dataclass
class Cost:
    """Wall and processor seconds, and peaks of resident memory in MiB.

    ``cpu`` is the whole tree's as the kernel counts it; ``main_cpu`` the main process's own. ``worker_rss`` is the largest single child;
    shared pages count in every process that has them.
    """

    wall: float = 0.0
    cpu: float = 0.0
    main_cpu: float = 0.0
    main_rss: float = 0.0
    worker_rss: float = 0.0
    tree_rss: float = 0.0
    server_cpu: float = 0.0
    server_rss: float = 0.0
    samples: list[Sample] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Rounded, with at most a hundred samples."""
        step = -(-len(self.samples) // 100) or 1
        rounded = {name: round(value, 2) for name, value in asdict(self).items() if name != "samples"}
        return {**rounded, "samples": [[round(value, 1) for value in sample] for sample in self.samples[::step]]}


def watch(
    command: Sequence[str], environment: Mapping[str, str], log: Path, server: int | None = None, tell: Callable[[Cost], None] | None = None
) -> Cost:
    """Run to the end; its standard output goes to ``log``. ``server``: process id of a Prefect server to count apart.

    ``tell`` is given the cost so far about once a second. Raises Failed when the command ends badly.
    """
    cost = Cost()
    served = _Server(server) if server else None
    with log.open("wb") as output, log.with_suffix(".err").open("wb") as errors:
        process = subprocess.Popen(command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
    try:
        status, usage = _follow(process.pid, cost, served, tell)
    except BaseException:  # stopped while it ran: it must not run on unwatched
        process.terminate()
        process.wait()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    cost.cpu = usage.ru_utime + usage.ru_stime  # of all descendants that were waited for: more exact than looking now and then
    if process.returncode:
        raise Failed(f"{' '.join(command[:2])} ended with {process.returncode}:\n{log.with_suffix('.err').read_text('utf-8')}")
    return cost


@contextmanager
def warm_server(home: Path) -> Iterator[LocalServer]:
    """A Prefect server that is up and answering, stopped afterwards."""
    server = LocalServer(home)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def process_id(server: LocalServer) -> int:
    """Of a server that is up. Raises Failed when it is not."""
    daemon = Daemon.load(server.home / "server.json")
    if daemon is None:
        raise Failed("the Prefect server is not running")
    return daemon.pid


def environment(home: Path, **choices: str) -> dict[str, str]:
    """The user's, without choices of theirs that would change what is measured."""
    theirs = {name: value for name, value in os.environ.items() if not name.startswith(("SIJILL_", "PREFECT_"))}
    return {**theirs, "SIJILL_HOME": str(home), **{f"SIJILL_{name.upper()}": value for name, value in choices.items()}}


class _Server:
    """A process beside the command, counted from now on."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._before = self._cpu()

    def note(self, cost: Cost) -> None:
        cost.server_cpu = self._cpu() - self._before
        cost.server_rss = max(cost.server_rss, self._process.memory_info().rss / MIB)

    def _cpu(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


def _follow(pid: int, cost: Cost, served: "_Server | None", tell: Callable[[Cost], None] | None) -> "tuple[int, resource.struct_rusage]":
    """Look now and then until it has ended; its wait status, and what it and its children used."""
    main, start, ended = psutil.Process(pid), time.perf_counter(), 0
    while not ended:
        _look(main, cost, time.perf_counter() - start)
        if served:
            served.note(cost)
        if tell:
            tell(cost)
        time.sleep(min(LOOK_SECONDS, 0.1 + cost.wall / 20))
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        cost.wall = time.perf_counter() - start
    return status, usage


def _look(main: psutil.Process, cost: Cost, seconds: float) -> None:
    """Note memory and processor time as they are now; a process that has just ended is passed over."""
    try:
        own, times = main.memory_info().rss / MIB, main.cpu_times()
        children = [_resident(child) for child in main.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    if not own:  # it has ended and is not waited for yet
        return
    cost.main_cpu = times.user + times.system
    cost.cpu = cost.main_cpu + times.children_user + times.children_system
    cost.main_rss = max(cost.main_rss, own)
    cost.worker_rss = max([cost.worker_rss, *children])
    cost.tree_rss = max(cost.tree_rss, own + sum(children))
    cost.samples.append(Sample(seconds, own, sum(children)))


def _resident(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss / MIB)
    except psutil.NoSuchProcess:
        return 0.0
