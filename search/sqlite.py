"""The file of the embedded index: laid out, opened, checked, and what goes wrong with it told as errors of Sijill."""

import json
import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from pipeline.errors import Damaged, Unavailable, way_out
from search.probe import fingerprint

_REINDEX = "Run `sijill reindex`: it builds the index again from the catalogue."
_WRITABLE = "See that its folder is there and that this user may write to it."
_SCHEMA = """
CREATE TABLE about (format TEXT NOT NULL);
CREATE TABLE pages (key INTEGER PRIMARY KEY, version INTEGER NOT NULL, last INTEGER NOT NULL, filters TEXT, ref TEXT);
CREATE TABLE documents (id INTEGER PRIMARY KEY, payload BLOB NOT NULL);
CREATE TABLE spans (page INTEGER, earliest TEXT, latest TEXT, PRIMARY KEY (page, earliest, latest)) WITHOUT ROWID;
CREATE TABLE frequency (word TEXT PRIMARY KEY, documents INTEGER NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE lookup USING fts5(words, content='', detail=none, columnsize=0, tokenize="ascii tokenchars '/_'");
"""


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def told() -> Iterator[None]:
    """What SQLite says, as errors of Sijill."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Unavailable("index-busy", "Another process is writing to the search index.", "Try again in a moment.") from error
        if code == sqlite3.SQLITE_FULL:
            raise Unavailable("disk-full", "There is no room left for the search index.", way_out("disk-full")) from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT):
            raise Damaged("index-damaged", "The search index file is damaged.", _REINDEX) from error
        if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
            raise Unavailable("index-unavailable", f"The search index cannot be used: {error}.", _WRITABLE) from error
        raise
    except (zlib.error, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Damaged("index-damaged", "The search index file is damaged.", _REINDEX) from error


def connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=busy_seconds, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous = FULL")  # the outbox forgets a page once it is here
    connection.execute("PRAGMA cache_size = -65536")
    return connection


def check(connection: sqlite3.Connection) -> None:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'about'").fetchone():
        raise Damaged("index-damaged", "The search index file is not one.", _REINDEX)
    (held,) = connection.execute("SELECT format FROM about").fetchone() or ("",)
    if held != _format():
        raise Damaged("index-outdated", "The search index was made by another version of Sijill.", _REINDEX)


def create_file(path: Path, busy_seconds: float) -> None:
    """Lay out a file that holds nothing yet; one that does is left as it is."""
    try:
        path.touch()
    except OSError as error:
        raise Unavailable("index-unavailable", f"The search index cannot be made: {error.strerror}.", _WRITABLE) from error
    with told(), closing(connect(path, busy_seconds)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        with transaction(connection, "BEGIN IMMEDIATE"):
            if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in _SCHEMA.strip().split("\n"):
                    connection.execute(statement)
                connection.execute("INSERT INTO about VALUES (?)", (_format(),))


def identity(path: Path) -> tuple[int, int]:
    for pause in (0.05, 0):  # there is a moment without a file while a new one takes its place
        with suppress(FileNotFoundError):
            found = path.stat()
            return found.st_dev, found.st_ino
        time.sleep(pause)
    raise Damaged("index-missing", "The search index file is not there.", _REINDEX)


def beside(path: Path) -> Path:
    """The file that a rebuild fills and that then takes the place of this one."""
    return path.with_name(f"{path.name}.next")


def remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _format() -> str:
    """Words worked out differently cannot be taken out again, so a file with such is outdated."""
    return fingerprint(_SCHEMA)
