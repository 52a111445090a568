"""Commands that bring pages in: ingest, import, retry."""

import json
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.access import Act
from pipeline.arrivals import is_incoming, unseen
from pipeline.cli.common import complain, named, print_ledger, progress, say, settings, shown
from pipeline.custody import Checkpoint
from pipeline.errors import Damaged, Usage
from pipeline.intake import Met, walk
from pipeline.model import Accession
from pipeline.settings import Settings
from pipeline.wiring import Archive, archive, digitiser, finished, incoming, sandbox, taking_in

if TYPE_CHECKING:  # the heavy ones are imported by the commands that need them
    from flows.server import Server
    from pipeline.digitise import Digitiser

MANIFEST = {
    "seized_at": "place of seizure", "seized_on": "date of seizure", "held_by": "previous holders, oldest first",
    "consent": "consent terms", "gaps": "known gaps",
}  # fmt: skip

Holding = Annotated[str, typer.Option("--holding", help="The holding these papers belong to; made if it is new.")]
Box = Annotated[str | None, typer.Option("--box", help="The box, folder or drive they came in.")]
ManifestFile = Annotated[Path | None, typer.Option("--manifest", help=f"JSON or TOML file with {', '.join(MANIFEST)}.")]
STALLS = 3  # times the longest time for one page: a chunk that brings none to its end meanwhile is given out again
HEAD_START = 32  # pages begun while the rest of the files are still being taken in


def add_to(app: typer.Typer) -> None:
    app.command()(ingest)
    app.command("import")(import_)
    app.command()(retry)


def ingest(
    paths: Annotated[
        list[str],
        typer.Argument(help="Files, folders, s3://BUCKET\\[/PREFIX]: PDF, TIFF (also multi-page), JPEG, PNG, JPEG 2000."),
    ],
    holding: Holding,
    box: Box = None,
    manifest: ManifestFile = None,
    seized_at: Annotated[str | None, typer.Option(help="Place of seizure.")] = None,
    seized_on: Annotated[str | None, typer.Option(help="Date of seizure.")] = None,
    held_by: Annotated[list[str] | None, typer.Option(help="A previous holder; give it once for each, oldest first.")] = None,
    consent: Annotated[str | None, typer.Option(help="Consent terms.")] = None,
    gaps: Annotated[str | None, typer.Option(help="Known gaps.")] = None,
) -> None:
    """Take files in, read every page, and make them searchable.

    Nothing is changed where it lies. Run the same command again after any interruption: it goes on where it stopped, and nothing is
    taken in twice. Every file ends in the ledger: accepted, a duplicate, or refused with a reason.
    """
    options = {"seized_at": seized_at, "seized_on": seized_on, "held_by": "; ".join(held_by or ()), "consent": consent, "gaps": gaps}
    known = manifest_of(manifest) | {key: value for key, value in options.items() if value}
    chosen = settings()
    found = list(walk(Path(path) for path in paths if not is_incoming(path)))
    objects = [met for path in paths if is_incoming(path) for met in incoming(chosen, path)]
    with archive(chosen, Act.TAKE_IN, create=True) as opened, sandbox(chosen, chosen.processes) as pool:
        worker, server = digitiser(opened, pool), prefect_server(chosen)
        accession = opened.catalogue.accessions.open(holding_named(holding), box or known.pop("box", None), known, opened.access.who)
        new = list(unseen(objects, opened.catalogue.incoming, accession.holding_id, again=True))
        _take_in(opened, accession, [*found, *new], len(objects) - len(new), worker, server)
        keys = worker.pending(accession.holding_id)
        if keys:
            _digitise(worker, server, accession.id, accession.holding_id, keys, chosen)
        _tell(opened, accession, finished(opened, accession, worker))
        if worker.spent:
            parts = ", ".join(f"{part} {seconds:.1f} s" for part, seconds in worker.spent.items())
            say(f"Work of {chosen.processes} processes: {parts}")


def import_(
    path: Annotated[Path, typer.Argument(help="One page a line, as `sijill read --format json` writes them, or as plain JSONL.")],
    holding: Holding,
    box: Box = None,
) -> None:
    """Take in pages that were read elsewhere, so that they are found with the rest.

    Each line is kept as it came. Its entities are kept when it has any, else drawn out of its text. Lines that cannot be understood are
    refused one by one, with the reason in the ledger.
    """
    from pipeline import indexing
    from pipeline.importing import Importer

    with archive(settings(), Act.TAKE_IN, create=True) as opened:
        catalogue = opened.catalogue
        accession = catalogue.accessions.open(holding_named(holding), box, {}, opened.access.who)
        importer = Importer(accession, opened.blobs, catalogue.accessions, catalogue.work, opened.access.who)
        with progress("Importing", "bytes") as tell:
            size = path.stat().st_size if path.exists() else 0
            for so_far in importer.run(path):
                indexing.drain(catalogue.outbox, opened.index)
                tell(so_far.bytes, 0, size)
        indexing.drain(catalogue.outbox, opened.index)
        _tell(opened, accession, catalogue.accessions.close(accession, opened.access.who))


