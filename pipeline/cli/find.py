"""Commands that ask: search, status."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.access import Act
from pipeline.cli.common import complain, ledger_json, named, print_json, print_ledger, say, settings, shown, writing_to
from pipeline.cli.consent import term_json, told_term
from pipeline.errors import Damaged, SijillError, Usage
from pipeline.model import Query
from pipeline.wiring import Archive, archive

if TYPE_CHECKING:
    from search.find import Answer, Hit
    from search.ranking import Reason


def add_to(app: typer.Typer) -> None:
    app.command()(search)
    app.command()(status)


def search(
    query: Annotated[str | None, typer.Argument(help="A name, words, a number: as heard, in any spelling.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False,
    queries: Annotated[Path | None, typer.Option(help="File with one query a line; answers with one JSON a line.")] = None,
    holding: Annotated[list[str] | None, typer.Option(help="Only this holding; may be given several times.")] = None,
    facility: Annotated[str | None, typer.Option(help="Only pages that name this facility (its id, as MI-215).")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Only pages dated from this year, month or day (2012, 2012-05 …).")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Only pages dated up to this year, month or day.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="Only this type of paper: memo, reg, court, rel, death …")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most hits to show.")] = 20,
    pictures: Annotated[Path | None, typer.Option(help="Folder for a small picture of each hit, its words boxed.")] = None,
) -> None:
    """Find people and pages.

    Every hit says where it stands, why it matched, and whether a person has checked the reading. Below the hits stands what this search
    could not see: "not found" is only said of what was read.
    """
    if (query is None) == (queries is None):
        raise Usage("bad-query", "give either a query or --queries FILE")
    filters: dict[str, Any] = {
        "holdings": tuple(holding) if holding else None, "facility": facility, "earliest": since, "latest": until, "type": kind,
        "limit": limit,
    }  # fmt: skip
    with archive(settings(), Act.SEARCH) as opened:
        opened.require_holdings(holding or ())
        if queries is not None:
            for text in _lines(queries):
                print_json(_answer_line(opened, Query(text, **filters)))
            return
        answer = ask(opened, Query(query or "", **filters))
        if pictures is not None:
            _draw(opened, answer, pictures)
    if as_json:
        print_json(answer.as_json())
    else:
        print_answer(answer)


def status(as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False) -> None:
    """Print the ledger: every file and page of every holding, accounted for.

    Files are accepted, duplicates or refused; pages are indexed, waiting or failed. Ends with 0 when the counts are whole, failures
    included.
    """
    with archive(settings(), Act.LOOK) as opened:
        rows = opened.catalogue.ledger.holdings()
        opened.note("shown", "ledger", holdings=" ".join(str(row.id) for row in rows))
        terms = {term.holding_id: term for term in opened.catalogue.consents.terms()}
    if as_json:
        print_json([ledger_json(row) | {"training": term_json(terms[row.id])} for row in rows])
    else:
        print_ledger(rows)
        for row in rows:
            if row.rescan:
                say(f"  {named(row.holding)}: to scan again or missing from the papers: {len(row.rescan)}; see --json.")
        for term in terms.values():
            say(f"  {told_term(term)}")
    if not all(row.whole for row in rows):
        raise Damaged("ledger-broken", "the ledger does not account for every file and page", "Run `sijill verify`.")


def ask(opened: Archive, query: Query) -> "Answer":
    """The answer, which is on record where the archive keeps a record of accesses."""
    from search.find import find

    answer = find(opened.narrowed(query), opened.index, opened.catalogue.record)
    opened.note_asked(query, [hit.page.key for hit in answer.hits])
    return answer


def _answer_line(opened: Archive, query: Query) -> dict[str, Any]:
    """One answer of many: a query that makes no sense is told in its place."""
    try:
        return ask(opened, query).as_json()
    except Usage as error:
        return {"query": query.text, "hits": [], "coverage": None, "error": {"code": error.code, "detail": error.detail}}


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            yield from (line.strip() for line in file if line.strip())
    except OSError as error:
        raise Usage("unreadable", f"{path}: {error.strerror}") from error


def print_answer(answer: "Answer") -> None:
    """Hits as a person reads them."""
    for number, hit in enumerate(answer.hits, start=1):
        say(f"{number:3}. {shown(hit.person.name if hit.person else hit.spot.text.splitlines()[0] if hit.spot.text else '')}")
        say(f"     {named(hit.page.source)} page {hit.page.number}, holding {named(hit.page.holding)}, {_place(hit)}")
        standing = (
            f"{'likely' if hit.likely else 'possible'} {hit.score:.2f}, {'checked by a person' if hit.checked else 'read by machine'}"
        )
        say(f"     {standing}: {', '.join(map(_reason, hit.reasons))}")
        for line in hit.spot.text.splitlines():
            say(f"     | {shown(line)}")
        if hit.statement:
            say(f"     {shown(hit.statement)}")
    if not answer.hits:
        say("Nothing found in what was searched.")
    if answer.notice:
        say(answer.notice)
    say(answer.coverage.note)


def _reason(reason: "Reason") -> str:
    """A part of the query and how it matched: given: تميم (same)."""
    read = f" read as {shown(reason.read)}" if reason.read and reason.read != reason.asked else ""
    return f"{reason.part}: {shown(reason.asked)}{read} ({reason.rule})"


def _place(hit: "Hit") -> str:
    from pipeline.model import Box

    if not hit.image:
        return "no image, as it was read elsewhere"
    return "at pixels {}".format(",".join(map(str, Box.around(hit.spot.boxes)))) if hit.spot.boxes else "no known place"


def _draw(opened: Archive, answer: "Answer", folder: Path) -> None:
    """A picture a hit: hit-1.png and so on."""
    from pipeline.wiring import drawing

    with writing_to(folder), drawing(opened) as draw:
        folder.mkdir(parents=True, exist_ok=True)
        for number, hit in enumerate(answer.hits, start=1):
            if hit.image:
                try:
                    draw(hit.page, hit.spot.boxes, folder / f"hit-{number}.png")
                except SijillError as error:
                    complain(type(error)(error.code, f"hit {number}: {error.detail}", error.way_out))
