"""docs/benchmarks.md, rebuilt from the results: the same results always give the same page."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from benchmarks.finding.report import finding
from benchmarks.growth import exponent
from benchmarks.overhead import READER
from benchmarks.prose import joined, machine, number, percent, picture, table
from benchmarks.results import Result
from benchmarks.understanding.report import understanding
from benchmarks.workers import SHARED

HEAD = """# Benchmarks

What Sijill costs beside the reading itself, whether that grows with the archive, what is read, and how fast names are found.
This page is made by `uv run python -m benchmarks page` from the results in `benchmarks/` beside it; `uv run python -m benchmarks all`
measures everything again, which takes many hours, and rewrites both. The benchmarks need what the tests need: `./run test`
installs it. Figures hold for the machine named with them.
"""
ABSENT = "Not measured yet.\n"
PAGES, MACHINES, CORES = 10_000_000, 20, 8


def page(results: dict[str, Result | None]) -> str:
    """The whole page in Markdown; what has no result is said not to be measured."""
    sections = [_section(title, command, say, results[name]) for name, title, command, say in SECTIONS]
    return "\n".join([HEAD, *sections, f"## On paper\n\n{on_paper(results)}"])


def overhead(result: Result) -> str:
    cost, work = result["cost"], result["work"]
    spent = cost["wall"] * result["processes"]
    shares = [*result["parts"].items(), ("everything else", spent - work), ("wall time x processes", spent)]
    return joined(
        machine(result["machine"]),
        f"""{result["pages"]} fixture pages, no two files with the same bytes, with the reader `{result["reader"]}`:
        {cost["wall"]:.0f} s with {result["processes"]} processes. **Overhead {percent(result["overhead"])}** of the work
        (aim: at most 5 %).{_other_reader(result["reader"])}""",
        table(("", "seconds", "share"), [(part, number(seconds), percent(seconds / spent)) for part, seconds in shares]),
        picture("overhead", "Where the time of the processes goes"),
        f"""Reading: the main process used {cost["main_cpu"]:.1f} s of processor time, {1000 * cost["main_cpu"] / result["pages"]:.0f}
        ms a page (files kept and entered, readings recorded, index, Prefect, imports), Prefect's server {cost["server_cpu"]:.1f} s.
        The largest worker held {cost["worker_rss"]:.0f} MiB, the main process {cost["main_rss"]:.0f},
        Prefect's server {cost["server_rss"]:.0f}.""",
        """Limits: the work is wall time inside the processes that read, so what the main process and Prefect's server take from them on a
        machine without idle cores lengthens the work and is not seen as overhead: their processor seconds are the most that hides so, and
        a busy machine makes the work look longer. Starting the server is not in it, starting everything else is.""",
    )


def growth(result: Result) -> str:
    runs = _by_pages(result)
    first, last = runs[0], runs[-1]
    head = (
        "pages", "files", "seconds", "pages/s", "CPU ms/page", "of it main", "Prefect's server", "main MiB", "largest worker MiB",
        "server MiB", "catalogue and index MiB",
    )  # fmt: skip
    return joined(
        machine(last["machine"]),
        f"""Bilevel pages of 200 x 280 pixels, four fifths in TIFFs of 50, and a reader that gives every page the same line. Seconds grow as
        pages to the power of **{_power(exponent(runs, "wall"))}**, processor seconds **{_power(exponent(runs, "cpu"))}** (1 is
        linear; below 1, what is paid once is spread over more pages). The main process peaks at {first["main_rss"]:.0f} MiB with
        {first["pages"]:,} pages
        and {last["main_rss"]:.0f} MiB with {last["pages"]:,}.""",
        table(head, map(_growth_row, runs)),
        picture("growth", "Time and memory by the size of the batch"),
        f"""Reading: {_marginal(runs)}. From the smallest to the largest batch the main process grows by {_slope(runs)} a thousand pages,
        the largest worker by {last["worker_rss"] - first["worker_rss"]:.0f} MiB in all.""",
        f"""Limits: pages this small show what is paid for each page beside reading, not reading itself. Each size is run once, the largest
        in {last["attempts"]} attempt(s). Resident memory counts pages shared between processes in each of them.""",
    )


