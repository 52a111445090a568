"""The demonstration brings its own archive up to date, and nobody else's."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

import pipeline.catalogue
from pipeline import demo, indexing
from pipeline.access import Act
from pipeline.catalogue.database import SCHEMA, Database
from pipeline.settings import Settings
from pipeline.wiring import archive
from tests.support import read, take

OLDER = "0004"


def older(home: Path) -> None:
    """An archive with a holding, as Sijill of an earlier schema left it."""
    home.mkdir()
    config = Config()
    config.set_main_option("script_location", str(Path(pipeline.catalogue.__file__).parent / "migrations"))
    with closing(Database(f"sqlite:{home / 'catalogue.db'}")) as database, database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, OLDER)
        connection.exec_driver_sql("insert into holding (name, opened_at) values ('Demonstration', 1.5)")


def schema(home: Path) -> str | None:
    with closing(Database(f"sqlite:{home / 'catalogue.db'}")) as database:
        return database.schema()


def test_an_older_archive_of_its_own_is_migrated_with_all_it_had(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = Settings.model_validate({"home": tmp_path / "home"})
    older(chosen.home)
    demo.bring_up_to_date(chosen)
    assert schema(chosen.home) == SCHEMA
    assert f"from schema {OLDER} to {SCHEMA}" in capsys.readouterr().out
    with archive(chosen, Act.TAKE_IN, create=True) as opened:
        assert list(opened.catalogue.ledger.names()) == ["Demonstration"]
    demo.bring_up_to_date(chosen)
    assert capsys.readouterr().out == "", "and is left alone from then on"


def test_an_older_index_of_its_own_is_made_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = Settings.model_validate({"home": tmp_path / "home"})
    with archive(chosen, Act.TAKE_IN, create=True) as opened:
        read(opened.catalogue, take(opened.catalogue, "Demonstration", "a", "b")[1], "سامر")
        indexing.drain(opened.catalogue.outbox, opened.index)
    with closing(sqlite3.connect(chosen.home / "index.db")) as index:
        index.execute("update about set format = 'earlier'")
        index.commit()
    demo.bring_up_to_date(chosen)
    assert "2 pages" in capsys.readouterr().out
    with archive(chosen, Act.SEARCH) as opened:
        assert dict(opened.index.versions()) == opened.catalogue.ledger.versions()


def test_there_need_be_none(tmp_path: Path) -> None:
    chosen = Settings.model_validate({"home": tmp_path / "home"})
    demo.bring_up_to_date(chosen)
    with archive(chosen, Act.TAKE_IN, create=True) as opened:
        assert list(opened.index.versions()) == []


def test_an_archive_that_somebody_named_is_theirs_to_migrate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    older(home)
    for name, value in {"SIJILL_HOME": str(home), "SIJILL_CATALOGUE": "", "SIJILL_INDEX": "", "SIJILL_PREFECT": ""}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["demo", "--once"])
    with pytest.raises(SystemExit):
        demo.main()
    assert "[archive-outdated]" in capsys.readouterr().err
    assert schema(home) == OLDER
