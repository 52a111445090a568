"""The figures as kept (docs/benchmarks/reader.json) and as told (docs/reader.md, between its markers)."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ocr_models.evaluation.bars import BARS, Bar
from ocr_models.evaluation.linesets import CUT, REAL, known
from ocr_models.evaluation.metrics import Count
from ocr_models.evaluation.pagesets import SETS
from ocr_models.evaluation.readers import OURS

Results = dict[str, dict[str, Any]]
"""By set and reader what run.summary gives, and what it was measured with."""

BEGIN, END = "<!-- figures: python -m ocr_models.evaluation -->", "<!-- end of figures -->"
NOT_GIVEN = "not measured: lines not given"
YARDSTICK = "tesseract-ara"
_PAGE = (("cer", "CER"), ("letters", "letters only"), ("wer", "WER"), ("words", "words exact"),
         ("numbers", "numbers exact"), ("names", "full names"),
         ("dropped", "lines dropped"), ("order", "order"), ("cells", "cells right"))  # fmt: skip
_LINE = (
    ("cer", "CER"),
    ("letters", "letters only"),
    ("wer", "WER"),
    ("words", "words exact"),
    ("numbers", "numbers exact"),
    ("four_digits", "four digits"),
)
_FLAGS = (("wrong_flagged", "wrong words flagged"), ("right_flagged", "right words flagged"))


def load(docs: Path) -> Results:
    path = docs / "benchmarks" / "reader.json"
    results: Results = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return results


def save(results: Results, docs: Path) -> None:
    """Whole or not at all, so that a run may be stopped at any time."""
    path = docs / "benchmarks" / "reader.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(results, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
    fresh.replace(path)


def about(identity: str) -> dict[str, Any]:
    return {"identity": identity, "date": datetime.now(UTC).strftime("%Y-%m-%d")}


def write(results: Results, docs: Path) -> None:
    """The figures in reader.md between the markers. Raises ValueError for a page without them."""
    path = docs / "reader.md"
    page = path.read_text("utf-8")
    if BEGIN not in page or END not in page:
        raise ValueError(f"{path} lacks the lines {BEGIN} and {END}")
    before, _, rest = page.partition(BEGIN)
    path.write_text(f"{before}{BEGIN}\n\n{figures(results)}\n{END}{rest.partition(END)[2]}", "utf-8")


def figures(results: Results) -> str:
    parts = (
        ("Bars", table(("set", "measure", "bar", OURS, "reached", YARDSTICK), bars(results))),
        ("Pages end to end", table(("set", "pages", "reader", *(title for _, title in _PAGE), "s a page"), _page_rows(results))),
        ("By condition", table(("set", "condition", "reader", *(title for _, title in _PAGE[:-2])), _part_rows(results, "conditions"))),
        ("By face", table(("set", "face", "reader", *(title for _, title in _PAGE[:-2])), _part_rows(results, "faces"))),
        ("Single lines", table(("set", "lines", "reader", *(title for _, title in _LINE), "ms a line"), _line_rows(results))),
        ("Confidence", table(("set", "reader", "ECE", *(title for _, title in _FLAGS)), _flag_rows(results))),
        ("Speed", table(("reader", "s a page", f"pages for one of {YARDSTICK}"), _speed_rows(results))),
    )
    return "\n".join(f"### {title}\n\n{text}\n" for title, text in parts)


def bars(results: Results) -> Iterator[Sequence[str]]:
    """Each bar, what was reached, and what the yardstick reaches."""
    for bar in BARS:
        ours, theirs = reached(results, bar, OURS), reached(results, bar, YARDSTICK)
        met = "–" if ours is None else "yes" if bar.met(ours) else "no"
        yield bar.set, bar.title, bar.told, _percent(ours), met, _percent(theirs)


def reached(results: Results, bar: Bar, reader: str) -> float | None:
    """A reader's share of the bar's measure over the bar's conditions; None where it was not measured."""
    found = results.get(bar.set, {}).get(reader)
    if found is None:
        return None
    counts = found["counts"] if bar.condition is None else found["conditions"].get(bar.condition, {}).get("counts", {})
    return Count(*counts.get(bar.measure, (0, 0))).share


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown; figures to the right."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))


def _page_rows(results: Results) -> Iterator[Sequence[str]]:
    for name, reader, found in _measured(results, SETS):
        yield name, str(found["items"]), reader, *_shares(found, _PAGE), f"{found['seconds']:.2f}"


def _part_rows(results: Results, parts: str) -> Iterator[Sequence[str]]:
    for name, reader, found in _measured(results, SETS):
        if len(found[parts]) > 1:
            yield from ((name, part, reader, *_shares(some, _PAGE[:-2])) for part, some in found[parts].items())


def _line_rows(results: Results) -> Iterator[Sequence[str]]:
    names = [name for name in known() if name.startswith(CUT) or name in REAL]
    for name, reader, found in _measured(results, names):
        yield name, str(found["items"]), reader, *_shares(found, _LINE), f"{1000 * found['seconds']:.1f}"
    yield from ((name, "", NOT_GIVEN, *[""] * (len(_LINE) + 1)) for name in REAL if not results.get(name))


def _flag_rows(results: Results) -> Iterator[Sequence[str]]:
    for name, reader, found in _measured(results, known()):
        ece = found["ece"]
        yield name, reader, "–" if ece is None else f"{ece:.3f}", *_shares(found, _FLAGS)


def _speed_rows(results: Results) -> Iterator[Sequence[str]]:
    """Seconds a page over the sets that reader and yardstick both read."""
    readers = sorted({reader for name in SETS for reader in results.get(name, {})})
    for reader in readers:
        both = [(found[reader], found[YARDSTICK]) for name in SETS if {reader, YARDSTICK} <= (found := results.get(name, {})).keys()]
        if both:
            ours, theirs = (sum(pair[side]["seconds"] * pair[side]["items"] for pair in both) for side in (0, 1))
            yield reader, f"{ours / sum(pair[0]['items'] for pair in both):.2f}", f"{theirs / ours:.1f}"


def _measured(results: Results, names: Iterable[str]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    yield from ((name, reader, found) for name in names for reader, found in sorted(results.get(name, {}).items()))


def _shares(found: Mapping[str, Any], measures: Iterable[tuple[str, str]]) -> list[str]:
    return [_percent(Count(*found["counts"].get(measure, (0, 0))).share) for measure, _ in measures]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f} %" if share < 0.1 else f"{100 * share:.1f} %"