def retry(
    failed_only: Annotated[bool, typer.Option("--failed-only", help="Only pages that failed, not those still waiting.")] = False,
) -> None:
    """Read failed pages again, and pages still waiting."""
    chosen = settings()
    with archive(chosen, Act.READ_AGAIN) as opened, sandbox(chosen, chosen.processes) as pool:
        worker = digitiser(opened, pool)
        again = opened.catalogue.work.retry(opened.access.who)
        keys = again if failed_only else worker.pending()
        say(f"{len(again)} failed pages to read again, {len(keys) - len(again)} others waiting.")
        if keys:
            _digitise(worker, prefect_server(chosen), 0, 0, keys, chosen)
        print_ledger(opened.catalogue.ledger.holdings())


def _take_in(opened: Archive, accession: Accession, found: Sequence[Met], known: int, worker: "Digitiser", server: "Server") -> None:
    """Enter every file; reading starts beside it with the first pages. ``known`` objects need not even be fetched."""
    chosen = opened.settings
    counts = Counter({"known": known})
    begun = 0
    with taking_in(opened) as take, progress("Taking in", "files", "refused") as tell:
        for met in found:
            taken = take(met, accession)
            counts[taken.status] += 1
            tell(counts.total() - counts["refused"], counts["refused"], known + len(found))
            if taken.keys and begun < HEAD_START and not chosen.pool:
                server.revive()
                worker.begin(taken.keys[: HEAD_START - begun])
                begun += len(taken.keys)
    if counts.total() != known + len(found):
        raise Damaged("ledger-broken", f"{known + len(found)} files were met and {counts.total()} entered", "Run the same command again.")
    say(", ".join(f"{count} {status}" for status, count in sorted(counts.items()) if count) or "no files")


def _digitise(worker: "Digitiser", server: "Server", batch: int, holding: int, keys: Sequence[int], chosen: Settings) -> None:
    """Read pages through the Prefect flow, here or by the workers of a pool; what is begun and not finished is given back."""
    from flows.job import Job
    from flows.run import run, run_in_pool

    try:
        with progress("Reading", "pages") as tell:
            job = Job(worker, batch, holding, keys, tell)
            warning = run_in_pool(job, server, chosen.pool, STALLS * chosen.page_seconds, complain) if chosen.pool else run(job, server)
    finally:
        worker.release()
    if warning:
        complain(warning)


def prefect_server(chosen: Settings) -> "Server":
    """The Prefect server to report to: the one named, else our own, which starts beside the first work and stays up afterwards.

    Raises Usage (bad-setting) for a pool without a server that its workers can reach.
    """
    from flows.server import LocalServer, RemoteServer

    if chosen.pool and not chosen.prefect:
        raise Usage("bad-setting", "SIJILL_POOL needs SIJILL_PREFECT: a Prefect server that all workers reach.")
    if chosen.prefect:
        return RemoteServer(chosen.prefect, chosen.prefect_auth.get_secret_value(), chosen.ca_file)
    return LocalServer(chosen.prefect_home)


def _tell(opened: Archive, accession: Accession, checkpoint: Checkpoint) -> None:
    """The ledger of the holding, what to scan again, and the checkpoint to keep."""
    rows = [row for row in opened.catalogue.ledger.holdings() if row.id == accession.holding_id]
    print_ledger(rows)
    notes = [note for row in rows for note in row.rescan]
    if notes:
        say(f"To scan again, or missing from the papers ({len(notes)}):")
        for note in notes:
            say(f"  {named(note.source)} page {note.page}: {note.code}: {shown(note.reason)}")
    say(f"Checkpoint, to keep outside this archive: {checkpoint}")
    if not all(row.whole for row in rows):
        raise Damaged("ledger-broken", "the ledger does not account for every file and page", "Run `sijill verify`.")


def holding_named(holding: str) -> str:
    name = holding.strip()
    if not name or len(name) > 200:
        raise Usage("bad-holding", "a holding has a name of 1 to 200 characters")
    return name


def manifest_of(path: Path | None) -> dict[str, str]:
    """What a manifest file says. Raises Usage (bad-manifest) naming the file and the key."""
    if path is None:
        return {}
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise Usage("bad-manifest", f"{path}: {error}", "Write it as JSON or TOML.") from error
    allowed = {*MANIFEST, "box"}
    if not isinstance(data, dict) or not set(data) <= allowed:
        raise Usage("bad-manifest", f"{path}: the keys of a manifest are {', '.join(sorted(allowed))}")
    return {key: "; ".join(map(str, value)) if isinstance(value, list) else str(value) for key, value in data.items()}
