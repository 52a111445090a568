"""Ruled tables, kept out of tuning: other headings, orders, marks and merged cells."""

from collections.abc import Iterator

from benchmarks.understanding.blocks import Cell
from benchmarks.understanding.facilities import BRANCH, COURT, GRAVE, HOSPITAL, PRISON
from benchmarks.understanding.stationery import CAUSES, CHARGES, INTERIOR, STATE, letterhead
from benchmarks.understanding.writer import Writer

Row = list[str | Cell]


def admission_ledger(w: Writer) -> None:
    w.head((STATE, w.at(PRISON)), (f"الصفحة {w.rng.randint(2, 190)}",))
    w.title("دفتر إيداع النزلاء")
    columns = (
        ("رقم النزيل", 1.7),
        ("اسم النزيل", 2),
        ("والده", 2),
        ("شهرته", 2.4),
        ("والدته", 2.2),
        ("تاريخ الإيداع", 2.7),
        ("أودع من قبل", 3.2),
        ("مواليد", 1.6),
    )

    def rows() -> Iterator[Row]:
        before = ""
        for _ in w.count(w.rng.randint(7, 12)):
            p = w.someone()
            same = before and w.rng.random() < 0.4
            sender = w.some("كذلك", '"') if same else w.at(BRANCH)
            before = before or sender
            yield [
                str(w.rng.randint(10_000, 99_999)), p.given(), p.father(), p.family(), p.mother(), w.day("admission"),
                sender, p.born("year"),
            ]  # fmt: skip

    w.table(columns, rows())


def burial_list(w: Writer) -> None:
    w.head((STATE, w.at(HOSPITAL)), (f"رقم الكتاب {w.ref()}", f"في {w.day('letter')}"))
    w.title(f"جدول بالجثامين المدفونة في {w.at(GRAVE)}")
    columns = (
        ("رقم القبر", 1.3),
        ("رقم الجثة", 1.7),
        ("اسم المتوفى وكنيته", 3),
        ("اسم أبيه", 1.8),
        ("تاريخ الدفن", 2.6),
        ("تاريخ الوفاة", 2.6),
        ("العلة", 2.8),
    )

    def rows() -> Iterator[Row]:
        for number in w.count(w.rng.randint(6, 11)):
            grave, body = str(number + 1), str(w.rng.randint(1000, 9999))
            if w.rng.random() < 0.2:
                yield [grave, body, "مجهول الهوية", "", w.day("burial"), "", w.some(*CAUSES)]
                continue
            p = w.someone()
            yield [grave, body, p.short(), p.father(), w.day("burial"), w.day("death"), w.some(*CAUSES)]

    w.table(columns, rows())


def court_batch(w: Writer) -> None:
    branch = w.branch()
    w.head(letterhead(w, branch), (f"رقم : {w.ref()}", f"تاريخ : {w.day('letter')}"))
    w.title(f"بيان بالموقوفين المطلوب إحالتهم إلى {w.at(COURT)}")
    columns = (
        ("التسلسل", 1.4), ("الموقوف", 4.2, "الهوية"), ("أمه", 2, "الهوية"), ("ميلاده", 1.7, "الهوية"), ("تاريخ القبض عليه", 2.8),
        ("الجرم المسند", 3.2),
    )  # fmt: skip
    size = w.rng.randint(2, 4)

    def rows() -> Iterator[Row]:
        for number in w.count(size * w.rng.randint(2, 4)):
            p = w.someone()
            row: Row = [str(number + 1), p.full(), p.mother(), p.born("year"), w.day("arrest")]
            yield [*row, Cell(w.some(*CHARGES), rows=size)] if number % size == 0 else row

    w.table(columns, rows())
    head = w.official()
    w.sign((head.post(w.some("معاون رئيس الفرع", "رئيس قسم التحقيق")), f"{head.rank()} {head.full()}"), ())


def search_roll(w: Writer) -> None:
    w.head(
        (STATE, INTERIOR, w.known("CSD-HQ", "إدارة الأمن الجنائي", optional=True)),
        (f"العدد {w.ref()}", f"دمشق في {w.day('letter', 'y/m/d')}"),
    )
    w.title("جدول إذاعات البحث الصادرة")
    columns = (
        ("اسم المطلوب بالكامل", 4),
        ("اسم الوالدة", 2.2),
        ("العمر أو الميلاد", 2.2),
        ("محل القيد", 2.6),
        ("مطلوب لصالح", 3.4),
        ("رقم البرقية", 2),
    )

    def rows() -> Iterator[Row]:
        for _ in w.count(w.rng.randint(7, 12)):
            p = w.someone()
            yield [p.ibn() if w.rng.random() < 0.3 else p.full(), p.mother(), p.born("year"), p.registry(), w.at(BRANCH), w.ref()]

    w.table(columns, rows())


def brothers_sheet(w: Writer) -> None:
    w.head(letterhead(w, w.branch()))
    w.title("قائمة أفراد موقوفين مع أشقائهم")
    columns = (("الكنية", 2.4), ("الاسم", 2.2), ("الأب", 2), ("الأم", 2.4), ("تاريخ الميلاد", 2.7), ("دخل بتاريخ", 2.7), ("ملاحظات", 2))

    def rows() -> Iterator[Row]:
        for _ in range(w.rng.randint(3, 5)):
            first = None
            for _ in w.count(w.rng.randint(1, 3)):
                p = w.someone(kin=first)
                names = (p.family(), p.given(), p.father(), p.mother())
                if first:
                    names = (w.some("//", "كذا"), names[1], w.some("//", "كذا"), w.some("//", "كذا"))
                first = first or p.who
                yield [*names, p.born("day"), w.day("admission"), w.some("", "نقل", "")]

    w.table(columns, rows(), total=(Cell("العدد الإجمالي", columns=6), Cell("")))


def patrol_roll(w: Writer) -> None:
    w.head(letterhead(w, w.branch()), (f"التاريخ {w.day('letter', 'd-m-y')}",))
    w.title("جدول الدوريات والمقبوض عليهم")
    columns = (("ت", 0.9), ("قائد الدورية", 4), ("المقبوض عليه", 4), ("مكان القبض", 2.4), ("زمن القبض", 2.6))

    def rows() -> Iterator[Row]:
        for number in w.count(w.rng.randint(5, 9)):
            leader, p = w.official().unjudged("post"), w.someone()
            yield [str(number + 1), f"{leader.rank(low=True)} {leader.short()}", p.full(), w.people.place(), w.day("arrest")]

    w.table(columns, rows())


TABLES = {
    "admission-ledger": (("reg",), admission_ledger),
    "burial-list": (("bur",), burial_list),
    "court-batch": (("trans",), court_batch),
    "search-roll": (("circ",), search_roll),
    "brothers-sheet": (("reg",), brothers_sheet),
    "patrol-roll": (("reg",), patrol_roll),
}
