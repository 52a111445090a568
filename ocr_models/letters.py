"""Text as an engine gives it -> text as printed: logical order, NFC, no layout marks, Arabic letters for their look-alikes."""

import re
import unicodedata

# Zero-width and bidi marks say how an engine wrote a line, not what is printed; tatweel only stretches it.
_MARKS = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x061C, 0xFEFF, 0x0640])
# Farsi and Urdu letters of Tesseract's script model that these papers do not use; its digits have the Arabic ones' shapes.
_LETTERS = str.maketrans("یىکھہەۀڪ۰۱۲۳۴۵۶۷۸۹", "يىكههههك٠١٢٣٤٥٦٧٨٩")
_PRESENTATION = re.compile("[\ufb50-\ufdff\ufe70-\ufeff]")
_LATIN = re.compile("[A-Za-z]")


def as_printed(text: str) -> str:
    """The text of one word without marks, tatweel and presentation forms. Both digit sets, ى and harakat stay as they are."""
    plain = _PRESENTATION.sub(lambda form: unicodedata.normalize("NFKC", form[0]), text.translate(_MARKS))
    return unicodedata.normalize("NFC", plain.translate(_MARKS).translate(_LETTERS)).strip()


def is_latin(text: str) -> bool:
    """Whether a word is written in Latin letters, which run left to right also among Arabic ones."""
    return bool(_LATIN.search(text))
