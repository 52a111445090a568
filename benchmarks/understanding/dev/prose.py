"""Memos, cables, orders, verdicts and minutes, for tuning."""

from benchmarks.understanding.facilities import COURT, HOSPITAL, PRISON
from benchmarks.understanding.stationery import CAUSES, CHARGES, STATE, TRADES, letterhead
from benchmarks.understanding.told import Told
from benchmarks.understanding.writer import Writer


def memo(w: Writer) -> None:
    branch = w.branch()
    w.head(letterhead(w, branch), (w.some("سري", "سري جداً"), f"الرقم: {w.ref()}", f"التاريخ: {w.day('letter')}"))
    w.rows("إلى السيد اللواء رئيس الشعبة", "الموضوع: توقيف مطلوب", at="centre")
    p, q = w.someone(), w.someone()
    w.paras(
        f"إشارة إلى كتابكم رقم {w.ref()} تاريخ {w.day('other')} أعرض لسيادتكم أنه بتاريخ {w.day('arrest')} أقدمت دوريتنا على توقيف المدعو"
        f" {p.ibn()} والدته {p.mother()} تولد {p.place()} {p.born()} محل ورقم القيد {p.registry()} ويعمل {w.some(*TRADES)}.",
        f"وقد ثبت قيامه بـ {w.some(*CHARGES)} بالاشتراك مع المدعو {q.full()} المتواري عن الأنظار.",
        "يرجى الاطلاع وبيان قرار سيادتكم.",
    )
    head = w.official()
    w.sign((), (head.rank(), head.full(), head.post(f"رئيس الفرع {branch.number}")))
    w.rows(f"نسخة إلى: {w.at('intelligence', but=branch.id)}")


def arrest_order(w: Writer) -> None:
    branch = w.branch()
    w.head(letterhead(w, branch), (f"رقم الصادر: {w.ref()}", f"بتاريخ {w.day('letter')}"))
    w.title("أمر توقيف")
    p = w.someone()
    w.paras(
        f"يلقى القبض على المدعو {p.four()} والدته {p.mother(family=True)} مواليد {p.born()} من أهالي {w.people.place()} أينما وجد ويسلم إلى"
        f" {w.at('intelligence', but=branch.id)} وذلك بجرم {w.some(*CHARGES)}.",
        f"على قائد الدورية التنفيذ قبل {w.day('arrest', 'd/m/y', unsaid=True)}.",
    )
    head, leader = w.official(), w.official()
    w.sign(
        (leader.post("قائد الدورية"), f"{leader.rank(low=True)} {leader.short()}"),
        (head.post("رئيس الفرع"), f"{head.rank()} {head.full()}"),
    )


def _accused(p: Told) -> str:
    born = f"تولد {p.place()} {p.born('year')}"
    return f"{p.ibn()} {p.his('والدته', 'والدتها')} {p.mother()} {born} {p.his('قيده', 'قيدها')} {p.registry()}"


def verdict(w: Writer) -> None:
    w.head((STATE, "وزارة العدل", w.at(COURT)), (f"أساس: {w.ref()}", f"قرار: {w.ref()}"))
    w.title("باسم الشعب العربي في سورية")
    bench = [w.official().unjudged("rank") for _ in range(3)]
    w.paras(
        f"الهيئة الحاكمة: القاضي {bench[0].full()} {bench[0].post('رئيساً')} والقاضيان {bench[1].full()} {bench[1].post('مستشاراً')}"
        f" و{bench[2].full()} {bench[2].post('مستشاراً')}.",
        "المتهمون:",
    )
    for number in range(w.rng.randint(2, 5)):
        w.rows(f"{number + 1}- {_accused(w.someone(women=True))}")
    w.paras(
        f"حيث أن النيابة أسندت إلى المتهمين جرم {w.some(*CHARGES)} المنصوص عنه في القانون رقم {w.ref('19', optional=True)} لعام 2012"
        f" لذلك تقرر"
        " بالاتفاق تجريمهم بالجناية المذكورة ومعاقبتهم بالأشغال الشاقة المؤقتة.",
        f"حكماً وجاهياً صدر في {w.both('verdict')}.",
    )
    w.sign(("المستشار",), ("المستشار",), ("الرئيس",))


