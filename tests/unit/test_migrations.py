"""The migrations make the tables the code speaks of; two at once, old archives and damaged files end well."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, String, insert, inspect, select

import pipeline.catalogue
from pipeline.catalogue import Catalogue
from pipeline.catalogue.database import SCHEMA, Database
from pipeline.catalogue.tables import holding, metadata, source
from pipeline.errors import Damaged, Missing, SijillError, Unavailable, Usage
from tests.services.endpoints import PostgresEndpoint
from tests.support import offered, whole

MIGRATE = "import sys; from pipeline.catalogue.database import Database; Database(sys.argv[1], password=sys.argv[2]).migrate()"
Bare = tuple[str, str]


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Bare:
    """URL and password of a catalogue that is not there yet."""
    if request.param == "postgresql":
        endpoint: PostgresEndpoint = request.getfixturevalue("new_database")()
        return endpoint.url, endpoint.password
    return f"sqlite:{tmp_path / 'new' / 'c.db'}", ""


@pytest.fixture
def database(bare: Bare) -> Iterator[Database]:
    opened = Database(bare[0], password=bare[1])
    yield opened
    opened.close()


def test_a_fresh_archive_has_exactly_the_tables_of_the_code(database: Database) -> None:
    database.migrate()
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        found = inspect(connection)
        made = {check["name"] for table in found.get_table_names() for check in found.get_check_constraints(table)}
    assert made == {item.name for table in metadata.sorted_tables for item in table.constraints if isinstance(item, CheckConstraint)}


def test_text_is_ordered_by_code_point_whatever_the_server_was_made_with(database: Database) -> None:
    database.migrate()
    names = ["-b", "A", "Z", "a", "a b", "a-1", "ab", "é", "ا", "ى", "\U00010000"]
    with database.write() as connection:
        connection.execute(insert(holding), [{"name": name, "opened_at": 0.0} for name in reversed(names)])
        assert connection.scalars(select(holding.c.name).order_by(holding.c.name)).all() == names
        columns = inspect(connection)
        if connection.dialect.name == "postgresql":
            collations = {column.get("collation") for name in metadata.tables for column in columns.get_columns(name)
                          if isinstance(column["type"], String)}  # fmt: skip
            assert collations <= {"C", None}


OLD = """insert into holding (name, opened_at) values ('h', 1.5);
insert into accession (holding_id, manifest, opened_at) values (1, '{}', 1.5);
insert into scan (sha256, media_type, pages) values ('ab', 'image/png', 1);
insert into source (holding_id, accession_id, location, location_digest, name, sha256, bytes, status, seen_at)
 values (1, 1, '/a', 'cd', 'a', 'ab', 3, 'accepted', 1.5);
