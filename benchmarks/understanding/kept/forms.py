"""Labelled forms, kept out of tuning."""

from benchmarks.understanding.facilities import BRANCH, COURT, HOSPITAL, PRISON
from benchmarks.understanding.stationery import CHARGES, INTERIOR, STATE, TRADES, letterhead
from benchmarks.understanding.writer import Writer


def dossier_cover(w: Writer) -> None:
    w.head(letterhead(w, w.branch()))
    w.title("إضبارة تحقيق")
    p = w.someone(women=True)
    w.rows(f"رقم الإضبارة / {w.ref()}", f"تاريخ فتح الإضبارة / {w.day('admission', unsaid=True)}")
    w.boxes(
        ("الشهرة", p.family(), "الاسم", p.given()),
        ("والده", p.father(), "جده", p.grandfather(), "والدته", p.mother()),
        ("محل الولادة", p.place(), "عام الولادة", p.born("year")),
        ("القيد", p.registry(" / "), "الحالة الاجتماعية", w.some("عازب", "متزوج")),
    )
    w.rows(f"تاريخ القبض : {w.day('arrest')}", f"الجهة القابضة : {w.at(BRANCH)}", f"التهمة : {w.some(*CHARGES)}")
    officer = w.official()
    w.rows(f"اسم المحقق : {officer.rank()} {officer.full()}")


def police_report(w: Writer) -> None:
    w.head(
        (STATE, INTERIOR, "قوى الأمن الداخلي", f"قيادة شرطة محافظة {w.people.governorate()}"),
        (f"رقم الضبط {w.ref()}", f"تاريخه {w.day('letter', 'y/m/d')}"),
    )
    w.title("ورقة ضبط")
    officer, p, witness = w.official(), w.someone(), w.someone("other")
    w.paras(
        f"نحن {officer.rank(low=True)} {officer.short()} {officer.post('رئيس المخفر')} نفيد بأنه في الساعة الثامنة مساء حضر المدعي"
        f" إلى مخفرنا.",
    )
    w.pairs(
        (f"اسم المشتكى عليه {p.given()}", f"كنيته {p.family()}"),
        (f"اسم أبيه {p.father()}", f"اسم أمه {p.mother()}"),
        (f"مكان الولادة {p.place()}", f"تاريخ الولادة {p.born('day')}"),
        (f"القيد المدني {p.registry()}", f"الرقم الوطني {w.rng.randint(1, 14):02}{w.rng.randrange(10**9):09}"),
    )
    w.rows("إفادة الشاهد الأول", at="centre", bold=True)
    w.paras(
        f"اسمي وشهرتي {witness.full()} والدتي {witness.mother()} تولد عام {witness.born('year')} ومهنتي {w.some(*TRADES)} وأشهد بأنني"
        f" رأيت ما جرى."
    )
    w.sign(("صاحب الإفادة",), (officer.rank_again(), officer.short()))


def hospital_admission(w: Writer) -> None:
    w.head((STATE, "إدارة الخدمات الطبية", w.at(HOSPITAL)), (f"رقم القبول - {w.ref(optional=True)}",))
    w.title("استمارة قبول مريض موقوف")
    p = w.someone()
    w.pairs((f"المريض - {p.full()}", f"الأم - {p.mother()}"), (f"سنة الميلاد - {p.born('year')}", f"القادم من - {w.at(PRISON)}"))
    w.rows(f"دخل المشفى في {w.day('admission')}", "التشخيص - ذات رئة وسوء تغذية شديد", f"خرج من المشفى في {w.day('release', unsaid=True)}")
    doctor = w.official()
    w.sign((), (f"{doctor.rank('الدكتور')} {doctor.short()}", doctor.post("رئيس قسم الداخلية")))


def question_sheet(w: Writer) -> None:
    branch = w.branch()
    w.head(letterhead(w, branch), (f"الملف {w.ref()}",))
    p, officer = w.someone(), w.official()
    w.paras(
        f"فتح هذا المحضر بتاريخ {w.day('admission', 'long', unsaid=True)} من قبلي أنا {officer.rank()} {officer.full()} وجرى سؤال"
        f" الموقوف عن هويته"
        f" فأجاب:",
        f"س: ما اسمك واسم أبيك وأمك ج: اسمي {p.given()} واسم أبي {p.father()} وكنيتي {p.family()} وأمي {p.mother()}.",
        f"س: متى وأين ولدت ج: ولدت في {p.place()} بتاريخ {p.born('day')} وأسكن في {w.people.place()}.",
        f"س: ما هي التهمة المنسوبة إليك ج: يقولون {w.some(*CHARGES)} وأنا أنكر ذلك.",
    )
    w.sign((f"{officer.rank_again()} {officer.short()}", officer.post("ضابط التحقيق")), ("بصمة الموقوف",))


def transfer_order(w: Writer) -> None:
    branch = w.branch()
    w.head(letterhead(w, branch), (f"صادر رقم {w.ref()}", w.day("letter", "d/m/y م")))
    w.title("كتاب نقل موقوف")
    p = w.someone()
    w.boxes(
        ("اسم الموقوف الكامل", p.four()),
        ("اسم الوالدة وكنيتها", p.mother(family=True), "المواليد", f"{p.place()} {p.born('year')}"),
        ("ينقل من", w.named(branch), "ينقل إلى", w.at(PRISON)),
        ("تاريخ النقل", w.day("transfer", numeric=True), "لصالح", w.at(COURT)),
    )
    head = w.official()
    w.sign((), (head.post("رئيس الديوان"), f"{head.rank()} {head.short()}"))


FORMS = {
    "dossier-cover": (("memo", "reg"), dossier_cover),
    "police-report": (("pol",), police_report),
    "hospital-admission": (("death", "reg"), hospital_admission),
    "question-sheet": (("memo",), question_sheet),
    "transfer-order": (("trans",), transfer_order),
}
