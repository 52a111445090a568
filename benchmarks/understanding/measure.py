"""Extraction measured: on the true text, and after readers of the same papers drawn, worn and read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from benchmarks import machine
from benchmarks.results import Result
from benchmarks.understanding import sheet
from benchmarks.understanding.baselines import by_camel_tools, by_patterns
from benchmarks.understanding.papers import FAMILIES, papers
from benchmarks.understanding.people import Split
from benchmarks.understanding.score import FIELDS, Mistake, Score, score
from benchmarks.understanding.truth import NAME_PARTS
from ocr_models.evaluation.readers import OURS, READERS, Measured
from pipeline.entities import extract
from pipeline.model import Entities, Reading

Extract = Callable[[Reading], Entities]
EXTRACTORS: dict[str, Extract] = {"sijill": extract, "patterns": by_patterns, "camel-tools": by_camel_tools}
PEER, TRUTH = "tesseract-ara", "truth"
GROUPS: dict[str, tuple[str, ...]] = {
    "name parts": NAME_PARTS, "birth and registry": ("birth", "birth_place", "registry"), "rank and post": ("rank", "post"),
    "dates": ("dates",), "facilities": ("facilities",), "references": ("references",),
}  # fmt: skip
"""What the bars speak of, and what stands between."""


@dataclass(frozen=True)
class Plan:
    """What is measured: `each` pages of every template on the true text, `read_each` of them drawn in these conditions and read."""

    split: Split = "test"
    each: int = 14
    conditions: Sequence[str] = ()
    read_each: int = 2
    readers: Sequence[str] = (OURS, PEER)


def measure(plan: Plan, keep_mistakes: Callable[[str, Mistake], None] | None = None) -> Result:
    """Figures for every field. `keep_mistakes` is told (template, mistake) of Sijill's on the true text; of `dev` papers alone."""
    if keep_mistakes and plan.split != "dev":
        raise ValueError("mistakes on kept papers are shown to nobody")
    about = machine.describe()
    result: Result = {"machine": about, "split": plan.split, "templates": len(FAMILIES[plan.split]), "text": {}, "read": {}}
    scores = {name: {way: Score() for way in ("exact", "folded")} for name in EXTRACTORS}
    made = list(papers(plan.split, plan.each))
    with typer.progressbar(made, label="text") as bar:
        for template, paper in bar:
            reading, rows = sheet.typed(paper)
            for name, ways in scores.items():
                found = EXTRACTORS[name](reading)
                for way, total in ways.items():
                    done = score(paper.truth, found, rows, way)
                    total += done  # noqa: PLW2901 - added to in place
                    if keep_mistakes and (name, way) == ("sijill", "exact"):
                        for mistake in done.mistakes:
                            keep_mistakes(template, mistake)
    result["pages"] = len(made)
    result["text"] = {name: {way: figures(total) for way, total in ways.items()} for name, ways in scores.items()}
    for condition in plan.conditions:
        result["read"][condition] = _read(plan, condition)
    return result


def _read(plan: Plan, condition: str) -> dict[str, Any]:
    """Sijill's extraction after each reader of the same images, and on their true text."""
    scores = {name: {way: Score() for way in ("exact", "folded")} for name in (TRUTH, *plan.readers)}
    readers: dict[str, Measured] = {name: READERS[name]() for name in plan.readers}
    made = list(papers(plan.split, plan.read_each))
    with typer.progressbar(made, label=condition) as bar:
        for _, paper in bar:
            drawn, (reading, rows) = sheet.drawn(paper, condition), sheet.typed(paper)
            pages = {TRUTH: (reading, rows)}
            pages |= {name: (reader.page(drawn.image.pixels).reading, drawn.rows) for name, reader in readers.items()}
            for name, (said, places) in pages.items():
                found = extract(said)
                for way, total in scores[name].items():
                    total += score(paper.truth, found, places, way)  # noqa: PLW2901 - added to in place
    return {"pages": len(made), "readers": {name: {way: figures(total) for way, total in ways.items()} for name, ways in scores.items()}}


def figures(total: Score) -> dict[str, Any]:
    """[right, missed, wrong, F1] of every field and group; rows and types as [right, of so many]."""
    tallies = {**{name: total.fields[name] for name in FIELDS}, **{name: total.over(parts) for name, parts in GROUPS.items()}}
    return {
        "fields": {name: [tally.right, tally.missed, tally.wrong, round(tally.f1, 4)] for name, tally in tallies.items()},
        "rows": [total.rows.right, total.rows.right + total.rows.missed],
        "types": [total.types.right, total.types.right + total.types.missed],
    }