def workers(result: Result) -> str:
    runs = sorted(result["runs"].values(), key=lambda run: (run["pages"], run["backend"], run["workers"]))
    named = list(dict.fromkeys(name for run in runs for name in run["beside"]))
    head = ("pages", "engines", "workers", "seconds", "pages/s", "CPU ms/page", "of it `ingest`", *named)
    memory = ("pages", "engines", "workers", "`ingest`", *named)
    powers = [
        f"{backend}, {count} worker{'s' * (count > 1)}: {_power(exponent(some, 'wall'))}"
        for backend, count in dict.fromkeys((run["backend"], run["workers"]) for run in runs)
        if len(some := [run for run in runs if (run["backend"], run["workers"]) == (backend, count)]) > 1
    ]
    return joined(
        machine(runs[-1]["machine"]),
        f"""The pages and the reader of *Growth*. *Embedded*: one `sijill ingest` with that many processes. *Shared*: versitygw, PostgreSQL
        and an Elasticsearch node on the same machine; one `sijill ingest` gives the pages out in chunks, that many `sijill worker` read one
        page at a time. Processor milliseconds a page are of everything that works for the batch, then of each part. Seconds grow as pages
        to the power of (1 is linear): {"; ".join(powers) or "unknown, for one size alone"}.""",
        table(head, (_workers_row(run, named) for run in runs)),
        table(memory, (_workers_memory(run, named) for run in runs)),
        picture("workers", "Pages a second and processor time a page by workers"),
        """Reading: the first table is of time, the second of the most memory in MiB, of all processes of a part together. Where pages a
        second do not rise with the workers, the cores of the machine are the limit: its engines share them with the workers. Prefect's part
        is by the chunk, of 32 to 256 pages, and each worker's start is in its own; both weigh less beside pages that take long to read.""",
        """Limits: one machine, so the network costs nothing and the engines compete with the workers; on machines of their own the workers'
        processor time a page says how many of them an engine can serve. Elasticsearch is its published server without the security module,
        behind a small TLS proxy that is counted with it. Each line is one run.""",
    )


def reading(result: Result) -> str:
    sijill, plain = result["ways"]["sijill"], result["ways"]["tesseract"]
    head = ("", "pages", "words: Sijill", "Tesseract", "numbers: Sijill", "Tesseract", "digits folded: Sijill", "Tesseract")
    whole = _recall_row("**all**", sijill["all"], plain["all"])
    kinds, conditions = (
        [_recall_row(name, sijill[by][name], plain[by][name]) for name in sijill[by]] for by in ("kinds", "conditions")
    )  # fmt: skip
    return joined(
        machine(result["machine"]),
        f"""Recall on the {result["pages"]} pages of `fixtures/scans`: the share of the words and numbers truly on the pages that was read.
        *Sijill* is `sijill read --format json`; *Tesseract* is plain `tesseract -l ara` on the same files, pictures as they are, PDF pages
        drawn by `pdftoppm -r 300`. The same normalisation for both: NFC, no tatweel, vowel marks, control or bidi marks; split at blanks,
        punctuation taken off the ends; letters as they are. Numbers are tokens with a digit, dates whole, and count when read exactly:
        with the digits as printed, and *folded*, with ٣ and 3 as one.""",
        table(head, [whole, *kinds]),
        table(("condition", *head[1:]), conditions),
        picture("reading", "Recall by kind of paper"),
        f"""Reading: Sijill took {sijill["seconds"]:.0f} s, plain Tesseract, one file after the other, {plain["seconds"]:.0f} s. For 100
        tokens on the pages they give {sijill["given_a_hundred"]} and {plain["given_a_hundred"]}; on blank pages, where there are none,
        {sijill["on_blank_pages"]} and {plain["on_blank_pages"]}.""",
        """Limits: these are drawn pages, aged by a program, not seized papers; a page stands under each of its conditions, few pages under
        some. Signatures and words inside stamps are not in the truth, so recall is told and precision is not. Order is not judged.""",
    )


