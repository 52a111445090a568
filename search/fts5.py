"""The embedded search index: one SQLite file, a contentless FTS5 table of index words beside plain tables of what is shown."""

import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import asdict, astuple, dataclass, fields
from hashlib import blake2b
from pathlib import Path
from threading import RLock
from typing import Any

from pipeline.errors import Damaged, Unavailable, way_out
from pipeline.model import Birth, Box, Candidate, IndexedPage, PageRef, Person, Query
from search.documents import SLOTS, Document, document_id, documents, filters, spans, words
from search.plan import Tier, filter_groups, tiers
from search.query import Period, parse, period

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
_ALL = ""
"""The frequency row that counts all documents."""
_PERSON = tuple(field.name for field in fields(Person) if field.name != "birth")


class Fts5Index:
    """A SearchIndex in one file, safe with several processes and threads (one writer at a time, readers never wait; WAL).

    ``create`` makes the file where there is none; without it a missing file is an error, never an archive that looks empty.
    Raises Unavailable (index-busy, disk-full, index-unavailable) and Damaged (index-damaged, index-outdated, index-missing).
    Do not carry one across a fork.
    """

    def __init__(self, path: Path, create: bool = False, busy_seconds: float = 30) -> None:
        self._path, self._busy, self._lock = path, busy_seconds, RLock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        if create:
            _create(path, busy_seconds)
        with self._reading():
            """A file that cannot be used is told at once."""

    @classmethod
    def anew(cls, path: Path) -> "Fts5Index":
        """An empty index in place of whatever is there, damaged or outdated too; others that have it open follow at their next call."""
        fresh = path.with_name(path.name + ".new")
        _unlink(fresh)
        _create(fresh, 30)
        _unlink(path)
        fresh.replace(path)
        return cls(path)

    def apply(self, pages: Sequence[IndexedPage], removed: Sequence[PageRef] = ()) -> None:
        rows = [_Rows.of(page) for page in pages if not page.page.withdrawn]  # the slow part, before others have to wait
        withdrawn = [page.page for page in pages if page.page.withdrawn]
        with self._writing() as connection:
            counts: Counter[str] = Counter()
            for row in rows:
                if _newer(connection, row.page, counts):
                    _put(connection, row, counts)
            for ref in (*removed, *withdrawn):
                _newer(connection, ref, counts)
            changed = [(word, count) for word, count in sorted(counts.items()) if count]
            sql = "INSERT INTO frequency VALUES (?, ?) ON CONFLICT DO UPDATE SET documents = documents + excluded.documents"
            connection.executemany(sql, changed)

    def candidates(self, query: Query, limit: int) -> list[Candidate]:
        terms, asked = parse(query.text).terms, period(query)
        narrowed = filter_groups(query, asked)
        if not all(narrowed):  # a filter that allows nothing, such as no holding at all
            return []
        with self._reading() as connection:
            plan = tiers(terms, lambda word: _frequency(connection, word), _frequency(connection, _ALL))
            weights = _walk(connection, plan, narrowed, asked, limit)
            best = sorted(weights, key=lambda id_: (-weights[id_], id_))
            found = _load(connection, best)
        return [Candidate(found[id_][0], found[id_][1].person, weights[id_], found[id_][1].text, found[id_][1].record) for id_ in best]

    def versions(self) -> Iterator[tuple[int, int]]:
        after = -1
        while True:  # in portions, so that a slow reader holds no snapshot open
            with self._reading() as connection:
                sql = "SELECT key, version FROM pages WHERE ref IS NOT NULL AND key > ? ORDER BY key LIMIT 10000"
                rows = connection.execute(sql, (after,)).fetchall()
            if not rows:
                return
            yield from rows
            after = rows[-1][0]

    def clear(self) -> None:
        with self._writing() as connection:
            connection.execute("INSERT INTO lookup (lookup) VALUES ('delete-all')")
            for table in ("pages", "documents", "spans", "frequency"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the line above

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = self._file = None

    @contextmanager
    def _open(self, begin: str) -> Iterator[sqlite3.Connection]:
        """The connection within a transaction; opened anew where the file has been replaced."""
        with self._lock, _told():
            if self._connection is None or self._file != _identity(self._path):
                self.close()
                self._file = _identity(self._path)
                self._connection = _connect(self._path, self._busy)
                _check(self._connection)
            with _transaction(self._connection, begin):
                yield self._connection

    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        return self._open("BEGIN")

    def _writing(self) -> AbstractContextManager[sqlite3.Connection]:
        return self._open("BEGIN IMMEDIATE")


@dataclass(frozen=True, slots=True)
class _Rows:
    """What goes into the tables for one page; documents: (id, payload, index words)."""

    page: PageRef
    filters: tuple[str, ...]
    spans: tuple[tuple[str, str], ...]
    documents: tuple[tuple[int, bytes, frozenset[str]], ...]

    @classmethod
    def of(cls, page: IndexedPage) -> "_Rows":
        rows = tuple((document_id(page.page.key, made.slot), _payload(made), words(made)) for made in documents(page))
        return cls(page.page, filters(page), spans(page), rows)


def _walk(
    connection: sqlite3.Connection, plan: Sequence[Tier], narrowed: tuple[tuple[str, ...], ...], asked: Period | None, limit: int
) -> dict[int, float]:
    """Document ids with the weight of the first tier that found each, until there are ``limit``."""
    weights: dict[int, float] = {}
    for tier in plan:
        # Those found before may come again: asking for that many more leaves room for all that are new.
        for id_ in _matching(connection, (*narrowed, *tier.groups), asked, limit + len(weights)):
            if len(weights) < limit:
                weights.setdefault(id_, tier.weight)
        if len(weights) >= limit:
            break
    return weights


def _matching(connection: sqlite3.Connection, groups: tuple[tuple[str, ...], ...], asked: Period | None, limit: int) -> list[int]:
    match = " AND ".join("(" + " OR ".join(f'"{word}"' for word in group) + ")" for group in groups)
    if asked is None:
        rows = connection.execute("SELECT rowid FROM lookup WHERE lookup MATCH ? ORDER BY rowid LIMIT ?", (match, limit))
    else:
        sql = """SELECT rowid FROM lookup WHERE lookup MATCH ?
                 AND EXISTS (SELECT 1 FROM spans WHERE page = lookup.rowid / ? AND earliest <= ? AND latest >= ?) ORDER BY rowid LIMIT ?"""
        rows = connection.execute(sql, (match, SLOTS, asked.latest, asked.earliest, limit))
    return [id_ for (id_,) in rows]


def _load(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, tuple[PageRef, Document]]:
    sql = """SELECT documents.id, payload, ref FROM json_each(?) AS best
             JOIN documents ON documents.id = best.value JOIN pages ON pages.key = documents.id / ?"""
    rows = connection.execute(sql, (json.dumps(list(ids)), SLOTS))
    return {id_: (PageRef(*json.loads(ref)), _document(payload)) for id_, payload, ref in rows}


def _frequency(connection: sqlite3.Connection, word: str) -> int:
    row = connection.execute("SELECT documents FROM frequency WHERE word = ?", (word,)).fetchone()
    return int(row[0]) if row else 0


def _newer(connection: sqlite3.Connection, ref: PageRef, counts: "Counter[str]") -> bool:
    """Take note of the version and take out what was there, if it is newer than what is held; the row stays, as a mark of the version."""
    row = connection.execute("SELECT version, last, filters FROM pages WHERE key = ?", (ref.key,)).fetchone()
    if row is None:
        connection.execute("INSERT INTO pages VALUES (?, ?, -1, NULL, NULL)", (ref.key, ref.version))
        return True
    version, last, held = row
    if ref.version <= version:
        return False
    for slot in range(last + 1):
        _take_out(connection, document_id(ref.key, slot), held.split(), counts)
    connection.execute("DELETE FROM spans WHERE page = ?", (ref.key,))
    connection.execute("UPDATE pages SET version = ?, last = -1, filters = NULL, ref = NULL WHERE key = ?", (ref.version, ref.key))
    return True


def _take_out(connection: sqlite3.Connection, id_: int, held: Sequence[str], counts: "Counter[str]") -> None:
    """A contentless table forgets a row when told its words again: they are worked out from what is shown of it."""
    (payload,) = connection.execute("DELETE FROM documents WHERE id = ? RETURNING payload", (id_,)).fetchone()
    found = words(_document(payload))
    text = " ".join((*found, *held))
    connection.execute("INSERT INTO lookup (lookup, rowid, words) VALUES ('delete', ?, ?)", (id_, text))
    _count(counts, found, -1)


def _put(connection: sqlite3.Connection, row: _Rows, counts: "Counter[str]") -> None:
    key, held = row.page.key, " ".join(row.filters)
    for id_, payload, found in row.documents:
        connection.execute("INSERT INTO documents VALUES (?, ?)", (id_, payload))
        connection.execute("INSERT INTO lookup (rowid, words) VALUES (?, ?)", (id_, f"{' '.join(found)} {held}"))
        _count(counts, found, +1)
    connection.executemany("INSERT INTO spans VALUES (?, ?, ?)", [(key, *span) for span in row.spans])
    shown = json.dumps(astuple(row.page), ensure_ascii=False)
    last = row.documents[-1][0] - document_id(key, 0)
    connection.execute("UPDATE pages SET last = ?, filters = ?, ref = ? WHERE key = ?", (last, held, shown, key))


def _count(counts: "Counter[str]", found: frozenset[str], step: int) -> None:
    for word in found:
        if word[0] == "r":
            counts[word] += step
    counts[_ALL] += step


def _payload(document: Document) -> bytes:
    """A document as compact JSON, squeezed: what is empty is left out."""
    plain = {"p": document.person, "t": document.text, "r": document.record and _record(document.record), "n": document.numbers or None}
    kept = {name: value for name, value in plain.items() if value is not None}
    return zlib.compress(json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"), 1)


def _record(person: Person) -> dict[str, Any]:
    birth = {"birth": asdict(person.birth)} if person.birth else {}
    held = {name: getattr(person, name) for name in _PERSON}
    return {name: value for name, value in held.items() if value not in (None, "", ())} | birth


def _document(payload: bytes) -> Document:
    held = json.loads(zlib.decompress(payload).decode("utf-8", "surrogatepass"))
    return Document(held.get("p"), held["t"], _person(held["r"]) if "r" in held else None, tuple(held.get("n", ())))


def _person(held: dict[str, Any]) -> Person:
    birth = Birth(**held.pop("birth")) if "birth" in held else None
    boxes = tuple(Box(*box) for box in held.pop("boxes", ()))
    return Person(text=held.pop("text", ""), boxes=boxes, birth=birth, **held)


def _format() -> str:
    """What the tables and the index words look like: words worked out differently cannot be taken out again, so such a file is outdated."""
    probe = "عبد الرحمن أحمد ضياء الدين الحمصيّ مؤمن فتى ١٢٣/ب/٢٠١٢"
    person = Person(probe, (), given="نور", mother="فاطمة", birth=Birth(1985, None, "حمص"), registry="٧/١٢")
    shown = [sorted(words(Document(None, probe))), sorted(words(Document(0, probe, person)))]
    return blake2b((_SCHEMA + json.dumps(shown)).encode(), digest_size=16).hexdigest()


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def _told() -> Iterator[None]:
    """What SQLite says, as errors of Sijill."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Unavailable("index-busy", "Another process is writing to the search index.", "Try again in a moment.") from error
        if code == sqlite3.SQLITE_FULL:
            raise Unavailable("disk-full", "There is no room left for the search index.", way_out("disk-full")) from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT):
            raise Damaged("index-damaged", "The search index file is damaged.", _REINDEX) from error
        raise Unavailable(
            "index-unavailable", f"The search index cannot be used: {error}.", "See that this user may write to it."
        ) from error
    except (zlib.error, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Damaged("index-damaged", "The search index file is damaged.", _REINDEX) from error


def _connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=busy_seconds, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous = FULL")  # the outbox forgets a page once it is here
    connection.execute("PRAGMA cache_size = -65536")
    return connection


def _check(connection: sqlite3.Connection) -> None:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'about'").fetchone():
        raise Damaged("index-damaged", "The search index file is not one.", _REINDEX)
    (held,) = connection.execute("SELECT format FROM about").fetchone() or ("",)
    if held != _format():
        raise Damaged("index-outdated", "The search index was made by another version of Sijill.", _REINDEX)


def _create(path: Path, busy_seconds: float) -> None:
    """Lay out a file that holds nothing yet; one that does is left as it is."""
    try:
        path.touch()
    except OSError as error:
        raise Unavailable("index-unavailable", f"The search index cannot be made: {error.strerror}.", _WRITABLE) from error
    with _told(), closing(_connect(path, busy_seconds)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        with _transaction(connection, "BEGIN IMMEDIATE"):
            if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in _SCHEMA.strip().split("\n"):
                    connection.execute(statement)
                connection.execute("INSERT INTO about VALUES (?)", (_format(),))


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise Damaged("index-missing", "The search index file is not there.", _REINDEX) from error
    return found.st_dev, found.st_ino


def _unlink(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
