"""The fixture scans and their truth agree with each other, with the plan, and with what the script would make again."""

import csv
import json
import unicodedata
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pytest
from pdf2image import convert_from_path
from PIL import Image, ImageOps

import pipeline
from fixtures import make
from fixtures.lettering import check_order, font_files
from fixtures.plan import SOURCES

SCANS = Path(make.__file__).parent / "scans"
TRUTH: dict[str, Any] = json.loads((SCANS / "truth.json").read_text(encoding="utf-8"))
PAGES: list[dict[str, Any]] = TRUTH["pages"]
BY_PAGE = [pytest.param(page, id=f"{page['source']}-{page['page']}") for page in PAGES]

_WESTERN = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")


def _facilities() -> dict[str, set[str]]:
    """Every known facility's names by its id."""
    listed = Path(pipeline.__file__).parent / "entities" / "data" / "facilities.csv"
    with listed.open(encoding="utf-8", newline="") as rows:
        return {row["id"]: {row["name_ar"], *row["variants_ar(;)"].split(";")} for row in csv.DictReader(rows)}


FACILITIES = _facilities()
DATE_ROLES = {
    *("letter", "arrest", "admission", "transfer", "referral", "verdict", "release", "death", "registration", "burial"),
    *("birth", "copy", "other"),
}


def _text(page: dict[str, Any]) -> str:
    return " ".join(line["text"] for line in page["lines"])


def _sizes(path: Path) -> list[tuple[int, int]]:
    """Width and height of each page as a reader gets it, PDF pages at 300 dpi."""
    if path.suffix == ".pdf":
        with pikepdf.open(path) as pdf:
            return [_pdf_size(page) for page in pdf.pages]
    with Image.open(path) as image:
        sizes = []
        for frame in range(getattr(image, "n_frames", 1)):
            image.seek(frame)
            sizes.append(ImageOps.exif_transpose(image).size)
        return sizes


def _pdf_size(page: pikepdf.Page) -> tuple[int, int]:
    _, _, width, height = (float(side) * make.PDF_DPI / 72 for side in page.mediabox)
    turned = int(page.get("/Rotate", 0)) % 180 == 90
    return (round(height), round(width)) if turned else (round(width), round(height))


def _shown(path: Path, number: int) -> np.ndarray:
    """The grey pixels of one page as a reader gets it, PDF pages at 150 dpi."""
    if path.suffix == ".pdf":
        (image,) = convert_from_path(path, 150, first_page=number, last_page=number)
        return np.asarray(image.convert("L"))
    with Image.open(path) as image:
        image.seek(number - 1)
        return np.asarray(ImageOps.exif_transpose(image).convert("L"))


