"""The demonstration: digitise the fixture scans, print the ledger, find a name, show where it stands."""

import argparse
import os
import sys
from pathlib import Path

from flows.server import LocalServer
from pipeline.access import Act
from pipeline.cli import batch, find
from pipeline.cli.common import complain, say, settings
from pipeline.errors import SijillError
from pipeline.model import Query
from pipeline.wiring import archive, drawing

SCANS = Path("fixtures/scans")
SCANNED = {".pdf", ".tif", ".jpg", ".png"}
NAME = "غياث وصفي القهوجي"
PICTURE = Path("demo-hit.png")
SHOWN = 3


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run demo", description="Digitises the fixture scans into ./demo-archive and finds a name.")
    parser.add_argument("--once", action="store_true", help="stop everything that was started, then end")
    once = parser.parse_args().once or not sys.stdout.isatty()
    os.environ.setdefault("SIJILL_HOME", "demo-archive")
    server = LocalServer(settings().prefect_home)
    ours = not server.starting()
    try:
        _demonstrate()
    except SijillError as error:
        complain(error)
        sys.exit(error.exit_code)
    finally:
        if once and ours:
            server.stop()
    _what_next(None if once else server.running())


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
