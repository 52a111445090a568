import cv2
import numpy as np
import pytest

from pipeline.layout import Layout, lay_out
from pipeline.model import CleanImage
from tests.drawn import BODY, Pixels, letter, page, ruled

ROWS = [["م", "الاسم والنسبة", "تولد"], ["1", "سامر الحلبي", "1987"], ["2", "نزار القاسم", "1990"]]
WIDTHS = [150, 700, 400]


def laid(pixels: Pixels) -> Layout:
    return lay_out(CleanImage(pixels, 300, np.eye(2, 3), ()))


def test_cells_of_a_ruled_table_come_row_by_row_from_the_right() -> None:
    layout = laid(ruled(ROWS, WIDTHS))
    cells = [region for region in layout.regions if region.kind == "cell"]
    assert [(cell.row, cell.column) for cell in cells] == [(row, column) for row in range(3) for column in range(3)]
    assert cells[0].box.x0 > cells[1].box.x0 > cells[2].box.x0
    assert not [region for region in layout.regions if region.kind == "block"]


@pytest.mark.parametrize(
    ("erased", "merged", "spans"),
    [
        (np.s_[205:305, 1440:1460], (0, 0), (1, 2)),  # between columns 0 and 1 of the heading
        (np.s_[290:320, 350:740], (0, 2), (2, 1)),  # between the first two rows of column 2
    ],
    ids=["beside", "below"],
)
def test_merged_cells_are_one_cell(erased: tuple[slice, slice], merged: tuple[int, int], spans: tuple[int, int]) -> None:
    sheet = ruled(ROWS, WIDTHS)
    sheet[erased] = 255
    cells = {(r.row, r.column): r for r in laid(sheet).regions if r.kind == "cell"}
    assert len(cells) == 8
    assert {place for place, cell in cells.items() if (cell.row_span, cell.col_span) != (1, 1)} == {merged}
    assert (cells[merged].row_span, cells[merged].col_span) == spans


@pytest.mark.parametrize(("text", "lines"), [("", 0), ("5", 1), ("1987", 1)])
def test_empty_cells_stay_and_single_figures_are_found(text: str, lines: int) -> None:
    layout = laid(ruled([["م", "الاسم والنسبة", "تولد"], ["1", "سامر الحلبي", text]], WIDTHS))
    cells = {(r.row, r.column): found for r, found in zip(layout.regions, layout.lines, strict=True)}
    assert len(cells) == 6
    assert len(cells[1, 2]) == lines


@pytest.mark.parametrize("word", ["سبأ", "نشأ", "خطأ", "سلّم", "سُلّم", "محمّد"])
@pytest.mark.parametrize("points", [10, 12, 14])
def test_short_words_with_a_sign_above_them_are_found(word: str, points: int) -> None:
    lines = [(1600, 60 + 90 * n, text) for n, text in enumerate(BODY)]
    [*_, found] = [box for boxes in laid(page([*lines, (900, 900, word)], points=points)).lines for box in boxes]
    ink = np.argwhere(page([(900, 900, word)], points=points) < 128)
    assert found.x0 <= ink[:, 1].min() + 3
    assert found.x1 >= ink[:, 1].max() - 2
    assert found.y0 <= ink[:, 0].min() + 25
    assert found.y1 >= ink[:, 0].max() - 2


def test_broken_and_leaning_rules_still_make_cells() -> None:
    sheet = ruled(ROWS, WIDTHS)
    sheet[:, 900:925] = np.maximum(sheet[:, 900:925], 255)
    turn = cv2.getRotationMatrix2D((850, 750), 0.2, 1.0)
    leaning = cv2.warpAffine(sheet, turn, (1700, 1500), borderValue=(255.0,)).astype(np.uint8)
    assert sum(region.kind == "cell" for region in laid(leaning).regions) == 9


def test_rules_go_and_letters_crossing_them_stay() -> None:
    sheet = np.full((600, 900), 255, np.uint8)
    sheet[300:304, 50:850] = 0
    sheet[260:340, 400:410] = 0
    pixels = laid(sheet).pixels
    assert pixels[301, 100:300].min() == 255
    assert pixels[262:338, 403:407].max() == 0