def search(result: Result) -> str:
    runs = sorted(result["runs"].values(), key=lambda run: (run["pages"], run["engine"]))
    named = {"name": "a name as printed", "name_misread": "a name with a letter lost", "reference": "a reference number"}
    built = [
        (f"{run['pages']:,}", run["engine"], f"{run['documents']:,}", number(run["build"]), f"{run['pages'] / run['build']:.0f}",
         number(run["mb"]), number(run["rss"]) if run["rss"] else "–")
        for run in runs
    ]  # fmt: skip
    asked = [
        (f"{run['pages']:,}", named[kind], run["engine"], number(found["p50_ms"]), number(found["p95_ms"]),
         f"{found['found']} of {result['queries']}")
        for pages in sorted({run["pages"] for run in runs})
        for kind in named
        for run in runs if run["pages"] == pages
        for found in [run["kinds"][kind]]
    ]  # fmt: skip
    return joined(
        machine(runs[-1]["machine"]),
        f"""Each index alone, the embedded one (SQLite FTS5) beside Elasticsearch, on the same made pages of 15 lines and three people:
        {result["queries"]} queries of each kind, {result["candidates"]} candidates each, as `sijill search` asks for.""",
        table(("pages", "engine", "documents", "seconds to build", "pages/s", "MiB on disk", "MiB of memory"), built),
        table(("pages", "question", "engine", "half within ms", "95 % within ms", "page found"), asked),
        picture("search", "Time for an answer by the size of the archive"),
        """Reading: a first baseline; ranking and loading the hits from the catalogue come on top. *Page found*: the page the question was
        made from is among the candidates. Building is what `sijill reindex` does, but for reading the record. The embedded index needs no
        memory of its own beside the command's.""",
        """Limits: names are put together evenly by chance, so that none is as frequent as محمد is; the lines of text come from few pages,
        so that their words are more frequent than in life; each query is asked once, of files in the system's cache. One writer fills
        each index; Elasticsearch takes several at a time.""",
    )


def commands(result: Result) -> str:
    rows = [(f"`{text}`", f"{cost['wall']:.2f}", f"{cost['cpu']:.2f}", f"{cost['times']:.0f}") for text, cost in result["commands"].items()]
    return joined(
        machine(result["machine"]),
        f"""Each command {result["runs"]} times, in turn, on an archive of {result["pages"]} fixture pages; half of the runs took at most
        this. The ratio is of processor seconds to those of Python starting and doing nothing, and holds on a slow machine too. NAMES is a
        file of 20 names.""",
        table(("", "seconds", "CPU seconds", "times as much as nothing"), rows),
        picture("commands", "Processor seconds by command"),
        f"""Reading: a call that does nothing, into a child process that is up and back, takes {result["call_ms"]:.1f} ms; a page is one
        such call, and a file one more.""",
        """Limits: the archive is small, so that what is measured is mostly what a command loads before it begins; how answers grow with the
        archive stands under Search. Files are in the system's cache.""",
    )


def on_paper(results: dict[str, Result | None]) -> str:
    """What PAGES on MACHINES would need if everything stayed as it was measured, from the results above."""
    overhead, workers, search = (results[name] for name in ("overhead", "workers", "search"))
    shared = [run for run in workers["runs"].values() if run["backend"] == SHARED] if workers else []
    indexed = [run for run in search["runs"].values() if run["engine"] == "elasticsearch"] if search else []
    if not (overhead and shared and indexed):
        return ABSENT
    run, index = max(shared, key=lambda run: run["pages"]), max(indexed, key=lambda run: run["pages"])
    work = overhead["work"] / overhead["pages"]
    rate = MACHINES * CORES / (work + run["beside"]["workers"]["cpu"] / run["pages"])
    days = PAGES / rate / 86_400
    parts = {"`ingest`": run["cpu"], **{name: part["cpu"] for name, part in run["beside"].items() if name != "workers"}}
    rows = [(name, number(1000 * cpu / run["pages"]), f"{rate * cpu / run['pages']:.1f}") for name, cpu in parts.items()]
    return joined(
        f"""{PAGES:,} pages on {MACHINES} machines of {CORES} cores that read, as *Overhead of a batch* has the work on a page
        ({work:.2f} s, with the reader `{overhead["reader"]}`) and *Workers and engines* what stands beside it ({run["pages"]:,}
        pages, {run["workers"]} workers): {rate:.0f} pages a second, **{days:.1f} days**. To keep up, the engines would need these
        cores:""",
        table(("", "CPU ms/page", f"cores at {rate:.0f} pages/s"), rows),
        f"""The index would take {PAGES * index["mb"] / index["pages"] / 1024:.0f} GiB, as that of {index["pages"]:,} pages does.""",
        """Limits: this is arithmetic, not a measurement. Nothing grows for ever as it begins: tables outgrow memory, merges cost more, one
        `ingest` gives all pages out. Measure again at a tenth of the size before anything is bought.""",
    )


