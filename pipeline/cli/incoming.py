"""The command that has a place in an S3 store watched: incoming."""

from typing import Annotated

import typer

from pipeline.access import Act
from pipeline.arrivals import Watched, is_incoming
from pipeline.cli.batch import Box, Holding, ManifestFile, holding_named, manifest_of, prefect_server
from pipeline.cli.common import named, say, settings
from pipeline.cli.worker import pool_of
from pipeline.errors import Usage
from pipeline.settings import Settings
from pipeline.wiring import archive, incoming_place
from pipeline.wiring import incoming as objects


def add_to(app: typer.Typer) -> None:
    app.command()(incoming)


def incoming(
    place: Annotated[str, typer.Argument(help="s3://BUCKET\\[/PREFIX]")],
    holding: Holding,
    every: Annotated[int, typer.Option(min=10, help="Seconds from one look to the next.")] = 60,
    box: Box = None,
    manifest: ManifestFile = None,
    stop: Annotated[bool, typer.Option("--stop", help="Look there no more. What came in stays.")] = False,
) -> None:
    """Have new objects of a bucket taken in as they arrive, by the workers of the pool SIJILL_POOL.

    Each look that finds something new is a batch, described as this command describes it. What was refused is looked at again when it
    has changed, or by `ingest` of the same place. The same command again changes what it says; nothing is taken in twice.
    """
    chosen = settings()
    pool = pool_of(chosen)
    if not is_incoming(place):
        raise Usage("no-such-path", "only a bucket can be watched", "Write s3://BUCKET or s3://BUCKET/PREFIX.")
    from flows.run import watch

    server, where, name = prefect_server(chosen), incoming_place(place), holding_named(holding)
    if stop:
        watch(server, pool, _watched(chosen, where, name).id, None)
        say(f"New objects of {named(where)} are taken up no more.")
        return
    next(objects(chosen, where), None)  # nothing is begun for a bucket that cannot be read
    server.wait_ready()
    known = manifest_of(manifest)
    with archive(chosen, Act.TAKE_IN, create=True) as opened:
        accession = opened.catalogue.accessions.open(name, box or known.pop("box", None), known, opened.access.who)
        watched = opened.catalogue.incoming.watch(where, accession)
    watch(server, pool, watched.id, every)
    say(f"New objects of {named(where)} are taken up every {every} seconds, as place {watched.id}, while a `sijill worker` is there.")


def _watched(chosen: Settings, place: str, holding: str) -> Watched:
    with archive(chosen, Act.TAKE_IN) as opened:
        opened.require_holdings([holding])
        return opened.catalogue.incoming.named(place, holding)
