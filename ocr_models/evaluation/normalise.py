"""The forms texts are compared in, the same for truth and reading.

Synthetic pages: NFC, vowel marks, tatweel and invisible direction marks dropped, fill lines (four dots or more) dropped, blanks
collapsed; Farsi code points that look like Arabic ones on paper (۱ and ١, ی and ي, ک and ك) are one, as Tesseract's `Arabic` gives
them; letters, digits and points otherwise as printed. Real lines besides: digit sets and «» and () are one, because their transcribers
did not keep them apart.
"""

import re
import unicodedata
from collections.abc import Callable

Form = Callable[[str], str]

_UNSAID = re.compile("[\u064b-\u0652\u0670\u0640\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_FILL = re.compile(r"(?:\.{4,}|_{3,}|…{2,}|-{4,})")
_BLANKS = re.compile(r"\s+")
_ALIKE = str.maketrans("۰۱۲۳۴۵۶۷۸۹یک", "٠١٢٣٤٥٦٧٨٩يك")
_ONE = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹«»یک", "01234567890123456789()يك")
_NOT_LETTERS = re.compile("[^\u0621-\u063a\u0641-\u064a\u067e\u0686\u0698\u06a4\u06a9\u06af\u06cc]")


def printed(text: str) -> str:
    """A text as it stands on a synthetic page: nothing folded that can be seen on paper."""
    return _BLANKS.sub(" ", _FILL.sub(" ", _said(text).translate(_ALIKE))).strip()


def folded(text: str) -> str:
    """A real line's text: what its transcribers did not keep apart is one."""
    return _BLANKS.sub(" ", _said(text).translate(_ONE)).strip()


def letters(text: str) -> str:
    """The Arabic letters alone, without blanks, digits and points."""
    return _NOT_LETTERS.sub("", text)


def _said(text: str) -> str:
    return _UNSAID.sub("", unicodedata.normalize("NFC", text))
