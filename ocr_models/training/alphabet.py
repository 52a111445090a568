"""Every sign a label may hold, and the label of what is drawn."""

import re
import unicodedata

LETTERS = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي"
BORROWED_LETTERS = "پچژڤگ"
ARABIC_DIGITS = "٠١٢٣٤٥٦٧٨٩"
DIGITS = "0123456789"
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
POINTS = ".,:;!?()[]/\\-–+=*%&#@\"'«»“”،؛؟٪…|_<>°×"
ALPHABET = frozenset(LETTERS + BORROWED_LETTERS + ARABIC_DIGITS + DIGITS + LATIN + POINTS + " ")

TATWEEL = "\u0640"
HARAKAT = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670"
EXTENDED_DIGITS = "۰۱۲۳۴۵۶۷۸۹"
NEVER_LABELLED = frozenset(HARAKAT + TATWEEL + EXTENDED_DIGITS)

# Persian ۴ ۵ ۶ are the same figures in another hand: which code point was typed cannot be seen on paper for the other seven.
_AS_ARABIC = str.maketrans(EXTENDED_DIGITS, ARABIC_DIGITS)
_UNSAID = re.compile(f"[{HARAKAT}{TATWEEL}]")
_FILL = re.compile(r"(?:\.{4,}|_{3,}|…{2,}|-{4,})")
_BLANKS = re.compile(r"\s+")


def label_of(drawn: str) -> str:
    """What a reader should say of a drawn text: NFC, no vowel marks, no tatweel, no fill lines (4 dots or more), single blanks.

    Both digit sets stay as printed; extended Arabic digits become Arabic ones. Logical order in, logical order out.
    """
    plain = _UNSAID.sub("", unicodedata.normalize("NFC", drawn)).translate(_AS_ARABIC)
    return _BLANKS.sub(" ", _FILL.sub(" ", plain)).strip()


def readable(label: str) -> bool:
    """Whether a label is 1-90 signs of the alphabet and says something."""
    return 0 < len(label) <= MOST_SIGNS and ALPHABET.issuperset(label)


MOST_SIGNS = 90
