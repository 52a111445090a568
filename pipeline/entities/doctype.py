"""What kind of paper a page is, by the words of its title and, where it has none, by formulas of its text."""

import re

from pipeline.entities.lexicon import fold
from pipeline.entities.page import Page
from pipeline.entities.tables import Table

Kinds = tuple[tuple[str, re.Pattern[str]], ...]


def _compiled(*kinds: tuple[str, str]) -> Kinds:
    return tuple((code, re.compile(rf"(?<![^\W_])(?:{fold(pattern)})(?![^\W_])")) for code, pattern in kinds)


# On folded text; within one list the first that is found decides. Codes are those of the project's list of document kinds.
_TITLES = _compiled(
    (
        "death",
        r"(?:شهاده|بيان|تقرير|وثيقه|ابلاغ|محضر) (?:واقعه )?وفاه|تقرير (?:كشف )?طبي|كشف طبي|تقرير الطبابه الشرعيه",
    ),
    ("rel", r"(?:امر|قرار|وثيقه|مذكره) (?:اخلاء سبيل|ترك|افراج|اطلاق سراح|فك احتباس)|اخلاء سبيل|اطلاق سراح|قرار عفو|اشعار خروج|سند اقامه"),
    ("circ", r"تعميم|(?:برقيه )?(?:اذاعه|بلاغ|كف) (?:ال)?بحث|(?:لوائح|قوائم|قائمه|لائحه) (?:ال)?مطلوبين"),
    (
        "trans",
        r"محضر (?:تسليم|استلام)|(?:امر|كتاب) (?:نقل|احاله|ترحيل)|تسليم واستلام",
    ),
    ("bur", r"سجل الدفن|(?:محضر|تصريح|قائمه) دفن"),
    ("civ", r"بيان قيد|اخراج قيد|بيان عائلي|قيد نفوس|خلاصه السجل العدلي"),
    ("pol", r"ورقه ضبط|ضبط (?:عدلي|رقم|شرطه)|رقم الضبط"),
    ("court", r"(?:اعلام|قرار|خلاصه|منطوق) (?:ال)?حكم|قرار اتهام|باسم الشعب العربي"),
    (
        "reg",
        r"(?:جدول|قائمه|لائحه|كشف|بيان) (?:اسمي )?(?:ب)?اسماء|سجل (?:ال)?(?:واردين|موقوفين|نزلاء|سجناء|توقيف|دخول|صادرين)",
    ),
    ("reg", r"بطاقه (?:سجين|موقوف|نزيل|معتقل)"),
    ("memo", r"محضر (?:استجواب|تحقيق)|امر (?:توقيف|قبض|مهمه)|قصاصه \w{2,10}|دراسه امنيه|تقرير معلومات"),
)
_FORMULAS = _compiled(
    ("court", r"(?:ال)?هيئه (?:الحاكمه|المؤلفه)|حكمت المحكمه|لذلك (?:حكمت|تقرر)|قرارا صدر|صدر وافهم"),
    ("memo", r"(?:الموضوع|م/)|الي السيد|برقيه|مذكره|كتابكم|يرجي الاطلاع|لسيادتكم|اشاره الي|تتمه الكتاب|خلاصه تحقيق"),
    ("trans", r"يرجي استلام الموقوف|نحيل (?:اليكم|لكم)|نرسل (?:اليكم|لكم)[^.\n]{0,40}موقوف|(?:سلم|تسليم) الموقوف"),
    ("death", r"(?:كشف|قائمه|لائحه|جدول|سجل|بيان) (?:ب?اسماء )?(?:ال)?(?:متوف|وفيات)\w{0,3}"),
    ("death", r"(?:سبب|تاريخ|مكان) الوفاه|رقم الجثه"),
    ("rel", r"يخلي سبيل(?:ه|ها)?|(?:ي|ت)ترك حرا"),
)
_TITLE_WORDS = 8


def of(page: Page, table: Table) -> str | None:
    """A lower-case document code (memo, circ, reg, trans, court, rel, death, bur, civ, pol); None when nothing tells."""
    titles = "\n".join(page.fold[start:end] for start, end in page.lines if page.fold.count(" ", start, end) < _TITLE_WORDS)
    found = _first(_TITLES, titles)
    if found is None and table.rows:
        return "reg"
    return found or _first(_FORMULAS, page.fold)


def _first(kinds: Kinds, text: str) -> str | None:
    """The kind whose words come first in the text; of those that begin together, the first of the list."""
    hits = [(match.start(), place) for place, (_, pattern) in enumerate(kinds) if (match := pattern.search(text))]
    return kinds[min(hits)[1]][0] if hits else None
