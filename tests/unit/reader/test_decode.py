"""From chances on frames to words: text in logical order, each word where its ink is, doubt where there is doubt."""

from random import Random

import numpy as np
import pytest

from ocr_models.bidi import survives, to_visual
from ocr_models.confidence import Calibration
from ocr_models.decode import Heard, softmax, words
from ocr_models.training.feed import SIGNS

PLAIN = Calibration((1.0, 0.0, 0.0, 0.0, 0.0), 0.0)  # the net's own chance of a word
WIDE = 3  # frames a sign


def chances(visual: str, sure: float = 0.999, doubts: dict[int, tuple[str, float]] | None = None) -> np.ndarray:
    """(frames, classes): each sign on the middle one of its frames; `doubts`: by place another sign and its chance."""
    likely = np.full((WIDE * len(visual), len(SIGNS) + 1), 1e-9, np.float32)
    likely[:, 0] = 1
    for place, sign in enumerate(visual):
        row = likely[WIDE * place + 1]
        row[[0, SIGNS.index(sign) + 1]] = 1 - sure, sure
        if doubts and place in doubts:
            other, chance = doubts[place]
            row[[SIGNS.index(sign) + 1, SIGNS.index(other) + 1]] = sure - chance, chance
    return np.asarray(likely / likely.sum(axis=1, keepdims=True))


def read(visual: str, **given) -> tuple[Heard, ...]:  # type: ignore[no-untyped-def]
    (heard,) = words([chances(visual, **given)], SIGNS, PLAIN)
    return heard


LINES = [
    "المدعو سامر بن نزار الحلبي",
    "تاريخ 12/5/2013 دمشق",
    "تاريخ 12-5-2013 دمشق",
    "تاريخ ١٢/٥/٢٠١٣ دمشق",
    "تاريخ ١٢-٥-٢٠١٣ دمشق",
    "تاريخ ٢٠١٣/٥/١٢ م",
    "تاريخ ١٢ / ٥ / ٢٠١٣ دمشق",
    "12-5-2013 تاريخ",
    "١٢-٥-٢٠١٣ تاريخ",
    "12.5.2013 و ١٢.٥.٢٠١٣",
    "رقم 1234/ص تاريخ 3/4/2012",
    "رقم ص/1234 تاريخ",
    "د/978/2565 دار [5]",
    "الفرع (٢١٥) دمشق",
    "سجن «صيدنايا» العسكري (الأحمر)",
    "العمر: 45 سنة، 50% عجز",
    "النموذج ABC 12 نسخة",
    "رقم A-12/5 في سجل B",
    "1,250.50 ليرة",
    "الساعة 10:30 صباحا",
    "2013",
    "٥",
]


@pytest.mark.parametrize("logical", LINES)
def test_words_are_in_logical_order_each_on_its_own_ink(logical: str) -> None:
    visual = to_visual(logical)
    heard = read(visual)
    assert [word.text for word in heard] == logical.split()
    for word in heard:
        first, last = int(word.start / WIDE + 0.5), int(word.stop / WIDE - 0.5)
        inside = visual[first : last + 1].strip()
        assert sorted(inside.translate(_UNPAIRED)) == sorted(word.text.translate(_UNPAIRED)), "the signs drawn there are the word's"
        assert 0 <= word.start < word.stop <= WIDE * len(visual)


_UNPAIRED = str.maketrans("()[]«»", "(([[««")


def test_every_line_the_papers_could_hold() -> None:
    pieces = ["سامر", "دار", "ود", "12", "٢١٥", "3/4/2012", "٣-٤-٢٠١٢", "1234/ص", "(٥)", "ABC", "No.5", "50%", "-", "رقم:", "[7]"]
    rng = Random(11)  # noqa: S311 seeded, not for secrets
    tried = [" ".join(rng.choices(pieces, k=rng.randint(1, 6))) for _ in range(400)]
    kept = [text for text in tried if survives(text)]
    assert len(kept) > 200
    for text in kept:
        assert " ".join(word.text for word in read(to_visual(text))) == text


def test_words_stand_apart_half_way_to_the_space() -> None:
    first, second = read("ab cd")
    assert (first.text, first.start, second.text, second.stop) == ("ab", 0.0, "cd", 15.0)
    assert first.stop <= WIDE * 2 + 1 <= second.start


def test_a_certain_word_has_no_other_reading() -> None:
    (word,) = read("رماس")
    assert word.confidence > 0.99
    assert word.others == ()


def test_a_doubtful_figure_carries_the_other_one() -> None:
    text = "تاريخ 12-5-2013"
    visual = to_visual(text)
    date, label = (next(word for word in read(visual, doubts={visual.index("3"): ("8", 0.3)}) if key in word.text) for key in ("5", "ت"))
    assert date.text == "12-5-2013"
    assert date.confidence == pytest.approx(0.7, abs=0.02)
    assert date.others[0][0] == "12-5-2018", "in logical order as well"
    assert date.others[0][1] == pytest.approx(0.3, abs=0.02)
    assert label.confidence > 0.99


def test_other_readings_are_ranked_and_leave_room_for_the_word() -> None:
    visual = "رماس"
    (word,) = read(visual, sure=0.9, doubts={0: ("ز", 0.3), 3: ("ش", 0.2), 1: ("ه", 0.1)})
    assert 2 <= len(word.others) <= 5
    chances_of = [confidence for _, confidence in word.others]
    assert chances_of == sorted(chances_of, reverse=True)
    assert word.confidence + sum(chances_of) <= 1.001
    assert word.text not in dict(word.others)
    assert word.others[0][0] == "سامز"


def test_the_likelier_text_is_read_where_the_best_path_says_another() -> None:
    likely = np.full((6, len(SIGNS) + 1), 1e-9, np.float32)
    one, two = (SIGNS.index(sign) + 1 for sign in "12")
    likely[:, 0] = 1
    likely[2], likely[3] = 1e-9, 1e-9
    likely[2, [0, one, two]] = 0.45, 0.40, 0.15
    likely[3, [0, one, two]] = 0.15, 0.40, 0.45  # best path: blank, 2; but 1 on either or both adds up to more
    ((word,),) = words([likely], SIGNS, PLAIN)
    assert word.text == "1"


def test_chances_that_say_nothing_make_no_sure_word() -> None:
    rng = np.random.default_rng(2)
    noise = softmax(rng.normal(0, 1, (300, len(SIGNS) + 1)).astype(np.float32))
    (heard,) = words([noise], SIGNS, PLAIN)
    assert all(word.confidence < 0.2 for word in heard)


def test_lines_without_frames_signs_or_words() -> None:
    empty = np.zeros((0, len(SIGNS) + 1), np.float32)
    spaces = chances("   ")
    assert words([empty, chances("").reshape(0, len(SIGNS) + 1), spaces, chances("ab")], SIGNS, PLAIN)[:3] == [(), (), ()]
    assert words([], SIGNS, PLAIN) == []


def test_lines_read_together_are_read_as_if_alone() -> None:
    texts = ["رماس", "12-5-2013 خيرات", "a b"]
    together = words([chances(text) for text in texts], SIGNS, PLAIN)
    assert together == [read(text) for text in texts]
