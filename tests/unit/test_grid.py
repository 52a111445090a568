import cv2
import numpy as np
import pytest

from pipeline.layout import lay_out
from pipeline.model import CleanImage, Region
from pipeline.orientation import shrunk
from pipeline.rules import find_rules
from tests.drawn import Pixels

WIDE, HIGH = 1700, 1500
XS, YS = (100, 500, 1100, 1600), (100, 240, 380, 520, 660)


def drawn(thick: int = 3, grey: int = 0, paper: int = 255) -> Pixels:
    """A grid of four rows and three columns at 300 dpi, nothing written in it."""
    sheet = np.full((HIGH, WIDE), paper, np.uint8)
    for y in YS:
        cv2.line(sheet, (XS[0], y), (XS[-1], y), (grey,), thick)
    for x in XS:
        cv2.line(sheet, (x, YS[0]), (x, YS[-1]), (grey,), thick)
    return sheet


def written(sheet: Pixels) -> Pixels:
    """A figure in every cell, and lines below, so that what is dark on the page is writing."""
    for y in YS[:-1]:
        for x in XS[:-1]:
            cv2.putText(sheet, "58", (x + 120, y + 95), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (0,), 5)
    for y in range(800, 1400, 120):
        cv2.putText(sheet, "many words of a letter", (200, y), cv2.FONT_HERSHEY_SIMPLEX, 2.4, (0,), 7)
    return sheet


def cells(sheet: Pixels) -> list[Region]:
    return [region for region in lay_out(CleanImage(sheet, 300, np.eye(2, 3), ())).regions if region.kind == "cell"]


ALL = [(row, column) for row in range(4) for column in range(3)]


def places(found: list[Region]) -> list[tuple[int, int]]:
    return [(cell.row, cell.column) for cell in found]


@pytest.mark.parametrize(("thick", "grey"), [(1, 0), (5, 0), (9, 0), (15, 0), (3, 190), (2, 232)])
def test_thin_thick_and_pale_rules_make_cells(thick: int, grey: int) -> None:
    assert places(cells(written(drawn(thick, grey)))) == ALL


def test_the_grain_of_paper_makes_no_rules() -> None:
    grain = np.random.default_rng(6).normal(238, 12, (HIGH, WIDE)).clip(0, 255).astype(np.uint8)
    sheet = np.minimum(written(drawn(1, 255)), grain)
    assert not find_rules(shrunk(sheet, 0.4), 120).both.any()


def test_a_faint_fold_beside_true_rules_is_none() -> None:
    sheet = written(drawn())
    folded = np.minimum(sheet, drawn(1, 255))
    cv2.line(folded, (60, 310), (1660, 310), (236,), 2)
    assert places(cells(folded)) == ALL


def test_dotted_rules_make_cells() -> None:
    sheet = drawn()
    for y in YS[2:-1]:
        sheet[y - 6 : y + 7, XS[0] + 4 : XS[-1] - 3] = 255
        for x in range(XS[0] + 8, XS[-1] - 6, 14):
            cv2.circle(sheet, (x, y), 3, (0,), -1)
    for x in XS:
        cv2.line(sheet, (x, YS[0]), (x, YS[-1]), (0,), 3)
    assert places(cells(written(sheet))) == ALL


def test_a_stroke_of_the_pen_through_two_cells_adds_no_column() -> None:
    sheet = written(drawn())
    cv2.line(sheet, (900, 30), (900, 330), (0,), 4)
    assert places(cells(sheet)) == ALL


def test_a_heading_over_two_narrow_columns_is_parted_from_theirs() -> None:
    sheet = written(drawn())
    cv2.line(sheet, (300, 170), (300, 660), (0,), 3)
    cv2.line(sheet, (100, 170), (500, 170), (0,), 3)
    found = {(cell.row, cell.column): (cell.row_span, cell.col_span) for cell in cells(sheet)}
    assert found[0, 0] == found[0, 1] == (2, 1)
    assert (found[0, 2], found[1, 2], found[1, 3]) == ((1, 2), (1, 1), (1, 1))


def test_a_short_line_in_a_cell_parts_no_row() -> None:
    sheet = written(drawn())
    cv2.line(sheet, (150, 345), (420, 345), (0,), 3)
    assert places(cells(sheet)) == ALL
