"""Reference numbers: of letters, cases, decisions and examinations; never a law's, a person's or a phone's."""

import re
from collections.abc import Iterator

from pipeline.entities.lexicon import words
from pipeline.entities.page import Page
from pipeline.model import ReferenceMention

# رقم and its kin, at most a few blanks and dots, then numbers and short letter groups joined by strokes: 1337/8/أ, 8873/أ, 5204/م/2013
_PART = r"(?:\d{1,7}|[^\W\d_]{1,3}(?![^\W\d_]))"
_NUMBER = re.compile(
    r"(?<![^\W\d_])(?P<label>[وبل]?(?:ال)?رقم"
    rf"(?: (?:ال)?(?:{'|'.join(sorted(words('reference_words')))}))?"
    r"|(?:ال)?(?:اساس|قرار|صادر|وارد|اضباره|ملف|قضيه)|(?:ال)?عدد(?= {0,3}[:/])|(?:ال)?عدد(?= {0,3}\d{1,7} ?[/\\]))"
    r"(?:\n| {0,3}[:/]? {0,3}[.(]{0,20} {0,3})"
    rf"(?P<number>(?=\d|[^\W\d_]{{1,3}} ?/ ?\d){_PART}(?: ?[/\\-] ?{_PART}){{0,5}})(?![^\W_])"
)
_OTHERS = re.compile(
    r"(?<![^\W_])[وبل]?(?:ال)?(?:تاريخ|مرسوم|قانون|ماده|هاتف|موبايل|هويه|بطاقه|دفتر|وطني|عسكري|ذاتي|موقوف|سجين|نزيل|قبر|جثه|قيد"
    r"|محل و|محل|غرفه|مهجع"
    r"|فرع|قسم|مفرزه|سياره|لوحه)(?: [^\W\d_]{1,14}){0,2} {0,2}$"
)


def find(page: Page) -> tuple[ReferenceMention, ...]:
    """The reference numbers of a page in reading order, each number once."""
    found = {mention.number: mention for mention in reversed(list(_mentions(page)))}
    return tuple(reversed(found.values()))


def _mentions(page: Page) -> Iterator[ReferenceMention]:
    for match in _NUMBER.finditer(page.fold):
        start, end = match.span("number")
        number = match["number"]
        before = page.fold[max(match.start() - 40, 0) : match.start()].rpartition("\n")[2]
        if not any(char.isdigit() for char in number) or _OTHERS.search(before):
            continue
        yield ReferenceMention(page.text(start, end), page.boxes(start, end), _as_read(page, start, end))


def _as_read(page: Page, start: int, end: int) -> str:
    """Digits as 0-9 and strokes without blanks; letters stay as read."""
    read = page.text(start, end)
    return "".join(fold if fold.isdigit() else char for char, fold in zip(read, page.fold[start:end], strict=False) if not char.isspace())
