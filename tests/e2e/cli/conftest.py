"""One archive of the fixture scans, read with the real engine once; tests that change it get a copy."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from flows.server import LocalServer
from tests.e2e.command import SCANS, Done, Sijill

HOLDING = "Branch 215"


@pytest.fixture(scope="session")
def truth() -> list[dict[str, Any]]:
    pages: list[dict[str, Any]] = json.loads((SCANS / "truth.json").read_text("utf-8"))["pages"]
    return pages


@pytest.fixture(scope="session")
def taken_in(server: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Sijill, Done]:
    """The program on that archive, and what the ingest said."""
    sijill = Sijill(tmp_path_factory.mktemp("scans") / "archive", {"prefect": server.url})
    return sijill, sijill("ingest", SCANS, "--holding", HOLDING, "--box", "Box 7", "--seized-at", "Kafr Sousa").ok()


@pytest.fixture
def scans(taken_in: tuple[Sijill, Done]) -> Sijill:
    """To ask only, never to change."""
    return taken_in[0]


@pytest.fixture
def sijill(taken_in: tuple[Sijill, Done], tmp_path: Path) -> Sijill:
    """A copy, to do with as one likes."""
    kept = taken_in[0]
    return Sijill(Path(shutil.copytree(kept.home, tmp_path / "archive")), kept.settings)
