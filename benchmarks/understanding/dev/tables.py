"""Ruled tables, for tuning: headings in one order or another, ditto marks, merged cells, cells left empty."""

from collections.abc import Iterator

from benchmarks.understanding.blocks import Cell
from benchmarks.understanding.facilities import HOSPITAL, PRISON
from benchmarks.understanding.stationery import CAUSES, CHARGES, STATE, letterhead
from benchmarks.understanding.writer import Writer

Row = list[str | Cell]


def daily_register(w: Writer) -> None:
    w.head(letterhead(w, w.branch()), ("سجل الموقوفين اليومي", f"ليوم {w.day('letter', 'd/m/y', unsaid=True)}"))
    columns = (
        ("م", 1),
        ("الاسم الثلاثي", 4),
        ("اسم الأم", 2.4),
        ("تولد", 2.6),
        ("محل ورقم القيد", 2.8),
        ("تاريخ التوقيف", 2.8),
        ("الجرم", 3),
    )

    def rows() -> Iterator[Row]:
        for number in w.count(w.rng.randint(7, 13)):
            p = w.someone()
            yield [
                str(number + 1), p.full(), p.mother(), f"{p.place()} {p.born('year')}" if w.rng.random() < 0.4 else p.born(), p.registry(),
                w.day("arrest"), w.some(*CHARGES),
            ]  # fmt: skip

    w.table(columns, rows())
    clerk = w.official()
    w.sign((), (f"{clerk.rank(low=True)} {clerk.short()}", clerk.post("رئيس القلم")))


def transfer_list(w: Writer) -> None:
    branch = w.branch()
    w.head(letterhead(w, branch), (f"العدد: {w.ref()}", f"التاريخ: {w.day('letter')}"))
    w.title(f"قائمة بأسماء الموقوفين المحالين إلى {w.at(PRISON)}")
    columns = (("ت", 1), ("الاسم", 2), ("اسم الأب", 2), ("الكنية", 2.4), ("اسم الأم", 2.4), ("المواليد", 2), ("ملاحظات", 2.5))
    last = None

    def rows() -> Iterator[Row]:
        nonlocal last
        for number in w.count(w.rng.randint(6, 12)):
            brother = number and last is not None and w.rng.random() < 0.25
            p = w.someone(kin=last if brother else None)
            last = p.who
            names = (p.given(), p.father(), p.family(), p.mother())
            mark = w.some('"', "=")
            cells = (names[0], mark, mark, mark) if brother else names
            yield [str(number + 1), *cells, p.born("year"), w.some("", "", "مريض", "حدث")]

    w.table(columns, rows())
    head = w.official()
    w.sign(("المستلم",), (head.rank(), head.full(), head.post(f"رئيس الفرع {branch.number}")))


def wanted_list(w: Writer) -> None:
    w.head((STATE, "وزارة الداخلية", w.known("IMM-HQ", "إدارة الهجرة والجوازات", optional=True)), (f"تعميم رقم: {w.ref()}",))
    w.title("لائحة المطلوبين للجهات الأمنية")
    columns = (
        ("الاسم والكنية", 3), ("الأب", 1.8), ("الأم", 1.8), ("محل وتاريخ الولادة", 3.2), ("الجهة الطالبة", 3.4), ("الإجراء", 1.8),
        ("تاريخ التعميم", 2.6),
    )  # fmt: skip

    def rows() -> Iterator[Row]:
        for _ in w.count(w.rng.randint(6, 11)):
            p = w.someone()
            mother = p.mother() if w.rng.random() < 0.85 else ""
            yield [
                p.short(), p.father(), mother, f"{p.place()} {p.born('year')}", w.at("intelligence"), w.some("توقيف", "مراجعة", "منع سفر"),
                w.day("other", unsaid=True),
            ]  # fmt: skip

    w.table(columns, rows())


def hospital_list(w: Writer) -> None:
    w.head((STATE, w.at(HOSPITAL)), (f"التاريخ {w.day('letter', 'd/m/y')}",))
    w.title("كشف بأسماء المتوفين")
    columns = (("الرقم", 1.2), ("اسم المتوفى", 4), ("والدته", 2.2), ("سنة الولادة", 1.6), ("تاريخ الوفاة", 2.6), ("سبب الوفاة", 3.2))

    def rows() -> Iterator[Row]:
        for number in w.count(w.rng.randint(6, 12)):
            p = w.someone()
            yield [str(number + 1), p.full(), p.mother(), p.born("year"), w.day("death"), w.some(*CAUSES)]

    w.table(columns, rows(), total=(Cell("المجموع", columns=5), Cell(str(w.rng.randint(6, 12)))))
    doctor = w.official()
    w.sign((), (doctor.post("الطبيب المناوب"), f"{doctor.rank()} {doctor.short()}"))


def release_register(w: Writer) -> None:
    w.head((STATE, w.at(PRISON)))
    w.title(f"سجل الخروج لشهر {w.month('other', unsaid=True)}")
    columns = (
        ("رقم السجين", 1.6),
        ("الاسم والنسبة", 3.2),
        ("ابن", 1.8),
        ("التوقيف", 2.6, "تاريخ"),
        ("الإفراج", 2.6, "تاريخ"),
        ("المحافظة", 2),
    )

    def rows() -> Iterator[Row]:
        for _ in w.count(w.rng.randint(7, 13)):
            p = w.someone()
            yield [
                str(w.rng.randint(1000, 9999)), p.short(), p.father(), w.day("arrest", "d/m/y"), w.day("release", "d/m/y"),
                w.people.place(),
            ]  # fmt: skip

    w.table(columns, rows())


TABLES = {
    "daily-register": (("reg",), daily_register),
    "transfer-list": (("trans",), transfer_list),
    "wanted-list": (("circ",), wanted_list),
    "hospital-list": (("death",), hospital_list),
    "release-register": (("reg",), release_register),
}
