"""read: images that hold no page of ours give a reading that says so; nothing is made up, and no process dies of them."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.drawn import BODY, Pixels, font, letter, page
from tests.e2e.command import Sijill

ENGLISH = "the committee received the report of the working group and decided to publish it with all its annexes before the year ends"


def blank() -> Pixels:
    return np.clip(np.random.default_rng(1).normal(236, 5, (2200, 1700)), 0, 255).astype(np.uint8)


def noise() -> Pixels:
    return np.random.default_rng(2).integers(0, 256, (2200, 1700), dtype=np.uint8)


def photograph() -> Pixels:
    """Shapes and shades of every size, in colour, none of them a letter."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:1600, 0:1200]
    shades = 128 + 60 * np.sin(x / 130) + 50 * np.cos(y / 170 + x / 400)
    for size, strength in ((1.5, 90.0), (9.0, 500.0), (40.0, 2000.0)):
        shades += cv2.GaussianBlur(rng.normal(0, strength, (1600, 1200)), (0, 0), size)
    grey = np.clip(shades, 0, 255)
    return np.dstack([0.8 * grey, 0.9 * grey, grey]).astype(np.uint8)


def latin() -> Pixels:
    sheet = Image.new("L", (1700, 2200), 255)
    pen, words = ImageDraw.Draw(sheet), ENGLISH.split() * 2
    for row in range(20):
        pen.text((130, 150 + 90 * row), " ".join(words[row : row + 9]), font=font(11), fill=10)
    return np.asarray(sheet)


def scrap() -> Pixels:
    return np.ascontiguousarray(letter(1)[100:400, 1500:1540])


def long_line() -> Pixels:
    line = page([(1690, 20, BODY[0])], (1700, 130))
    return np.ascontiguousarray(np.tile(line, (1, 3))[:, :5000])


def a3_at_800_dpi() -> Pixels:
    sheet = np.full((13228, 9354), 255, np.uint8)
    text = cv2.resize(letter(2), None, fx=800 / 300, fy=800 / 300, interpolation=cv2.INTER_LINEAR)
    sheet[1000 : 1000 + text.shape[0], 3000 : 3000 + text.shape[1]] = text
    return sheet


IMAGES = {made.__name__: made for made in (blank, noise, photograph, latin, scrap, long_line, a3_at_800_dpi)}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    for name, made in IMAGES.items():
        dpi = 800 if name.startswith("a3") else 200
        Image.fromarray(made()).save(folder / f"{name}.png", dpi=(dpi, dpi), compress_level=1)
    return folder


@pytest.fixture(scope="module")
def sijill(images: Path) -> Sijill:
    return Sijill(images.parent / "no-archive", {})


@pytest.fixture(scope="module")
def read(sijill: Sijill, images: Path) -> dict[str, dict[str, Any]]:
    done = sijill("read", images, "--format", "json").ok()
    for name in ("blank", "noise", "photograph", "latin"):
        assert f"{name}.png page 1: nothing was read" in done.err
    return {Path(page["source"]).stem: page for page in done.json}


@pytest.mark.parametrize(("name", "note"), [("blank", "blank"), ("noise", "no-text"), ("photograph", "no-text"), ("latin", "latin-script")])
def test_what_is_no_page_of_ours_is_empty_and_says_why(read: dict[str, dict[str, Any]], name: str, note: str) -> None:
    found = read[name]
    assert (found["status"], found["text"], found["lines"]) == ("empty", "", [])
    assert note in found["notes"]
    assert ("not-all-read" in found["notes"]) == bool(found["unread"])
    assert found["people"] == found["dates"] == found["references"] == []


def test_a_latin_page_is_unread_line_by_line(read: dict[str, dict[str, Any]]) -> None:
    assert 15 <= len(read["latin"]["unread"]) <= 60


def test_a_scrap_is_called_one(read: dict[str, dict[str, Any]]) -> None:
    assert "too-small" in read["scrap"]["notes"]
    assert (read["scrap"]["width"], read["scrap"]["height"]) == (40, 300)


@pytest.mark.parametrize(("name", "line_count"), [("long_line", range(1, 5)), ("a3_at_800_dpi", range(9, 12))])
def test_what_is_merely_large_is_read(read: dict[str, dict[str, Any]], name: str, line_count: range) -> None:
    found = read[name]
    assert found["status"] == "read"
    assert len(found["lines"]) in line_count
    known = set(" ".join(BODY).split())
    words = found["text"].split()
    assert sum(word in known for word in words) > 0.5 * len(words)
    assert all(line["box"][2] <= found["width"] and line["box"][3] <= found["height"] for line in found["lines"])


def test_a_long_line_is_one_line_when_it_is_said_to_be(sijill: Sijill, images: Path) -> None:
    [found] = sijill("read", images / "long_line.png", "--as", "line", "--format", "json").ok().json
    [line] = found["lines"]
    assert line["box"][0] < 700
    assert line["box"][2] > 4800
    assert len(line["words"]) >= 20


def test_each_image_is_a_row_of_text(sijill: Sijill, tmp_path: Path) -> None:
    for number, text in enumerate(BODY[:3]):
        Image.fromarray(page([(1690, 20, text)], (1700, 130))).save(tmp_path / f"{number}.png")
    Image.fromarray(np.full((60, 900), 255, np.uint8)).save(tmp_path / "1-blank.png")
    done = sijill("read", "--as", "line", tmp_path).ok()
    rows = done.out.removesuffix("\n").split("\n")
    assert len(rows) == 4
    assert rows[2 if rows[1] else 1] == ""
    for row, text in zip([row for row in rows if row], BODY, strict=False):
        assert len(set(row.split()) & set(text.split())) > 0.5 * len(text.split())
    assert "1-blank.png page 1: nothing was read [too-small, blank]" in done.err


def test_transcriptions_beside_lines_are_left_alone(tmp_path: Path) -> None:
    """A published collection is read as it lies, its text files without an error; other files are told, and so is one that is named."""
    lines = tmp_path / "lines"
    lines.mkdir()
    for name in ("a", "b"):
        Image.fromarray(page([(1690, 20, BODY[0])], (1700, 130))).save(lines / f"{name}.png")
        (lines / f"{name}.gt.txt").write_text(BODY[0], "utf-8")
    sijill = Sijill(tmp_path / "archive", {"reader": "constant", "processes": "1"})
    done = sijill("read", "--as", "line", lines).ok()
    assert len(done.out.splitlines()) == 2
    assert ".gt.txt" not in done.err
    assert "a.gt.txt" in sijill("read", lines).failed(65, "not-all-read").err, "pages have no transcriptions: whatever lies there is told"
    assert "a.gt.txt" in sijill("read", "--as", "line", lines / "a.gt.txt").failed(65, "not-all-read").err
    (lines / "notes.txt").write_text("a note")
    assert "notes.txt" in sijill("read", "--as", "line", lines).failed(65, "not-all-read").err


def test_an_altered_model_stops_with_an_error_and_nothing_takes_its_place(sijill: Sijill, images: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "mine.onnx").write_bytes(b"not what is listed")
    (models / "models.json").write_text('{"default": "mine", "models": {"mine": {"sha256": "00"}}}')
    done = sijill.having(models=str(models))("read", images / "long_line.png")
    assert done.code not in (0, 65)
    assert "model-damaged" in done.err
    assert done.out == ""
