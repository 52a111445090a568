"""What the quick commands cost beside Python starting and doing nothing; and what a call into a child process costs."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import machine, scans
from benchmarks.results import Result
from benchmarks.watching import Failed, environment, warm_server
from pipeline.sandbox import Sandbox

NOTHING = "python -c pass"
QUICK = (
    "--help", "search تميم", "search تميم --json", "search --queries NAMES", "status", "status --json", "verify", "doctor", "migrate",
    "model list", "review export",
)  # fmt: skip
NAMES = "تميم\n" * 20
CALLS = 200  # into a child process
Fill = Callable[[Path, Mapping[str, str]], int]
"""Given a folder to work in and the environment of an archive, puts pages in and returns how many."""
TOLD = 500  # characters of what a failed command said


def measure(runs: int, commands: Sequence[str] = QUICK, fill: Fill | None = None) -> Result:
    """Each command ``runs`` times on an archive of the fixture scans; in turn, so that what else the machine does falls on all.

    ``fill`` makes the archive another way.
    """
    with tempfile.TemporaryDirectory(prefix="sijill-commands-") as name:
        work = Path(name)
        (work / "names.txt").write_text(NAMES, "utf-8")
        around = environment(work / "archive")
        pages = (fill or ingested)(work, around)
        about = machine.describe()
        typed = {NOTHING: [sys.executable, "-c", "pass"], **{f"sijill {text}": _split(text, work) for text in commands}}
        taken: dict[str, list[tuple[float, float]]] = {text: [] for text in typed}
        for _ in range(runs + 1):
            for text, command in typed.items():
                taken[text].append(once(command, around))
    costs = {text: _half(times[1:]) for text, times in taken.items()}  # the first warms the system's cache
    nothing = costs[NOTHING]["cpu"]
    rows = {text: {**cost, "times": round(cost["cpu"] / nothing, 1)} for text, cost in costs.items()}
    return {"machine": about, "pages": pages, "runs": runs, "commands": rows, "call_ms": round(call_ms(), 2)}


def once(command: Sequence[str], around: Mapping[str, str]) -> tuple[float, float]:
    """Wall and processor seconds of a command with its children. Raises Failed when it ends badly."""
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, env=dict(around), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise Failed(f"{' '.join(command[1:])} ended with {process.returncode}:\n{said.read().decode()[-TOLD:]}")
    return wall, used.ru_utime + used.ru_stime


def call_ms() -> float:
    """Milliseconds for a call that does nothing, there and back, in a child process that is up."""
    with Sandbox(workers=1, memory_mb=1024, seconds=60) as sandbox:
        sandbox.submit(os.getpid).result()
        start = time.perf_counter()
        for _ in range(CALLS):
            sandbox.submit(os.getpid).result()
        return 1000 * (time.perf_counter() - start) / CALLS


def ingested(work: Path, around: Mapping[str, str]) -> int:
    """The fixture scans, read."""
    (work / "box").mkdir()
    pages = scans.copies(work / "box", sum(number for _, number in scans.fixtures()))
    with warm_server(work / "prefect") as server:
        once([machine.sijill(), "ingest", str(work / "box"), "--holding", "Benchmark"], {**around, "SIJILL_PREFECT": server.url})
    return pages


def _split(text: str, work: Path) -> list[str]:
    return [machine.sijill(), *(str(work / "names.txt") if part == "NAMES" else part for part in text.split())]


def _half(times: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Half of the runs took at most this."""
    wall, cpu = zip(*times, strict=True)
    return {"wall": round(statistics.median(wall), 3), "cpu": round(statistics.median(cpu), 3)}
