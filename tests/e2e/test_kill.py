"""kill -9 at every stage boundary, then the same command again: identical hashes, no duplicate, ledger whole."""

import signal
import sys
from pathlib import Path

import pytest

from flows.server import LocalServer
from tests.drawn import small
from tests.e2e.command import Sijill
from tests.e2e.killer import STEPS

FILES, PAGES = 3, 4


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures, one of them twice, and a TIFF of two pages."""
    folder = tmp_path_factory.mktemp("box")
    pages = [small(number) for number in range(PAGES)]
    pages[0].save(folder / "a.png", dpi=(300, 300))
    pages[0].save(folder / "a-again.png", dpi=(300, 300))
    pages[1].save(folder / "b.png", dpi=(300, 300))
    pages[2].save(folder / "c.tif", save_all=True, append_images=[pages[3]], dpi=(300, 300))
    return folder


def hashes(home: Path) -> set[str]:
    return {path.name for path in (home / "blobs").glob("??/??/*")}


@pytest.fixture(scope="module")
def undisturbed(box: Path, tmp_path_factory: pytest.TempPathFactory, server: LocalServer) -> set[str]:
    sijill = Sijill(tmp_path_factory.mktemp("undisturbed") / "archive", {"prefect": server.url, "reader": "constant"})
    sijill("ingest", box, "--holding", "Box").ok()
    return hashes(sijill.home)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_batch_killed_anywhere_ends_as_if_it_had_not_been(
    step: str, when: str, box: Path, tmp_path: Path, undisturbed: set[str], server: LocalServer
) -> None:
    sijill = Sijill(tmp_path / "archive", {"prefect": server.url, "reader": "constant"})
    ingest = ("ingest", box, "--holding", "Box")
    killed = sijill(*ingest, program=(sys.executable, "-m", "tests.e2e.killer", step, when, "1"))
    assert killed.code == -signal.SIGKILL, "the trap was not reached"
    sijill(*ingest).ok()
    ledger = sijill.ledger()
    assert {key: ledger[key] for key in ("files", "accepted", "duplicates", "refused")} == {
        "files": FILES + 1, "accepted": FILES, "duplicates": 1, "refused": 0,
    }  # fmt: skip
    assert (ledger["pages"], ledger["indexed"], ledger["waiting"], ledger["failed"]) == (PAGES, PAGES, 0, 0)
    assert hashes(sijill.home) == undisturbed
    assert len(sijill.hits("سامر نزار الحلبي")) == PAGES
    sijill.quick("verify").ok()
