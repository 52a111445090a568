"""Real line collections: what may be learned from, and what is kept for testing."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from ocr_models.training.real import for_training, kept_for_testing, lines

KEPT = "book_IbnQutayba.Adab_000001"


def pair(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / f"{name}.png"), np.full((30, 200), 255, np.uint8))
    (folder / f"{name}.gt.txt").write_text(text + "\n", "utf-8")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("كتاب عام 1972", "كتاب عام ١٩٧٢"),
        ("كِتَابٌ جديـد", "كتاب جديد"),
        ("هذا ک تاب", "هذا ك تاب"),
        ("قال (نعم) ثم", "قال (نعم) ثم"),
        ("على یمين", None),
        ("ثكيرا \u064bمن الناس", None),
        (". نهاية سطر", None),
        ("١٩٧٢ ١٩٧٥", None),
        ("ما قاله الشاهد", None),  # a line kept for testing says so too
    ],
)
def test_lines_that_may_be_learned_from(tmp_path: Path, text: str, label: str | None) -> None:
    pair(tmp_path, KEPT, "ما قاله الشاهد")
    pair(tmp_path / "more", "line_1", text)
    assert [line.label for line in for_training(tmp_path, as_ascii=True)] == ([label] if label else [])
    assert len(list(lines(tmp_path))) == 2


def test_labels_as_printed_keep_their_figures_and_brackets(tmp_path: Path) -> None:
    pair(tmp_path, "line_1", "رقم 12/٣٤ (سري)")
    assert [line.label for line in for_training(tmp_path)] == ["رقم 12/٣٤ (سري)"]


def test_kept_lines_are_known_by_name() -> None:
    assert kept_for_testing(KEPT)
    assert not kept_for_testing("book_IbnAthir.Kamil_000001")


def test_a_folder_without_pairs_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "alone.gt.txt").write_text("نص", "utf-8")
    with pytest.raises(FileNotFoundError, match=r"NAME\.png"):
        list(lines(tmp_path))


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    pair(tmp_path, "broken", "نص")
    (tmp_path / "broken.png").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"broken\.png"):
        next(lines(tmp_path)).image()
