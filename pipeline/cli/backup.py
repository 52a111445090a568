"""Commands for the day after the disk: backup, restore."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.access import Act
from pipeline.cli.common import complain, progress, say, settings
from pipeline.cli.keep import carry_over, check
from pipeline.errors import Conflict, Damaged, Usage
from pipeline.wiring import archive

FolderOfBackup = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the backup lies: best on a disk of its own.")]


def add_to(app: typer.Typer) -> None:
    for command in (backup, restore):
        app.command()(command)


def backup(
    folder: FolderOfBackup,
    to: Annotated[
        list[str] | None, typer.Option(metavar="RECIPIENT", help="Whose identity shall open it: age1…; may be given again.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Read every file of the backup and see that it is as it was written.")] = False,
) -> None:
    """Write this archive to a folder, encrypted with age, so that who finds the disk can read nothing.

    The first time everything is written, later only what is new, and a record: a whole catalogue as it was at that moment, which `sijill
    restore` makes an archive of again. The archive may be worked on meanwhile. Files in the folder are never written again; an
    interruption leaves nothing half, and the same command goes on. Included are files, record, accounts and models trained here; not
    the index, which is built anew, nor secrets of settings. --check needs no key, and alone makes no new record.
    """
    if not to and not check:
        raise Usage("bad-recipient", "say for whom to encrypt", "Give --to age1…, as `age-keygen` prints it; or --check.")
    if to:
        _back_up(folder, to)
    if check:
        _check(folder)


def _back_up(folder: Path, to: list[str]) -> None:
    from pipeline import backup
    from pipeline.wiring_backup import copy_apart, private_folder, sealing

    with archive(settings(), Act.COPY) as here, sealing(folder, to) as target, private_folder() as apart:
        _warn_of_one_disk(folder, here.settings.home)
        now, record = datetime.now(UTC), apart / "catalogue.db"
        with progress("Copying the record", "rows") as tell:
            wanted = copy_apart(here, record, tell)  # first: bytes are stored before a row names them, so all of these are there
        with progress("Encrypting", "files") as tell:
            new = backup.fill(here.blobs, target, wanted, lambda count: tell(count, 0, len(wanted)))
        models = backup.add_models(here.settings.models_home, target)
        name = backup.end(target, record, models, now)
    say(f"Record {name}: {len(wanted)} files, {new} of them new, and {len(models)} of models.")


def _warn_of_one_disk(folder: Path, home: Path) -> None:
    if home.exists() and home.stat().st_dev == folder.stat().st_dev:
        complain("the backup lies on the same disk as the archive's folder, and would be lost with it")


def _check(folder: Path) -> None:
    from pipeline.wiring_backup import faults

    count = 0
    with progress("Checking", "files") as tell:
        for fault in faults(folder, tell):
            count += 1
            complain(f"ALARM {fault.code}: {fault.detail}")
    if count:
        way_out = "Take damaged objects away and back up again: they are written anew. With a part of a record goes all of that record."
        raise Damaged("backup-damaged", f"{count} files of the backup are not as they were written", way_out)
    say("Every file of the backup is as it was written.")


def restore(
    folder: FolderOfBackup,
    identity: Annotated[Path, typer.Option(metavar="FILE", help="The identity it was encrypted for, as `age-keygen -o FILE` wrote it.")],
    record: Annotated[str | None, typer.Option(metavar="DATE", help="An earlier record, by the beginning of its name.")] = None,
) -> None:
    """Make an archive of a backup: the one of these settings, embedded or shared, which must be new or empty.

    Every file is decrypted, checked against its sha256 and read back; the record is copied in one step and compared row by row; the index
    is built anew; then all is checked as by `sijill verify`. After an interruption run the same command again.
    """
    from pipeline import backup
    from pipeline.wiring_backup import backed_up

    with backed_up(folder, identity, record) as here, archive(settings(), Act.COPY, create=True) as there:
        try:
            backup.put_models(here.about.models, here.blobs, there.settings.models_home)
            files, rows = carry_over(here, there, there.access.who, "archive-restored")
        except Conflict as error:
            way_out = f"{error.way_out} If this archive is that of a restore cut short: `sijill reindex`, then `sijill verify`."
            raise Conflict(error.code, error.detail, way_out) from error
        say(f"Record {here.record}: {files} files, {rows} rows and {len(here.about.models)} models restored.")
        check(there, [])
