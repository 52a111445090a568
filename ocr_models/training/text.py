"""What the papers say, one line at a time, drawn at random with weights."""

import re
from dataclasses import dataclass
from random import Random

from ocr_models.bidi import survives, to_visual
from ocr_models.training.alphabet import ARABIC_DIGITS, DIGITS, EXTENDED_DIGITS, HARAKAT, LETTERS, label_of, readable
from ocr_models.training.kinds import TABLE
from ocr_models.training.lexicon import Lexicon
from ocr_models.training.writer import Writer

_KINDS, _WEIGHTS = zip(*TABLE, strict=True)
_NUMBER = re.compile(r"\d+")
TO_ARABIC, _TO_EXTENDED = str.maketrans(DIGITS, ARABIC_DIGITS), str.maketrans(DIGITS, EXTENDED_DIGITS)
_JOINING = frozenset("بتثجحخسشصضطظعغفقكلمنهي")


@dataclass(frozen=True)
class Text:
    """One line: as drawn (fill dots, tatweel, vowel marks), as a reader should give it, and that from left to right as on paper."""

    drawn: str
    label: str
    visual: str


@dataclass
class Tally:
    """How many texts were drawn, and how many let go because paper order does not give them back."""

    drawn: int = 0
    dropped: int = 0


@dataclass
class Author:
    """Draws texts from a lexicon; the same generator state gives the same text."""

    words: Lexicon
    tally: Tally

    def text(self, rng: Random, allowed: frozenset[str] | None = None) -> Text:
        """A line of 1-90 signs, all in `allowed` where given, that survives paper order. Raises ValueError after 1,000 tries."""
        for _ in range(1000):
            drawn = self._drawn(rng)
            label = label_of(drawn)
            if not readable(label) or (allowed is not None and not allowed.issuperset(drawn)):
                continue
            self.tally.drawn += 1
            visual = to_visual(label)
            if survives(label) and (drawn == label or label_of(to_visual(drawn)) == visual):
                return Text(drawn, label, visual)
            self.tally.dropped += 1
        raise ValueError("no text of this lexicon is made of the allowed signs only")

    def _drawn(self, rng: Random) -> str:
        kind = rng.choices(_KINDS, _WEIGHTS)[0]
        return dressed(printed(" ".join(kind(Writer(self.words), rng).split()), rng), rng)


def printed(text: str, rng: Random) -> str:
    """ASCII figures as one typist prints them: all Arabic, all Latin, now and then mixed or Persian."""
    hand = rng.random()
    if hand < 0.58:
        return text.translate(TO_ARABIC)
    if hand < 0.92:
        return text
    if hand < 0.985:
        return _NUMBER.sub(lambda match: match[0].translate(TO_ARABIC) if rng.random() < 0.5 else match[0], text)
    return text.translate(_TO_EXTENDED)


def dressed(text: str, rng: Random) -> str:
    """Now and then tatweel inside a word or a few vowel marks: drawn, not labelled."""
    chance = rng.random()
    if chance < 0.05:
        spots = [i for i in range(1, len(text)) if text[i - 1] in _JOINING and text[i] in LETTERS and text[i] not in "ء"]
        for spot in sorted(rng.sample(spots, min(len(spots), rng.randint(1, 3))), reverse=True):
            text = text[:spot] + "ـ" * rng.randint(1, 4) + text[spot:]
    elif chance < 0.10:
        spots = [i for i in range(1, len(text) + 1) if text[i - 1] in LETTERS]
        for spot in sorted(rng.sample(spots, min(len(spots), rng.randint(1, 4))), reverse=True):
            text = text[:spot] + rng.choice(HARAKAT) + text[spot:]
    return text
