"""What this machine has, what Sijill needs, and the command that closes the gap."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pipeline.errors import SijillError

TESSERACT = 5
LANGUAGES = {"ara": "tesseract-ocr-ara", "Arabic": "tesseract-ocr-script-arab"}  # Tesseract's model: Debian's package
PYTHON = (3, 11)
SQLITE = (3, 35)  # RETURNING
FEATURES = {"FTS5": "CREATE VIRTUAL TABLE t USING fts5(x)", "JSON1": "SELECT json('{}')"}
GIB = 2**30
FREE = 2 * GIB
"""Room on disk below which a batch should not be started."""
PER_PROCESS = 1 * GIB
"""Memory one reading process takes on a dense page at 300 dpi, with room."""
FIRST_YEAR = 2026
"""A clock before this year is wrong, and would put false times into the record of custody."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found, what is needed, and, where that falls short, what helps.

    Without one that is not ``serious`` Sijill works all the same.
    """

    name: str
    ok: bool
    found: str
    needed: str
    way_out: str = ""
    serious: bool = True


def memory(limit: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """Bytes of memory this machine or container has."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(whole, int(limit.read_text()))
    except (OSError, ValueError):  # no such limit, or "max"
        return whole


@dataclass(frozen=True, slots=True)
class Machine:
    """What is looked at: search path of programs (None: PATH), the clock's date, bytes of memory."""

    path: str | None = None
    today: date = field(default_factory=date.today)
    memory: int = field(default_factory=memory)


def examine(home: Path, processes: int, machine: Machine | None = None, model: Callable[[], str] | None = None) -> list[Finding]:
    """Everything an archive in ``home``, read by ``processes`` at a time, needs of this machine. Changes nothing, raises nothing.

    ``model`` verifies the reader's model and names it, or raises SijillError; None where Tesseract reads.
    """
    machine = machine or Machine()
    return [
        *(_tesseract(machine.path) if model is None else [_model(model)]),
        _pdftoppm(machine.path),
        _python(sys.version_info[:3]),
        _sqlite(sqlite3.sqlite_version_info, FEATURES),
        *_home(home),
        _clock(machine.today),
        _memory(processes, machine.memory),
    ]


def _finding(name: str, ok: bool, found: str, needed: str, way_out: str) -> Finding:
    return Finding(name, ok, found, needed, "" if ok else way_out)


def _model(verified: Callable[[], str]) -> Finding:
    needed = "there, and as listed in its models.json"
    try:
        return _finding("reader's model", True, verified(), needed, "")
    except SijillError as error:
        return _finding("reader's model", False, error.detail, needed, error.way_out or "sijill model list")


def _tesseract(path: str | None) -> Iterator[Finding]:
    version = _version(_said("tesseract", "--version", path=path))
    new = bool(version) and int(version.split(".")[0]) >= TESSERACT
    yield _finding("tesseract", new, version or "not found", f"{TESSERACT} or newer", "sudo apt-get install tesseract-ocr")
    listed = _said("tesseract", "--list-langs", path=path).split()
    names = {language.removeprefix("script/") for language in listed}  # some systems keep script models in a folder
    for language, package in LANGUAGES.items():
        has = language in names
        yield _finding(f"tesseract {language}", has, "installed" if has else "not found", "installed", f"sudo apt-get install {package}")


def _pdftoppm(path: str | None) -> Finding:
    version = _version(_said("pdftoppm", "-v", path=path))
    return _finding("pdftoppm", bool(version), version or "not found", "any version", "sudo apt-get install poppler-utils")


def _said(program: str, *arguments: str, path: str | None) -> str:
    """What a program says of itself on either stream; empty when it is not there or does not answer."""
    found = shutil.which(program, path=path)
    if found is None:
        return ""
    try:
        answer = subprocess.run([found, *arguments], capture_output=True, text=True, errors="replace", timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout + answer.stderr


def _version(said: str) -> str:
    match = re.search(r"\d+(?:\.\d+)+", said)
    return match[0] if match else ""


def _python(found: tuple[int, ...]) -> Finding:
    return _finding("python", found >= PYTHON, _dotted(found), f"{_dotted(PYTHON)} or newer", "sudo apt-get install python3 && ./run setup")


def _sqlite(found: tuple[int, ...], features: dict[str, str]) -> Finding:
    lacking = []
    with closing(sqlite3.connect(":memory:")) as connection:
        for name, statement in features.items():
            try:
                connection.execute(statement)
            except sqlite3.OperationalError:
                lacking.append(name)
    shown = _dotted(found) + (f" without {', '.join(lacking)}" if lacking else "")
    needed = f"{_dotted(SQLITE)} or newer with {' and '.join(features)}"
    return _finding("sqlite", found >= SQLITE and not lacking, shown, needed, "sudo apt-get install --only-upgrade libsqlite3-0")


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _home(home: Path) -> Iterator[Finding]:
    stands = home.absolute()
    while not stands.exists() and stands != stands.parent:
        stands = stands.parent
    elsewhere = "export SIJILL_HOME=/a/folder/of/yours"
    try:
        with tempfile.TemporaryFile(dir=stands):
            yield _finding("archive folder", True, "can be written", "can be written", elsewhere)
    except OSError as refused:
        yield _finding("archive folder", False, refused.strerror or "cannot be written", "can be written", elsewhere)
    try:
        free = shutil.disk_usage(stands).free
    except OSError as refused:
        yield _finding("disk space", False, refused.strerror or "not known", _gib(FREE), elsewhere)
    else:
        yield _finding(
            "disk space", free >= FREE, f"{_gib(free)} free", f"{_gib(FREE)} free", "export SIJILL_HOME=/a/folder/on/a/larger/disk"
        )


def _clock(today: date) -> Finding:
    return _finding("clock", today.year >= FIRST_YEAR, today.isoformat(), f"{FIRST_YEAR} or later", "sudo timedatectl set-ntp true")


def _memory(processes: int, size: int) -> Finding:
    fits = max(1, size // PER_PROCESS)
    needed = f"{_gib(processes * PER_PROCESS)} for {processes} reading at a time"
    return _finding("memory", size >= processes * PER_PROCESS, _gib(size), needed, f"export SIJILL_PROCESSES={fits}")


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