@pytest.mark.parametrize("draw", [lambda s: cv2.rectangle(s, (40, 40), (1660, 1460), (0.0,), 5), lambda s: s], ids=["framed", "bare"])
def test_frames_make_no_table_and_hide_no_text(draw: object) -> None:
    sheet = letter(1)
    if callable(draw):
        draw(sheet)
    layout = laid(sheet)
    assert {region.kind for region in layout.regions} == {"block"}
    assert sum(map(len, layout.lines)) == len(BODY)


def test_text_beside_a_table_is_not_lost() -> None:
    sheet = ruled(ROWS, WIDTHS)
    noted = np.minimum(sheet, page([(310, 300, "ملاحظة")]))
    beside = [region.box for region in laid(noted).regions if region.kind == "block"]
    assert any(box.x1 < 350 and box.y0 > 200 and box.y1 < 530 for box in beside)


def test_facing_columns_are_read_right_before_left() -> None:
    right = [(1600, 100 + 110 * n, text) for n, text in enumerate(["الجمهورية العربية", "وزارة الداخلية", "قسم الشرطة"])]
    left = [(500, 100 + 110 * n, text) for n, text in enumerate(["الرقم 2051", "التاريخ 2013", "المرفقات"])]
    body = [(1600, 560 + 110 * n, text) for n, text in enumerate(BODY)]
    layout = laid(page(right + left + body))
    boxes = [region.box for region in layout.regions]
    assert [(box.x0 > 850, box.x1 < 850) for box in boxes[:2]] == [(True, False), (False, True)]
    assert all(box.y0 > 450 for box in boxes[2:])


def test_every_letter_lies_in_a_region() -> None:
    texts = [(1600, 60, BODY[0]), (700, 330, "رقم 5"), (1600, 700, BODY[1]), (1600, 820, BODY[2]), (500, 1250, "العميد الركن")]
    sheet = page(texts)
    covered = np.zeros_like(sheet)
    for region in laid(sheet).regions:
        covered[region.box.y0 : region.box.y1, region.box.x0 : region.box.x1] = 1
    assert np.count_nonzero((sheet < 128) & (covered == 0)) == 0


def test_dust_and_punch_holes_make_no_regions() -> None:
    sheet = np.full((1500, 1700), 255, np.uint8)
    for x, y in np.random.default_rng(3).integers(50, 1450, (200, 2)):
        sheet[y : y + 4, x : x + 4] = 0
    cv2.circle(sheet, (1600, 500), 35, (0.0,), -1)
    sheet[:, 3:20] = 0
    assert laid(sheet).regions == ()


def test_touching_lines_are_parted_and_dots_stay_with_their_line() -> None:
    sheet = letter(1)
    sheet[120:700, 1000:1003] = 0  # a stroke of the pen through all lines
    (boxes,) = laid(sheet).lines
    assert len(boxes) == len(BODY)


def test_a_blank_page_has_no_regions() -> None:
    layout = laid(np.full((300, 300), 255, np.uint8))
    assert (layout.regions, layout.steps[0].values["blocks"]) == ((), 0)
    assert layout.lines == ()


