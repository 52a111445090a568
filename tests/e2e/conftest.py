"""A real Prefect server for the tests of this folder, started and stopped by LocalServer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.server import LocalServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """Up and answering."""
    local = LocalServer(tmp_path_factory.mktemp("archive") / "prefect")
    local.start()
    yield local
    local.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[LocalServer]:
    """Not yet started; stopped at the end whatever happens."""
    local = LocalServer(tmp_path / "prefect")
    yield local
    local.stop()
