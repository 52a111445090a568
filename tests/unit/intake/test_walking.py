"""Every file below a path is met once, in a stable order, under a name of its own."""

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import intake
from pipeline.errors import Usage
from pipeline.intake import Found
from tests.support import counts, sha
from tests.unit.intake.desk import Desk, write


def test_files_come_in_a_stable_order_each_once(box: Path) -> None:
    for name in ("b/2.pdf", "b/1.pdf", "a.pdf", "c/d/e.pdf", "c/0.pdf"):
        write(box / name)
    assert [found.path.removeprefix(f"{box}/") for found in intake.walk([box])] == ["a.pdf", "b/1.pdf", "b/2.pdf", "c/0.pdf", "c/d/e.pdf"]
    assert list(intake.walk([box])) == list(intake.walk([box]))
    assert [found.path for found in intake.walk([box / "a.pdf"])] == [str(box / "a.pdf")]


@pytest.mark.parametrize("name", ["none", "a\0b", "x" * 5000, "a.pdf/b"])
def test_a_path_that_is_not_there_is_told(box: Path, name: str) -> None:
    write(box / "a.pdf")
    with pytest.raises(Usage) as caught:
        list(intake.walk([box, box / name]))
    assert caught.value.code == "no-such-path"


def test_an_empty_folder_has_no_files(box: Path) -> None:
    assert list(intake.walk([box])) == []


def test_links(box: Path, desk: Desk) -> None:
    inner = write(box / "in" / "page.pdf")
    outside = write(box.parent / "outside.pdf", b"1 outside")
    write(box.parent / "box-beside" / "x.pdf")
    links: dict[str, Path | str] = {
        "abs-in": inner, "rel-in": "in/page.pdf", "out": outside, "up": "../outside.pdf", "folder": "in", "self-folder": ".", "root": "/",
        "broken": "nothing", "loop": "loop", "beside": "../box-beside/x.pdf", "through": "folder/page.pdf", "device": "/dev/zero",
    }  # fmt: skip
    for name, target in links.items():
        (box / name).symlink_to(target)
    outcomes = desk.take_all(box)
    assert outcomes == {
        "abs-in": ("accepted", None), "rel-in": ("duplicate", None), "through": ("duplicate", None), "in/page.pdf": ("duplicate", None),
        "out": ("refused", "link-outside"), "up": ("refused", "link-outside"), "root": ("refused", "link-outside"),
        "beside": ("refused", "link-outside"), "device": ("refused", "link-outside"), "folder": ("refused", "link-to-folder"),
        "self-folder": ("refused", "link-outside"), "broken": ("refused", "link-broken"), "loop": ("refused", "link-broken"),
    }  # fmt: skip
    assert counts(desk.made, "h") == {"files": 13, "accepted": 1, "duplicates": 3, "refused": 9, "pages": 1, "waiting": 1}
    assert list(desk.blobs) == [sha("1 page")], "nothing from outside was read"


@pytest.mark.parametrize(("target", "code"), [("nothing", "link-broken"), ("link", "unreadable")])
def test_a_link_named_by_hand_that_leads_nowhere(box: Path, desk: Desk, target: str, code: str) -> None:
    (box / "link").symlink_to(target)
    [found] = intake.walk([box / "link"])
    assert (desk.take(found).code) == code


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """1,500 folders one in the other, with a file at the bottom: more than Python's own recursion goes."""
    top = tmp_path / "deep"
    handle = os.open(tmp_path, os.O_RDONLY)
    for name in ["deep", *["d"] * 1500]:
        os.mkdir(name, dir_fd=handle)
        inner = os.open(name, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(os.open("page.pdf", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=handle))
    os.close(handle)
    yield top
    subprocess.run(["rm", "-rf", top], check=True)


def test_folders_may_lie_very_deep(deep: Path) -> None:
    [found] = intake.walk([deep])
    assert found.path.endswith("/d/page.pdf")


@pytest.fixture
def too_deep(tmp_path: Path) -> Iterator[Path]:
    """A file and a folder whose paths are longer than any call takes, below a folder whose path is not."""
    handle = os.open(tmp_path, os.O_RDONLY)
    left = 4090 - len(os.fsencode(tmp_path))
    for name in ["long", *["d" * 200] * ((left - 5) // 201), "e" * ((left - 5) % 201 - 1)]:
        os.mkdir(name, dir_fd=handle)
        inner = os.open(name, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(os.open("page.pdf", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=handle))
    os.mkdir("folder", dir_fd=handle)
    os.close(handle)
    yield tmp_path / "long"
    subprocess.run(["rm", "-rf", tmp_path / "long"], check=True)


def test_paths_too_long_to_open_are_told_so(too_deep: Path, desk: Desk) -> None:
    taken = [desk.take(found) for found in intake.walk([too_deep])]
    assert [(one.name.rpartition("/")[2], one.code) for one in taken] == [("page.pdf", "name-too-long"), ("folder", "name-too-long")]


RAW = [
    b"memo-\xff.png",
    b"memo-\\xff.png",
    b"memo-\\\\xff.png",
    "memo-\u202egnp.png".encode(),
    b"a\nb\rc.png",
    "س".encode() * 127,
    b"-rf",
    b"a b",
    b"\\",
]


def test_no_two_files_share_a_name(box: Path, desk: Desk) -> None:
    for raw in RAW:
        Path(os.fsdecode(os.fsencode(box) + b"/" + raw)).write_bytes(b"1 page")
    outcomes = desk.take_all(box)
    assert Counter(status for status, _ in outcomes.values()) == {"accepted": 1, "duplicate": len(RAW) - 1}
    assert counts(desk.made, "h")["files"] == len(RAW)
    for name in outcomes:
        name.encode("utf-8")
    assert set(desk.take_all(box).values()) == {("known", None)}


def test_dots_in_a_path_are_the_same_place(box: Path, desk: Desk) -> None:
    path = write(box / "a.pdf")
    (box / "sub").mkdir()
    assert desk.take(Found(str(path), "a")).status == "accepted"
    assert desk.take(Found(f"{box}/sub/../a.pdf", "a")).status == "known"