def noise(kind: str) -> Pixels:
    rng = np.random.default_rng(4)
    if kind == "coarse":
        return cv2.resize(rng.integers(0, 256, (300, 340), np.uint8), (1700, 1500)).astype(np.uint8)
    if kind == "picture":
        soft = cv2.GaussianBlur(rng.random((190, 215)), (0, 0), 6)
        return cv2.resize(cv2.normalize(soft, None, 0, 255, cv2.NORM_MINMAX), (1700, 1500)).astype(np.uint8)  # type: ignore[call-overload]
    return np.where(rng.random((1500, 1700)) < {"even": 0.5, "salt": 0.03}[kind], 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", ["even", "salt", "coarse", "picture"])
def test_noise_and_pictures_hold_no_lines(kind: str) -> None:
    assert laid(noise(kind)).lines == ()


@pytest.mark.parametrize("aged", ["specks", "torn", "leaning", "smeared"])
def test_lines_are_found_on_bad_copies(aged: str) -> None:
    sheet = letter(1)
    rng = np.random.default_rng(5)
    if aged == "specks":
        sheet[rng.random(sheet.shape) < 0.0005] = 0
    if aged == "torn":
        for y in rng.integers(100, 1400, 25):
            sheet[y : y + 2, 300:1500] = rng.choice([0, 255])
    if aged == "leaning":
        sheet = cv2.warpAffine(sheet, cv2.getRotationMatrix2D((850, 750), 0.5, 1.0), (1700, 1500), borderValue=(255.0,)).astype(np.uint8)
    if aged == "smeared":
        sheet[80:1400, 700:704] = sheet[80:1400, 1100:1104] = 0
    assert sum(map(len, laid(sheet).lines)) == len(BODY)


def test_a_picture_on_a_written_page_takes_no_lines_away() -> None:
    sheet = letter(1)
    sheet[800:, 100:1600] = noise("picture")[800:, 100:1600]
    boxes = [box for lines in laid(sheet).lines for box in lines]
    assert sum(box.y1 < 800 for box in boxes) == len(BODY)


def test_lines_a_stroke_runs_together_are_told_of() -> None:
    sheet = letter(1)
    cv2.line(sheet, (300, 90), (1500, 640), (0.0,), 6)
    layout = laid(sheet)
    told = [*layout.unread, *(box for lines in layout.lines for box in lines)]
    covered = np.zeros_like(sheet)
    for box in told:
        covered[box.y0 : box.y1, box.x0 : box.x1] = 1
    ink = (letter(1) < 128) & (sheet < 128)
    assert np.count_nonzero(ink & (covered == 0)) < 0.02 * np.count_nonzero(ink)


@pytest.mark.parametrize("over", ["ring", "oval", "loops"])
def test_stamps_and_signatures_make_lines_no_higher(over: str) -> None:
    sheet = letter(1)
    if over == "ring":
        cv2.circle(sheet, (800, 360), 230, (90.0,), 9)
        cv2.circle(sheet, (800, 360), 160, (90.0,), 6)
    elif over == "oval":
        cv2.ellipse(sheet, (800, 360), (330, 200), 10, 0, 360, (90.0,), 8)
    else:
        cv2.polylines(
            sheet,
            [np.array([(int(700 + 2 * n + 70 * np.sin(n / 8)), int(360 + 130 * np.cos(n / 8))) for n in range(150)])],
            False,
            (40.0,),
            5,
        )
    boxes, plain = ([box for lines in laid(each).lines for box in lines] for each in (sheet, letter(1)))
    for line in plain:
        found = [
            box for box in boxes if box.x0 <= line.x0 + 5 and box.x1 >= line.x1 - 5 and box.y0 <= line.y0 + 12 and box.y1 >= line.y1 - 12
        ]
        assert [box for box in found if box.y1 - box.y0 < 1.3 * (line.y1 - line.y0)]


@pytest.mark.parametrize(("x", "y", "radius"), [(900, 550, 200), (900, 400, 230), (900, 500, 200)])
def test_rings_chain_no_lines_and_hide_none(x: int, y: int, radius: int) -> None:
    sheet = letter()
    for size, thick in ((radius, 9), (round(0.7 * radius), 5)):
        cv2.circle(sheet, (x, y), size, (60.0,), thick)
    boxes = [box for lines in laid(sheet).lines for box in lines]
    covered = np.zeros_like(sheet)
    for box in boxes:
        covered[box.y0 : box.y1, box.x0 : box.x1] = 1
    ink = letter() < 128
    assert max(box.y1 - box.y0 for box in boxes if box.x1 - box.x0 > 800) < 125
    assert np.count_nonzero(ink & (covered == 0)) < 0.005 * np.count_nonzero(ink)
