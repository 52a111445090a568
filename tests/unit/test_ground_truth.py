"""Checked lines become pictures with their text beside them, upright and for their owner alone; nothing else in a folder is touched."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline import ground_truth
from pipeline.consent import LeftOut
from pipeline.errors import PageFailed, Usage
from pipeline.ground_truth import Cut, Lie
from pipeline.model import IMPORTED, Box, Entities, Line, PageRef, Reading, Step, StoredPage
from pipeline.pages import Limits

LIMITS = Limits(10, 10, 1 << 24, 60)
ID = f"{'a' * 64}-1"


def ref(page_id: str = ID, media_type: str = "image/png") -> PageRef:
    return PageRef(1, page_id, page_id.partition("-")[0], 1, "Box 12", "scan.png", media_type)


SPOT = Box(10, 10, 90, 40)


def line(text: str, box: Box = SPOT, checked: bool = True) -> Line:
    return Line(text, box, 1.0, (), checked)


def stored(*lines: Line, page: PageRef | None = None, steps: tuple[Step, ...] = ()) -> StoredPage:
    return StoredPage(page or ref(), 1, Reading(100, 200, "made 1", lines, steps), Entities())


def drawn(page: PageRef, wanted: Sequence[Cut], lying: Lie, folder: Path) -> None:
    del page, lying
    for cut in wanted:
        (folder / f"{cut.name}.png").write_bytes(b"picture")


def written(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("found", "boxes"),
    [
        (stored(line("نزار")), [Box(10, 10, 90, 40)]),
        (stored(line("نزار", checked=False)), []),
        (stored(line("نزار", Box(0, 0, 0, 0))), []),  # keyed by a person who did not say where
        (stored(line("نزار", Box(50, 150, 140, 260))), [Box(50, 150, 100, 200)]),
        (stored(line("نزار", Box(120, 10, 140, 40))), []),
        (stored(line("نزار"), page=ref(media_type=IMPORTED)), []),
    ],
)
def test_only_checked_lines_with_a_place(found: StoredPage, boxes: list[Box]) -> None:
    assert [cut.box for cut in ground_truth.cuts(found)] == boxes


def test_names_are_ids_and_say_no_text(tmp_path: Path) -> None:
    page = stored(line("سامر", checked=False), line("نزار ٣"))
    done = ground_truth.write(tmp_path / "lines", [(frozenset({1, 4}), page)], [LeftOut(2, "not-allowed", 5)], drawn)
    assert (done.lines, done.pages, done.troubles) == (1, 1, ())
    assert written(tmp_path / "lines") == {f"{ID}-001.png", f"{ID}-001.gt.txt", "lines.json"}
    assert (tmp_path / "lines" / f"{ID}-001.gt.txt").read_text("utf-8") == "نزار ٣\n"
    manifest = json.loads((tmp_path / "lines/lines.json").read_text("utf-8"))
    assert [(told["holding"], told["lines"], told["pages"]) for told in manifest["holdings"]] == [(1, 1, [ID]), (4, 1, [ID])]
    assert manifest["left_out"] == [{"holding": 2, "code": "not-allowed", "pages": 5}]
    assert "Box 12" not in str(manifest)
    assert ground_truth.holdings([tmp_path, tmp_path / "lines"]) == {1, 4}


def test_for_the_owner_alone(tmp_path: Path) -> None:
    ground_truth.write(tmp_path / "lines", [(frozenset({1}), stored(line("نزار")))], [], drawn)
    assert (tmp_path / "lines").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "lines").glob("*.txt")} == {0o600}
    ground_truth.private(tmp_path / "x", b"1")
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600


def test_written_again_without_what_is_not_allowed_any_more(tmp_path: Path) -> None:
    folder, other = tmp_path / "lines", f"{'b' * 64}-1"
    both = [(frozenset({1}), stored(line("نزار"))), (frozenset({2}), stored(line("سامر"), page=ref(other)))]
    ground_truth.write(folder, both, [], drawn)
    ground_truth.write(folder, both[:1], [], drawn)
    assert written(folder) == {f"{ID}-000.png", f"{ID}-000.gt.txt", "lines.json"}
    (tmp_path / "lines.part").mkdir()  # as a killed run leaves it
    ground_truth.discard(folder)
    assert list(tmp_path.iterdir()) == []
    ground_truth.discard(folder)


def test_a_page_that_cannot_be_cut_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    other = f"{'b' * 64}-1"

    def cut_out(page: PageRef, wanted: Sequence[Cut], lying: Lie, folder: Path) -> None:
        drawn(page, wanted, lying, folder)
        if page.page_id == ID:
            raise PageFailed("render-failed", "cannot be drawn")

    pages = [(frozenset({1}), stored(line("نزار"))), (frozenset({1}), stored(line("سامر"), page=ref(other)))]
    done = ground_truth.write(tmp_path / "lines", pages, [], cut_out)
    assert [(page_id, error.code) for page_id, error in done.troubles] == [(ID, "render-failed")]
    assert written(tmp_path / "lines") == {f"{other}-000.png", f"{other}-000.gt.txt", "lines.json"}


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(Usage) as caught:
        ground_truth.write(tmp_path, [], [], drawn)
    assert caught.value.code == "not-lines"
    ground_truth.discard(tmp_path)
    assert written(tmp_path) == {"thesis.txt"}
    (tmp_path / "empty").mkdir()
    ground_truth.write(tmp_path / "empty", [], [], drawn)
    assert written(tmp_path / "empty") == {"lines.json"}


def test_how_a_page_lay_is_told_by_its_steps() -> None:
    steps = (Step("negative", {"action": "inverted"}), Step("upright", {"turn": 90, "skew": 1.2}))
    assert ground_truth.lie(stored(steps=steps).reading) == Lie(90, True)
    assert ground_truth.lie(stored().reading) == Lie()


def wedge() -> "np.ndarray[tuple[int, int], np.dtype[np.uint8]]":
    """A line 60 wide and 20 high: dark on light, thick at its left end, thin at its right end's foot."""
    line = np.full((20, 60), 230, np.uint8)
    line[4:16, 2:12] = 20
    line[14:16, 12:58] = 20
    return line


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("inverted", [False, True])
def test_lines_come_out_upright_and_dark_on_light(tmp_path: Path, turn: int, inverted: bool) -> None:
    page = np.full((200, 160), 230, np.uint8)
    lying = np.rot90(wedge(), -turn // 90)
    page[50 : 50 + lying.shape[0], 40 : 40 + lying.shape[1]] = lying
    Image.fromarray(255 - page if inverted else page).save(tmp_path / "scan.png")
    box = Box(40, 50, 40 + lying.shape[1], 50 + lying.shape[0])
    ground_truth.write_page(tmp_path / "scan.png", 1, "image/png", LIMITS, [Cut("line", box, "نزار")], Lie(turn, inverted), tmp_path)
    got = cv2.imread(str(tmp_path / "line.png"), cv2.IMREAD_GRAYSCALE)
    assert got is not None
    assert np.array_equal(got, wedge())


def test_a_reading_as_stored_keeps_what_is_needed() -> None:
    """Corrections keep the steps: a corrected page still knows how it lay."""
    first = stored(line("نزار"), steps=(Step("upright", {"turn": 180}),)).reading
    assert ground_truth.lie(replace(first, reader="corrected")).turn == 180
