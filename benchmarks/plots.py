"""A plot for each benchmark, as SVG that the same result always gives byte for byte."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.finding.report import BARS
from benchmarks.finding.report import NAMES as ENGINES
from benchmarks.results import DOCS, Result
from benchmarks.understanding import report as drawn_out

SIJILL, OTHER, THIRD = "#1f6f5c", "#b9b2a3", "#b3541e"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "sijill", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=[SIJILL, THIRD, OTHER]),
}  # fmt: skip


def draw(name: str, result: Result, docs: Path = DOCS) -> Path:
    """Write images/bench-NAME.svg and return its path."""
    path = docs / "images" / f"bench-{name}.svg"
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        PLOTS[name](result).savefig(path, metadata={"Date": None})
    return path


def overhead(result: Result) -> Figure:
    """One bar: the parts of the work and what is left, in seconds."""
    figure, (axes,) = _figure(1, height=1.8)
    rest = result["cost"]["wall"] * result["processes"] - result["work"]
    left, colours = 0.0, ("#8fb8ad", "#57968a", SIJILL, "#123f35", THIRD)
    for (part, seconds), colour in zip([*result["parts"].items(), ("everything else", rest)], colours, strict=True):
        axes.barh(0, seconds, left=left, color=colour, label=f"{part} {seconds:.0f} s")
        left += seconds
    axes.set(yticks=[], xlabel="seconds of all processes", xlim=(0, left))
    figure.legend(loc="outside upper center", ncols=5, frameon=False, columnspacing=1, handlelength=1)
    return figure


def growth(result: Result) -> Figure:
    """Seconds by pages on two logarithmic axes with the line of linear growth; memory by pages; memory within the largest run."""
    figure, (time, memory, course) = _figure(3)
    runs = sorted(result["runs"].values(), key=lambda run: run["pages"])
    pages = [run["pages"] for run in runs]
    time.loglog(pages, [run["wall"] for run in runs], "o-", label="seconds")
    time.loglog(pages, [runs[0]["wall"] * size / pages[0] for size in pages], "--", color=OTHER, label="linear")
    time.set(xlabel="pages", title="time")
    for key, label in (("main_rss", "main process"), ("worker_rss", "largest worker")):
        memory.semilogx(pages, [run[key] for run in runs], "o-", label=label)
    memory.set(xlabel="pages", title="most memory, MiB", ylim=(0, None))
    seconds, main, children = zip(*runs[-1]["samples"], strict=True)
    course.plot(seconds, main, label="main process")
    course.plot(seconds, children, label="all its children")
    course.set(xlabel="seconds", title=f"memory in the run of {pages[-1]:,}, MiB", ylim=(0, None))
    _legends(time, memory, course)
    return figure


def workers(result: Result) -> Figure:
    """Pages a second, and processor milliseconds a page, by workers: a line for each backend and size."""
    figure, (pace, cost) = _figure(2)
    runs = sorted(result["runs"].values(), key=lambda run: run["workers"])
    sizes = sorted({run["pages"] for run in runs})
    for backend, colour in zip(sorted({run["backend"] for run in runs}), (SIJILL, THIRD), strict=False):
        for size, line in zip(sizes, ("o:", "o--", "o-", "s-"), strict=False):
            some = [run for run in runs if (run["backend"], run["pages"]) == (backend, size)]
            counts = [run["workers"] for run in some]
            label = f"{backend}, {size:,} pages"
            pace.plot(counts, [size / run["wall"] for run in some], line, color=colour, label=label)
            spent = [run["cpu"] + sum(part["cpu"] for part in run["beside"].values()) for run in some]
            cost.plot(counts, [1000 * seconds / size for seconds in spent], line, color=colour, label=label)
    pace.set(xlabel="workers", title="pages a second", ylim=(0, None))
    cost.set(xlabel="workers", title="processor milliseconds a page", ylim=(0, None))
    _legends(cost)
    return figure


def reading(result: Result) -> Figure:
    """Recall of words and of numbers by kind of paper, Sijill beside plain Tesseract."""
    figure, panels = _figure(2)
    for axes, measure in zip(panels, ("words", "numbers"), strict=True):
        for way, shift, colour in (("sijill", -0.2, SIJILL), ("tesseract", 0.2, OTHER)):
            kinds = {"all": result["ways"][way]["all"], **result["ways"][way]["kinds"]}
            shares = [100 * found[measure][1] / max(found[measure][0], 1) for found in kinds.values()]
            axes.bar([at + shift for at in range(len(kinds))], shares, 0.4, color=colour, label=way)
        axes.set(xticks=range(len(kinds)), xticklabels=kinds, ylim=(0, 100), title=f"{measure} read, %")
    panels[1].legend(frameon=False)  # numbers leave room, words do not
    return figure


def search(result: Result) -> Figure:
    """Milliseconds by pages, a panel for each kind of question, a colour for each engine: half (full) and 95 of 100 (dashed)."""
    runs = sorted(result["runs"].values(), key=lambda run: run["pages"])
    figure, panels = _figure(len(runs[0]["kinds"]))
    for axes, kind in zip(panels, runs[0]["kinds"], strict=True):
        for engine, colour in zip(sorted({run["engine"] for run in runs}, reverse=True), (SIJILL, THIRD), strict=False):
            some = [run for run in runs if run["engine"] == engine]
            for key, line in (("p50_ms", "o-"), ("p95_ms", "o--")):
                times = [run["kinds"][kind][key] for run in some]
                label = engine if line == "o-" else None
                axes.loglog([run["pages"] for run in some], times, line, color=colour, label=label)
        axes.set(xlabel="pages", title=kind.replace("_", " ") + ", ms")
    _legends(panels[0])
    return figure


def commands(result: Result) -> Figure:
    """A bar of processor seconds for each command, with the seconds on the clock as a mark."""
    costs = dict(reversed(result["commands"].items()))
    figure, (axes,) = _figure(1, height=0.6 + 0.3 * len(costs))
    labels = [text.replace("تميم", "NAME") for text in costs]  # the drawing library does not join Arabic letters
    axes.barh(labels, [cost["cpu"] for cost in costs.values()], label="CPU seconds")
    axes.plot([cost["wall"] for cost in costs.values()], labels, "|", color=THIRD, markersize=10, label="seconds")
    axes.set(xlim=(0, None))
    _legends(axes)
    return figure


def finding(result: Result) -> Figure:
    """R@1 and R@10 of the largest run, a group of bars for each kind of question, with the oracle and the bar that is aimed at."""
    run = max(result["runs"].values(), key=lambda run: (run["people"], run["split"]))
    figure, panels = _figure(2)
    for axes, (at, most) in zip(panels, enumerate(("r1", "r10")), strict=True):
        every = {engine: [found["kinds"][kind][most] for kind in BARS] for engine, found in run["engines"].items()}
        for nth, (engine, shares) in enumerate(every.items()):
            places = [place + 0.8 * (nth + 0.5) / len(every) - 0.4 for place in range(len(BARS))]
            axes.bar(places, [100 * share[0] for share in shares], 0.8 / len(every), label=ENGINES[engine].replace("`", ""))
            axes.vlines(places, [100 * share[1] for share in shares], [100 * share[2] for share in shares], color="black", linewidth=1)
        for place, kind in enumerate(BARS):
            axes.hlines(100 * BARS[kind][at], place - 0.42, place + 0.42, colors="black", linestyles=":", label="" if place else "bar")
            axes.plot(place, 100 * run["ceiling"][kind][most], "kx", label="" if place else "oracle")
        axes.set(xticks=range(len(BARS)), xticklabels=["names", "Latin spellings"], ylim=(0, 105), title=f"R@{most[1:]}, %")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
    return figure


def understanding(result: Result) -> Figure:
    """F1 of what the bars speak of: every way on the true text, and Sijill's after each reader; the bar that is aimed at."""
    figure, panels = _figure(2, height=3.4)
    text = {said: result["text"][name] for name, said in drawn_out.NAMES.items()}
    read = {
        f"{said}, {condition}": pages["readers"][name]
        for condition, pages in result["read"].items()
        for name, said in drawn_out.READERS.items() if name != "truth"
    }  # fmt: skip
    shown = (("F1 on the true text, %", text), ("F1 of Sijill after a reader, %", read or {"true text": text["Sijill"]}))
    for axes, (title, ways) in zip(panels, shown, strict=True):
        colours = (SIJILL, THIRD, OTHER) if ways is text else (SIJILL, OTHER, "#8fb8ad", "#ddd8cc")
        for nth, ((label, found), colour) in enumerate(zip(ways.items(), colours, strict=False)):
            shares = [100 * drawn_out.f1(found, name) for name in drawn_out.BARS]
            places = [at + 0.8 * (nth + 0.5) / len(ways) - 0.4 for at in range(len(shares))]
            axes.bar(places, shares, 0.8 / len(ways), color=colour, label=label)
        for at, share in enumerate(drawn_out.BARS.values()):
            axes.hlines(100 * share, at - 0.42, at + 0.42, colors="black", linestyles=":", label="" if at else "bar, true text")
        axes.set(xticks=range(len(drawn_out.BARS)), xticklabels=drawn_out.BARS, ylim=(0, 105), title=title)
        axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2, fontsize=8)
    return figure


PLOTS: dict[str, Callable[[Result], Figure]] = {
    "overhead": overhead, "growth": growth, "workers": workers, "reading": reading, "search": search, "commands": commands,
    "finding": finding, "understanding": understanding,
}  # fmt: skip


def _figure(panels: int, height: float = 2.8) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(10 if panels > 1 else 7, height), layout="constrained")
    return figure, list(figure.subplots(1, panels, squeeze=False)[0])


def _legends(*panels: Axes) -> None:
    for axes in panels:
        axes.legend(frameon=False)
