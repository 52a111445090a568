"""What is drawn and what is labelled."""

# ruff: noqa: S311 seeded generators, not for secrets

from pathlib import Path
from random import Random

import pytest

from ocr_models.bidi import to_logical, to_visual
from ocr_models.training.alphabet import ALPHABET, ARABIC_DIGITS, DIGITS, LETTERS, MOST_SIGNS, NEVER_LABELLED, label_of
from ocr_models.training.lexicon import load
from ocr_models.training.text import Author


@pytest.mark.parametrize(
    ("drawn", "label"),
    [
        ("الاسـم: ......... محمد", "الاسم: محمد"),
        ("مُحَمَّد", "محمد"),
        ("جداً", "جدا"),
        ("أحمد", "أحمد"),
        ("ا\u0654حمد", "أحمد"),
        ("التاريخ:   /   / ٢٠١", "التاريخ: / / ٢٠١"),
        ("...", "..."),
        ("تولد ۱۹۸۵", "تولد ١٩٨٥"),
        ("15/٣/2011", "15/٣/2011"),
        ("________", ""),
    ],
)
def test_labels(drawn: str, label: str) -> None:
    assert label_of(drawn) == label


def test_texts_are_bounded_clean_and_come_back(author: Author) -> None:
    texts = [author.text(Random(seed)) for seed in range(1500)]
    for text in texts:
        assert 1 <= len(text.label) <= MOST_SIGNS
        assert ALPHABET.issuperset(text.label)
        assert label_of(text.label) == text.label
        assert to_visual(text.label) == text.visual
        assert to_logical(text.visual) == text.label
        assert label_of(to_visual(text.drawn)) == text.visual
    assert author.tally.dropped < 0.01 * author.tally.drawn
    seen = "".join(text.label for text in texts)
    assert set(seen) >= set(LETTERS + DIGITS + ARABIC_DIGITS + "/-.:،()")
    drawn = "".join(text.drawn for text in texts)
    assert NEVER_LABELLED & set(drawn)
    assert any("...." in text.drawn for text in texts)
    assert {len(text.label) for text in texts} >= set(range(1, 80))


def test_the_same_seed_says_the_same(author: Author) -> None:
    assert [author.text(Random(9)) for _ in range(3)] == [author.text(Random(9)) for _ in range(3)]
    assert author.text(Random(9)) != author.text(Random(10))


def test_only_allowed_signs_are_drawn(author: Author) -> None:
    allowed = frozenset(LETTERS + ARABIC_DIGITS + " ")
    assert all(allowed.issuperset(author.text(Random(seed), allowed).drawn) for seed in range(60))


def test_nothing_allowed_is_an_error(author: Author) -> None:
    with pytest.raises(ValueError, match="allowed signs"):
        author.text(Random(1), frozenset("€"))


def test_word_and_place_lists_by_path(tmp_path: Path) -> None:
    words, places = tmp_path / "words.txt", tmp_path / "places.csv"
    words.write_text("في\n|\nمن\nabc\nفي\nـــ\n", encoding="utf-8")
    places.write_text("gov_ar,place_ar\nإدلب,الكفير\n", encoding="utf-8")
    lists = load(words, places)
    assert lists.words == ("في", "من")
    assert "الكفير" in lists.places
    words.write_text("abc\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no Arabic word"):
        load(words)
