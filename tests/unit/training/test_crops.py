"""Crops of synthetic pages, as the pipeline's own line finder cuts them."""

from pathlib import Path

from ocr_models.training.crops import crops, write
from ocr_models.training.faces import Face
from ocr_models.training.pages import page
from ocr_models.training.real import lines
from ocr_models.training.templates import TEMPLATES
from ocr_models.training.text import Author


def test_crops_hold_lines_of_the_page(author: Author, faces: tuple[Face, ...]) -> None:
    true = page(author, faces, TEMPLATES, 1, 4)
    found = list(crops(true))
    said = {line.text for line in true.lines}
    assert len(found) > len(true.lines) / 2
    assert {label for _, label in found} <= said
    assert all(image.size for image, _ in found)


def test_written_pages_are_passed_over(tmp_path: Path) -> None:
    first = write(tmp_path, 3, 1)
    assert first == len(list(lines(tmp_path)))
    assert write(tmp_path, 3, 1) == 0
