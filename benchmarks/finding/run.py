"""The evaluation from one end to the other: people, papers, engines, questions, scores; what is done is kept as it goes on."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks import machine
from benchmarks.finding.archive import Archive
from benchmarks.finding.asking import ENGINES, Asked, asked
from benchmarks.finding.ceiling import ceilings
from benchmarks.finding.damage import RATE
from benchmarks.finding.lists import Split
from benchmarks.finding.misses import classes
from benchmarks.finding.population import Subject, population
from benchmarks.finding.queries import KINDS, Kind, Question, questions
from benchmarks.finding.scoring import DEPTH, Outcome, likely, recall
from benchmarks.results import Result

Save = Callable[[Result], None]


def measure(
    people: int,
    queries: int,
    split: Split,
    engines: Sequence[str],
    work: Path,
    known: Result | None,
    save: Save,
    rate: float = RATE,
    again: bool = False,
) -> Result:
    """Ask each engine everything; those ``known`` has a result of for the same split, size and questions are left out, unless ``again``.

    An engine that was interrupted goes on where it stopped, with what is in ``work``.
    """
    result: Result = {"runs": {}, **(known or {})}
    name = f"{split}-{people}"
    run: Result = result["runs"].get(name, {})
    if run.get("queries") != queries or run.get("rate") != rate:
        run = {"split": split, "people": people, "queries": queries, "rate": rate, "engines": {}}
    missing = [engine for engine in engines if again or engine not in run["engines"]]
    if not missing:
        return result
    result["runs"][name] = run
    with _bars() as bars:
        made = population(people, split)
        archive, wanted = Archive(made, split, rate), questions(made, split, queries)
        if "ceiling" not in run:
            run["ceiling"] = ceilings(made, archive, wanted, split)
        for engine in missing:
            folder = work / f"finding-{name}-{queries}-{rate}-{engine}"
            run["engines"][engine] = {"machine": machine.describe(), **_run(engine, folder, made, archive, wanted, split, bars)}
            save(result)
            shutil.rmtree(folder)
    return result


def _run(
    engine: str,
    folder: Path,
    people: Sequence[Subject],
    archive: Archive,
    wanted: Mapping[Kind, Sequence[Question]],
    split: Split,
    bars: Progress,
) -> Result:
    folder.mkdir(parents=True, exist_ok=True)
    with ENGINES[engine](folder, archive) as one:
        bar = bars.add_task(f"{engine}: pages", total=len(archive.pages))
        one.fill(lambda done, whole: bars.update(bar, completed=done, total=whole))
        kinds = {kind: _scores(kind, _asked(one, wanted[kind], folder / f"{kind}.jsonl", bars, f"{engine}: {kind}")) for kind in KINDS}
        if split == "dev":  # what the test missed is nobody's to look at
            for kind in ("three", "latin"):
                kinds[kind]["misses"] = classes(one, people, archive, wanted[kind], _kept(folder / f"{kind}.jsonl"))
    return {"kinds": kinds}


def _asked(one: Asked, wanted: Sequence[Question], path: Path, bars: Progress, what: str) -> list[Outcome]:
    """An outcome for each question; those that an earlier, interrupted run has kept are taken from it."""
    found = _kept(path)
    bar = bars.add_task(what, total=len(wanted), completed=len(found))
    with path.open("a", encoding="ascii") as file:
        for question in wanted[len(found) :]:
            found.append(asked(one, question))
            print(json.dumps(asdict(found[-1])), file=file, flush=True)
            bars.advance(bar)
    return found


def _kept(path: Path) -> list[Outcome]:
    """The whole lines of the file, which is cut where a last one was not finished."""
    if not path.exists():
        return []
    whole = path.read_bytes().rpartition(b"\n")[0]
    path.write_bytes(whole + b"\n" * bool(whole))
    return [Outcome(**json.loads(line)) for line in whole.splitlines()]


def _scores(kind: Kind, outcomes: Sequence[Outcome]) -> Result:
    half, most = np.percentile([one.ms for one in outcomes], (50, 95))
    found: Result = {"queries": len(outcomes), "p50_ms": round(float(half), 1), "p95_ms": round(float(most), 1), "likely": likely(outcomes)}
    if kind != "absent":
        found |= {f"r{most}": recall(outcomes, most) for most in (1, DEPTH)}
    return found


def _bars() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
