"""Crops of synthetic pages, as the pipeline's own line finder cuts them."""

from pathlib import Path

from ocr_models.training.crops import crops, write
from ocr_models.training.faces import Face
from ocr_models.training.pages import page
from ocr_models.training.real import lines
from ocr_models.training.templates import TEMPLATES
from ocr_models.training.text import Author


def test_crops_hold_lines_of_the_page(author: Author, faces: tuple[Face, ...]) -> None:
    pages = [page(author, faces, TEMPLATES, 1, number) for number in range(4)]
    found = [list(crops(true)) for true in pages]
    assert sum(map(len, found)) > sum(len(true.lines) for true in pages) / 2
    for true, cut in zip(pages, found, strict=True):
        assert {label for _, label in cut} <= {line.text for line in true.lines}
        assert all(image.size for image, _ in cut)


def test_written_pages_are_passed_over(tmp_path: Path) -> None:
    first = write(tmp_path, 3, 1)
    assert first == len(list(lines(tmp_path)))
    assert write(tmp_path, 3, 1) == 0
