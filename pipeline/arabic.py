"""From text as read to the forms it is compared in: pure, total on any text, in logical order, light to import.

``clean`` is what is kept and shown; ``orthographic`` and ``dotless`` are keys, never shown. Every form is idempotent.
"""

import re
import unicodedata
from collections.abc import Iterator

# camel_tools.utils.dediac would add 0.7 s to every start (it tables all of Unicode); marks are taken out below instead.
from camel_tools.utils.normalize import (
    normalize_alef_ar,
    normalize_alef_maksura_ar,
    normalize_teh_marbuta_ar,
    normalize_unicode,
)

_ASCII = "0123456789"
_DIGITS = {**str.maketrans("٠١٢٣٤٥٦٧٨٩", _ASCII), **str.maketrans("۰۱۲۳۴۵۶۷۸۹", _ASCII)}
_INVISIBLE = re.compile("[\u0000-\u0008\u000b-\u001f\u007f\u00ad\u0640\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_PRESENTATION = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]+")
_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]")
_LONG_UNWORDED = re.compile(r"[^\w\s]{31,}")
_BLANKS = re.compile(r"[^\S\n]+")
_LETTERS = str.maketrans("ؤئیێېےەھہکڪگپچژڤۆۇڕڵں", "ويييييهههكككبجزفوورلن", "ء")
_RASM = str.maketrans("بتثجخذزشضظغفة", "ٮٮٮححدرسصطعڡه")
_OPEN = re.compile(r"[نيق](?=[^\W\d_])")
_OPEN_RASM = {"ن": "ٮ", "ي": "ٮ", "ق": "ڡ"}
_TOKEN = re.compile(r"[^\W_]+")
_ROOT_ARTICLE = frozenset(
    ("الله", "اله", "الياس", "الا", "الاء", "المي", "الهام", "الينا", "الان", "اليف", "المع", "الين", "اليسار", "اليسا", "الفت", "الماس")
)


def clean(text: str) -> str:
    """The text as printed: NFC, no tatweel, no control, bidi or zero-width marks, no presentation forms; digits as printed."""
    plain = _PRESENTATION.sub(lambda match: normalize_unicode(match[0]), _INVISIBLE.sub("", _calm(text)))
    return unicodedata.normalize("NFC", _calm(_INVISIBLE.sub("", plain)))


def ascii_digits(text: str) -> str:
    """Arabic-Indic and extended Arabic-Indic digits as 0-9; nothing else changes."""
    return text.translate(_DIGITS)


def orthographic(text: str) -> str:
    """The spelling key: one form for hamza, alef, final ya, ta marbuta, Persian letters and digits; no vowel marks, single blanks."""
    plain = _MARKS.sub("", normalize_unicode(clean(text)))
    folded = normalize_teh_marbuta_ar(normalize_alef_maksura_ar(normalize_alef_ar(plain))).translate(_LETTERS)
    return unicodedata.normalize("NFKC", _BLANKS.sub(" ", ascii_digits(folded))).strip()


def dotless(text: str) -> str:
    """The rasm key: letters that differ only by their dots are one; ن, ي and ق keep their own shape at a word's end."""
    return _OPEN.sub(lambda match: _OPEN_RASM[match[0]], orthographic(text)).translate(_RASM)


def tokens(text: str) -> tuple[str, ...]:
    """Words of the spelling key in order, compounds as one word: عبد + X, أبو + X, X + الله, X + الدين."""
    joined: list[str] = []
    for token in _TOKEN.findall(orthographic(text)):
        if joined and _compound(joined[-1], token):
            joined[-1] += token
        else:
            joined.append(token)
    return tuple(joined)


def strip_article(token: str) -> str:
    """A word without its article ال; words whose own letters begin so (الله, إلياس) and very short ones stay whole."""
    return token if len(token) < 4 or token in _ROOT_ARTICLE or not token.startswith("ال") else token[2:]


def _compound(before: str, token: str) -> bool:
    if token.isdecimal() or before.isdecimal():
        return False
    return before in ("عبد", "ابو") or token in ("الله", "الدين")


def _calm(text: str) -> str:
    """No more than 30 combining marks in a row (the stream-safe form of UAX #15): sorting longer runs takes quadratic time."""
    return _LONG_UNWORDED.sub(lambda match: "".join(_few_marks(match[0])), text)


def _few_marks(run: str) -> Iterator[str]:
    marks = 0
    for char in run:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= 30:
            yield char
