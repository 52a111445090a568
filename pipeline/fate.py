"""The one place that words what a paper says of a person: it appears in a document, and no more is known until two people verify it."""

from dataclasses import dataclass
from typing import Literal

from pipeline.arabic import clean
from pipeline.model import DateRole

Language = Literal["en", "ar"]
Pair = tuple[str, str]  # English, Arabic

_KINDS: dict[str, Pair] = {
    "memo": ("memo", "كتاب"),
    "circ": ("wanted notice", "تعميم"),
    "reg": ("detainee register", "سجل موقوفين"),
    "trans": ("transfer order", "أمر نقل"),
    "court": ("court paper", "وثيقة قضائية"),
    "rel": ("release order", "أمر إخلاء سبيل"),
    "death": ("death report", "تقرير وفاة"),
    "bur": ("burial record", "سجل دفن"),
    "civ": ("civil-registry extract", "بيان قيد مدني"),
    "pol": ("police report", "ضبط شرطة"),
}
_DATES: dict[str, Pair] = {
    "arrest": ("date of arrest", "تاريخاً للتوقيف"),
    "admission": ("date of admission", "تاريخاً للدخول"),
    "transfer": ("date of transfer", "تاريخاً للنقل"),
    "referral": ("date of referral", "تاريخاً للإحالة"),
    "verdict": ("date of the verdict", "تاريخاً للحكم"),
    "release": ("date of release", "تاريخاً للإفراج"),
    "death": ("date of death", "تاريخاً للوفاة"),
    "registration": ("date of registration", "تاريخاً للتسجيل"),
    "burial": ("date of burial", "تاريخاً للدفن"),
    "birth": ("date of birth", "تاريخاً للولادة"),
}
_CAUTIONS: dict[str, Pair] = {
    "release": ("A release order is not proof of release.", "أمر إخلاء السبيل ليس دليلاً على الإفراج."),
    "death": ("A death report is not proof of death.", "تقرير الوفاة ليس دليلاً على الوفاة."),
    "burial": ("A burial record is not proof of whose burial it was.", "سجل الدفن ليس دليلاً على هوية المدفون."),
    "transfer": ("A transfer order is not proof that the transfer took place.", "أمر النقل ليس دليلاً على حصول النقل."),
    "verdict": ("A judgment is not proof that it was carried out.", "الحكم ليس دليلاً على تنفيذه."),
}
_MATTERS = {"rel": "release", "death": "death", "bur": "burial", "trans": "transfer", "court": "verdict"}
_SAME = {"referral": "transfer", "registration": "death"}
_NEEDED = 2  # different people who must each have verified a statement


@dataclass(frozen=True, slots=True)
class Statement:
    """What one document says of one person.

    ``document`` is its label for a reader; ``type`` its code (``death``, ``rel`` …); ``role`` and ``date`` (ISO 8601) what it dates;
    ``charge`` as read, with the ``agency`` that brings it; ``verified_by`` those who verified that the document says this of this person.
    """

    name: str
    document: str
    type: str | None = None
    role: DateRole | None = None
    date: str | None = None
    charge: str | None = None
    agency: str | None = None
    verified_by: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether two different people have verified it."""
        return len({" ".join(name.casefold().split()) for name in self.verified_by} - {""}) >= _NEEDED


def tell(statement: Statement, language: Language = "en") -> str:
    """One paragraph, in English or Arabic, that says what the document shows and nothing beyond it.

    Nobody is ever told to be dead, buried, moved or released: the document is told, its date as its own, its charge as an allegation. The
    caution that goes with an order of release stays when it is verified: what is verified is that the document says so.
    """
    parts = (_appears(statement, language), _dated(statement, language), _charged(statement, language), _caution(statement, language))
    return " ".join(part for part in parts if part)


def _appears(statement: Statement, language: Language) -> str:
    kind = _in(_KINDS.get(statement.type or "", ("document", "وثيقة")), language)
    name, document = _plain(statement.name), _plain(statement.document)
    if language == "ar":
        state = "تحقق منه شخصان" if statement.verified else "غير متحقق منه"
        return f"يرد اسم {name} في الوثيقة {document} ({kind})، {state}."
    return f"{name} appears in document {document} ({kind}), {'verified by two people' if statement.verified else 'unverified'}."


def _dated(statement: Statement, language: Language) -> str:
    what = _DATES.get(statement.role or "")
    if not what or not statement.date:
        return ""
    date = _plain(statement.date)
    return f"وتذكر الوثيقة {date} {what[1]}." if language == "ar" else f"The document gives {date} as the {what[0]}."


def _charged(statement: Statement, language: Language) -> str:
    if not statement.charge:
        return ""
    charge, agency = _plain(statement.charge), _plain(statement.agency or "")
    if language == "ar":
        return f"التهمة: {charge}، بحسب ادعاء {agency or 'الوثيقة'}."
    return f"Charge: {charge}, as alleged by {agency or 'the document'}."


def _caution(statement: Statement, language: Language) -> str:
    role = statement.role or ""
    matter = _SAME.get(role, role) if _SAME.get(role, role) in _CAUTIONS else _MATTERS.get(statement.type or "", "")
    if matter not in _CAUTIONS or (statement.verified and matter != "release"):
        return ""
    return _in(_CAUTIONS[matter], language)


def _in(pair: Pair, language: Language) -> str:
    return pair[language == "ar"]


def _plain(text: str) -> str:
    """Words on one line without marks that could turn or hide the words around them."""
    return " ".join(clean(text).split())
