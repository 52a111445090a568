"""The index file itself: missing, damaged, outdated, shared."""

import multiprocessing
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import Damaged, Unavailable
from pipeline.model import IndexedPage, Query
from search.fts5 import Fts5Index
from search.memory import MemoryIndex
from search.sqlite import remove
from tests.unit.search.pages import page, person, ref


def held(index: Fts5Index) -> list[int]:
    return [candidate.page.key for candidate in index.candidates(Query("سامر"), 100)]


def anew(path: Path) -> Fts5Index:
    """An empty index in place of whatever is there."""
    with closing(Fts5Index.rebuild(path)) as fresh:
        fresh.finish()
    return Fts5Index(path)


def test_a_missing_file_is_told_not_made(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match=r"index-missing.*sijill reindex"):
        Fts5Index(tmp_path / "index.db")
    assert not (tmp_path / "index.db").exists()


def test_what_was_put_is_there_after_closing(tmp_path: Path) -> None:
    with closing(Fts5Index(tmp_path / "index.db", create=True)) as index:
        index.apply([page(1, "سامر")])
    with closing(Fts5Index(tmp_path / "index.db", create=True)) as index:
        assert held(index) == [1]


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_file_is_told_and_made_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "index.db"
    path.write_bytes(content)
    for create in (False, True):
        with pytest.raises(Damaged, match="index-damaged"):
            Fts5Index(path, create=create)
    assert path.read_bytes() == content
    with closing(anew(path)) as index:
        index.apply([page(1, "سامر")])
        assert held(index) == [1]


def test_another_database_is_no_index(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "index.db")) as other:
        other.execute("CREATE TABLE pages (key)")
        other.commit()
    with pytest.raises(Damaged, match="index-damaged"):
        Fts5Index(tmp_path / "index.db", create=True)


def test_an_overwritten_document_is_told(tmp_path: Path) -> None:
    with closing(Fts5Index(tmp_path / "index.db", create=True)) as index:
        index.apply([page(1, "سامر")])
        with closing(sqlite3.connect(tmp_path / "index.db")) as other:
            other.execute("UPDATE documents SET payload = x'00'")
            other.commit()
        with pytest.raises(Damaged, match="index-damaged"):
            held(index)


def test_an_index_of_another_version_is_told(tmp_path: Path) -> None:
    Fts5Index(tmp_path / "index.db", create=True).close()
    with closing(sqlite3.connect(tmp_path / "index.db")) as other:
        other.execute("UPDATE about SET format = 'older'")
        other.commit()
    with pytest.raises(Damaged, match="index-outdated"):
        Fts5Index(tmp_path / "index.db")


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="index-unavailable"):
        Fts5Index(tmp_path / "none" / "index.db", create=True)


