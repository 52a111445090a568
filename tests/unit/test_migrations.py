"""The migrations make the tables the code speaks of; two at once, old archives and damaged files end well."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, inspect

import pipeline.catalogue
from pipeline.catalogue.database import SCHEMA, Database
from pipeline.catalogue.tables import metadata
from pipeline.errors import Damaged, Missing, SijillError, Unavailable, Usage

MIGRATE = "import sys; from pipeline.catalogue.database import Database; Database(sys.argv[1]).migrate()"


def test_a_fresh_archive_has_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    database = Database(f"sqlite:{tmp_path / 'new' / 'c.db'}")
    database.migrate()
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        found = inspect(connection)
        made = {check["name"] for table in found.get_table_names() for check in found.get_check_constraints(table)}
    assert made == {item.name for table in metadata.sorted_tables for item in table.constraints if isinstance(item, CheckConstraint)}
    database.close()


def test_the_schema_named_in_the_code_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(pipeline.catalogue.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA]


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:{tmp_path / 'c.db'}")
    assert database.schema() is None
    for _ in range(2):
        database.migrate()
        assert database.schema() == SCHEMA
        database.require_current()
    database.close()


def test_four_first_ingests_at_once_make_one_catalogue(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'home' / 'c.db'}"
    started = [subprocess.Popen([sys.executable, "-c", MIGRATE, url], stderr=subprocess.PIPE, text=True) for _ in range(4)]
    told = [process.communicate(timeout=60)[1] for process in started]
    assert [process.returncode for process in started] == [0] * 4, told
    database = Database(url)
    database.require_current()
    database.close()


OTHER_SCHEMAS = [
    ("drop table alembic_version", "no-archive"),
    ("update alembic_version set version_num = '0000'", "archive-outdated"),
    ("update alembic_version set version_num = '9999'", "archive-newer"),
]


@pytest.mark.parametrize(("sql", "code"), OTHER_SCHEMAS)
def test_another_schema_is_told_with_the_way_out(tmp_path: Path, sql: str, code: str) -> None:
    database = Database(f"sqlite:{tmp_path / 'c.db'}")
    database.migrate()
    with database.write() as connection:
        connection.exec_driver_sql(sql)
    with pytest.raises(Missing) as caught:
        database.require_current()
    assert caught.value.code == code
    assert caught.value.way_out
    database.close()


def test_an_archive_of_a_newer_version_is_not_migrated(tmp_path: Path) -> None:
    database = Database(f"sqlite:{tmp_path / 'c.db'}")
    database.migrate()
    with database.write() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    with pytest.raises(Missing) as caught:
        database.migrate()
    assert caught.value.code == "archive-newer"
    database.close()


def test_no_archive_is_told_and_none_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:{tmp_path / 'c.db'}")
    with pytest.raises(Missing) as caught:
        database.require_current()
    assert caught.value.code == "no-archive"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["", "sqlite:", "postgresql://host/db", "catalogue.db"])
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


def test_what_fails_half_way_is_undone(tmp_path: Path) -> None:
    database = Database(f"sqlite:{tmp_path / 'c.db'}")
    database.migrate()
    with pytest.raises(ZeroDivisionError):
        _break_off(database)
    with database.read() as connection:
        assert connection.exec_driver_sql("select count(*) from holding").scalar_one() == 0
    database.close()


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