def test_there_are_enough_pages_of_every_kind() -> None:
    kinds = Counter(page["kind"] for page in PAGES)
    assert len(PAGES) >= 24
    assert set(kinds) == {"memo", "table", "verdict", "death", "release", "blank"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_every_file_has_the_pages_the_truth_counts(source: Any) -> None:
    told = [page for page in PAGES if page["source"] == source.name]
    assert [page["page"] for page in told] == list(range(1, len(source.pages) + 1))
    for (width, height), page in zip(_sizes(SCANS / source.name), told, strict=True):
        assert abs(width - page["width"]) <= 1
        assert abs(height - page["height"]) <= 1


def test_nothing_else_lies_beside_them() -> None:
    names = {source.name for source in SOURCES} | {"truth.json", "README.md"}
    assert {path.name for path in SCANS.iterdir()} == names
    assert sum(path.stat().st_size for path in SCANS.iterdir()) <= 12 * 2**20


@pytest.mark.parametrize("page", BY_PAGE)
def test_boxes_lie_on_the_page_and_hold_something(page: dict[str, Any]) -> None:
    boxes = [part["box"] for line in page["lines"] for part in (line, *line.get("cells", ()))]
    assert bool(boxes) == (page["kind"] != "blank")
    for x0, y0, x1, y1 in boxes:
        assert 0 <= x0 < x1 <= page["width"]
        assert 0 <= y0 < y1 <= page["height"]


@pytest.mark.parametrize("page", BY_PAGE)
def test_lines_are_dark_on_light_where_the_truth_says(page: dict[str, Any]) -> None:
    image = _shown(SCANS / page["source"], page["page"])
    zoom = image.shape[1] / page["width"]
    assert np.median(image) > 200
    for line in page["lines"]:
        x0, y0, x1, y1 = (round(side * zoom) for side in line["box"])
        dark = (image[y0:y1, x0:x1] < 150).mean(axis=int(page["rotation"] in {90, 270}))
        assert 0.02 < dark.mean() < 0.6, line["text"]
        assert dark[: len(dark) // 10 + 1].any(), line["text"]
        assert dark[-len(dark) // 10 :].any(), line["text"]


@pytest.mark.parametrize("page", BY_PAGE)
def test_lines_are_plain_logical_text_and_cells_make_their_row(page: dict[str, Any]) -> None:
    for line in page["lines"]:
        assert unicodedata.is_normalized("NFC", line["text"])
        assert not any(unicodedata.category(sign) in {"Cf", "Cc"} for sign in line["text"])
        if "cells" in line:
            assert line["text"] == " ".join(cell["text"] for cell in line["cells"])


@pytest.mark.parametrize("page", BY_PAGE)
def test_what_is_told_of_a_page_stands_on_it(page: dict[str, Any]) -> None:
    text = _text(page)
    told = [date["text"] for date in page["dates"]] + [place["text"] for place in page["facilities"]] + page["references"]
    for person in page["people"]:
        told += [part for key, part in person.items() if key not in {"role", "birth"}]
    assert [words for words in told if words not in text] == []


@pytest.mark.parametrize("page", BY_PAGE)
def test_ids_roles_and_dates_are_well_formed(page: dict[str, Any]) -> None:
    for place in page["facilities"]:
        assert place["text"].translate(_WESTERN) in FACILITIES[place["id"]]
    assert {day["role"] for day in page["dates"]} <= DATE_ROLES
    assert all(date.fromisoformat(day["earliest"]) <= date.fromisoformat(day["latest"]) for day in page["dates"])
    assert {person["role"] for person in page["people"]} <= {"subject", "official"}
    assert set(page["missing"]) <= {"attachments", "rows", "pages"}
    assert page["rotation"] in {0, 90, 180, 270}


def test_what_papers_can_lack_is_lacking_once_each() -> None:
    assert Counter(code for page in PAGES for code in page["missing"]) == {"attachments": 1, "rows": 1, "pages": 1}


def test_the_man_to_look_for_runs_through_four_kinds_of_paper() -> None:
    named = [page for page in PAGES for person in page["people"] if person.get("mother") == "وصال القلال"]
    assert {page["kind"] for page in named} == {"memo", "table", "verdict", "release"}
    assert len(named) == 6


@pytest.mark.skipif(not all(path.exists() for path in font_files()), reason="the fonts the pages are drawn with are not installed")
@pytest.mark.parametrize("name", ["memo-cable-fax.tif", "death-sednaya.pdf", "memo-stamped.jpg"])
def test_making_a_file_again_gives_the_same_bytes_and_truth(name: str, tmp_path: Path) -> None:
    source = next(source for source in SOURCES if source.name == name)
    truth = json.loads(json.dumps(make.make_source(source, tmp_path)))
    first = (tmp_path / name).read_bytes()
    make.make_source(source, tmp_path)
    assert (tmp_path / name).read_bytes() == first
    if make.made_with() != TRUTH["made_with"]:
        pytest.skip("other versions of fonts or libraries than the committed files were made with")
    assert first == (SCANS / name).read_bytes()
    assert truth == [page for page in PAGES if page["source"] == name]


@pytest.mark.parametrize("word", ["Branch", "14-15", "-3"])
def test_words_that_would_be_ordered_otherwise_are_refused(word: str) -> None:
    with pytest.raises(ValueError, match="word by word"):
        check_order(["الفرع", word])
