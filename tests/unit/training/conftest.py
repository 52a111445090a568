"""The lists and faces of the repository and the test machine alone: no big word list, nothing fetched."""

import pytest

from ocr_models.training.faces import Face, find
from ocr_models.training.lexicon import Lexicon, load
from ocr_models.training.text import Author, Tally


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    return load()


@pytest.fixture
def author(lexicon: Lexicon) -> Author:
    return Author(lexicon, Tally())


@pytest.fixture(scope="session")
def faces() -> tuple[Face, ...]:
    return find(held_out=False)
