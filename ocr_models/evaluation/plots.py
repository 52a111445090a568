"""Plots of the figures: error by condition and reader, reliability of confidences, letters mistaken for each other."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from ocr_models.evaluation.linesets import CUT
from ocr_models.evaluation.metrics import Bins, Count, joined_bins
from ocr_models.evaluation.pagesets import SETS
from ocr_models.evaluation.readers import OURS
from ocr_models.evaluation.report import Results

_COLOURS = ("#1f6f5c", "#b3541e", "#b9b2a3", "#57968a")
STYLE: dict[Any, Any] = {
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.prop_cycle": cycler(color=_COLOURS), "savefig.dpi": 120,
}  # fmt: skip
_LETTERS = 24
NOT_CONDITIONS = frozenset({"minutes", "lines", "steps", "loss"})


def draw(results: Results, docs: Path) -> None:
    """Write images/reader-errors.png, reader-reliability.png and reader-letters.png, of what was measured."""
    folder = docs / "images"
    folder.mkdir(parents=True, exist_ok=True)
    readers = sorted({reader for found in results.values() for reader in found}, key=lambda reader: (reader != OURS, reader))
    if not readers:
        return
    shown = OURS if OURS in readers else readers[0]
    with mpl.rc_context(STYLE):
        for name, figure in (
            ("errors", errors(results, readers)),
            ("reliability", reliability(results, readers)),
            ("letters", letters(results, shown)),
        ):
            figure.savefig(folder / f"reader-{name}.png", metadata={"Software": None})


def draw_curve(points: Path, docs: Path) -> None:
    """Write images/reader-curve.png, of the CSV a training leaves beside its checkpoint, and keep the points in benchmarks/.

    Minutes that fall begin another line: training went on from an earlier state there.
    """
    with points.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    conditions = [name for name in rows[0] if name not in NOT_CONDITIONS]
    minutes = [float(row["minutes"]) for row in rows]
    branches = [at for at in range(1, len(rows)) if minutes[at] < minutes[at - 1]]
    with mpl.rc_context(STYLE | {"axes.prop_cycle": cycler(color=mpl.colormaps["tab10"].colors)}):  # type: ignore[attr-defined]
        figure = Figure(figsize=(8, 3.6), layout="constrained")
        axes = figure.subplots()
        for name in sorted(conditions, key=lambda name: float(rows[-1][name])):
            errors = np.insert([100 * float(row[name]) for row in rows], branches, np.nan)
            axes.plot(np.insert(minutes, branches, np.nan), errors, label=name)
        ticks = (0.5, 1, 2, 5, 10, 20, 50, 100)
        axes.set(yscale="log", ylim=(0.5, 100), yticks=ticks, yticklabels=[str(tick) for tick in ticks], ylabel="CER, %", xlabel="minutes")
        axes.legend(ncols=2, frameon=False)
        figure.savefig(docs / "images" / "reader-curve.png", metadata={"Software": None})
    (docs / "benchmarks" / "reader-curve.csv").write_bytes(points.read_bytes())


def errors(results: Results, readers: list[str]) -> Figure:
    """CER of every condition, readers side by side, on a logarithmic axis: a tenth of the errors is as far as ten times."""
    conditions = [(name, condition) for name in SETS if name in results for condition in _conditions(results, name)]
    figure = Figure(figsize=(10, 3.4), layout="constrained")
    axes, width = figure.subplots(), 0.8 / len(readers)
    for number, reader in enumerate(readers):
        shares = [_cer(results, name, condition, reader) for name, condition in conditions]
        axes.bar([at + (number - (len(readers) - 1) / 2) * width for at in range(len(conditions))], shares, width, label=reader)
    labels = [
        name if name == condition or len(_conditions(results, name)) == 1 else f"{name}:\n{condition}" for name, condition in conditions
    ]
    axes.set(
        yscale="log",
        ylabel="CER, %",
        ylim=(0.1, 100),
        yticks=(0.1, 1, 10, 100),
        yticklabels=("0.1", "1", "10", "100"),
        xticks=range(len(conditions)),
    )
    axes.set_xticklabels(labels, rotation=30, ha="right")
    figure.legend(loc="outside upper center", ncols=len(readers), frameon=False)
    return figure


def reliability(results: Results, readers: list[str]) -> Figure:
    """Share of words that are right, by the confidence they were given, on all pages."""
    figure = Figure(figsize=(4.6, 4.4), layout="constrained")
    axes = figure.subplots()
    axes.plot((0, 1), (0, 1), "--", color="#cccccc")
    for reader in readers:
        filled = joined_bins(_bins(found[reader]["bins"]) for name, found in results.items() if name in SETS and reader in found)
        points = [(confidence / count, right / count) for count, confidence, right in filled if count >= 10]
        axes.plot(*zip(*points, strict=True), "o-", markersize=3, label=reader) if points else None
    axes.set(xlabel="confidence", ylabel="share of words that are right", xlim=(0, 1), ylim=(0, 1))
    axes.legend(frameon=False)
    return figure


def letters(results: Results, reader: str) -> Figure:
    """The letters and digits a reader mistakes for each other most, on whole pages and real lines; colours go up by tenfolds."""
    pairs: Counter[tuple[str, str]] = Counter()
    for name, found in results.items():
        for true, read, count in found.get(reader, {}).get("confusions", ()) if not name.startswith(CUT) else ():
            pairs[true, read] += count if true.isalnum() and read.isalnum() else 0
    often: Counter[str] = Counter()
    for (true, read), count in pairs.items():
        often.update({true: count, read: count})
    signs = sorted(sign for sign, _ in often.most_common(_LETTERS))
    matrix = np.array([[pairs[true, read] for read in signs] for true in signs], float).reshape(len(signs), len(signs))
    figure = Figure(figsize=(6.4, 6), layout="constrained")
    axes = figure.subplots()
    if not signs:
        axes.set_axis_off()
        axes.set_title(f"{reader}: no letter or digit misread")
        return figure
    image = axes.imshow(np.where(matrix > 0, matrix, np.nan), cmap="YlGn", norm=LogNorm(1, max(2.0, matrix.max(initial=2.0))))
    axes.set(xticks=range(len(signs)), yticks=range(len(signs)), xlabel="read", ylabel="printed", title=reader)
    axes.set_xticklabels(signs)
    axes.set_yticklabels(signs)
    figure.colorbar(image, ax=axes, shrink=0.7, label="times")
    return figure


def _conditions(results: Results, name: str) -> list[str]:
    return sorted({condition for found in results[name].values() for condition in found["conditions"]})


def _cer(results: Results, name: str, condition: str, reader: str) -> float:
    counts = results[name].get(reader, {}).get("conditions", {}).get(condition, {}).get("counts", {})
    share = Count(*counts.get("cer", (0, 0))).share
    return float("nan") if share is None else max(100 * share, 0.01)


def _bins(listed: list[list[float]]) -> Bins:
    return tuple((int(count), confidence, int(right)) for count, confidence, right in listed)