Say = Callable[[Result], str]
SECTIONS: tuple[tuple[str, str, str, Say], ...] = (
    ("overhead", "Overhead of a batch", "uv run python -m benchmarks overhead --pages 200", overhead),
    ("growth", "Growth", "uv run python -m benchmarks growth --sizes 1000 --sizes 3000 --sizes 10000 --most 50000", growth),
    ("workers", "Workers and engines", "uv run python -m benchmarks workers", workers),
    ("reading", "Reading", "uv run python -m benchmarks reading", reading),
    ("understanding", "Drawing out people", "uv run python -m benchmarks understanding --read-pages 1", understanding),
    ("search", "Search", "uv run python -m benchmarks search", search),
    ("finding", "Finding people", "uv run python -m benchmarks finding --people 200000 --split test", finding),
    ("commands", "Quick commands", "uv run python -m benchmarks commands", commands),
)  # fmt: skip


def _other_reader(reader: str) -> str:
    """A word about figures taken with another reader than the one that reads by default."""
    if reader == READER:
        return ""
    return f""" **Taken with `{reader}`, which is not the default any more: not yet run again with `{READER}`**, whose work on a page is
        another, and with it the share of what stands beside it."""


def _section(title: str, command: str, say: Say, result: Result | None) -> str:
    return f"## {title}\n\n```\n{command}\n```\n\n{say(result) if result else ABSENT}"


def _by_pages(result: Result) -> list[Result]:
    return sorted(result["runs"].values(), key=lambda run: run["pages"])


def _growth_row(run: Result) -> Sequence[str]:
    per_page = [1000 * run[name] / run["pages"] for name in ("cpu", "main_cpu", "server_cpu")]
    memory = (run[name] for name in ("main_rss", "worker_rss", "server_rss", "database_mb"))
    return (
        f"{run['pages']:,}", f"{run['files']:,}", number(run["wall"]), f"{run['pages'] / run['wall']:.0f}",
        *map(number, per_page), *map(number, memory),
    )  # fmt: skip


def _workers_row(run: Result, named: Sequence[str]) -> Sequence[str]:
    parts = [run["cpu"], *(run["beside"][name]["cpu"] if name in run["beside"] else None for name in named)]
    whole = sum(part for part in parts if part is not None)
    costs = [number(1000 * part / run["pages"]) if part is not None else "–" for part in (whole, *parts)]
    return (*_workers_name(run), number(run["wall"]), f"{run['pages'] / run['wall']:.0f}", *costs)


def _workers_memory(run: Result, named: Sequence[str]) -> Sequence[str]:
    held = [run["tree_rss"], *(run["beside"][name]["rss"] if name in run["beside"] else None for name in named)]
    return (*_workers_name(run), *(number(most) if most is not None else "–" for most in held))


def _workers_name(run: Result) -> Sequence[str]:
    return (f"{run['pages']:,}", run["backend"], str(run["workers"]))


def _marginal(runs: Sequence[Result]) -> str:
    """What a page more costs between neighbouring sizes, without what is paid once."""
    costs = [
        f"{1000 * (more['wall'] - less['wall']) / (more['pages'] - less['pages']):.1f} ms from {less['pages']:,} to {more['pages']:,}"
        for less, more in pairwise(runs)
    ]
    return f"a page more costs {', '.join(costs)}" if costs else "one size alone says nothing of growth"


def _slope(runs: Sequence[Result]) -> str:
    first, last = runs[0], runs[-1]
    pages = last["pages"] - first["pages"]
    return f"{1000 * (last['main_rss'] - first['main_rss']) / pages:.1f} MiB" if pages else "an unknown number of MiB"


def _recall_row(name: str, sijill: Result, plain: Result) -> Sequence[str]:
    shares = [_share(*way[measure]) for measure in ("words", "numbers", "numbers_folded") for way in (sijill, plain)]
    return (name, str(sijill["pages"]), *shares)


def _share(there: int, read: int) -> str:
    return percent(read / there) if there else "–"


def _power(value: float) -> str:
    return "unknown" if math.isnan(value) else f"{value:.2f}"
