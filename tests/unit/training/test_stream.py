"""The stream: any sample can be made again, fits its bounds, and shows what its label says."""

from itertools import islice

import numpy as np
import pytest

from ocr_models.line_image import HEIGHT, MOST_WIDE
from ocr_models.training.conditions import CONDITIONS
from ocr_models.training.faces import Face
from ocr_models.training.lexicon import Lexicon
from ocr_models.training.lines import Setting, ink
from ocr_models.training.stream import Stream
from ocr_models.training.text import Author, Tally


@pytest.fixture
def stream(author: Author, faces: tuple[Face, ...]) -> Stream:
    return Stream(author, faces, 5)


def test_samples_fit(stream: Stream) -> None:
    samples = list(islice(stream, 160))
    for sample in samples:
        assert sample.image.dtype == np.uint8
        assert sample.image.shape[0] == HEIGHT
        assert 8 <= sample.image.shape[1] <= MOST_WIDE
        assert sample.image.std() > 4, "ink on paper"
        assert sample.face.signs.issuperset(sample.text.drawn)
        # CTC needs a column for every sign: 4 pixels at a width of a quarter.
        assert sample.image.shape[1] >= 4 * len(sample.text.label)
    assert {sample.condition for sample in samples} == {condition.name for condition in CONDITIONS}


def test_any_sample_can_be_made_again(stream: Stream, lexicon: Lexicon, faces: tuple[Face, ...]) -> None:
    again = Stream(Author(lexicon, Tally()), faces, 5)
    for number, sample in enumerate(islice(stream.starting(3, step=4), 10)):
        other = again.sample(3 + 4 * number)
        assert other.text == sample.text
        assert other.face == sample.face
        assert np.array_equal(other.image, sample.image)
    assert not np.array_equal(stream.sample(0).image, Stream(stream.author, faces, 6).sample(0).image)


def test_a_wider_gap_parts_words_only(faces: tuple[Face, ...]) -> None:
    face = next(face for face in faces if face.design.name == "Amiri")
    tight, loose = ink("بن علي", face, Setting(40)), ink("بن علي", face, Setting(40, gap=15))
    assert loose.mask.shape[1] == tight.mask.shape[1] + 15
    assert np.count_nonzero(loose.mask) == np.count_nonzero(tight.mask)


def test_writing_runs_from_right_to_left(faces: tuple[Face, ...]) -> None:
    """The line's first word is the ink at its right end."""
    face = next(face for face in faces if face.design.name == "Amiri")
    line, first = ink("محمد ١٢", face, Setting(40)).mask, ink("محمد", face, Setting(40)).mask
    columns = first.shape[1] - 2
    rows = min(line.shape[0], first.shape[0])
    assert np.mean(line[-rows:, -columns:].any(axis=0) == first[-rows:, -columns:].any(axis=0)) > 0.95


def test_no_text_is_no_line(faces: tuple[Face, ...]) -> None:
    with pytest.raises(ValueError, match="px"):
        ink(" " * 3, faces[0], Setting(30))
    with pytest.raises(ValueError, match="px wide"):
        ink("س" * 90, faces[0], Setting(400))
