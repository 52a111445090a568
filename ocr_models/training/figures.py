"""Numbers as the papers write them: dates in every form, references, times, amounts. Digits are ASCII here; `text` prints them."""

from random import Random

from ocr_models.training.lexicon import Lexicon

_SUFFIX_LETTERS = ("أ", "ب", "ج", "د", "ص", "س", "م", "ق", "ح", "ت")
_SEPARATORS, _SEPARATOR_WEIGHTS = ("/", "-", ".", "\\", " / ", " - "), (62, 16, 7, 4, 8, 3)


def number(rng: Random) -> str:
    """A whole number of 1-6 figures, short ones commonest."""
    size = rng.choices((1, 2, 3, 4, 5, 6), (12, 24, 28, 20, 11, 5))[0]
    return str(rng.randrange(10 ** (size - 1) if size > 1 else 0, 10**size))


def small(rng: Random) -> str:
    return str(rng.randint(1, 60))


def long_number(rng: Random) -> str:
    """National numbers, telephones and cards: 6-14 figures, a leading zero now and then."""
    return "".join(rng.choices("0123456789", k=rng.choice((6, 7, 8, 9, 10, 11, 11, 11, 12, 14))))


def year(rng: Random) -> str:
    return str(rng.randint(1930, 2024) if rng.random() < 0.5 else rng.randint(2000, 2024))


def reference(rng: Random) -> str:
    """A file or letter number: parts between slashes, a year, a letter before or after."""
    parts = [number(rng) for _ in range(rng.choices((1, 2, 3, 4), (16, 48, 28, 8))[0])]
    if rng.random() < 0.25:
        parts[-1] = year(rng)
    if rng.random() < 0.3:
        parts.insert(rng.choice((0, len(parts))), rng.choice(_SUFFIX_LETTERS))
    joint = rng.choices(("/", "-", " / ", "\\"), (80, 9, 8, 3))[0]
    return joint.join(parts)


def clock(rng: Random) -> str:
    hour, minute = rng.randint(0, 23), rng.randint(0, 59)
    return rng.choice(
        (f"{hour}:{minute:02}", f"{hour:02}:{minute:02}", f"{hour % 12 + 1}.{minute:02}", f"{hour:02}{minute:02}", f"{hour % 12 + 1}")
    )


def amount(rng: Random) -> str:
    value = rng.randint(1, 9999) * rng.choice((1, 5, 10, 100, 500, 1000))
    return rng.choice(
        (f"{value}", f"{value:,}", f"{value:,}".replace(",", "."), f"{value / 100:.2f}", f"{value}.00", f"{value:,}".replace(",", "،"))
    )


def date(rng: Random, words: Lexicon) -> str:
    """A date in one of the forms the papers know, blanks left to be filled in by hand among them."""
    kind = rng.choices((_numeric, _named, _hijri, _vague, _blank), (66, 16, 6, 8, 4))[0]
    return kind(rng, words)


def _day(rng: Random) -> tuple[int, int, int]:
    first = rng.random() < 0.08
    return (1, 1, rng.randint(1940, 2005)) if first else (rng.randint(1, 31), rng.randint(1, 12), rng.randint(1960, 2024))


def _numeric(rng: Random, _: Lexicon) -> str:
    day, month, full = _day(rng)
    joint = rng.choices(_SEPARATORS, _SEPARATOR_WEIGHTS)[0]
    pad = "02" if rng.random() < 0.4 else ""
    end = f"{full % 100:02}" if rng.random() < 0.12 else str(full)
    parts = [f"{day:{pad}}", f"{month:{pad}}", end]
    if rng.random() < 0.15:
        parts.reverse()
    if rng.random() < 0.05:
        parts = parts[1:] if rng.random() < 0.5 else [f"{day}-{min(day + 1, 31)}", *parts[1:]]
    return joint.join(parts) + rng.choices(("", " م", "م", "."), (82, 9, 6, 3))[0]


def _named(rng: Random, words: Lexicon) -> str:
    day, month, full = _day(rng)
    name = words.months[month - 1] if rng.random() < 0.8 else rng.choice(words.months_west)
    short = {10: "ت1", 11: "ت2", 12: "ك1", 1: "ك2"}.get(month, name)
    forms = (f"{day} {name} {full}", f"{day} {name} عام {full}", f"{day} من شهر {name} {full}", f"{name} {full}", f"{day}/{name}/{full}",
             f"{day}-{short}-{full}", f"{day} {short} {full}", f"{rng.choice(words.months_west)}/{name} {full}")  # fmt: skip
    return rng.choices(forms, (40, 12, 8, 14, 8, 4, 6, 8))[0]


def hijri(rng: Random, words: Lexicon) -> str:
    return _hijri(rng, words)


def _hijri(rng: Random, words: Lexicon) -> str:
    day, month, full = rng.randint(1, 30), rng.randint(1, 12), rng.randint(1380, 1446)
    form = rng.choice((f"{day}/{month}/{full}", f"{day} {rng.choice(words.months_hijri or words.months)} {full}", f"{full}/{month}/{day}"))
    return form + rng.choice((" هـ", "هـ", " ه"))


def _vague(rng: Random, words: Lexicon) -> str:
    day, full = rng.randint(1, 27), year(rng)
    forms = (f"أوائل عام {full}", f"أواخر عام {full}", f"منتصف {rng.choice(words.months)} {full}",
             f"مطلع {rng.choice(words.months)} {full}",
             f"ليلة {day}-{day + 1}/{rng.randint(1, 12)}/{full}", f"بين عامي {full} و{full}", f"مواليد {full}", f"لعام {full}")  # fmt: skip
    return rng.choice(forms)


def _blank(rng: Random, _: Lexicon) -> str:
    return rng.choice(("/ / 201", "/ / 20 م", f"/ {rng.randint(1, 12)} / {rng.randint(2005, 2020)}", "..... / ..... / .....", "/ /"))
