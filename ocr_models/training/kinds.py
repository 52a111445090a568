"""The kinds of lines the papers hold, and how often each is drawn."""

from collections.abc import Callable
from random import Random

from ocr_models.training import figures
from ocr_models.training.alphabet import BORROWED_LETTERS, DIGITS, LATIN, LETTERS, MOST_SIGNS, POINTS
from ocr_models.training.phrases import FORMULAE, HEADINGS, LATIN_WORDS, PROSE
from ocr_models.training.writer import Writer

_FILL = "."


def cut(text: str, rng: Random, most: int) -> str:
    """A line of a paragraph: whole words from somewhere within a text, at most `most` signs."""
    words = text.split()
    start = rng.randrange(max(1, len(words) - most // 6)) if rng.random() < 0.7 else 0
    line = words[start]
    for word in words[start + 1 :]:
        if len(line) + 1 + len(word) > most:
            break
        line += " " + word
    return line[:MOST_SIGNS]


def _person(writer: Writer, rng: Random) -> str:
    tail = ("", "", " تولد {place} {year}", " تولد {year}", " والدته {woman}", " والدته {woman} مواليد {date}", " - {place}", " ({number})")
    lead = ("", "", "", "المدعو ", "الموقوف ", "السيد ", "{small}- ", "{small} ", "المتهم ", "{rank} ")
    return writer.filled(rng.choice(lead), rng) + writer.person(rng) + writer.filled(rng.choice(tail), rng)


def _field(writer: Writer, rng: Random) -> str:
    """A label and its value, with or without colon, fill line or anything written in yet."""
    value = writer.filled(
        rng.choice(("{person}", "{date}", "{ref}", "{place}", "{number}", "{year}", "{words}", "{woman}", "{facility}", "{long}")), rng
    )
    dots = _FILL * rng.randint(4, 24)
    label = rng.choice(writer.words.labels)
    forms = (f"{label}: {value}", f"{label} : {value}", f"{label} {value}", f"{label}: {dots}", f"{label} {dots}",
             f"{label}: {dots} {value} {dots}",
             f"{label}: {value} {dots}", f"{label}:", label, f"{label}/ {value}")  # fmt: skip
    return rng.choices(forms, (34, 10, 8, 6, 3, 8, 8, 6, 13, 4))[0]


def _formula(writer: Writer, rng: Random) -> str:
    return writer.filled(rng.choice(FORMULAE), rng)


def _prose(writer: Writer, rng: Random) -> str:
    return cut(writer.filled(" ".join(rng.sample(PROSE, 2)), rng), rng, rng.randint(30, MOST_SIGNS))


def _running(writer: Writer, rng: Random) -> str:
    """Words of the list with the points of a text."""
    line = ""
    for word in writer.words_of(rng, rng.randint(3, 18)).split():
        line += word + rng.choices(("", "،", ".", ":", "؛", "؟", "!", " -"), (84, 7, 4, 1.5, 1, 1, 0.5, 1))[0] + " "
    return cut(line, rng, rng.randint(30, MOST_SIGNS))


def _cell(writer: Writer, rng: Random) -> str:
    lists = (HEADINGS, writer.words.men, writer.words.women, writer.words.families, writer.words.places, writer.words.words)
    made = (
        "{number}",
        "{year}",
        "{date}",
        "{ref}",
        "{small}",
        "{number}",
        "{place} {year}",
        "{man} {family}",
        "{long}",
        "-",
        "=",
        "×",
        "{amount}",
    )
    return rng.choice(rng.choice(lists)) if rng.random() < 0.5 else writer.filled(rng.choice(made), rng)


def _lone(_: Writer, rng: Random) -> str:
    return rng.choice(
        (DIGITS[rng.randrange(10)], figures.number(rng), rng.choice(LETTERS), f"{figures.small(rng)}-", f"({figures.small(rng)})")
    )


def _dated(writer: Writer, rng: Random) -> str:
    lead = ("", "", "بتاريخ ", "تاريخ ", "في ", "التاريخ: ", "التاريخ : ", "{place} في ", "حتى ", "من {date} إلى ", "الموافق ", "دمشق ")
    return writer.filled(rng.choice(lead), rng) + figures.date(rng, writer.words)


def _referred(writer: Writer, rng: Random) -> str:
    lead = ("", "", "رقم ", "الرقم: ", "الرقم / ", "كتابكم رقم ", "الصادر ", "برقية ", "إضبارة رقم ", "القرار رقم ", "ضبط رقم ")
    tail = ("", "", "", " تاريخ {date}", " لعام {year}", " / {number}", " ({small})")
    return rng.choice(lead) + figures.reference(rng) + writer.filled(rng.choice(tail), rng)


def _place(writer: Writer, rng: Random) -> str:
    return writer.filled(
        rng.choice(
            (
                "{facility}",
                "{facility}",
                "{facility} - {place}",
                "{place}",
                "محافظة {place}",
                "{place} - {place}",
                "{rank} {person}",
                "{rank}",
                "الفرع {number} - {place}",
                "{rank} رئيس {facility}",
            )
        ),
        rng,
    )


def _sum(writer: Writer, rng: Random) -> str:
    return writer.filled(
        rng.choice(
            (
                "{amount}",
                "{amount} ل.س",
                "مبلغ {amount} ليرة سورية",
                "الساعة {time}",
                "{time}",
                "{small}%",
                "٪{small}",
                "{number} + {number} = {number}",
                "{small} × {small}",
                "هاتف: {long}",
                "{long}",
            )
        ),
        rng,
    )


def _enclosed(writer: Writer, rng: Random) -> str:
    inner = writer.filled(rng.choice(("{words}", "{number}", "{person}", "{date}", "{place}")), rng)
    mark = rng.choice(("({})", "«{}»", '"{}"', "[{}]", "“{}”", "({})", "-{}-", "<{}>", "/{}/"))
    return " ".join((writer.words_of(rng, rng.randint(0, 3)), mark.format(inner), writer.words_of(rng, rng.randint(0, 4))))


def _random_words(_: Writer, rng: Random) -> str:
    """Words no language has: what is read here is seen, not guessed."""
    letters = LETTERS + BORROWED_LETTERS * 2 if rng.random() < 0.25 else LETTERS
    return " ".join("".join(rng.choices(letters, k=rng.randint(2, 8))) for _ in range(rng.randint(1, 6)))


def _random_signs(_: Writer, rng: Random) -> str:
    pools = (DIGITS, DIGITS + "/-.,: ", POINTS, LETTERS + DIGITS + "  ", DIGITS + "/")
    return "".join(rng.choices(rng.choice(pools), k=rng.randint(1, 14)))


def _latin(writer: Writer, rng: Random) -> str:
    word = rng.choice(LATIN_WORDS) if rng.random() < 0.7 else "".join(rng.choices(LATIN, k=rng.randint(1, 8)))
    forms = (
        word,
        f"{writer.words_of(rng, 2)} {word}",
        f"{writer.words_of(rng, 1)} ({word}) {writer.words_of(rng, 2)}",
        f"{word} {writer.words_of(rng, 3)}",
        f"{word} {figures.small(rng)}",
    )
    return rng.choice(forms)


TABLE: tuple[tuple[Callable[[Writer, Random], str], float], ...] = (
    (_person, 13), (_field, 14), (_dated, 9), (_referred, 8), (_place, 8), (_formula, 8), (_prose, 15), (_running, 14), (_cell, 10),
    (_lone, 3), (_sum, 4), (_enclosed, 4), (_random_words, 4), (_random_signs, 2), (_latin, 3),
)  # fmt: skip
