"""Commands for the local Prefect server: up, down, ui."""

import webbrowser

import typer

from flows.server import LocalServer
from pipeline.cli.common import say, settings, stdout


def add_to(app: typer.Typer) -> None:
    app.command()(up)
    app.command()(down)
    app.command()(ui)


def up() -> None:
    """Start the archive's Prefect server, or say where it runs. It stays up between batches."""
    say(f"Prefect is at {_server().start().removesuffix('/api')}")


def down() -> None:
    """Stop the archive's Prefect server. The record of runs is kept."""
    say("Prefect is stopped." if _server().stop() else "Prefect was not running.")


def ui() -> None:
    """Say where the Prefect UI is, and open it in a browser where there is one."""
    server = _server()
    server.start()
    say(server.ui_url)
    if stdout.is_terminal:
        webbrowser.open(server.ui_url)


def _server() -> LocalServer:
    return LocalServer(settings().prefect_home)
