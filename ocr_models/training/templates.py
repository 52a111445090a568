"""The kinds of whole pages: memo, form, ruled table, verdict, letter. None is a page of the fixtures."""

from dataclasses import replace

import cv2

from ocr_models.training.pages import DEPTH, Sheet, Template
from ocr_models.training.phrases import PROSE

_OFFICES = (
    "الجمهورية العربية السورية", "وزارة الداخلية", "قيادة شرطة محافظة {place}", "{facility}", "الفرع {number}", "قسم التحقيق",
    "الديوان العام",
)  # fmt: skip
_FIELDS = (
    ("الاسم والنسبة", "{person}"), ("اسم الأب", "{man}"), ("اسم الأم ونسبتها", "{woman} {family}"),
    ("محل وتاريخ الولادة", "{place} {year}"),
    ("الرقم الوطني", "{long}"), ("محل ورقم القيد", "{place} {number}"), ("المهنة", "{work}"), ("تاريخ التوقيف", "{year}"),
    ("الجهة", "{facility}"), ("رقم الإضبارة", "{number}/{year}"), ("العنوان", "{place} - {place}"), ("ملاحظات", "{words}"),
    ("الهاتف", "{long}"), ("التاريخ", "{date}"),
)  # fmt: skip
_COLUMNS = (
    ("م", "{small}", 1.0), ("الاسم والنسبة", "{person}", 5.0), ("الأم", "{woman}", 2.2), ("التولد", "{year}", 1.8),
    ("القيد", "{place}", 3.0),
    ("التوقيف", "{date}", 3.4), ("الجهة", "{number}", 1.8), ("ملاحظات", "{words}", 3.6), ("الرقم", "{number}", 2.0),
)  # fmt: skip
_DESK = ("الرقم: {number}/{year}", "التاريخ: {date}", "سري للغاية", "المرفقات: ({small})")


def heading(sheet: Sheet) -> None:
    """Offices in lines at the right, number and date at the left, on the same baselines: the right column is read first."""
    others = []
    for _ in range(sheet.rng.randint(2, 4)):
        right = sheet.say(sheet.rng.choice(_OFFICES))
        left = sheet.say(sheet.rng.choice(_DESK))
        sheet.y += sheet.leading
        sheet.lines.append(sheet.put(right, sheet.right, sheet.y))
        others.append(replace(sheet.put(left, sheet.left + sheet.width(left), sheet.y), block=sheet.block + 1))
    sheet.lines += others
    sheet.block += 2
    sheet.y += sheet.leading // 2


def centred(sheet: Sheet, phrase: str, scale: float = 1.0) -> None:
    words, size = sheet.say(phrase), round(sheet.size * scale)
    sheet.y += round(sheet.leading * scale)
    half = sheet.width(words, size) / 2
    sheet.lines.append(sheet.put(words, (sheet.left + sheet.right) / 2 + half, sheet.y, size=size))
    sheet.block += 1


def paragraph(sheet: Sheet, phrase: str) -> None:
    """Justified but for its last line."""
    width = sheet.right - sheet.left
    rows = sheet.wrap(sheet.say(phrase), width)[: max(0, sheet.room)]
    for number, words in enumerate(rows):
        sheet.y += sheet.leading
        gap = 0.0
        if number < len(rows) - 1 and len(words) > 1:
            natural = sheet.face.font(sheet.size).getlength(" ")
            gap = natural + (width - sheet.width(words)) / (len(words) - 1)
        sheet.lines.append(sheet.put(words, sheet.right, sheet.y, gap=gap))
    sheet.block += 1


def fields(sheet: Sheet, count: int) -> None:
    """Labels and values, two columns, some values on a dotted line, some not written in."""
    half = (sheet.right - sheet.left) // 2
    for number, (label, slot) in enumerate(sheet.rng.sample(_FIELDS, count)):
        side = number % 2
        if not side:
            sheet.y += round(sheet.leading * 1.15)
        blank = sheet.rng.random() < 0.15
        words = sheet.say(f"{label}:" if blank else f"{label}: {slot}")
        right = sheet.right - side * half
        while sheet.width(words) > half - 20:
            words = words[:-1]
        sheet.lines.append(sheet.put(words, right, sheet.y))
        if blank or sheet.rng.random() < 0.4:
            _dots(sheet, right - (sheet.width(words) if blank else sheet.width(label.split())) - 16, right - half + 24)
        sheet.block += 1


