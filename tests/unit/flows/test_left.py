"""Whose run it was: a process that is gone is told from one that lives, and from one of another machine or container."""

import multiprocessing

import pytest

from flows.left import gone, mark


def _tell(pipe: "multiprocessing.connection.Connection[str, str]") -> None:
    pipe.send(mark())
    pipe.recv()


def test_this_process_is_not_gone() -> None:
    assert not gone(mark())


def test_a_process_that_has_ended_is_gone_and_so_is_one_whose_number_was_given_again() -> None:
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=_tell, args=[theirs])
    child.start()
    tag = ours.recv()
    assert not gone(tag)
    ours.send("end")
    child.join()
    assert gone(tag)
    *place, pid, started, part = tag.split("/")
    here = mark().split("/")
    assert gone("/".join([*place, here[-3], started, part]))
    assert pid != here[-3]


def test_a_process_of_another_container_is_left_alone_though_its_number_is_nobodys_here() -> None:
    host, machine, boot, space, _, started, part = mark().split("/")
    assert not gone("/".join([host, machine, boot, "pid:[1]", "4194000", started, part]))
    assert gone("/".join([host, machine, boot, space, "4194000", started, part]))


@pytest.mark.parametrize("tag", ["", "urgent", "process 1 of another-boot/12", "process ", mark().replace("process ", "")])
def test_what_cannot_be_told_is_left_alone(tag: str) -> None:
    assert not gone(tag)
