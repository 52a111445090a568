"""The benchmarks as commands: each measures, keeps its result, and rewrites docs/benchmarks.md and its plot."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import commands as quick
from benchmarks import growth as growing
from benchmarks import overhead as around
from benchmarks import recall, searching
from benchmarks import workers as working
from benchmarks.finding import run as found
from benchmarks.finding.asking import BESIDE
from benchmarks.finding.asking import ENGINES as FINDERS
from benchmarks.finding.lists import Split
from benchmarks.page import SECTIONS, page
from benchmarks.plots import draw
from benchmarks.results import DOCS, Result, load, save
from benchmarks.understanding import measure as drawing_out
from benchmarks.understanding.tuning import tune as tune_drawing_out

SIZES, MOST = (1000, 3000, 10_000), 50_000
ARCHIVES = (10_000, 100_000, 1_000_000)
WORK = Path(tempfile.gettempdir()) / "sijill-benchmarks"
WORKERS, MOST_WORKERS = (1, 2, 4), 2
CONDITIONS = ("clean", "photocopy")

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
Docs = Annotated[Path, typer.Option(help="Folder of the page and the results.")]


@app.command()
def overhead(pages: int = 200, docs: Docs = DOCS) -> None:
    """What a batch of the fixture pages costs beside the work on its pages."""
    keep("overhead", around.measure(pages), docs)


@app.command()
def growth(
    sizes: Annotated[list[int], typer.Option(help="Pages a batch; give it once for each size.")] = list(SIZES),  # noqa: B006 - typer copies it
    most: Annotated[int | None, typer.Option(help="One more, large, size.")] = None,
    again: Annotated[bool, typer.Option(help="Measure sizes again that have a result.")] = False,
    work: Annotated[Path, typer.Option(help="Where an interrupted run is kept to go on from.")] = WORK,
    docs: Docs = DOCS,
) -> None:
    """Time and memory by the size of a batch of small pages. Run it again after an interruption: it goes on there."""
    known = None if again else load("growth", docs)
    wanted = sorted({*sizes, *([most] if most else [])})
    growing.measure(wanted, work, known, lambda result: keep("growth", result, docs))


@app.command()
def workers(
    sizes: Annotated[list[int], typer.Option(help="Pages a batch; give it once for each size.")] = list(SIZES),  # noqa: B006 - typer copies it
    counts: Annotated[list[int], typer.Option("--workers", help="Workers; give it once for each number.")] = list(WORKERS),  # noqa: B006
    most: Annotated[int | None, typer.Option(help=f"One more, large, size, for {MOST_WORKERS} workers alone.")] = None,
    again: Annotated[bool, typer.Option(help="Measure again what has a result.")] = False,
    work: Annotated[Path, typer.Option(help="Where an interrupted run is kept to go on from.")] = WORK,
    docs: Docs = DOCS,
) -> None:
    """Batches of small pages by the number of workers, on the embedded and on shared engines, which are started for it."""
    wanted = [(backend, count, size) for size in sizes for count in counts for backend in working.RUNS]
    wanted += [(backend, MOST_WORKERS, most) for backend in working.RUNS if most]
    working.measure(wanted, work, None if again else load("workers", docs), lambda result: keep("workers", result, docs))


@app.command()
def reading(docs: Docs = DOCS) -> None:
    """Words and numbers read on the fixture scans, beside plain Tesseract."""
    keep("reading", recall.measure(), docs)


@app.command()
def search(
    pages: Annotated[list[int], typer.Option(help="Pages in the index; give it once for each size.")] = list(ARCHIVES),  # noqa: B006 - typer copies it
    engines: Annotated[list[str] | None, typer.Option("--engine", help="fts5 or elasticsearch; default: both.")] = None,
    again: Annotated[bool, typer.Option(help="Measure again what has a result.")] = False,
    work: Annotated[Path, typer.Option(help="Where an interrupted build is kept to go on from.")] = WORK,
    docs: Docs = DOCS,
) -> None:
    """Building an index and asking it, the embedded one and Elasticsearch, which is started for it."""
    wanted = [(engine, size) for size in pages for engine in engines or searching.ENGINES]
    searching.measure(wanted, work, None if again else load("search", docs), lambda result: keep("search", result, docs))


@app.command()
def understanding(
    pages: Annotated[int, typer.Option(help="Papers of each template, on their true text.")] = 14,
    read: Annotated[list[str], typer.Option(help="Condition to draw and read papers in.")] = list(CONDITIONS),  # noqa: B006 - typer copies it
    read_pages: Annotated[int, typer.Option(help="Papers of each template that are read.")] = 2,
    mistakes: Annotated[Path | None, typer.Option(help="Instead, for tuning: dev papers, their mistakes to this CSV file.")] = None,
    docs: Docs = DOCS,
) -> None:
    """People, dates, facilities and references drawn out of papers kept out of tuning, beside plain patterns and camel-tools."""
    if mistakes:
        for line in tune_drawing_out(pages, mistakes):
            typer.echo(line)
        return
    keep("understanding", drawing_out.measure(drawing_out.Plan("test", pages, read, read_pages)), docs)


@app.command()
def finding(
    people: Annotated[int, typer.Option(help="Made people in the archive.")] = 200_000,
    queries: Annotated[int, typer.Option(help="Questions of each kind; three times as many for people who are not there.")] = 1000,
    split: Annotated[Split, typer.Option(help="dev to tune the search on, test to judge it.")] = "dev",
    engines: Annotated[list[str] | None, typer.Option("--engine", help=f"{', '.join(FINDERS)}; default: {' and '.join(BESIDE)}.")] = None,
    again: Annotated[bool, typer.Option(help="Measure again what has a result.")] = False,
    work: Annotated[Path, typer.Option(help="Where an interrupted run is kept to go on from.")] = WORK,
    docs: Docs = DOCS,
) -> None:
    """People found through damage, spelling and script, beside plain Elasticsearch; and who is not there but shown as likely."""
    known = load("finding", docs)
    found.measure(people, queries, split, engines or BESIDE, work, known, lambda result: keep("finding", result, docs), again=again)


@app.command()
def commands(runs: int = 7, docs: Docs = DOCS) -> None:
    """What the quick commands cost, and a call into a child process."""
    keep("commands", quick.measure(runs), docs)


@app.command("all")
def everything(docs: Docs = DOCS) -> None:
    """All of them, from the beginning."""
    overhead(docs=docs)
    reading(docs=docs)
    understanding(docs=docs)
    search(list(ARCHIVES), again=True, docs=docs)
    finding(split="test", again=True, docs=docs)
    commands(docs=docs)
    workers(list(SIZES), list(WORKERS), again=True, docs=docs)
    growth(list(SIZES), MOST, again=True, docs=docs)


@app.command("page")
def rebuild(docs: Docs = DOCS) -> None:
    """Make docs/benchmarks.md and the plots from the results that are there."""
    results = {name: load(name, docs) for name, *_ in SECTIONS}
    for name, result in results.items():
        if result:
            draw(name, result, docs)
    (docs / "benchmarks.md").write_text(page(results), "utf-8")


def keep(name: str, result: Result, docs: Path) -> None:
    """Save a result and make the page again."""
    save(name, result, docs)
    rebuild(docs)
    typer.echo(f"{name}: {docs / 'benchmarks.md'}")


if __name__ == "__main__":
    app()
