"""What a child process reads with: the very reader that its caller records the page under."""

from pathlib import Path

import pytest

from ocr_models.constant import ConstantReader
from pipeline.errors import Unavailable
from pipeline.settings import Settings
from pipeline.wiring_reading import read_stored_page
from pipeline.wiring_stores import blob_store
from tests.drawn import small


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    return Settings.model_validate({"home": tmp_path / "home", "reader": "constant"})


def stored(chosen: Settings, folder: Path) -> str:
    scan = folder / "scan.png"
    small(1).save(scan, dpi=(300, 300))
    return blob_store(chosen).put(scan.read_bytes())


def test_a_page_is_read_by_the_reader_that_was_asked_for(chosen: Settings, tmp_path: Path) -> None:
    result = read_stored_page(chosen, ConstantReader.identity, stored(chosen, tmp_path), 1, "image/png")
    assert result.reading.reader == ConstantReader.identity


def test_a_page_is_not_read_by_another_one_which_took_its_place_meanwhile(chosen: Settings, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="model was changed"):
        read_stored_page(chosen, "the model of yesterday", stored(chosen, tmp_path), 1, "image/png")
