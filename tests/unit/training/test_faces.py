"""Faces draw what their label says, and what is kept for testing is never trained on."""

from pathlib import Path

import pytest
from PIL import ImageFont

from ocr_models.training import faces as faces_module
from ocr_models.training.alphabet import ARABIC_DIGITS, DIGITS, LETTERS
from ocr_models.training.faces import DESIGNS, SYSTEM, Face, drawn_signs, find
from ocr_models.training.lend import complete

KACST_ONE = SYSTEM / "truetype/kacst-one/KacstOne.ttf"
KACST_BOOK = SYSTEM / "truetype/kacst/KacstBook.ttf"
DEJAVU = SYSTEM / "truetype/dejavu/DejaVuSans.ttf"


def test_every_sign_of_every_face_has_ink_of_its_own(faces: tuple[Face, ...]) -> None:
    for face in faces:
        font = ImageFont.truetype(face.file, 40, layout_engine=ImageFont.Layout.RAQM)
        missing = bytes(font.getmask("\U0010fffe"))
        assert all(bytes(font.getmask(sign)) not in (b"", missing) for sign in LETTERS), face.file.name
        for sign in face.signs & frozenset(DIGITS + ARABIC_DIGITS):
            assert font.getmask(sign).getbbox(), (face.file.name, sign)


def test_the_split_is_by_design() -> None:
    kept, trained = ({design.name for design in DESIGNS if design.held_out is flag} for flag in (True, False))
    assert not kept & trained
    assert {design.kind for design in DESIGNS if design.held_out} == {design.kind for design in DESIGNS}
    assert len(trained) >= 25
    files = [file for design in DESIGNS for file in design.files]
    assert len(files) == len(set(files))
    assert all(not face.design.held_out for face in find(held_out=False))


def test_a_face_without_signs_is_completed(tmp_path: Path) -> None:
    before = drawn_signs(KACST_BOOK)
    assert not before & set(".:/()0")
    lent = complete(KACST_BOOK, DEJAVU, tmp_path / "book.ttf")
    after = drawn_signs(tmp_path / "book.ttf")
    assert lent > 20
    assert after >= before | set(".:/()0123456789AZ")
    old, new = (ImageFont.truetype(path, 40, layout_engine=ImageFont.Layout.RAQM) for path in (KACST_BOOK, tmp_path / "book.ttf"))
    assert bytes(old.getmask("محمد بن علي", direction="rtl")) == bytes(new.getmask("محمد بن علي", direction="rtl"))


def test_signs_that_lie_are_replaced(tmp_path: Path) -> None:
    """KacstOne draws 0-9 as ٠-٩."""
    complete(KACST_ONE, DEJAVU, tmp_path / "one.ttf", DIGITS)
    old, new = (ImageFont.truetype(path, 60, layout_engine=ImageFont.Layout.RAQM) for path in (KACST_ONE, tmp_path / "one.ttf"))
    assert bytes(old.getmask("2")) != bytes(new.getmask("2"))


def test_no_face_at_all_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(faces_module, "SYSTEM", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="fetch_faces"):
        find(held_out=False)
