"""Labelled forms, for tuning."""

from benchmarks.understanding.facilities import PRISON
from benchmarks.understanding.stationery import CHARGES, STATE, TRADES, letterhead
from benchmarks.understanding.writer import Writer


def interrogation(w: Writer) -> None:
    branch = w.branch()
    w.head(letterhead(w, branch), (f"الرقم: {w.ref()}", f"التاريخ: {w.day('letter')}"))
    w.title(w.some("محضر استجواب", "محضر تحقيق"))
    p = w.someone()
    w.pairs(
        (f"الاسم الثلاثي: {p.full()}", f"اسم الأم: {p.mother(family=w.rng.random() < 0.5)}"),
        (f"تاريخ الولادة: {p.born()}", f"محل الولادة: {p.place()}"),
        (f"محل ورقم القيد: {p.registry()}", f"المهنة: {w.some(*TRADES)}"),
    )
    officer = w.official()
    w.paras(
        f"في الساعة العاشرة من يوم {w.day('admission', 'd/m/y', unsaid=True)} أحضر إلينا الموقوف المدون اسمه أعلاه وبالتحقيق معه أفاد"
        f" بما يلي:",
        f"أنا أعمل {w.some(*TRADES)} وقد شاركت في أعمال {w.some(*CHARGES)} ولم أكن أعلم أن ذلك مخالف للقانون.",
        "وبعد أن تليت عليه أقواله صادق عليها ووقعها أمامنا.",
    )
    w.sign(("صاحب الإفادة",), (officer.post("المحقق"), f"{officer.rank()} {officer.short()}"))


def prisoner_card(w: Writer) -> None:
    w.head((STATE, w.at(PRISON)), (f"رقم البطاقة: {w.ref(optional=True)}",))
    w.title("بطاقة سجين")
    p = w.someone()
    w.boxes(
        ("الاسم", p.given(), "اسم الأب", p.father(), "الكنية", p.family()),
        ("اسم الأم", p.mother(family=True), "تولد", p.born()),
        ("محل القيد ورقمه", p.registry(w.some(" ", "/")), "المهنة", w.some(*TRADES)),
        ("تاريخ الدخول", w.day("admission", numeric=True), "الجهة المودعة", w.at("intelligence")),
        ("الجرم", w.some(*CHARGES), "تاريخ التوقيف", w.day("arrest", numeric=True)),
        ("الجناح", f"{w.rng.randint(1, 9)}", "المهجع", f"{w.rng.randint(1, 20)}"),
    )
    warden = w.official()
    w.sign((), (f"{warden.rank()}", warden.full(), warden.post("مدير السجن")))


def registry_extract(w: Writer) -> None:
    p = w.someone(women=True)
    w.head(
        (STATE, "وزارة الداخلية", "الشؤون المدنية"), (f"رقم الوثيقة: {w.ref()}", f"تاريخ الإصدار: {w.day('letter', 'd/m/y', unsaid=True)}")
    )
    w.title("بيان قيد فردي")
    w.rows(
        f"الاسم : {p.given()}", f"النسبة : {p.family()}", f"اسم الأب : {p.father()}", f"اسم الأم ونسبتها : {p.mother(family=True)}",
        f"محل وتاريخ الولادة : {p.place()} {p.born()}", f"محل ورقم القيد : {p.registry()}", "الدين : مسلم",
        f"الوضع العائلي : {w.some('عازب', 'متأهل')}", f"الرقم الوطني : {w.rng.randint(1, 14):02}{w.rng.randrange(10**9):09}",
    )  # fmt: skip
    clerk = w.official()
    w.sign((), (clerk.post("أمين السجل المدني"), clerk.short()))


def release_order(w: Writer) -> None:
    w.head((STATE, "وزارة العدل", w.known("CRT-CTC", "محكمة قضايا الإرهاب")), (f"رقم الأساس: {w.ref()}", f"رقم القرار: {w.ref()}"))
    w.title("مذكرة إخلاء سبيل")
    p, judge = w.someone(), w.official()
    w.rows(
        f"إلى السيد مدير {w.at(PRISON)}", f"اسم الموقوف: {p.full()}", f"والدته: {p.mother()}", f"تولد: {p.born()}",
        f"رقم القيد: {p.registry()}", f"الجرم المسند إليه: {w.some(*CHARGES)}", f"تاريخ التوقيف: {w.day('arrest')}",
    )  # fmt: skip
    w.paras(f"يرجى إخلاء سبيل الموقوف المذكور أعلاه بتاريخ {w.day('release')} ما لم يكن موقوفاً لداع آخر.")
    w.sign((), (judge.post("قاضي التحقيق"), judge.full()))


def soldier_slip(w: Writer) -> None:
    branch = w.branch()
    w.head(letterhead(w, branch), (f"رقم: {w.ref()}", f"تاريخ: {w.day('letter')}"))
    w.title("قصاصة معلومات عسكري فار")
    p = w.someone("subject")
    w.boxes(
        ("الرتبة", p.rank(low=True), "الاسم والكنية", p.short(), "اسم الأب", p.father()),
        ("اسم الأم", p.mother(), "مكان وتاريخ الولادة", f"{p.place()} {p.born('year')}"),
        ("الرقم العسكري", f"{w.rng.randint(100_000, 999_999)}", "تاريخ الفرار", w.day("other", numeric=True)),
    )
    w.paras("يعمم اسم المذكور على الحواجز كافة ويوقف عند العثور عليه.")
    head = w.official()
    w.sign((), (head.rank(), head.full(), head.post(f"رئيس الفرع {branch.number}")))


FORMS = {
    "interrogation": (("memo",), interrogation),
    "prisoner-card": (("reg",), prisoner_card),
    "registry-extract": (("civ",), registry_extract),
    "release-order": (("rel",), release_order),
    "soldier-slip": (("memo", "circ"), soldier_slip),
}
