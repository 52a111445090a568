"""The command of a machine that reads for others: worker."""

import os
import socket
from typing import Annotated

import typer

from pipeline.access import Act
from pipeline.cli.batch import prefect_server
from pipeline.cli.common import complain, settings
from pipeline.errors import Missing, Usage
from pipeline.settings import Settings
from pipeline.wiring import archive


def add_to(app: typer.Typer) -> None:
    app.command()(worker)


def worker(
    limit: Annotated[int, typer.Option(min=1, help="Chunks of pages in work at one time; they share SIJILL_PROCESSES.")] = 2,
    name: Annotated[str | None, typer.Option(help="What the Prefect UI calls it; default: this machine's name and a number.")] = None,
    once: Annotated[bool, typer.Option("--once", help="End when there is nothing left to take up.")] = False,
) -> None:
    """Read pages on this machine for every `ingest` and `retry` that gives its batch to the pool SIJILL_POOL, and for `incoming`.

    The pool and all it needs are made on the Prefect server when they are not there. The archive is the one of this machine's own
    settings: it must be the one the others use. Ctrl-C or SIGTERM ends it at once; what it had begun is given back and read by others.
    """
    from flows.run import serve

    chosen = settings()
    pool_of(chosen)
    _require_account(chosen)
    serve(prefect_server(chosen), chosen, name or f"{socket.gethostname()}-{os.getpid()}", limit, once, complain)


def _require_account(chosen: Settings) -> None:
    """Told now, and not chunk by chunk; an archive that is not there yet may come. Raises Forbidden."""
    try:
        with archive(chosen, Act.WORK):
            """This machine may work there."""
    except Missing as error:
        if error.code != "no-archive":
            raise


def pool_of(chosen: Settings) -> str:
    """The work pool's name. Raises Usage (bad-setting)."""
    if not chosen.pool:
        raise Usage("bad-setting", "SIJILL_POOL names no work pool.", "Name one; a new name makes a new pool.")
    return chosen.pool
