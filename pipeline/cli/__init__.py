"""sijill …: the commands, and the one place where errors become words and exit codes."""

import sys

import typer

from pipeline.cli import account, backup, batch, consent, find, incoming, keep, model, read, review, server, worker
from pipeline.cli.common import complain
from pipeline.errors import SijillError

app = typer.Typer(
    help="""Sijill (سجل): from a box of scans to a found name.

    Start with [bold]sijill ingest FOLDER --holding NAME[/bold], look at [bold]sijill status[/bold], ask [bold]sijill search "…"[/bold].
    The archive lives in the folder SIJILL_HOME (default ./archive). [bold]sijill doctor[/bold] tells what this machine lacks.""",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)
INTERRUPTED = 130  # what typer makes of Ctrl-C, saying nothing

for part in (batch, find, read, keep, backup, consent, review, model, account, server, worker, incoming):
    part.add_to(app)


def main() -> None:
    """Run a command; a known error is told in one line on stderr and becomes its exit code."""
    try:
        app()
    except SijillError as error:
        complain(error)
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            complain("stopped; the same command goes on where this one ended")
        raise
