"""Memos, cables, verdicts and minutes, kept out of tuning."""

from benchmarks.understanding.facilities import BRANCH, GRAVE, HOSPITAL, PRISON
from benchmarks.understanding.stationery import CAUSES, CHARGES, STATE, TRADES, letterhead
from benchmarks.understanding.writer import Writer


def information_note(w: Writer) -> None:
    branch = w.branch()
    w.head(letterhead(w, branch), ("سري للغاية", f"العدد/ {w.ref()}", f"التاريخ/ {w.day('letter')}"))
    w.rows("م/ معلومات", at="centre")
    p, q = w.someone(), w.someone()
    w.paras(
        f"وردتنا معلومات من مصدر موثوق تفيد بأن كلاً من {p.ibn()} من مواليد {p.place()} {p.born('year')} أمه {p.mother()} و{q.ibn()}"
        f" من مواليد"
        f" {q.place()} {q.born('year')} أمه {q.mother()} يقومان بـ {w.some(*CHARGES)} منذ {w.early('other')}.",
        f"لاحقاً لبرقيتنا ذات الرقم {w.ref()} المؤرخة في {w.day('other')} نقترح توقيفهما وإيداعهما في {w.at(PRISON)}.",
    )
    head = w.official()
    w.sign((head.post(f"رئيس الفرع {branch.number}"), head.rank(), head.full()), (), ())


def search_cancelled(w: Writer) -> None:
    w.title("برقية كف بحث")
    w.rows(
        f"الجهة المرسلة : {w.at(BRANCH)}",
        f"الجهة المرسل إليها : {w.known('IMM-HQ', 'إدارة الهجرة والجوازات')}",
        f"رقم البرقية : {w.ref()}",
        f"تاريخ البرقية : {w.day('letter')}",
    )
    p = w.someone()
    w.paras(
        f"يكف البحث عن {p.given()} {p.father()} {p.family()} ابن {p.mother()} تولد {p.place()} عام {p.born('year')} خانة"
        f" {p.registry()} والمذاع البحث"
        f" عنه بموجب برقيتنا {w.ref()} تاريخ {w.day('other')} وذلك لتسوية وضعه أصولاً.",
    )
    officer = w.official()
    w.sign((), (officer.rank(), officer.short(), officer.post("معاون رئيس الفرع")))


def proposal(w: Writer) -> None:
    w.head(letterhead(w, w.branch()), (f"رقم المذكرة : {w.ref()}", f"تاريخها : {w.hijri('letter')}"))
    w.title("مذكرة عرض")
    p = w.someone()
    w.paras(
        f"الموقوف : {p.full()} تولد {p.born()} ووالدته {p.mother(family=True)} ويعمل {w.some(*TRADES)}.",
        f"تم توقيفه {w.night('arrest')} من قبل دورية تابعة إلى {w.at(BRANCH)} وأحيل إلينا خلال {w.month('transfer', unsaid=True)}.",
        f"بالتحقيق معه اعترف بـ {w.some(*CHARGES)}.",
        f"مقترح العميد رئيس الفرع : إحالته إلى {w.known('CRT-MFC', 'محكمة الميدان العسكرية')} بغض النظر عن سنه.",
        "قرار اللواء مدير الإدارة : موافق.",
    )
    officer = w.official()
    w.sign((), (f"{officer.rank()} {officer.full()}", officer.post("رئيس قسم التحقيق")))


def field_court(w: Writer) -> None:
    w.head(
        (STATE, "وزارة الدفاع", w.known("CRT-MFC", "محكمة الميدان العسكرية")),
        (f"رقم الأساس {w.ref()}", f"رقم القرار {w.ref()}", f"لعام {w.when('verdict').year}"),
    )
    president, *members = (w.official() for _ in range(3))
    w.rows("باسم الشعب العربي في سوريا", at="centre", bold=True)
    w.paras(
        f"إن المحكمة المؤلفة من {president.rank()} {president.full()} {president.post('رئيساً')} وعضوية {members[0].rank()}"
        f" {members[0].full()} و{members[1].rank()} {members[1].full()} وبحضور النيابة العامة العسكرية بتاريخ"
        f" {w.both('verdict', 'الموافق ل')} أصدرت الحكم الآتي بحق:"
    )
    for member in members:
        member.unjudged("post")
    for _ in range(w.rng.randint(2, 4)):
        p = w.someone()
        w.paras(
            f"- المتهم {p.given()} {p.father()} {p.family()} المولود في {p.place()} سنة {p.born('year')} من والدته {p.mother()}"
            f" والمسجل في {p.registry(' خانة ')} بالإعدام شنقاً."
        )
    w.rows("حكماً قطعياً لا يقبل أي طريق من طرق المراجعة")
    w.sign(("عضو",), ("عضو",), ("رئيس المحكمة",))


