"""What both families of papers share because life does: letterheads, trades, charges."""

from benchmarks.understanding.facilities import Facility
from benchmarks.understanding.writer import Writer

STATE = "الجمهورية العربية السورية"
ARMY = "القيادة العامة للجيش والقوات المسلحة"
INTERIOR = "وزارة الداخلية"
_AGENCIES = {
    "MI": (ARMY, "شعبة المخابرات", "MI-HQ"),
    "AFI": (ARMY, "إدارة المخابرات الجوية", "AFI-HQ"),
    "GID": ("", "إدارة المخابرات العامة", "GID-HQ"),
    "PSD": (INTERIOR, "شعبة الأمن السياسي", "PSD-HQ"),
}
TRADES = ("سائق", "طالب جامعي", "عامل بناء", "موظف", "مزارع", "حلاق", "مدرس", "كهربائي", "تاجر أقمشة", "صيدلي", "نجار", "عاطل عن العمل")
CHARGES = (
    *("تظاهر", "تمويل الإرهاب", "حيازة سلاح", "الفرار من الخدمة", "إيواء مطلوبين", "التحريض على التظاهر", "نقل أدوية", "كتم معلومات"),
    *("الانتماء إلى مجموعة مسلحة", "تصوير حواجز", "مقاومة دورية", "إضعاف الشعور القومي"),
)
CAUSES = ("توقف قلب وتنفس", "احتشاء عضلة قلبية", "قصور كلوي حاد", "نوبة قلبية", "توقف قلب مفاجئ", "وذمة رئة حادة")


def letterhead(w: Writer, branch: Facility) -> tuple[str, ...]:
    """State, ministry or army, agency and branch, as they stand at the top right."""
    above, agency, id_ = _AGENCIES[branch.agency]
    return tuple(line for line in (STATE, above, w.known(id_, agency, optional=True), w.named(branch)) if line)


def any_branch(w: Writer) -> Facility:
    """A branch with a number of the two agencies that number theirs."""
    return w.branch()
