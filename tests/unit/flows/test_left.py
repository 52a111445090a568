"""Whose run it was: a process that is gone is told from one that lives, and from one of another machine."""

import os
import subprocess

import pytest

from flows.daemon import started
from flows.left import gone, mark


def test_this_process_is_not_gone() -> None:
    assert not gone(mark())


def test_a_process_that_has_ended_is_gone_and_so_is_one_whose_number_was_given_again() -> None:
    child = subprocess.Popen(["sleep", "60"])
    tag = f"process {child.pid} of {started(child.pid)}"
    assert not gone(tag)
    child.kill()
    child.wait()
    assert gone(tag)
    assert gone(tag.replace(f"process {child.pid} ", f"process {os.getpid()} "))


@pytest.mark.parametrize("tag", ["", "urgent", "process 1 of another-boot/12", f"process {os.getpid()} of {started(os.getpid())} "])
def test_what_cannot_be_told_is_left_alone(tag: str) -> None:
    assert not gone(tag)