def execution_minutes(w: Writer) -> None:
    w.head((STATE, w.at(PRISON)))
    w.title("محضر تنفيذ حكم")
    doctor, warden, p = w.official(), w.official(), w.someone()
    w.paras(
        f"اجتمعت اللجنة المشكلة بالقرار رقم {w.ref()} فجر يوم {w.day('death')} وتحققت من هوية المحكوم {p.four()} المولود عام"
        f" {p.born('year')} وتلي عليه"
        f" الحكم الصادر في {w.day('verdict')} ثم نفذ فيه وسلمت جثته إلى {w.at(HOSPITAL)} ليدفن في {w.at(GRAVE)}.",
    )
    w.sign(
        (doctor.post("الطبيب الشرعي"), doctor.rank("الدكتور"), doctor.full()), (warden.post("مدير السجن"), warden.rank(), warden.full()),
    )  # fmt: skip


def delivery_minutes(w: Writer) -> None:
    taker, giver = w.official().unjudged("post"), w.official().unjudged("post")
    w.title("محضر")
    w.paras(
        f"أنا الموقع أدناه {taker.rank(low=True)} {taker.full()} من مرتبات {w.at(BRANCH)} استلمت بتاريخ {w.day('transfer')} من"
        f" {giver.rank(low=True)}"
        f" {giver.full()} الموقوفين المبينة أسماؤهم أدناه بموجب المذكرة {w.ref()}:",
    )
    for number in range(w.rng.randint(3, 8)):
        p = w.someone(women=True)
        w.rows(f"{number + 1}) {p.full()} / {p.mother()} / {p.born('year')} / {p.place()}")
    w.rows("وعليه نظم هذا المحضر على نسختين", at="right")


def death_notice(w: Writer) -> None:
    w.head((STATE, w.at(HOSPITAL)), (f"عدد {w.ref()}", w.day("letter", "dd/mm/y")))
    p, doctor, relative = w.someone(), w.official(), w.someone("other")
    w.rows(f"إلى رئاسة {w.at(BRANCH)}", at="centre")
    w.paras(
        f"نعلمكم أن نزيلكم المدعو/ {p.full()} / والدته {p.mother()} تولد {p.born('short year')} قد فارق الحياة في {w.day('death')}"
        f" إثر {w.some(*CAUSES)} وحفظت"
        f" جثته في براد الموتى تحت الرقم {w.ref(optional=True)} وقد سجلت واقعة الوفاة لدى أمانة السجل المدني بتاريخ"
        f" {w.day('registration')} بناء على"
        f" طلب شقيقه {relative.short()}.",
    )
    w.sign((), (doctor.rank(f"{w.people.rank()} الطبيب"), doctor.short(), doctor.post("مدير المشفى")))


def freed(w: Writer) -> None:
    branch = w.branch()
    w.head(letterhead(w, branch), (f"الرقم ({w.ref()})", f"التاريخ ({w.day('letter', 'd/m/y')})"))
    w.rows("وثيقة ترك", at="centre", bold=True)
    p = w.someone()
    w.paras(
        f"يترك حراً الموقوف لدينا منذ {w.day('arrest')} المدعو {p.short()} بن {p.father()} وأمه {p.mother()} من مواليد"
        f" {p.born('year')} وذلك استناداً إلى مرسوم العفو"
        f" رقم {w.ref('22', optional=True)} لعام 2014 اعتباراً من {w.hijri('release')} ما لم يكن مطلوباً لجهة أخرى.",
    )
    head = w.official()
    w.sign(("استلمت نسخة",), (f"{head.rank()} {head.full()}", head.post(f"رئيس فرع {branch.number}")))


PROSE = {
    "information-note": (("memo",), information_note),
    "search-cancelled": (("circ",), search_cancelled),
    "proposal": (("memo",), proposal),
    "field-court": (("court",), field_court),
    "execution-minutes": (("court", "death"), execution_minutes),
    "delivery-minutes": (("trans",), delivery_minutes),
    "death-notice": (("death",), death_notice),
    "freed": (("rel",), freed),
}
