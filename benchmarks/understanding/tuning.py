"""For whoever tunes: F1 by field on the dev papers, and every mistake made on them. Kept papers are not shown here."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.understanding.measure import Plan, measure
from benchmarks.understanding.score import Mistake


def tune(each: int, path: Path) -> Iterator[str]:
    """Measure the true text of the dev papers and write the mistakes to a CSV file; gives a line for each field to be shown."""
    made: list[tuple[str, Mistake]] = []
    result = measure(Plan("dev", each), lambda template, mistake: made.append((template, mistake)))
    often = Counter((template, mistake.field) for template, mistake in made)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("of this kind", "template", "field", "true", "said"))
        for template, mistake in sorted(made, key=lambda each: -often[each[0], each[1].field]):
            out.writerow((often[template, mistake.field], template, mistake.field, mistake.true, mistake.said))
    exact = result["text"]["sijill"]["exact"]
    for name, (right, missed, wrong, f1) in exact["fields"].items():
        yield f"{name:20} F1 {f1:.4f}  right {right:5} missed {missed:4} wrong {wrong:4}"
    for name in ("rows", "types"):
        right, there = exact[name]
        yield f"{name:20} {right} of {there}"
