"""An archive, a desk at it, and an empty box of files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.catalogue import Catalogue
from tests.support import catalogue, whole
from tests.unit.intake.desk import Desk


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Catalogue]:
    fresh = catalogue(tmp_path / "c.db")
    yield fresh
    assert whole(fresh)
    fresh.close()


@pytest.fixture
def desk(tmp_path: Path, made: Catalogue) -> Desk:
    return Desk(tmp_path, made)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    folder = tmp_path / "box"
    folder.mkdir()
    return folder