def test_another_writer_is_waited_for_then_told(tmp_path: Path) -> None:
    with (
        closing(Fts5Index(tmp_path / "index.db", create=True, busy_seconds=0.05)) as index,
        closing(sqlite3.connect(tmp_path / "index.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        assert held(index) == []
        with pytest.raises(Unavailable, match="index-busy"):
            index.apply([page(1, "سامر")])
        other.execute("ROLLBACK")
        index.apply([page(1, "سامر")])
        assert held(index) == [1]


def test_a_batch_is_put_whole_or_not_at_all(tmp_path: Path) -> None:
    with closing(Fts5Index(tmp_path / "index.db", create=True)) as index:
        huge = page(2, "سامر")
        with pytest.raises(OverflowError):
            index.apply([page(1, "سامر"), IndexedPage(ref(1 << 62), 0, "سامر", huge.entities, None)])
        assert held(index) == []
        index.apply([page(1, "سامر")])
        assert held(index) == [1]


def test_one_made_anew_is_followed_by_those_who_have_it_open(tmp_path: Path) -> None:
    with closing(Fts5Index(tmp_path / "index.db", create=True)) as old:
        old.apply([page(1, "سامر")])
        with closing(anew(tmp_path / "index.db")) as fresh:
            assert held(old) == []
            old.apply([page(2, "سامر")])
            assert held(fresh) == [2]


def test_nothing_of_a_removed_page_can_be_found(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    with closing(Fts5Index(path, create=True)) as index:
        index.apply([page(1, "كلام", [person("قصبجاني نبيل")])])
        index.apply([], [ref(1, 2)])
        with closing(sqlite3.connect(path)) as other:
            assert other.execute("SELECT count(*) FROM documents").fetchone() == (0,)
            assert other.execute("SELECT count(*) FROM lookup WHERE lookup MATCH 'sقصبجاني'").fetchone() == (0,)
            assert other.execute("SELECT sum(documents) FROM frequency").fetchone() == (0,)


def _write(path: Path, first: int) -> None:
    with closing(Fts5Index(path, create=True)) as index:
        for key in range(first, first + 20):
            index.apply([page(key, "سامر", [person("سامر نبيل")])])


def test_several_processes_write_and_read_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write, args=(tmp_path / "index.db", first)) for first in (100, 200, 300)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    with closing(Fts5Index(tmp_path / "index.db")) as index:
        assert len(list(index.versions())) == 60


def test_threads_share_one(tmp_path: Path) -> None:
    with closing(Fts5Index(tmp_path / "index.db", create=True)) as index:
        threads = [threading.Thread(target=index.apply, args=([page(key, "سامر")],)) for key in range(1, 9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert held(index) == list(range(1, 9))


NAMES = st.lists(st.sampled_from(["سامر", "نبيل", "خضر", "حضر", "الحمصي", "عبد الرحمن", "علي", "علية", "1985"]), min_size=1, max_size=4)
STEPS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4), NAMES, st.booleans()), max_size=8)


@given(steps=STEPS, asked=NAMES, limit=st.integers(0, 9))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_file_answers_as_the_plain_index_does(
    tmp_path: Path, steps: list[tuple[int, int, list[str], bool]], asked: list[str], limit: int
) -> None:
    with closing(anew(tmp_path / "index.db")) as index:
        plain = MemoryIndex()
        for key, version, words, removed in steps:
            made = page(key, " ".join(words), [person(" ".join(words))], version)
            for one in (index, plain):
                one.apply([] if removed else [made], [made.page] if removed else [])
        query = Query(" ".join(asked))
        assert index.candidates(query, limit) == plain.candidates(query, limit)
        assert list(index.versions()) == list(plain.versions())


def test_a_rebuild_takes_over_whole_and_leaves_nothing(tmp_path: Path) -> None:
    """Others write to both files and search the old one, until the new one is there."""
    path = tmp_path / "index.db"
    with closing(Fts5Index(path, create=True)) as index:
        index.apply([page(1, "سامر"), page(2, "سامر")])
        with closing(Fts5Index.rebuild(path)) as cut_short:
            cut_short.apply([page(7, "سامر")])
        with closing(Fts5Index.rebuild(path)) as fresh:
            index.apply([page(3, "سامر"), page(1, "وائل", version=2)], [ref(2, 2)])
            fresh.apply([page(1, "سامر"), page(2, "سامر"), page(4, "سامر")])
            assert [one.page.key for one in index.candidates(Query("سامر"), 9)] == [3]
            assert list(fresh.versions()) == [(1, 2), (3, 1), (4, 1)]
            fresh.finish()
        assert [one.page.key for one in index.candidates(Query("سامر"), 9)] == [3, 4]
    assert [held.name for held in tmp_path.iterdir()] == ["index.db"]


@pytest.mark.parametrize("held", [None, b"", b"no database", b"SQLite format 3\0" + b"\1" * 5000])
def test_what_cannot_be_used_is_rebuilt_and_told_until_then(tmp_path: Path, held: bytes | None) -> None:
    path = tmp_path / "index.db"
    if held is not None:
        path.write_bytes(held)
    with closing(Fts5Index.rebuild(path)) as fresh:
        fresh.apply([page(1, "سامر")])
        with pytest.raises(Damaged, match="index-missing"):
            Fts5Index(path)
        fresh.finish()
    with closing(Fts5Index(path)) as index:
        assert list(index.versions()) == [(1, 1)]


def test_who_waits_for_the_file_writes_to_the_one_that_took_its_place(tmp_path: Path) -> None:
    """A writer that waited while the file was exchanged must not write into the one that is gone."""
    path = tmp_path / "index.db"
    with closing(Fts5Index(path, create=True)) as index, ThreadPoolExecutor(1) as threads:
        with closing(sqlite3.connect(path)) as busy:
            busy.execute("BEGIN IMMEDIATE")
            waiting = threads.submit(index.apply, [page(5, "سامر")])
            with pytest.raises(TimeoutError):
                waiting.result(0.3)
            Fts5Index(tmp_path / "fresh.db", create=True).close()
            remove(path)
            (tmp_path / "fresh.db").replace(path)
        waiting.result(60)
        assert list(index.versions()) == [(5, 1)]
