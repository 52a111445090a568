"""Measures readers on the frozen sets and rewrites docs/reader.md, its figures and its plots: python -m ocr_models.evaluation."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ocr_models.evaluation import linesets, pagesets, plots, report
from ocr_models.evaluation.readers import OURS, READERS, Measured, Piped, one_core
from ocr_models.evaluation.run import Limits, measure_set, summary
from ocr_models.evaluation.score import ItemScore
from pipeline.ports import LineReader

DOCS = Path(__file__).parents[2] / "docs"


def main(words: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(words)
    if given.freeze:
        pagesets.freeze()
        return 0
    if given.curve:
        plots.draw_curve(given.curve, given.docs)
        return 0
    if given.split == "dev" and given.docs == DOCS:
        raise SystemExit("the dev split is for tuning, not for docs/: give --docs FOLDER with a reader.md")
    one_core()
    readers = {name: Piped(_recogniser(given.model)) if name == OURS and given.model else READERS[name]() for name in given.readers}
    results = report.load(given.docs)
    for name, scores in _measured(given, readers):
        results.setdefault(name, {}).update({r: report.about(readers[r].identity) | summary(each) for r, each in scores.items()})
        report.save(results, given.docs)
        if given.items:
            _keep_items(given.items, name, scores)
    report.write(results, given.docs)
    plots.draw(results, given.docs)
    return 0


def _measured(given: argparse.Namespace, readers: Mapping[str, Measured]) -> Iterator[tuple[str, dict[str, list[ItemScore]]]]:
    """(set, scores by reader) as each set is done; sets of real lines that were not given are left out, and the report says so."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        sets, items = progress.add_task("sets", total=len(given.sets)), progress.add_task("", total=None)
        for name in given.sets:
            progress.reset(items, description=name)
            limits = Limits(given.split, given.lines, given.pages)
            scores = measure_set(name, readers, limits, lambda count: progress.advance(items, count))
            if scores is not None:
                yield name, scores
            progress.advance(sets)


def _keep_items(folder: Path, name: str, scores: Mapping[str, Sequence[ItemScore]]) -> None:
    """One JSON line an item, a file for each reader and set: what bootstrap.compare pairs."""
    folder.mkdir(parents=True, exist_ok=True)
    for reader, items in scores.items():
        told = "".join(json.dumps(item.to_json(), ensure_ascii=False) + "\n" for item in items)
        (folder / f"{reader}-{name}.jsonl").write_text(told, "utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ocr_models.evaluation", description=__doc__)
    parser.add_argument("--sets", type=_names(linesets.known()), default=list(linesets.known()), help=f"of {', '.join(linesets.known())}")
    parser.add_argument("--readers", type=_names(tuple(READERS)), default=list(READERS), help=f"of {', '.join(READERS)}")
    parser.add_argument("--model", type=Path, help="the model file that sijill reads with, in place of the default one")
    parser.add_argument("--lines", type=Path, help="folder with the real line collections (NAME.png, NAME.gt.txt)")
    parser.add_argument("--pages", type=int, help="only the first so many pages of a set, or lines of a real one")
    parser.add_argument("--split", choices=("test", "dev"), default="test", help="dev may be tuned on; only test is reported")
    parser.add_argument("--items", type=Path, help="folder for the scores of single pages and lines")
    parser.add_argument("--docs", type=Path, default=DOCS, help="where reader.md, benchmarks/ and images/ are")
    parser.add_argument("--curve", type=Path, help="draw the learning curve of this CSV, measure nothing")
    parser.add_argument("--freeze", action="store_true", help="draw all pages anew and list their sums")
    return parser


def _recogniser(model: Path) -> LineReader:
    from ocr_models.recogniser import Recogniser  # noqa: PLC0415 - as readers.READERS does

    return Recogniser(model)


def _names(known: Sequence[str]) -> Callable[[str], list[str]]:
    def parsed(text: str) -> list[str]:
        names = text.split(",")
        if unknown := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not one of {', '.join(known)}")
        return names

    return parsed


if __name__ == "__main__":
    sys.exit(main())
