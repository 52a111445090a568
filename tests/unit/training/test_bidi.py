"""Paper order and back: exact for everything the papers say, and the order really drawn."""

# ruff: noqa: S311 seeded generators, not for secrets

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from ocr_models.bidi import survives, to_logical, to_visual
from ocr_models.training.alphabet import label_of
from ocr_models.training.faces import SYSTEM
from ocr_models.training.kinds import TABLE
from ocr_models.training.text import Author, printed
from ocr_models.training.writer import Writer

MONO = SYSTEM / "truetype/dejavu/DejaVuSansMono.ttf"


@pytest.mark.parametrize(
    ("logical", "visual"),
    [
        ("دار", "راد"),
        ("در 12/5/2013", "12/5/2013 رد"),
        ("در 12-5-2013", "2013-5-12 رد"),
        ("در ١٢/٥/٢٠١٣", "١٢/٥/٢٠١٣ رد"),
        ("در ١٢-٥-٢٠١٣", "٢٠١٣-٥-١٢ رد"),
        ("12-5-2013 در", "رد 12-5-2013"),
        ("١٢-٥-٢٠١٣ در", "رد ٢٠١٣-٥-١٢"),
        ("در ١٢ / ٥ / ٢٠١٣", "٢٠١٣ / ٥ / ١٢ رد"),
        ("در (٢١٥) أ", "أ (٢١٥) رد"),
        ("در «ور» 5", "5 «رو» رد"),
        ("د/978/2565", "978/2565/د"),
        ("8873/أ", "أ/8873"),
        ("در 50% ور", "رو %50 رد"),
        ("در ABC 12 ور", "رو ABC 12 رد"),
        ("د 1,250.50 ر", "ر 1,250.50 د"),
    ],
)
def test_order_on_paper(logical: str, visual: str) -> None:
    assert to_visual(logical) == visual
    assert to_logical(visual) == logical


@pytest.mark.parametrize(
    "text", ["دار 12-5-2013 دور", "12-5-2013 دار", "دار (١٢-٥) ور", "د/978/2565 دار [5]", "در ABC/12-5 ور", "در 50% و 3+4"]
)
def test_paper_order_is_what_the_page_shows(text: str) -> None:
    """Letters that never join look the same alone: set sign by sign in paper order they make the shaped line again."""
    shaped = ImageFont.truetype(MONO, 40, layout_engine=ImageFont.Layout.RAQM)
    plain = ImageFont.truetype(MONO, 40, layout_engine=ImageFont.Layout.BASIC)
    line = _ink(shaped, text, "rtl")
    told = _alike(line, _ink(plain, to_visual(text)))
    assert told > 0.9
    assert told > _alike(line, _ink(plain, text[::-1])) + 0.05


def _ink(font: ImageFont.FreeTypeFont, text: str, direction: str | None = None) -> np.ndarray:
    mask = font.getmask(text, direction=direction)
    return np.frombuffer(bytes(mask), np.uint8).reshape(mask.size[::-1]).astype(np.float32)


def _alike(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation, the lines laid upon each other a pixel to either side at most: the two layouts round apart."""
    assert abs(one.shape[1] - other.shape[1]) <= 2
    height, width = min(one.shape[0], other.shape[0]), min(one.shape[1], other.shape[1]) - 2
    return max(
        float(np.corrcoef(one[:height, a : a + width].ravel(), other[:height, b : b + width].ravel())[0, 1])
        for a in range(3)
        for b in range(3)
    )


@pytest.mark.parametrize("kind", [kind for kind, _ in TABLE], ids=lambda kind: kind.__name__)
def test_every_kind_of_text_comes_back(author: Author, kind) -> None:  # type: ignore[no-untyped-def]
    texts = [label_of(printed(kind(Writer(author.words), Random(seed)), Random(seed))) for seed in range(250)]
    lost = [text for text in texts if not survives(text)]
    assert len(lost) <= (12 if kind.__name__ == "_random_signs" else 3), lost


_FIGURES = st.text("0123456789", min_size=1, max_size=4) | st.text("٠١٢٣٤٥٦٧٨٩", min_size=1, max_size=4)
_DATES = st.tuples(_FIGURES, st.sampled_from("/-.:\\"), _FIGURES).map("".join)
_WORDS = st.text("ابتدرسلمنوي", min_size=1, max_size=6)


@given(st.lists(_WORDS | _FIGURES | _DATES | _WORDS.map("({})".format) | _FIGURES.map("({})".format), min_size=1, max_size=7).map(" ".join))
def test_words_numbers_and_dates_come_back(text: str) -> None:
    back = to_logical(to_visual(text))
    assert to_visual(back) == to_visual(text)
    assert sorted(back) == sorted(text)


@given(st.text("ابدر12٣٤/-.()%AB ", max_size=20))
def test_no_sign_is_lost_whatever_the_order(text: str) -> None:
    assert len(to_logical(to_visual(text))) == len(to_visual(text))