insert into page (holding_id, source_id, sha256, number, page_id, state, lease_owner, lease_until)
 values (1, 1, 'ab', 1, 'ab-1', 'waiting', 'host/boot/1/2/x', 1.5)"""


def test_an_archive_of_an_older_version_keeps_all_it_had(database: Database) -> None:
    _migrate_to(database, "0002")
    with database.write() as connection:
        for statement in OLD.split(";"):
            connection.exec_driver_sql(statement)
    database.migrate()
    database.require_current()
    old = Catalogue(database)
    [ref] = old.work.lease(old.work.pending(), "me", 60)
    assert (ref.page_id, ref.source, ref.holding, ref.withdrawn) == ("ab-1", "a", "h", False)
    assert whole(old)


def _migrate_to(database: Database, schema: str) -> None:
    if isinstance(database.engine.url.database, str) and database.engine.dialect.name == "sqlite":
        Path(database.engine.url.database).parent.mkdir()
    config = Config()
    config.set_main_option("script_location", str(Path(pipeline.catalogue.__file__).parent / "migrations"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, schema)


@pytest.mark.parametrize("size", [2**31, 2**40])
def test_the_size_of_a_big_file_fits(database: Database, size: int) -> None:
    database.migrate()
    made = Catalogue(database)
    batch = made.accessions.open("h", None, {}, "tester")
    assert made.accessions.record(batch, [offered("a", "refused", size=size, code="too-large")], "tester") == []
    with database.read() as connection:
        assert connection.scalar(select(source.c.bytes)) == size


def test_the_schema_named_in_the_code_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(pipeline.catalogue.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA]


def test_migrating_again_changes_nothing(database: Database) -> None:
    assert database.schema() is None
    for _ in range(2):
        database.migrate()
        assert database.schema() == SCHEMA
        database.require_current()


def test_four_first_ingests_at_once_make_one_catalogue(bare: Bare, database: Database) -> None:
    started = [subprocess.Popen([sys.executable, "-c", MIGRATE, *bare], stderr=subprocess.PIPE, text=True) for _ in range(4)]
    told = [process.communicate(timeout=300)[1] for process in started]
    assert [process.returncode for process in started] == [0] * 4, told
    database.require_current()


OTHER_SCHEMAS = [
    ("drop table alembic_version", "no-archive"),
    ("update alembic_version set version_num = '0000'", "archive-outdated"),
    ("update alembic_version set version_num = '9999'", "archive-newer"),
]


@pytest.mark.parametrize(("sql", "code"), OTHER_SCHEMAS)
def test_another_schema_is_told_with_the_way_out(database: Database, sql: str, code: str) -> None:
    database.migrate()
    with database.write() as connection:
        connection.exec_driver_sql(sql)
    with pytest.raises(Missing) as caught:
        database.require_current()
    assert caught.value.code == code
    assert caught.value.way_out


def test_an_archive_of_a_newer_version_is_not_migrated(database: Database) -> None:
    database.migrate()
    with database.write() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    with pytest.raises(Missing) as caught:
        database.migrate()
    assert caught.value.code == "archive-newer"


def test_no_archive_is_told_and_none_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:{tmp_path / 'c.db'}")
    with pytest.raises(Missing) as caught:
        database.require_current()
    assert caught.value.code == "no-archive"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["", "sqlite:", "mysql://me@host/db", "catalogue.db"])
def test_what_is_no_catalogue_url_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(Usage) as caught:
        Database(url)
    assert caught.value.code == "bad-setting"
    assert "host" not in caught.value.detail, "a URL may hold a password"


@pytest.mark.parametrize("name", ["a?b.db", "100%.db", "a#b.db", "a b.db", "a&mode=ro.db", "سجل.db", "%41.db"])
def test_a_catalogue_lies_where_its_path_says(tmp_path: Path, name: str) -> None:
    database = Database(f"sqlite:{tmp_path / 'ho%me?' / name}")
    database.migrate()
    database.require_current()
    database.close()
    assert {path.name for path in (tmp_path / "ho%me?").iterdir()} == {name}


def _garbage(path: Path) -> None:
    path.write_bytes(os.urandom(8192))


def _torn(path: Path) -> None:
    """Pages in the middle are gone."""
    database = Database(f"sqlite:{path}")
    database.migrate()
    database.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))


@pytest.mark.parametrize("ruin", [_garbage, _torn])
def test_a_damaged_catalogue_is_an_alarm(tmp_path: Path, ruin: object) -> None:
    path = tmp_path / "c.db"
    ruin(path)  # type: ignore[operator]
    database = Database(f"sqlite:{path}")
    with pytest.raises(Damaged) as caught:
        database.require_current()
    assert caught.value.code == "catalogue-damaged"
    database.close()


def test_a_catalogue_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "c.db").mkdir()
    database = Database(f"sqlite:{tmp_path / 'c.db'}")
    with pytest.raises(Unavailable) as caught:
        database.require_current()
    assert caught.value.code == "catalogue-unavailable"
    database.close()


def _fill(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql(f"pragma max_page_count = {connection.exec_driver_sql('pragma page_count').scalar_one()}")
        connection.exec_driver_sql("insert into filler values ('kept?')")
        connection.exec_driver_sql("insert into filler values (zeroblob(1000000))")


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:{tmp_path / 'c.db'}")
    database.migrate()
    with database.write() as connection:
        connection.exec_driver_sql("create table filler (bytes blob)")
    with pytest.raises(SijillError) as caught:
        _fill(database)
    assert (type(caught.value), caught.value.code) == (Unavailable, "disk-full")
    with database.read() as connection:
        assert connection.exec_driver_sql("select count(*) from filler").scalar_one() == 0
    database.close()


def _break_off(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("insert into holding (name, opened_at) values ('h', 1)")
        raise ZeroDivisionError


def test_what_fails_half_way_is_undone(database: Database) -> None:
    database.migrate()
    with pytest.raises(ZeroDivisionError):
        _break_off(database)
    with database.read() as connection:
        assert connection.exec_driver_sql("select count(*) from holding").scalar_one() == 0


def test_a_new_archive_waits_for_whoever_is_making_it(tmp_path: Path) -> None:
    """SQLite itself refuses at once to change the journal of a database somebody is writing to."""
    path = tmp_path / "catalogue.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE t (x)")
    timer = Timer(0.5, lambda: other.execute("COMMIT"))
    timer.start()
    database = Database(f"sqlite:{path}")
    try:
        assert database.schema() is None
        assert not timer.is_alive(), "it waited"
    finally:
        timer.join()
        database.close()
        other.close()
