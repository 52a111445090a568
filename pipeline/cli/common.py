"""What every command shares: settings, messages, progress, JSON."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console

from pipeline.errors import SijillError, Usage, way_out
from pipeline.ledger import Failure, HoldingLedger
from pipeline.settings import FileSettings, Settings
from pipeline.show import isolated, printable, visible

WIDE = None if sys.stdout.isatty() else 200  # a file or a pipe has no edge to wrap at
stdout = Console(highlight=False, markup=False, soft_wrap=True, width=WIDE)
stderr = Console(highlight=False, markup=False, soft_wrap=True, stderr=True)


def settings(**changes: object) -> Settings:
    """The settings of the environment. Raises Usage (bad-setting) naming the variable."""
    try:
        return Settings(**changes)  # type: ignore[arg-type]  # checked by pydantic as they come
    except ValidationError as error:
        first = error.errors()[0]
        raise Usage("bad-setting", f"SIJILL_{str(first['loc'][0]).upper()}: {first['msg']}") from error


def settings_of(path: Path) -> Settings:
    """The settings in a file. Raises Usage (bad-settings-file) naming the file and what is wrong, never a value."""
    try:
        return FileSettings.of(path)
    except ValidationError as error:
        first = error.errors()[0]
        raise Usage("bad-settings-file", f"{path}: SIJILL_{str(first['loc'][0]).upper()}: {first['msg']}") from error
    except (OSError, ValueError) as error:
        raise Usage("bad-settings-file", f"{path}: {error}", "docs/formats.md lists the settings.") from error


def say(text: str = "") -> None:
    stdout.print(text)


def shown(text: str) -> str:
    """Text from papers, made safe to print beside ours."""
    return isolated(text, stdout.is_terminal)


def named(name: str) -> str:
    """The name of a file or holding, made safe to print beside ours."""
    return isolated(printable(name), stdout.is_terminal)


def complain(error: SijillError | str) -> None:
    stderr.print(f"sijill: {visible(error) if isinstance(error, str) else _told(error)}")


def _told(error: SijillError) -> str:
    way_out = f"\n  {error.way_out}" if error.way_out else ""
    return f"{visible(error.detail)} [{error.code}]{way_out}"


def print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """What the operating system has against writing there becomes Usage (unwritable)."""
    try:
        yield
    except OSError as error:
        raise Usage("unwritable", f"{path}: {error.strerror}", "Choose another place to write to.") from error


@contextmanager
def progress(title: str, unit: str, ill: str = "failed") -> Iterator[Callable[[int, int, int], None]]:
    """A display to be told (done, failed, in all): a bar on a terminal, else a line now and then on stderr. ``ill`` says what failed is."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    if not stderr.is_terminal:
        yield _lines(title, unit, ill)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn())
    with Progress(*columns, console=stderr, transient=True) as bars:
        task = bars.add_task(title, total=None)

        def tell(done: int, failed: int, total: int) -> None:
            description = f"{title} ({failed} {ill})" if failed else title
            bars.update(task, completed=done + failed, total=total or None, description=description)

        yield tell


def _lines(title: str, unit: str, ill: str) -> Callable[[int, int, int], None]:
    """Says how far things are at each tenth of the way."""
    last = -1

    def tell(done: int, failed: int, total: int) -> None:
        nonlocal last
        tenth = 10 * (done + failed) // max(total, 1)
        if tenth > last:
            last = tenth
            stderr.print(f"{title}: {done + failed} of {total} {unit}" + (f", {failed} {ill}" if failed else ""))

    return tell


def ledger_json(row: HoldingLedger) -> dict[str, Any]:
    """A holding's ledger as `status --json` gives it."""
    failures = [{"source": item.source, "page": item.page, "code": item.code, "reason": _advised(item)} for item in row.failures]
    rescan = [{"source": item.source, "page": item.page, "code": item.code, "reason": item.reason} for item in row.rescan]
    batches = [{"id": item.id, "box": item.box, "files": item.files, **item.manifest} for item in row.batches]
    return {
        "holding": row.holding, "files": row.files, "accepted": row.accepted, "duplicates": row.duplicates, "refused": row.refused,
        "pages": row.pages, "indexed": row.indexed, "waiting": row.waiting, "failed": row.failed, "withdrawn": row.withdrawn,
        "low_confidence": row.low_confidence, "failures": failures, "rescan": rescan, "batches": batches,
    }  # fmt: skip


def print_ledger(rows: list[HoldingLedger]) -> None:
    """The ledger as a person reads it."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("holding", overflow="fold")
    names = ("files", "accepted", "duplicates", "refused", "pages", "indexed", "waiting", "failed")
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(named(row.holding), *(str(getattr(row, name)) for name in names))
    stdout.print(table)
    for row in rows:
        for item in row.failures:
            page = f" page {item.page}" if item.page else ""
            say(f"  not taken: {named(item.source)}{page}: {item.code}: {shown(_advised(item))}")


def _advised(failure: Failure) -> str:
    """The reason, and what a person can do about it where the reason does not say so itself."""
    advice = way_out(failure.code)
    return failure.reason if advice in failure.reason else f"{failure.reason} {advice}".strip()
