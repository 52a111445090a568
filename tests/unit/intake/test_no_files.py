"""What is no file, or none this user may read, has its outcome too, and nothing blocks."""

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import intake
from pipeline.errors import WAYS_OUT, Refused
from tests.hostile import HOSTILE, Hostile
from tests.support import counts
from tests.unit.intake.desk import MOST, Desk, Info, write


def _socket(path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def _device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # as /dev/zero
    except PermissionError:
        pytest.skip("no right to make a device")


SPECIAL: dict[str, Callable[[Path], object]] = {"pipe": os.mkfifo, "socket": _socket, "device": _device}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", SPECIAL.values(), ids=SPECIAL)
def test_what_is_no_file_never_blocks(box: Path, desk: Desk, make: Callable[[Path], object]) -> None:
    make(box / "x.pdf")
    assert desk.take_all(box) == {"x.pdf": ("refused", "not-a-file")}
    [found] = intake.walk([box / "x.pdf"])
    with pytest.raises(Refused):
        intake.openable(found, MOST)


@pytest.mark.timeout(20)
def test_a_pipe_is_not_even_opened(box: Path, desk: Desk) -> None:
    """Opening a device may rewind a tape or wake a machine's watchdog; a pipe shows whether it was opened."""
    pipe, entered = box / "pipe.pdf", threading.Event()
    os.mkfifo(pipe)

    def write_end() -> None:
        os.close(os.open(pipe, os.O_WRONLY))
        entered.set()

    writer = threading.Thread(target=write_end, daemon=True)
    writer.start()
    desk.take_all(box)
    assert not entered.wait(0.3)
    os.close(os.open(pipe, os.O_RDONLY))
    writer.join()


def test_a_file_that_vanished(box: Path, desk: Desk) -> None:
    path = write(box / "a.pdf")
    [found] = intake.walk([box])
    path.unlink()
    assert desk.take(found).code == "vanished"


UNREADABLE = """
import os, sys
from pathlib import Path
from pipeline import intake
os.setgid(65534); os.setuid(65534)
for found in intake.walk([Path(sys.argv[1])]):
    try:
        intake.openable(found, 100)
        print(os.path.basename(found.path), "opened")
    except intake.Refused as error:
        print(os.path.basename(found.path), error.code)
"""


def test_what_this_user_may_not_read_is_told() -> None:
    if os.geteuid():
        pytest.skip("only root can become another user")
    import tempfile

    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to other users
        box = Path(name)
        box.chmod(0o755)
        for path in ("ok.pdf", "closed.pdf", "locked/inside.pdf"):
            write(box / path)
        (box / "closed.pdf").chmod(0)
        (box / "locked").chmod(0)
        told = subprocess.run([sys.executable, "-c", UNREADABLE, name], capture_output=True, text=True, check=False, cwd=Path.cwd())
        (box / "locked").chmod(0o700)
    assert told.returncode == 0, told.stderr
    assert told.stdout.split("\n")[:-1] == ["closed.pdf unreadable", "ok.pdf opened", "locked unreadable"]


NAMED = ("name-", "path-", "link-", "named-pipe", "empty")


@pytest.mark.parametrize("bad", [bad for bad in HOSTILE if bad.name.startswith(NAMED)], ids=lambda bad: bad.name)
@pytest.mark.timeout(60)
def test_every_bad_name_and_place_has_one_outcome(box: Path, desk: Desk, bad: Hostile) -> None:
    bad.write(box)
    taken = [desk.take(found, lambda _: Info(1)) for found in intake.walk([box])]
    assert [one.code for one in taken if one.code in bad.codes] == [one.code for one in taken] != []
    assert all(one.code in WAYS_OUT for one in taken if one.code)
    assert counts(desk.made, "h")["files"] == len(taken)
    subprocess.run(["rm", "-rf", box], check=True)
