"""Commands for corrections: review export, review apply."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from heapq import nlargest
from operator import itemgetter
from pathlib import Path
from typing import Annotated, TextIO

import typer

from pipeline.access import Act
from pipeline.cli.common import complain, say, settings, writing_to
from pipeline.errors import Conflict, Usage
from pipeline.model import Line
from pipeline.wiring import Archive, archive


def add_to(app: typer.Typer) -> None:
    commands = typer.Typer(help="Take lines out to be corrected, and corrected lines back in.", no_args_is_help=True)
    commands.command()(export)
    commands.command("apply")(apply_)
    app.add_typer(commands, name="review")


def export(
    holding: Annotated[str | None, typer.Option(help="Only this holding.")] = None,
    doubtful: Annotated[int | None, typer.Option(min=1, help="Only this many lines, the most doubtful first.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; default: standard output.")] = None,
) -> None:
    """Write every line of every page, one JSON a line, in reading order; or those that most need a look.

    Correct `text`, or set `checked` to true to confirm a line as it stands. An empty text says that there is no such line. A line that was
    missed is added without `line`, with its `page_id`, `revision`, `text`, and `after`, the number of the line before it.
    """
    from pipeline import review
    from pipeline.quality import doubt

    def weigh(lines: Sequence[Line]) -> dict[int, float]:
        return {doubted.line: doubted.weight for doubted in doubt(lines)}

    with archive(settings(), Act.REVIEW) as opened, _written(out) as file:
        opened.require_holdings([holding] if holding else [])
        known = opened.catalogue.ledger.names()
        opened.note("exported", "lines", holdings=" ".join(str(known[name]) for name in ([holding] if holding else known)))
        lines = review.export(opened.catalogue.readings.lines(holding), weigh)
        chosen = lines if doubtful is None else nlargest(doubtful, lines, key=itemgetter("doubt"))
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in chosen)


@contextmanager
def _written(out: Path | None) -> Iterator[TextIO]:
    """The file to write, or standard output. Raises Usage (unwritable)."""
    if out is None:
        yield sys.stdout
        return
    with writing_to(out), out.open("w", encoding="utf-8") as file:
        yield file


def _corrected_by(opened: Archive, by: str) -> str:
    """In whose name corrections are entered: with accounts it cannot be another's."""
    if opened.access.account is None:
        if not by:
            raise Usage("bad-name", "say who made the corrections", "Give --by NAME.")
        return by
    if by not in ("", opened.access.who):
        raise Usage("bad-name", "corrections stand in the name of the account that enters them", "Leave --by out, or use their account.")
    return opened.access.who


def apply_(
    file: Annotated[Path, typer.Argument(help="JSONL, as `sijill review export` writes it, with corrections.")],
    by: Annotated[str, typer.Option("--by", help="Who made these corrections; on a shared archive whose account it is.")] = "",
) -> None:
    """Write corrections as new revisions, in the name of who made them. What was read first stays; the search follows.

    A page that somebody else changed meanwhile is left alone and told; the others go on.
    """
    from pipeline import indexing, review
    from pipeline.entities import extract

    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Usage("unreadable", f"{file}: {error}") from error
    with archive(settings(), Act.REVIEW) as opened:
        who = _corrected_by(opened, by.strip())
        outcomes = list(review.apply(review.parse(text.split("\n")), opened.catalogue.readings, extract, who))
        not_there = sum(outcome.error is not None and outcome.error.code == "not-found" for outcome in outcomes)
        opened.note("corrected", "pages", pages=sum(outcome.revision is not None for outcome in outcomes), refused=not_there)
        indexing.drain(opened.catalogue.outbox, opened.index)
    failed = [outcome for outcome in outcomes if outcome.error]
    for outcome in outcomes:
        if outcome.revision is not None:
            say(f"page {outcome.page_id}: {outcome.changed} lines, revision {outcome.revision}")
        elif outcome.error:
            complain(outcome.error)
    unchanged = sum(outcome.revision is None and not outcome.error for outcome in outcomes)
    say(f"{len(outcomes) - len(failed) - unchanged} pages corrected, {unchanged} unchanged, {len(failed)} left alone.")
    if failed:
        raise Conflict("not-applied", f"{len(failed)} pages were not corrected", "Export them again and redo their corrections.")
