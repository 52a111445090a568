"""A folder for secrets is its owner's alone, and gone afterwards, whatever became of who made it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import Unavailable
from pipeline.storage.private import private_folder

KEEPS = """
import sys, pathlib
from pipeline.storage.private import private_folder
with private_folder(pathlib.Path(sys.argv[1])) as folder:
    (folder / "record").write_text("a name")
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_it_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with private_folder(tmp_path) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "record").write_text("a name")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_and_what_is_in_use_stays(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KEEPS, str(tmp_path)]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as killed,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as living,
    ):
        assert killed.stdout is not None
        assert living.stdout is not None
        left, used = Path(killed.stdout.readline().strip()), Path(living.stdout.readline().strip())
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
        with private_folder(tmp_path):
            assert not left.exists()
            assert (used / "record").exists()
        living.communicate()
    assert list(tmp_path.iterdir()) == []


def test_a_link_of_that_name_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    (tmp_path / "sijill-apart-x").symlink_to(tmp_path / "other")
    with private_folder(tmp_path):
        pass
    assert (tmp_path / "other" / "file").exists()


def test_where_there_is_no_such_place(tmp_path: Path) -> None:
    with pytest.raises(Unavailable), private_folder(tmp_path / "none"):
        pass
