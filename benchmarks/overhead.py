"""What a batch costs beside the work on its pages: the fixture scans through `sijill ingest`, a Prefect server being up already."""

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks import machine, scans
from benchmarks.results import Result
from benchmarks.watching import Cost, Failed, environment, process_id, warm_server, watch
from pipeline.settings import Settings

READER: str = Settings.model_fields["reader"].default
PARTS = ("render", "preprocess", "read", "extract")


def measure(pages: int, reader: str = READER) -> Result:
    """Ingest about that many pages, each file different, into an empty archive; one page goes before, to warm what can be warm."""
    with tempfile.TemporaryDirectory(prefix="sijill-overhead-") as name, warm_server(Path(name) / "prefect") as server:
        work = Path(name)
        (work / "first").mkdir()
        (work / "box").mkdir()
        scans.copies(work / "first", 1)
        made = scans.copies(work / "box", pages)
        about = machine.describe()
        ingest(work / "first", work / "warming", server.url, process_id(server), reader)
        cost, parts = ingest(work / "box", work / "archive", server.url, process_id(server), reader)
        whole(environment(work / "archive"), made)
    return {"machine": about, "pages": made, "reader": reader, **overhead(cost, parts, about["cores"])}


def overhead(cost: Cost, parts: dict[str, float], processes: int) -> Result:
    """(wall x processes - work) / work, the work being the seconds in the parts of the way of a page."""
    work = sum(parts.values())
    return {
        "processes": processes, "parts": parts, "work": round(work, 1),
        "overhead": round((cost.wall * processes - work) / work, 4), "cost": cost.as_json(),
    }  # fmt: skip


def ingest(box: Path, home: Path, server: str, server_pid: int, reader: str) -> tuple[Cost, dict[str, float]]:
    """What `sijill ingest` cost, and the seconds it says its processes spent in each part."""
    log = home.with_suffix(".log")
    cost = watch(ingest_command(box), environment(home, prefect=server, reader=reader), log, server_pid)
    return cost, work_told(log.read_text("utf-8"))


def ingest_command(box: Path) -> list[str]:
    return [machine.sijill(), "ingest", str(box), "--holding", "Benchmark"]


def work_told(output: str) -> dict[str, float]:
    """Seconds by part from the line `Work of 2 processes: render 1.0 s, …`. Raises Failed where there is none."""
    line = re.search(r"^Work of \d+ processes: (.+)$", output, re.MULTILINE)
    if line is None:
        raise Failed("ingest did not tell where the time of its processes went")
    parts = {part: float(seconds) for part, seconds in re.findall(r"(\w+) ([\d.]+) s", line[1])}
    return {part: parts[part] for part in PARTS}


def whole(around: Mapping[str, str], pages: int) -> None:
    """Raises Failed unless every page is in the archive, read and indexed: a fast run that loses pages is no result."""
    status = subprocess.run([machine.sijill(), "status", "--json"], env=dict(around), capture_output=True, text=True, check=False)
    if status.returncode:
        raise Failed(f"sijill status ended with {status.returncode}:\n{status.stderr}")
    [row] = json.loads(status.stdout)
    if (row["pages"], row["indexed"]) != (pages, pages):
        raise Failed(f"of {pages} pages {row['pages']} are in the archive and {row['indexed']} indexed")
