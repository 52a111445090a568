"""Pages are drawn the same twice, drift is told, and training knows nothing of them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ocr_models.evaluation import kinds, pagesets
from ocr_models.evaluation.clerk import Clerk, frozen_words
from ocr_models.evaluation.pagesets import SETS, PagesDrifted, page, pages, sum_of
from ocr_models.evaluation.truth import TruePage
from ocr_models.training import phrases
from ocr_models.training.alphabet import ALPHABET, label_of
from ocr_models.training.faces import DESIGNS

TRAINED = {design.name for design in DESIGNS if not design.held_out}
HELD_OUT = {design.name for design in DESIGNS if design.held_out}


@pytest.fixture(scope="session")
def tables_page(held_out_faces: None) -> TruePage:  # noqa: ARG001
    return page(SETS["tables"], "test", 0).truth


@pytest.mark.usefixtures("held_out_faces")
def test_a_page_is_the_same_twice_and_each_split_has_its_own() -> None:
    first = sum_of(page(SETS["clean"], "test", 3))
    assert first == sum_of(page(SETS["clean"], "test", 3))
    assert first != sum_of(page(SETS["clean"], "dev", 3))


def test_words_stand_where_the_truth_says(tables_page: TruePage) -> None:
    image = page(SETS["tables"], "test", 0).image
    for line in tables_page.lines:
        for word in line.words:
            x0, y0, x1, y1 = word.box
            assert image[y0:y1, x0:x1].min() < 128, word.text


@pytest.mark.usefixtures("held_out_faces")
@pytest.mark.parametrize("name", SETS)
def test_every_page_of_every_set_can_be_typed(name: str) -> None:
    which = SETS[name]
    for number in range(len(which.kinds)):
        paper = pagesets._typed(which, which.kinds[number], Clerk(pagesets.Random(number), "arabic"))
        assert paper.lines
        assert paper.face.design.name in HELD_OUT - TRAINED
        assert all(set(label_of(line.text)) <= ALPHABET for line in paper.lines)


def test_names_of_the_truth_stand_on_the_page(tables_page: TruePage) -> None:
    text = " ".join(line.text for line in tables_page.lines)
    assert len(tables_page.names) > 5
    assert all(name in text for name in tables_page.names)


def test_merged_headings_are_in_the_truth(tables_page: TruePage) -> None:
    (table,) = tables_page.tables
    assert {(cell.text, cell.row_span, cell.col_span) for cell in table.cells} >= {("التوقيف", 1, 2), ("الاسم الثلاثي", 2, 1)}


@pytest.mark.usefixtures("held_out_faces")
def test_drift_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = json.loads(pagesets.SUMS.read_text("utf-8"))
    ((_, drawn),) = pages("clean", "test", 1, tmp_path)  # a warning is an error here: the listed page is the drawn one
    changed = tmp_path / "pages.json"
    changed.write_text(json.dumps({"versions": {**listed["versions"], "pillow": "1.0"}, "sums": {"test/clean-000": "0" * 64}}))
    monkeypatch.setattr(pagesets, "SUMS", changed)
    pagesets._listed.cache_clear()
    with pytest.warns(PagesDrifted, match=r"clean-000.*pillow .* \(frozen with 1\.0\)"):
        again = list(pages("clean", "test", 1, tmp_path))
    pagesets._listed.cache_clear()
    assert np.array_equal(again[0][1].image, drawn.image)


def test_training_knows_no_sentence_of_these_papers() -> None:
    trained = {
        tuple(phrase.split()[at : at + 4]) for phrase in (*phrases.PROSE, *phrases.FORMULAE) for at in range(len(phrase.split()) - 3)
    }
    source = Path(kinds.__file__).read_text("utf-8").split()
    shared = [words for at in range(len(source) - 3) if (words := tuple(source[at : at + 4])) in trained]
    assert not [words for words in shared if not any("{" in word for word in words)]


def test_the_frozen_lists_are_long_enough_to_be_strangers() -> None:
    assert {name: len(words) > 9 for name, words in frozen_words().items()} == dict.fromkeys(frozen_words(), True)


@pytest.mark.usefixtures("held_out_faces")
def test_a_page_that_cannot_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        page(replace(SETS["clean"], points=(40.0, 40.0)), "test", 0)
