"""The demonstration, as `./run demo --once` runs it."""

import os
import re
import subprocess
import sys
from pathlib import Path

from PIL import Image

from flows.server import LocalServer

ROOT = Path(__file__).parents[2]


def test_the_demonstration_finds_a_name_shows_it_and_leaves_nothing_running(tmp_path: Path) -> None:
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    env = {key: value for key, value in os.environ.items() if not key.startswith(("SIJILL_", "PREFECT_"))}
    command = [sys.executable, "-m", "pipeline.demo", "--once"]
    done = subprocess.run(
        command, cwd=tmp_path, env=env | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "غياث وصفي القهوجي appears in document fixtures/scans/memo-branch-215.pdf page 1 (memo), unverified." in done.stdout
    assert re.search(r"(All 29|29 of 29) pages were searched", done.stdout)
    assert "What to try next" in done.stdout
    assert [line for line in done.stderr.splitlines() if not line.startswith(("Taking in: ", "Reading: "))] == []
    with Image.open(tmp_path / "demo-hit.png") as picture:
        assert picture.width > 100
    assert not LocalServer(tmp_path / "demo-archive" / "prefect").starting()
