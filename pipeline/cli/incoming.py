"""The command that has a place in an S3 store watched: incoming."""

from typing import Annotated

import typer

from pipeline.access import Act
from pipeline.arrivals import Watched, end, is_incoming
from pipeline.cli.batch import Box, Holding, ManifestFile, holding_named, manifest_of, prefect_server
from pipeline.cli.common import named, say, settings
from pipeline.cli.worker import pool_of
from pipeline.errors import Usage
from pipeline.model import Accession
from pipeline.wiring import Archive, archive, finished, incoming_place
from pipeline.wiring import incoming as objects


def add_to(app: typer.Typer) -> None:
    app.command()(incoming)


def incoming(
    place: Annotated[str, typer.Argument(help="s3://BUCKET\\[/PREFIX]")],
    holding: Holding,
    every: Annotated[int, typer.Option(min=10, help="Seconds from one look to the next.")] = 60,
    box: Box = None,
    manifest: ManifestFile = None,
    stop: Annotated[bool, typer.Option("--stop", help="Look there no more, and end the batches whose pages are read.")] = False,
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
        with archive(chosen, Act.TAKE_IN) as opened:
            opened.require_holdings([name])
            watched = opened.catalogue.incoming.named(where, name)
            watch(server, pool, watched.id, None)
            say(f"New objects of {named(where)} are taken up no more.")
            _end(opened, watched)
        return
    next(objects(chosen, where), None)  # nothing is begun for a bucket that cannot be read
    server.wait_ready()
    known = manifest_of(manifest)
    with archive(chosen, Act.TAKE_IN, create=True) as opened:
        accession = opened.catalogue.accessions.open(name, box or known.pop("box", None), known, opened.access.who)
        watched = opened.catalogue.incoming.watch(where, accession)
    watch(server, pool, watched.id, every)
    say(f"New objects of {named(where)} are taken up every {every} seconds, as place {watched.id}, while a `sijill worker` is there.")


def _end(opened: Archive, watched: Watched) -> None:
    """What the next look would have ended; and what nobody will end now is told."""

    def finish(batch: Accession) -> None:
        say(f"Batch {batch.id} is done. Checkpoint, to keep outside this archive: {finished(opened, batch)}")

    for batch in end(opened.catalogue.incoming, watched.id, finish):
        say(f"Batch {batch.accession.id} is under way: {len(batch.waiting)} of its {len(batch.keys)} pages wait to be read.")
        say("  Workers read those that were given out, `sijill retry` all of them; then this same command ends the batch.")
