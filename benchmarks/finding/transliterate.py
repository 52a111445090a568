"""Latin letters to Arabic ones by the standard correspondences, as ICU's Latin-Arabic does; for the peer, which knows no Latin names.

Short vowels fall away, as the marks that ICU gives for them do in the `arabic` analyzer; ou, oo, ee and the ends of words are written.
Where ICU is worse for names the peer is given the better letter: h is ح, which is more frequent in them than ه, and ph is ف.
"""

import re
import unicodedata

_ENDS = (("(?:ah|eh|a|e)$", "ة"), ("(?:i|y)$", "ي"), ("(?:ou|oo|u|o)$", "و"))
_PAIRS = {
    "sch": "ش", "kh": "خ", "gh": "غ", "sh": "ش", "ch": "ش", "th": "ث", "dh": "ذ", "dj": "ج", "ou": "و", "oo": "و", "ee": "ي", "aa": "ا",
    "ia": "يا", "ya": "يا", "ph": "ف", "ei": "ي", "ai": "ي", "ay": "ي", "au": "و", "aw": "و",
}  # fmt: skip
_ONES = dict(zip("bcdfghjklmnpqrstvwxyz'", "بكدفغحجكلمنبقرستفوكيزع", strict=True)) | dict.fromkeys("aeiou", "")
_ARTICLE = re.compile(r"\b[ae]l[- ]")


def arabic(text: str) -> str:
    """A name in Latin letters in Arabic ones; marks on letters and capitals mean nothing."""
    plain = "".join(char for char in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(char))
    plain = _ARTICLE.sub("ال", plain.replace("ı", "i").translate(dict.fromkeys(map(ord, "ʿʻ’`"), "'")))
    return " ".join(_word(word) for word in re.split(r"[\s-]+", plain) if word)


def _word(word: str) -> str:
    article = "ال" if word.startswith("ال") else ""
    word = re.sub(r"([b-df-hj-np-tv-z])\1", r"\1", word.removeprefix("ال"))
    for pattern, letter in _ENDS:
        if len(word) > 2 and re.search(pattern, word):
            word = re.sub(pattern, letter, word)
            break
    start = "ا" if word[:1] in tuple("aeiou") else ""
    return article + start + re.sub("|".join((*_PAIRS, "[a-z']")), _letter, word)


def _letter(found: re.Match[str]) -> str:
    text = found.group()
    return _PAIRS.get(text) or _ONES[text]
