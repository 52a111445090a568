import cv2
import numpy as np
import pytest

from pipeline.model import Box, Line, PageImage, Word
from pipeline.orientation import lie
from pipeline.preprocess import map_box, map_lines, positive, prepare, without_colour, without_margins, without_paper, without_speckle
from tests.drawn import BODY, Pixels, letter, page, ruled


def leaning(pixels: Pixels, degrees: float) -> Pixels:
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return cv2.warpAffine(pixels, turn, (width, height), borderValue=(255.0, 255.0, 255.0)).astype(np.uint8)


def turned(pixels: Pixels, clockwise: int) -> Pixels:
    return np.ascontiguousarray(np.rot90(pixels, -clockwise // 90))


@pytest.fixture(scope="module")
def running() -> Pixels:
    return letter()


@pytest.mark.parametrize("clockwise", [0, 90, 180, 270])
@pytest.mark.parametrize("lean", [0.0, 4.0, -7.5])
def test_a_page_is_set_upright_and_level(running: Pixels, clockwise: int, lean: float) -> None:
    found = lie(turned(leaning(running, lean), clockwise), 300)
    assert found.turn == clockwise
    assert found.skew == pytest.approx(-lean, abs=0.15)


WORDS = " ".join(BODY).split()


@pytest.mark.parametrize("clockwise", [0, 90, 180, 270])
@pytest.mark.parametrize(
    "sheet",
    [
        pytest.param(page([(1600, 100 + 90 * n, word) for n, word in enumerate(WORDS[:14])]), id="one column of words"),
        pytest.param(page([(1600 - 500 * (n % 3), 100 + 90 * (n // 3), word) for n, word in enumerate(WORDS[:36])]), id="three columns"),
        pytest.param(ruled([WORDS[4 * n : 4 * n + 4] for n in range(9)], [300] * 4), id="a table"),
        pytest.param(page([(1600 - 100 * k, 60 + 70 * n, WORDS[n] if k else f"{n}") for n in range(20) for k in (0, 1)]), id="a list"),
        pytest.param(page([(1600, 100 + 300 * n, " ".join(WORDS[2 * n : 2 * n + 2])) for n in range(4)], points=36), id="large words"),
        pytest.param(page([(1600, 100 + 90 * n, BODY[0]) for n in range(14)]), id="one line again and again"),
    ],
)
def test_columns_and_lists_are_set_upright(sheet: Pixels, clockwise: int) -> None:
    assert lie(turned(sheet, clockwise), 300).turn == clockwise


def test_figures_in_columns_are_not_left_on_their_side() -> None:
    numbers = page([(1600 - 500 * (n % 3), 100 + 90 * (n // 3), str(1047 * (n + 7) % 9973)) for n in range(42)])
    assert [lie(turned(numbers, clockwise), 300).turn % 180 for clockwise in (0, 90, 180, 270)] == [0, 90, 0, 90]


def test_grain_turns_no_page() -> None:
    grain = np.where(np.random.default_rng(3).random((2200, 1700)) < 0.02, 0, 255).astype(np.uint8)
    assert lie(cv2.erode(grain, np.ones((9, 5), np.uint8)).astype(np.uint8), 300).turn == 0


@pytest.mark.parametrize("text", ["", "رقم"])
def test_a_page_that_says_too_little_is_left_alone(text: str) -> None:
    assert lie(page([(900, 700, text)]), 300)[:2] == (0, 0.0)


@pytest.mark.parametrize("clockwise", [0, 90, 180, 270])
@pytest.mark.parametrize("lean", [0.0, 3.0, -6.0])
@pytest.mark.parametrize("dpi", [200.0, 300.0, 600.0])
def test_a_known_dot_goes_home(running: Pixels, clockwise: int, lean: float, dpi: float) -> None:
    scaled = cv2.resize(running, None, fx=dpi / 300, fy=dpi / 300, interpolation=cv2.INTER_AREA).astype(np.uint8)
    came = turned(leaning(scaled, lean), clockwise)
    side = round(24 * dpi / 300)
    top, left = round(came.shape[0] * 0.93), round(came.shape[1] * 0.95)
    came[top : top + side, left : left + side] = 0
    clean = prepare(PageImage(came, dpi))
    assert clean.dpi == pytest.approx(min(dpi, 300), rel=0.02)
    dot = round(20 * clean.dpi / 300)
    dots = cv2.matchTemplate(255 - clean.pixels, np.full((dot, dot), 255, np.uint8), cv2.TM_CCORR)
    x, y = cv2.minMaxLoc(dots)[3]
    home = map_box(Box(x - 2, y - 2, x + dot + 2, y + dot + 2), clean.to_page, came.shape[1], came.shape[0])
    centre = ((home.x0 + home.x1) / 2, (home.y0 + home.y1) / 2)
    assert centre == pytest.approx((left + side / 2, top + side / 2), abs=3 * dpi / 300)


def test_an_upright_page_at_300_dpi_maps_to_itself(running: Pixels) -> None:
    clean = prepare(PageImage(running, 300))
    assert map_box(Box(10, 20, 30, 40), clean.to_page, 1700, 1500) == Box(10, 20, 30, 40)


def test_boxes_stay_on_the_page_and_are_never_empty() -> None:
    word = Word("كلمة", Box(-20, -20, -10, -10), 0.5)
    (line,) = map_lines((Line("كلمة", Box(90, 40, 500, 60), 0.5, (word,)),), np.eye(2, 3), 100, 50)
    assert (line.box, line.words[0].box) == (Box(90, 40, 100, 50), Box(0, 0, 1, 1))


def painted(ink: tuple[int, int, int], stamp: tuple[int, int, int] | None, paper: tuple[int, int, int] = (255, 255, 255)) -> Pixels:
    sheet = np.full((800, 800, 3), paper, np.uint8)
    for y in range(80, 720, 60):
        sheet[y : y + 20, 80:720] = ink
    if stamp:
        cv2.circle(sheet, (400, 400), 100, stamp, 8)
    return sheet


@pytest.mark.parametrize("stamp", [(40, 30, 200), (150, 50, 40), (120, 40, 110), (60, 140, 50)], ids=["red", "blue", "violet", "green"])
@pytest.mark.parametrize("paper", [(255, 255, 255), (170, 215, 235)], ids=["white", "yellowed"])
def test_a_coloured_stamp_goes_and_the_ink_under_it_stays(stamp: tuple[int, int, int], paper: tuple[int, int, int]) -> None:
    grey, step = without_colour(painted((20, 20, 20), stamp, paper))
    assert step.values["action"] == "bleached"
    assert grey[110, 400] > 230  # between lines, nothing
    assert grey[350, 313] >= 195  # the ring beside lines
    assert grey[385 // 60 * 60 + 30, 400] < 60  # ink


@pytest.mark.parametrize("ink", [(150, 40, 30), (110, 30, 90)], ids=["blue carbon", "violet carbon"])
def test_writing_in_coloured_ink_is_kept(ink: tuple[int, int, int]) -> None:
    grey, step = without_colour(painted(ink, None))
    assert step.values["action"] == "kept"
    assert grey[90, 400] < 120


def test_grey_scans_in_colour_files_stay_as_they_are() -> None:
    grey, step = without_colour(painted((20, 20, 20), None))
    assert step.values["action"] == "none"
    assert grey[90, 400] == 20


def test_speckle_goes_and_dots_of_letters_stay() -> None:
    sheet = np.full((600, 600), 255, np.uint8)
    sheet[100:104, 100:104] = 0
    noisy = sheet.copy()
    noisy[np.random.default_rng(1).random(sheet.shape) < 0.005] = 0
    cleaned, step = without_speckle(noisy)
    assert step.values["action"] == "median 3"
    assert cleaned[101:103, 101:103].max() == 0
    assert np.count_nonzero(cleaned < 128) < 0.1 * np.count_nonzero(noisy < 128)
    assert without_speckle(sheet)[0] is sheet


def test_shadow_and_fading_go() -> None:
    shade = np.tile(np.linspace(120, 230, 800), (800, 1))
    faded = shade.copy()
    faded[400:420, 100:700] *= 0.8
    cleaned, _ = without_paper(faded.astype(np.uint8))
    assert cleaned[200:300, 50:750].min() > 240
    assert cleaned[405:415, 110:690].max() < 60


def test_the_grain_of_a_blank_sheet_does_not_become_ink() -> None:
    grain = np.random.default_rng(2).normal(225, 5, (800, 800)).astype(np.uint8)
    assert without_paper(grain)[0].min() > 128


def test_a_negative_is_turned_and_black_edges_are_painted(running: Pixels) -> None:
    assert np.array_equal(positive(255 - running)[0], running)
    assert positive(running)[0] is running
    edged = running.copy()
    edged[:, :30] = edged[-25:] = 0
    cleaned, step = without_margins(edged)
    assert (step.values["left"], step.values["bottom"], step.values["top"]) == (30, 25, 0)
    assert cleaned[:, :30].min() == cleaned[-25:].min() == 255


@pytest.mark.parametrize(
    ("dpi", "read_at"), [(72.0, 144.0), (120.0, 200.0), (200.0, 200.0), (300.0, 300.0), (380.0, 380.0), (600.0, 300.0)]
)
def test_only_coarse_scans_are_enlarged_and_only_fine_ones_reduced(dpi: float, read_at: float) -> None:
    assert prepare(PageImage(np.full((200, 300), 255, np.uint8), dpi)).dpi == pytest.approx(read_at, rel=0.01)


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (3, 3, 3), (40, 20000)])
@pytest.mark.parametrize("dpi", [30.0, 300.0, 1200.0])
def test_odd_sizes_pass(shape: tuple[int, ...], dpi: float) -> None:
    clean = prepare(PageImage(np.full(shape, 200, np.uint8), dpi))
    assert clean.pixels.dtype == np.uint8
    assert clean.pixels.ndim == 2


def test_every_step_says_what_it_did(running: Pixels) -> None:
    clean = prepare(PageImage(turned(running, 180), 300))
    assert [step.name for step in clean.steps] == ["colour", "negative", "margins", "noise", "paper", "upright"]
    assert clean.steps[-1].values["turn"] == 180
