"""Whole pages: every word's box holds its ink, cells run from right to left, and a page can be made again."""

from dataclasses import replace

import numpy as np
import pytest

from ocr_models.training.faces import Face
from ocr_models.training.pages import DEPTH, WIDTH, moved, page
from ocr_models.training.templates import TEMPLATES
from ocr_models.training.text import Author


@pytest.mark.parametrize("kind", TEMPLATES)
def test_truth_lies_on_the_ink(kind: str, author: Author, faces: tuple[Face, ...]) -> None:
    for index in range(2):
        made = page(author, faces, {kind: TEMPLATES[kind]}, 3, index)
        assert made.image.shape == (DEPTH, WIDTH)
        assert made.image.dtype == np.uint8
        assert len(made.lines) > 8
        paper = np.median(made.image)
        for line in made.lines:
            for word in line.words:
                x0, y0, x1, y1 = word.box
                assert 0 <= x0 < x1 <= WIDTH
                assert 0 <= y0 < y1 <= DEPTH
                assert made.image[y0:y1, x0:x1].min() < paper, (word.text, made.condition)
            rights = [word.box[2] for word in line.words]
            assert rights == sorted(rights, reverse=True), "first word rightmost"


def test_cells_are_counted_from_the_right(author: Author, faces: tuple[Face, ...]) -> None:
    made = page(author, faces, {"register": TEMPLATES["register"]}, 5, 0)
    assert made.cells
    for (table, row, column), box in made.cells.items():
        beside = made.cells.get((table, row, column + 1))
        below = made.cells.get((table, row + 1, column))
        assert beside is None or beside[2] < box[2]
        assert below is None or below[3] > box[3]
    filled = [line for line in made.lines if line.cell is not None]
    assert filled
    for line in filled:
        assert line.table is not None
        assert line.cell is not None
        x0, y0, x1, y1 = made.cells[line.table, *line.cell]
        a0, b0, a1, b1 = line.box
        assert x0 - 8 <= (a0 + a1) / 2 <= x1 + 8
        assert y0 - 4 <= (b0 + b1) / 2 <= y1 + 4


def test_a_page_can_be_made_again(author: Author, faces: tuple[Face, ...]) -> None:
    one, other = (page(author, faces, TEMPLATES, 8, 2) for _ in range(2))
    assert np.array_equal(one.image, other.image)
    assert one.lines == other.lines


def test_a_box_moves_with_its_page() -> None:
    assert moved((10, 20, 30, 40), np.array([[1, 0, 5], [0, 1, -3]], float)) == (15, 17, 35, 37)


def test_papers_are_set_in_faces_that_draw_every_figure(author: Author, faces: tuple[Face, ...]) -> None:
    poor = tuple(replace(face, signs=frozenset("\u0627\u0628\u062a 13")) for face in faces)  # as a file of a few letters has them
    made = [page(author, (*poor, *faces[:1]), {"form": TEMPLATES["form"]}, 3, index) for index in range(4)]
    assert all(len(each.lines) > 8 for each in made)