def _dots(sheet: Sheet, right: float, left: float) -> None:
    """A dotted fill line just under the baseline: drawn, no text."""
    for x in range(round(left), round(right), 9):
        cv2.circle(sheet.image, (x, sheet.y + 5), 1, 60, -1)


def table(sheet: Sheet, most: int) -> None:
    """A ruled table, columns from right to left, values centred; some cells empty."""
    columns = sheet.rng.sample(_COLUMNS, sheet.rng.randint(4, 7))
    unit = (sheet.right - sheet.left) / sum(width for *_, width in columns)
    edges = [sheet.right - round(unit * sum(width for *_, width in columns[:count])) for count in range(len(columns) + 1)]
    number = 1 + max((place[0] for place in sheet.cells), default=-1)
    top = sheet.y + sheet.leading // 2
    size, tall = round(sheet.size * 0.8), round(sheet.size * 1.9)
    rows = max(1, min(most, (DEPTH - 420 - top) // tall))
    for row in range(rows):
        foot = top + tall
        for column, (name, slot, _) in enumerate(columns):
            right, left = edges[column], edges[column + 1]
            sheet.cells[number, row, column] = (left, top, right, foot)
            if row and sheet.rng.random() < 0.08:
                continue
            words = sheet.say(slot if row else name)
            while len(words) > 1 and sheet.width(words, size) > right - left - 12:
                words = words[:-1]
            middle = (right + left) / 2 + sheet.width(words, size) / 2
            line = sheet.put(words, middle, top + round(tall * 0.66), size=size)
            sheet.lines.append(replace(line, table=number, cell=(row, column)))
        top = foot
    _rules(sheet, edges, top, tall, rows)
    sheet.y, sheet.block = top + sheet.leading // 2, sheet.block + 1


def _rules(sheet: Sheet, edges: list[int], foot: int, tall: int, rows: int) -> None:
    thick = sheet.rng.randint(1, 3)
    for row in range(rows + 1):
        y = foot - row * tall
        cv2.line(sheet.image, (edges[-1], y), (edges[0], y), 0, thick)
    for x in edges:
        cv2.line(sheet.image, (x, foot - rows * tall), (x, foot), 0, thick)


def signature(sheet: Sheet) -> None:
    """Rank and post over a name, at the left foot."""
    sheet.y += sheet.leading
    middle = sheet.left + (sheet.right - sheet.left) * sheet.rng.uniform(0.15, 0.3)
    for phrase in ("{rank} {man} {family}", "رئيس الفرع {number}"):
        words = sheet.say(phrase)
        sheet.y += sheet.leading
        sheet.lines.append(sheet.put(words, middle + sheet.width(words) / 2, sheet.y))
    sheet.block += 1


def memo(sheet: Sheet) -> None:
    heading(sheet)
    centred(sheet, "إلى السيد {rank} رئيس {facility}", 1.1)
    paragraph(sheet, "الموضوع: {words}")
    for phrase in sheet.rng.sample(PROSE, sheet.rng.randint(2, 5)):
        if sheet.room > 8:
            paragraph(sheet, phrase)
    centred(sheet, "يرجى الاطلاع وإجراء ما يلزم")
    signature(sheet)


def form(sheet: Sheet) -> None:
    heading(sheet)
    centred(sheet, "بيان قيد فردي", 1.3)
    fields(sheet, sheet.rng.randint(8, len(_FIELDS)))
    signature(sheet)


def register(sheet: Sheet) -> None:
    heading(sheet)
    centred(sheet, "جدول بأسماء الموقوفين لدى {facility}", 1.1)
    table(sheet, sheet.rng.randint(6, 22))
    signature(sheet)


def verdict(sheet: Sheet) -> None:
    centred(sheet, "بسم الله الرحمن الرحيم", 1.2)
    centred(sheet, "رقم الأساس: {number} - رقم القرار: {number} لعام {year}")
    for phrase in sheet.rng.sample(PROSE, sheet.rng.randint(4, 8)):
        if sheet.room > 8:
            paragraph(sheet, phrase)
    table(sheet, 3)
    signature(sheet)


def letter(sheet: Sheet) -> None:
    heading(sheet)
    for phrase in sheet.rng.sample(PROSE, sheet.rng.randint(2, 4)):
        paragraph(sheet, phrase)
    fields(sheet, 4)
    paragraph(sheet, "وتفضلوا بقبول فائق الاحترام.")
    signature(sheet)


TEMPLATES: dict[str, Template] = {"memo": memo, "form": form, "register": register, "verdict": verdict, "letter": letter}
