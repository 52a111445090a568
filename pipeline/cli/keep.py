"""Commands that look after an archive: verify, reindex, migrate, withdraw, doctor."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline import wiring
from pipeline.access import Act
from pipeline.cli.common import complain, progress, say, settings, settings_of
from pipeline.custody import Checkpoint
from pipeline.errors import Damaged, Missing, SijillError, Usage
from pipeline.wiring import archive
from pipeline.wiring_reading import reading_model

if TYPE_CHECKING:
    from pipeline.verify import Alarm


def add_to(app: typer.Typer) -> None:
    for command in (verify, reindex, migrate, move, withdraw, doctor):
        app.command()(command)


def verify(
    checkpoint: Annotated[list[str] | None, typer.Option(help="A checkpoint an earlier batch printed; may be given several times.")] = None,
) -> None:
    """Check every blob's bytes, every reading, the custody record, the ledger, and the index against the catalogue.

    Ends with 0 when all is as it was; otherwise each alarm is told and nothing is repaired.
    """
    kept = [Checkpoint.parse(text) for text in checkpoint or ()]
    with archive(settings(), Act.VERIFY) as opened:
        check(opened, kept)


def check(opened: wiring.Archive, kept: list[Checkpoint]) -> None:
    """All that `verify` checks, told as it tells it. Raises Damaged (verify-failed)."""
    from pipeline import verify as checks
    from pipeline.accesses import accesses

    with progress("Checking", "blobs") as tell:
        catalogue = opened.catalogue
        count, total = 0, sum(1 for _ in catalogue.ledger.blobs())

        def step() -> None:
            nonlocal count
            count += 1
            tell(count, 0, total)

        ends, alarms, digests = checks.chains(catalogue.custody, kept)
        alarms += checks.readings(catalogue.readings, digests)
        alarms += checks.provenance(catalogue.custody, catalogue.ledger)
        alarms += checks.consents(catalogue.custody, catalogue.consents)
        alarms += accesses(catalogue.custody, catalogue.audit, catalogue.accounts)
        alarms += checks.ledger(catalogue.ledger)
        alarms += _index_alarms(opened)
        alarms += checks.blobs(opened.blobs, catalogue.ledger, step)
    for alarm in alarms:
        complain(f"ALARM {alarm.code}: {alarm.detail}")
    say(f"{total} blobs, {len(digests)} readings, {sum(end.size for end in ends)} custody records checked: {len(alarms)} alarms.")
    for end in ends:
        say(f"Checkpoint: {end}")
    if alarms:
        raise Damaged("verify-failed", f"{len(alarms)} alarms", "`sijill reindex` mends the index; all else is restored from a backup.")


def _index_alarms(opened: wiring.Archive) -> "list[Alarm]":
    """An index that cannot even be opened is an alarm among the others: the blobs are checked all the same."""
    from pipeline import verify as checks

    try:
        return list(checks.index(opened.catalogue.ledger, opened.index))
    except SijillError as error:
        return [checks.Alarm(error.code, error.detail)]


def reindex() -> None:
    """Build the search index anew from the catalogue. Until the new one is whole, searches see the old one where there is one."""
    from pipeline import indexing

    with archive(settings(), Act.REBUILD) as opened:
        with progress("Indexing", "pages") as tell:
            total = len(opened.catalogue.ledger.versions())
            done = opened.rebuild_index(lambda count: tell(count, 0, total))
        indexing.drain(opened.catalogue.outbox, opened.index)
    say(f"{done} pages indexed.")


def migrate() -> None:
    """Bring an archive made by an earlier Sijill up to date. Nothing happens when it is."""
    before, now = wiring.migrate(settings())
    say(f"The archive is at schema {now}." if before == now else f"Migrated from schema {before or 'none'} to {now}.")


def move(
    target: Annotated[Path, typer.Argument(metavar="SETTINGS", help="A file of SIJILL_…=value lines for the other archive; mode 600.")],
) -> None:
    """Copy this whole archive into another one: from the embedded engines to shared ones, or back.

    The other archive must be new or empty. Every file is read back there and its sha256 checked; the record is copied in one step and
    compared row by row; the search index is built anew. This archive stays as it is. After an interruption run the same command again.
    Models trained here and the secrets of its settings are not copied.
    """
    with archive(settings(), Act.COPY) as here, archive(settings_of(target), Act.COPY, create=True) as there:
        files, rows = carry_over(here, there, here.access.who, "archive-copied")
    say(f"{files} files and {rows} rows copied, read back and found equal. Check it any time with `sijill verify`.")


def carry_over(here: wiring.Copied, there: wiring.Archive, by: str, action: str) -> tuple[int, int]:
    """All of one archive into an empty one; returns how many files and rows. Raises Conflict, Damaged, Unavailable."""
    from pipeline import indexing

    with progress("Copying", "files") as tell:
        carried = wiring.copy_blobs(here, there, tell)
    with progress("Copying the record", "rows") as tell:
        rows = wiring.copy_record(here, there, carried, by, tell, action)
    with progress("Indexing", "pages") as tell:
        total = there.catalogue.ledger.behind()
        indexing.drain(there.catalogue.outbox, there.index, lambda count: tell(count, 0, total))
    if alarms := _index_alarms(there):
        raise Damaged(alarms[0].code, alarms[0].detail, "Run `sijill reindex` with the other archive's settings.")
    return len(carried), rows


def withdraw(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="The page_id of a hit; or a file's sha256, for all its pages.")],
    reason: Annotated[str, typer.Option(help="Why: consent, forgery, a child …")],
) -> None:
    """Hide a page, or a whole file, everywhere: search, review, exports. Its bytes and the record of the withdrawal are kept."""
    from pipeline import ground_truth, indexing

    if not reason.strip():
        raise Usage("bad-reason", "a withdrawal needs a reason")
    with archive(settings(), Act.WITHDRAW) as opened:
        hidden = opened.catalogue.readings.withdraw(identifier, reason.strip(), opened.access.who)
        indexing.drain(opened.catalogue.outbox, opened.index)
        ground_truth.discard(opened.settings.lines_home)
    say(f"Pages withdrawn: {len(hidden)}.")


def doctor() -> None:
    """Say what this machine lacks, and how to get it; and warn of disks that are not encrypted."""
    from pipeline import disks
    from pipeline.doctor import examine

    chosen = settings()
    model = partial(reading_model, chosen) if chosen.reader == "sijill" else None
    findings = [*examine(chosen.home, chosen.processes, model=model), *disks.look(disks.places(chosen))]
    for finding in findings:
        mark = "ok     " if finding.ok else "MISSING" if finding.serious else "WARNING"
        say(f"{mark} {finding.name}: {finding.found}" + ("" if finding.ok else f"\n        {finding.way_out}"))
    if not all(finding.ok for finding in findings if finding.serious):
        raise Missing("not-ready", "this machine lacks something Sijill needs")
