"""What more workers bring, on the embedded engines and on the shared ones: small pages, and a reader that looks at nothing."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import engines, machine
from benchmarks.engines import Processes
from benchmarks.growth import READER, Attempts, Save, small_scans, summed
from benchmarks.overhead import ingest_command, whole
from benchmarks.results import Result
from benchmarks.watching import Cost, Failed, environment, process_id, warm_server, watch

EMBEDDED, SHARED = "embedded", "shared"
POOL = "benchmark"
NAME, KEY = "benchmark", "SIJILL_ACCOUNT_KEY"
START_SECONDS = 300.0


def measure(wanted: Sequence[tuple[str, int, int]], work: Path, known: Result | None, save: Save) -> Result:
    """Ingest batches of (backend, workers, pages), each into an empty archive; those that ``known`` has are left out.

    A run that was interrupted goes on where it stopped: its scans, its engines' data and what it cost so far are kept in ``work``.
    """
    result: Result = {"runs": {}, **(known or {})}
    for backend, workers, pages in wanted:
        name = f"{backend}-{workers}-{pages}"
        if name not in result["runs"]:
            about = {"machine": machine.describe(), "backend": backend, "workers": workers, "pages": pages}
            result["runs"][name] = about | RUNS[backend](workers, pages, work / name)
            save(result)
            shutil.rmtree(work / name)
    return result


def embedded(workers: int, pages: int, folder: Path) -> Result:
    """One ``sijill ingest`` with that many processes."""
    with warm_server(folder / "prefect") as server:
        choices = {"prefect": server.url, "reader": READER, "processes": str(workers)}
        return _ingested(folder, pages, environment(folder / "archive", **choices), {"Prefect": engines.tree(process_id(server))})


def shared(workers: int, pages: int, folder: Path) -> Result:
    """One ``sijill ingest`` that gives the pages out, and that many ``sijill worker``, each reading one page at a time."""
    with engines.shared(folder / "engines") as ready, warm_server(folder / "prefect") as server, ExitStack() as stack:
        choices = {"prefect": server.url, "reader": READER, "processes": "1", "pool": POOL}
        around = with_account(environment(folder / "nothing", **choices) | dict(ready.settings), folder / "account")
        serving = [stack.enter_context(worker(around, folder / f"worker-{number}.log")) for number in range(workers)]
        beside = {"workers": _together(serving), **ready.processes, "Prefect": engines.tree(process_id(server))}
        return _ingested(folder, pages, around, beside)


RUNS: dict[str, Callable[[int, int, Path], Result]] = {EMBEDDED: embedded, SHARED: shared}


def with_account(around: dict[str, str], keep: Path) -> dict[str, str]:
    """The environment with the key of the archive's first account, which takes in, works and looks; the key stays in ``keep``."""
    if not keep.exists():
        keep.touch(mode=0o600)
        key = _said(around, "add", NAME, "--role", "admin").rpartition(": ")[2].strip()
        keep.write_text(key, "ascii")
        for role in ("archivist", "operator"):
            _said(around | {KEY: key}, "grant", NAME, "--role", role)
    return around | {KEY: keep.read_text("ascii")}


def _said(around: Mapping[str, str], *words: str) -> str:
    return subprocess.run([machine.sijill(), "account", *words], env=dict(around), capture_output=True, text=True, check=True).stdout


@contextmanager
def worker(around: Mapping[str, str], log: Path) -> Iterator[Processes]:
    """A worker of the pool that serves it. Raises Failed when it does not come up."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [machine.sijill(), "worker", "--limit", "1"], env=dict(around), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )  # fmt: skip
    try:
        until = time.monotonic() + START_SECONDS
        while b"Serving the pool" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > until:
                raise Failed(f"a worker did not come up:\n{log.read_text('utf-8')}")
            time.sleep(0.2)
        yield engines.tree(process.pid)
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGTERM)
        process.wait()


def _together(serving: Sequence[Processes]) -> Processes:
    return lambda: [process for one in serving for process in one()]


def _ingested(folder: Path, pages: int, around: Mapping[str, str], beside: Mapping[str, Processes]) -> Result:
    """What one batch cost, in all attempts at it: the command's own figures, and ``beside``: processor seconds and most MiB by name."""
    files = small_scans(folder / "box", pages)
    attempts = Attempts(folder / "attempts.json")
    log, others = folder / "ingest.log", Beside(beside)

    def note(cost: Cost) -> None:
        others.look()
        attempts.note(cost, others.as_json())

    note(watch(ingest_command(folder / "box"), around, log, tell=note))
    whole(around, pages)
    last = attempts.all[-1]["beside"]
    together = {
        name: {
            "cpu": round(sum(one["beside"].get(name, {"cpu": 0})["cpu"] for one in attempts.all), 2),
            "rss": max(one["beside"].get(name, {"rss": 0})["rss"] for one in attempts.all),
        }
        for name in last
    }
    return {"files": files, "attempts": len(attempts.all), "beside": together, **summed(attempts.all)}


class Beside:
    """What processes beside the command use from now on: processor seconds, and the most memory in MiB."""

    def __init__(self, processes: Mapping[str, Processes]) -> None:
        self._processes = processes
        self._before = {name: engines.cpu(found) for name, found in processes.items()}
        self._most = dict.fromkeys(processes, 0.0)

    def look(self) -> None:
        for name, found in self._processes.items():
            self._most[name] = max(self._most[name], engines.resident(found))

    def as_json(self) -> Result:
        return {
            name: {"cpu": round(engines.cpu(found) - self._before[name], 2), "rss": round(self._most[name], 1)}
            for name, found in self._processes.items()
        }
