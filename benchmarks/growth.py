"""Whether ten times the pages take ten times as long, in the same memory: small pages, and a reader that looks at nothing."""

import json
import math
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks import machine, scans
from benchmarks.overhead import ingest_command, whole
from benchmarks.results import Result
from benchmarks.watching import Cost, environment, process_id, warm_server, watch

READER = "constant"
Save = Callable[[Result], None]


def measure(sizes: Sequence[int], work: Path, known: Result | None, save: Save) -> Result:
    """Ingest batches of these sizes, each into an empty archive; sizes that ``known`` has are left out.

    A run that was interrupted goes on where it stopped: its scans, its archive and what it cost so far are kept in ``work``.
    """
    result: Result = {"runs": {}, **(known or {})}
    for pages in sizes:
        if str(pages) not in result["runs"]:
            result["runs"][str(pages)] = {"machine": machine.describe(), **_run(pages, work / str(pages))}
            save(result)
            shutil.rmtree(work / str(pages))
    return result


def _run(pages: int, folder: Path) -> Result:
    files = small_scans(folder / "box", pages)
    attempts = Attempts(folder / "attempts.json")
    with warm_server(folder / "prefect") as server:
        command = ingest_command(folder / "box")
        env = environment(folder / "archive", prefect=server.url, reader=READER)
        attempts.note(watch(command, env, folder / "ingest.log", process_id(server), attempts.note))
    whole(env, pages)
    size = sum(path.stat().st_size for path in (folder / "archive").glob("*.db"))
    return {"pages": pages, "files": files, "database_mb": round(size / 2**20, 1), "attempts": len(attempts.all), **summed(attempts.all)}


def small_scans(folder: Path, pages: int) -> int:
    """The scans of a run, made once; how many files they are."""
    if not folder.exists():
        fresh = folder.with_name("fresh")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        scans.small_pages(fresh, pages)
        fresh.rename(folder)
    return sum(1 for _ in folder.iterdir())


class Attempts:
    """What each attempt at one run cost, the last as far as it has come, kept in a file against interruptions."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._before: list[Result] = json.loads(path.read_text("ascii")) if path.exists() else []
        self.all = self._before

    def note(self, cost: Cost, beside: Result | None = None) -> None:
        """``beside``: what other processes cost meanwhile, by name."""
        self.all = [*self._before, cost.as_json() | ({"beside": beside} if beside else {})]
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(self.all), "ascii")
        fresh.replace(self._path)


def summed(attempts: Sequence[Result]) -> Result:
    """Seconds add up over attempts, of memory the most counts."""
    seconds = {name: round(sum(one[name] for one in attempts), 2) for name in ("wall", "cpu", "main_cpu", "server_cpu")}
    memory = {name: max(one[name] for one in attempts) for name in ("main_rss", "worker_rss", "tree_rss", "server_rss")}
    return {**seconds, **memory, "samples": attempts[-1]["samples"]}


def exponent(runs: Sequence[Result], of: str) -> float:
    """The slope of log(seconds) over log(pages), least squares: 1 is linear, 2 quadratic. NaN for less than two runs."""
    if len(runs) < 2:
        return math.nan
    pages, seconds = ([math.log(run[name]) for run in runs] for name in ("pages", of))
    return float(np.polyfit(pages, seconds, 1)[0])
