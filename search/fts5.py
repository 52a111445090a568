"""The embedded search index: one SQLite file, a contentless FTS5 table of index words beside plain tables of what is shown."""

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from threading import RLock

from pipeline.errors import Damaged, Unavailable
from pipeline.model import Candidate, IndexedPage, PageRef, Query
from search.documents import SLOTS, Document, document_id, documents, filters, spans, words
from search.payload import pack, unpack
from search.plan import Tier, filter_groups, tiers
from search.query import Period, parse, period
from search.sqlite import beside, check, connect, create_file, identity, remove, told, transaction

_ALL = ""
"""The frequency row that counts all documents."""


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
            create_file(path, busy_seconds)
        with self._reading():
            """A file that cannot be used is told at once."""

    @classmethod
    def rebuild(cls, path: Path) -> "Fts5Rebuild":
        """A new index on its way, whatever is there: missing, damaged, outdated, or left by a rebuild that was cut short."""
        return Fts5Rebuild(path)

    def apply(self, pages: Sequence[IndexedPage], removed: Sequence[PageRef] = ()) -> None:
        rows = [_Rows.of(page) for page in pages if not page.page.withdrawn]  # the slow part, before others have to wait
        withdrawn = [page.page for page in pages if page.page.withdrawn]
        self._write(rows, (*removed, *withdrawn))

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

    def _write(self, rows: "Sequence[_Rows]", removed: Sequence[PageRef]) -> None:
        with self._writing() as connection:
            _write(connection, rows, removed)
            if (fresh := beside(self._path)).exists():  # a rebuild is on; it waits for this file before it takes its place
                with closing(Fts5Index(fresh)) as index:
                    index._write(rows, removed)

    @contextmanager
    def _open(self, begin: str) -> Iterator[sqlite3.Connection]:
        """The connection within a transaction; opened anew where the file has been replaced, be it while this waited for its turn."""
        with self._lock, told():
            while True:
                if self._connection is None or self._file != identity(self._path):
                    self.close()
                    self._file = identity(self._path)
                    self._connection = connect(self._path, self._busy)
                    check(self._connection)
                with transaction(self._connection, begin):
                    if self._file == identity(self._path):
                        yield self._connection
                        return

    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        return self._open("BEGIN")

    def _writing(self) -> AbstractContextManager[sqlite3.Connection]:
        return self._open("BEGIN IMMEDIATE")


class Fts5Rebuild:
    """A new file beside the one that is searched, written to by everybody from now on. Until ``finish``, searches see the old one whole.

    Whoever writes holds the searched file's lock while writing to the new one, so neither is touched while they are exchanged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        made, fresh = path.with_name(f"{path.name}.{os.getpid()}.new"), beside(path)
        remove(made)
        create_file(made, 30)
        with ExitStack() as stack:
            self._hold(stack)
            remove(fresh)
            made.replace(fresh)
        self._fresh = Fts5Index(fresh)

    def apply(self, pages: Sequence[IndexedPage], removed: Sequence[PageRef] = ()) -> None:
        """Fill the new file alone."""
        self._fresh.apply(pages, removed)

    def versions(self) -> Iterator[tuple[int, int]]:
        return self._fresh.versions()

    def finish(self) -> None:
        """Search the new file from now on. Raises Unavailable (index-busy) when somebody else still has it open."""
        fresh = beside(self._path)
        with ExitStack() as stack:
            self._hold(stack)
            self._fresh.close()  # the last one to close a file brings its write-ahead log into it
            identity(fresh)
            if fresh.with_name(f"{fresh.name}-wal").exists():
                raise Unavailable("index-busy", "Another process rebuilds the search index.", "Wait until it is done.")
            remove(self._path)
            fresh.replace(self._path)

    def close(self) -> None:
        self._fresh.close()

    def _hold(self, stack: ExitStack) -> None:
        """Keep writers waiting; a file that cannot be used has none, and goes."""
        try:
            stack.enter_context(stack.enter_context(closing(Fts5Index(self._path)))._writing())
        except Damaged:
            remove(self._path)


@dataclass(frozen=True, slots=True)
class _Rows:
    """What goes into the tables for one page; documents: (id, payload, index words)."""

    page: PageRef
    filters: tuple[str, ...]
    spans: tuple[tuple[str, str], ...]
    documents: tuple[tuple[int, bytes, frozenset[str]], ...]

    @classmethod
    def of(cls, page: IndexedPage) -> "_Rows":
        rows = tuple((document_id(page.page.key, made.slot), pack(made), words(made)) for made in documents(page))
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
    return {id_: (PageRef(*json.loads(ref)), unpack(payload)) for id_, payload, ref in rows}


def _frequency(connection: sqlite3.Connection, word: str) -> int:
    row = connection.execute("SELECT documents FROM frequency WHERE word = ?", (word,)).fetchone()
    return int(row[0]) if row else 0


def _write(connection: sqlite3.Connection, rows: Sequence[_Rows], removed: Sequence[PageRef]) -> None:
    counts: Counter[str] = Counter()
    for row in rows:
        if _newer(connection, row.page, counts):
            _put(connection, row, counts)
    for ref in removed:
        _newer(connection, ref, counts)
    changed = [(word, count) for word, count in sorted(counts.items()) if count]
    sql = "INSERT INTO frequency VALUES (?, ?) ON CONFLICT DO UPDATE SET documents = documents + excluded.documents"
    connection.executemany(sql, changed)


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
    found = words(unpack(payload))
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
