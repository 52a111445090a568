"""Files on their way are private, and none stays behind for long."""

import os
import time
from pathlib import Path

import pytest

from pipeline.storage.local import PREFIX, temporary


def test_private_and_gone_afterwards(tmp_path: Path) -> None:
    with temporary(tmp_path) as (_, path):
        assert list(tmp_path.iterdir()) == [path]
        assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ZeroDivisionError), temporary(tmp_path):
        _ = 1 // 0
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_after_a_day(tmp_path: Path) -> None:
    left, fresh, other = (tmp_path / name for name in (f"{PREFIX}left", f"{PREFIX}fresh", "other"))
    for path in (left, fresh, other):
        path.touch()
    for path in (left, other):
        os.utime(path, (time.time() - 2 * 86_400,) * 2)
    with temporary(tmp_path):
        pass
    assert set(tmp_path.iterdir()) == {fresh, other}
