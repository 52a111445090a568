"""The demonstration: digitise the fixture scans, print the ledger, find a name, show where it stands."""

import argparse
import os
import sys
from pathlib import Path

from flows.server import LocalServer
from pipeline.access import Act
from pipeline.cli import batch, find
from pipeline.cli.common import complain, say, settings
from pipeline.errors import Damaged, SijillError
from pipeline.model import Query
from pipeline.settings import Settings
from pipeline.wiring import archive, drawing, migrate

SCANS = Path("fixtures/scans")
SCANNED = {".pdf", ".tif", ".jpg", ".png"}
HOME = "demo-archive"
NAME = "غياث وصفي القهوجي"
PICTURE = Path("demo-hit.png")
SHOWN = 3


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run demo", description="Digitises the fixture scans into ./demo-archive and finds a name.")
    parser.add_argument("--once", action="store_true", help="stop everything that was started, then end")
    once = parser.parse_args().once or not sys.stdout.isatty()
    named = any(os.environ.get(f"SIJILL_{part}") for part in ("HOME", "CATALOGUE", "INDEX"))
    if not os.environ.get("SIJILL_HOME"):
        os.environ["SIJILL_HOME"] = HOME
    server = LocalServer(settings().prefect_home)
    ours = not server.starting()
    try:
        if not named:
            bring_up_to_date(settings())
        _demonstrate()
    except SijillError as error:
        complain(error)
        sys.exit(error.exit_code)
    finally:
        if once and ours:
            server.stop()
    _what_next(None if once else server.running())


def bring_up_to_date(chosen: Settings) -> None:
    """The demonstration's own archive, as an earlier Sijill may have left it. One that somebody named is theirs to migrate."""
    before, now = migrate(chosen)
    if before not in {None, now}:
        say(f"Brought {chosen.home} from schema {before} to {now}.")
    with archive(chosen, Act.REBUILD) as opened:
        try:
            _ = opened.index
        except Damaged as error:
            if error.code == "index-outdated":  # a missing one is made by what follows, which also tells of a damaged one
                say(f"Made the index anew: {opened.rebuild_index(lambda _: None)} pages.")


def _demonstrate() -> None:
    scans = sorted(str(path) for path in SCANS.iterdir() if path.suffix in SCANNED)
    say(f"Digitising {len(scans)} scans of fictitious papers into {settings().home} …")
    batch.ingest(scans, "Demonstration", "Box 1", None, "Damascus", "2024-12-09", ["a fictitious collector"], "free to show", None)
    say(f"\nSearching for {NAME} (sijill search):\n")
    with archive(settings(), Act.SEARCH) as opened:
        answer = find.ask(opened, Query(NAME, limit=SHOWN))
        find.print_answer(answer)
        shown = next((hit for hit in answer.hits if hit.image and hit.spot.boxes), None)
        if shown:
            with drawing(opened) as draw:
                draw(shown.page, shown.spot.boxes, PICTURE)
            say(f"\nThe page with the words boxed: {PICTURE}")


def _what_next(prefect: str | None) -> None:
    home = settings().home
    say(f"""
What to try next (with `export SIJILL_HOME={home}`):
  uv run sijill search "راتب شبلي الحفار"     another name; add --json for programs
  uv run sijill status                        the ledger
  uv run sijill review export --out lines.jsonl    the lines, to be corrected and applied again
  uv run sijill verify                        check every byte and record
  uv run sijill ingest YOUR-FOLDER --holding NAME  your own scans""")
    if prefect:
        say(f"  {prefect.removesuffix('/api')}    the run in the Prefect UI (uv run sijill down stops it)")


if __name__ == "__main__":
    main()