def cable(w: Writer) -> None:
    branch = w.branch()
    w.title("برقية فورية")
    w.pairs((f"من: {w.named(branch)}", f"إلى: {w.at('intelligence', but=branch.id)}"), (f"الرقم {w.ref()}", f"التاريخ {w.day('letter')}"))
    p = w.someone()
    w.paras(
        f"يرجى البحث عن المدعو {p.full()} والدته {p.mother()} تولد {p.born('year')} والقبض عليه وإرساله إلينا موجوداً لضرورة التحقيق"
        f" معه بجرم"
        f" {w.some(*CHARGES)} علماً أنه شوهد في {w.people.place()} {w.some('', 'في')} {w.night('other')}.",
    )
    head = w.official()
    w.sign((), (f"{head.rank()} {head.full()}", head.post(w.some("معاون رئيس الفرع", "رئيس قسم التحقيق"))))


def referral(w: Writer) -> None:
    branch = w.branch()
    w.head(letterhead(w, branch), (f"الرقم {w.ref()}", f"التاريخ {w.day('letter')}", "المرفقات ( 3 )"))
    w.rows(f"إلى {w.at(COURT)}", at="centre", bold=True)
    w.paras(f"نحيل إليكم مع هذا الكتاب الموقوفين التالية أسماؤهم مع كامل أوراقهم الثبوتية والموقوفين لدينا منذ {w.month('arrest')}:")
    for number in range(w.rng.randint(3, 7)):
        p = w.someone(women=True)
        w.rows(f"{number + 1}. {p.ibn()} {p.his('والدته', 'والدتها')} {p.mother()} مواليد {p.place()} لعام {p.born('year')}")
    w.paras("للاطلاع وإجراء ما يلزم أصولاً.")
    head = w.official()
    w.sign((), (f"{head.rank()} {head.full()}", head.post(f"رئيس الفرع {branch.number}")))


def handover(w: Writer) -> None:
    w.title("محضر تسليم واستلام")
    giver, taker, p = w.official().unjudged("post"), w.official().unjudged("post"), w.someone()
    w.paras(
        f"في يوم {w.day('transfer', 'd/m/y')} وفي تمام الساعة 14 تم تسليم الموقوف {p.full()} والدته {p.mother()} تولد {p.born()} من قبل"
        f" {w.at('intelligence')} إلى {w.at(PRISON)} استناداً إلى الكتاب رقم {w.ref()} تاريخ {w.day('other')}.",
        "وقد سلمت معه أماناته وهي ساعة يد ومبلغ 4500 ليرة سورية.",
    )
    w.sign(("المسلم", f"{giver.rank(low=True)} {giver.full()}"), ("المستلم", f"{taker.rank(low=True)} {taker.full()}"))


def death_certificate(w: Writer) -> None:
    w.head((STATE, w.at(HOSPITAL)), (f"الرقم: {w.ref()}", f"التاريخ: {w.day('letter')}"))
    w.title("شهادة وفاة")
    p, doctor = w.someone(), w.official()
    w.paras(
        f"نشهد نحن الطبيب المناوب بأن الموقوف {p.ibn()} والدته {p.mother()} تولد {p.born()} أحضر إلى قسم الإسعاف ولم يستجب لإجراءات الإنعاش"
        f" وتوفي بتاريخ {w.day('death')} وسبب الوفاة {w.some(*CAUSES)}.",
    )
    w.sign((), (doctor.post("الطبيب المناوب"), f"{doctor.rank(f'{w.people.rank()} الطبيب')} {doctor.full()}"))


PROSE = {
    "memo": (("memo",), memo),
    "arrest-order": (("memo", "circ"), arrest_order),
    "verdict": (("court",), verdict),
    "cable": (("memo", "circ"), cable),
    "referral": (("trans",), referral),
    "handover": (("trans",), handover),
    "death-certificate": (("death",), death_certificate),
}
