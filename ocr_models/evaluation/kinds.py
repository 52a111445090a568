"""The kinds of papers drawn for evaluation. Their words and their layout are their own: ocr_models.training has others."""

from collections.abc import Callable, Sequence

from ocr_models.evaluation.paper import Heading, Paper

Kind = Callable[[Paper], None]

_STATE = ("الجمهورية العربية السورية", "وزارة الدفاع", "القيادة العامة للجيش والقوات المسلحة", "شعبة المخابرات", "{facilities}")


def letterhead(paper: Paper, left: Sequence[str], right: Sequence[str] = _STATE) -> None:
    """Offices centred on each other at the right, what the desk wrote at the left; the right column is read first."""
    top, say = paper.y, paper.clerk.say
    for phrase in right:
        paper.down(0.9)
        paper.centred(say(phrase), paper.right - 330, bold=True)
    foot, paper.y = paper.y, top
    for phrase in left:
        paper.down()
        text = say(phrase)
        paper.say(text, paper.left + max(520.0, paper.width(text)))
    paper.y = max(foot, paper.y)
    paper.down(0.6)


def signed(paper: Paper, *phrases: str, middle: float = 0.0) -> None:
    """Name, rank and post at the left foot; where the signature goes, paper is left."""
    for phrase in phrases:
        paper.down()
        paper.centred(paper.clerk.say(phrase), middle or paper.left + 400, bold=True)


def cable(paper: Paper) -> None:
    say = paper.clerk.say
    letterhead(paper, ("سري للغاية", "رقم الصادر {ref}", "تاريخ الإصدار {date}", "عدد الأوراق ({n1})"))
    paper.down(0.4)
    paper.centred("برقية محفوظة", size=round(paper.size * 1.25), bold=True, underlined=True)
    paper.down(0.5)
    for label, value in (("من:", "{facilities}"), ("إلى:", "السيد رئيس {facilities}"), ("صورة:", "{facilities} - {facilities}")):
        paper.down()
        paper.say(say(f"{label} {value}"), paper.right)
    paper.paragraph(say("جواباً على برقيتكم ذات الرقم {ref} الواردة إلينا مساء {date} نبين ما يلي:"), indent=110)
    bodies = (
        "أولاً - المدعو {long_name} والدته {women} من مواليد {places} {year} قيده في {places} خانة {n3} ويعمل بصفة {trade}، "
        "ولم يراجع الفرع رغم دعوته مرتين في {date} وفي {date}.",
        "ثانياً - أوقف بالاشتراك مع {name} عند مدخل {places} قرابة الساعة {clock} "
        "من يوم {date} وصودرت منه سيارة تحمل اللوحة {n5} وجهازان خليويان.",
        "ثالثاً - ورد اسمه في إفادة الموقوف {name} الملحقة بالإضبارة {ref} "
        "على أنه كان يؤمن الطعام لمجموعة من أبناء {places} عددها {n2} شخصاً.",
        "رابعاً - لم يعثر في أرشيف القسم على سوابق باسمه سوى مخالفة مسجلة سنة {lately} طويت في حينه بموجب الكتاب {ref}.",
    )
    for phrase in paper.clerk.rng.sample(bodies, 3):
        paper.paragraph(say(phrase), indent=110)
    paper.paragraph(say("نقترح تمديد توقيفه {n2} يوماً بانتظار ورود أجوبة الفروع، والأمر عائد لكم."), indent=110)
    paper.down(0.6)
    signed(paper, "{ranks} {name}", "رئيس {facilities}")
    paper.down(1.6)
    for phrase in ("نسخة للأمانة: الرقم {n4}", "نسخة إلى {facilities} للعلم"):
        paper.down()
        paper.say(say(phrase), paper.right)


def interrogation(paper: Paper) -> None:
    say = paper.clerk.say
    letterhead(paper, ("قسم الاستجواب", "ضبط {n3}/{lately}"), _STATE[:1] + _STATE[3:])
    paper.centred("محضر استجواب موقوف", size=round(paper.size * 1.3), bold=True)
    paper.down(0.4)
    half = (paper.left + paper.right) // 2
    rows = (
        ("الاسم الكامل", "{long_name}", "لقبه", "أبو {men}"), ("ابن", "{men}", "وأمه", "{women} {families}"),
        ("مكان ولادته", "{places}", "سنة ولادته", "{year}"), ("رقمه الوطني", "{national}", "رقم قيده", "{n3}"),
        ("عمله", "{trade}", "سكنه", "{places}"), ("تاريخ توقيفه", "{date}", "الدورية", "{n1} - {places}"),
        ("رقم الموقوف", "{n4}", "المهجع", "{n2}"), ("رقم هاتفه", "{phone}", "تاريخ الجلسة", "{date}"),
    )  # fmt: skip
    for label, value, other, second in rows:
        paper.down(1.15)
        first = say(value)
        _filled(paper, label, first, paper.right, half + 40)
        if paper.right - paper.width(f"{label}: {first}") < half + 20:
            paper.down(1.15)
        _filled(paper, other, say(second), half - 20, paper.left)
    paper.down(0.5)
    answers = (
        ("منذ متى تقيم في {places}؟", "أقيم فيها منذ شهر آذار {lately} في بناء يملكه قريبي {name} قرب الفرن الآلي."),
        ("ما صلتك بالمدعو {name}؟", "تعرفت عليه سنة {lately} أثناء الخدمة الإلزامية في {places} وانقطعت أخباره بعد {date}."),
        ("كم مرة حضرت الاجتماعات ومن حضرها؟", "حضرت {n1} مرات، وكان معنا {name} وشخص لا أعرف سوى كنيته {families}."),
        ("من أين لك المبلغ المصادر؟", "هو أجرة ورشة في {places} عن {n2} يوماً، ومعي إيصال برقم {n5} مؤرخ في {date}."),
    )
    for question, answer in paper.clerk.rng.sample(answers, 3):
        paper.paragraph(say(f"س: {question}"))
        paper.paragraph(say(f"ج: {answer}"))
    paper.paragraph("تمت القراءة على صاحب الإفادة فصادق عليها ووضع بصمة إبهامه الأيسر.")
    paper.down(0.4)
    _in_a_row(paper, "صاحب الإفادة", "كاتب المحضر", "المستجوب")


def verdict(paper: Paper) -> None:
    say = paper.clerk.say
    for phrase in ("الجمهورية العربية السورية", "وزارة العدل", "محكمة الجنايات المختصة بقضايا الإرهاب بدمشق"):
        paper.down(0.95)
        paper.centred(phrase, bold=True)
    paper.down(1.3)
    y = paper.y
    paper.say(say("أساس {n4}"), paper.right - 40)
    paper.centred(say("قرار {n3}"))
    paper.say(say("سنة {lately}"), paper.left + 420)
    paper.rule(paper.left, y - paper.size, paper.right, y - paper.size)
    paper.rule(paper.left, y + paper.size // 2, paper.right, y + paper.size // 2)
    for title, phrases in (
        ("المدعى عليه", ("{long_name} والدته {women} تولد {places} {year} رقمه الوطني {national} موقوف وجاهياً منذ {day}.",)),
        ("خلاصة الواقعة", (
            "تتحصل القضية في أن دورية من {facilities} دهمت مساء {date} مزرعة عائدة للمدعو {name} في {places} فعثرت على {n2} بطاقة هوية.",
            "وإن الشاهد {name} صرح أمام المحكمة في جلسة {date} بأن الموقوف أودع لديه حقيبة مقفلة قبل {n1} أيام من المداهمة.")),
        ("النظر في الدعوى", (
            "من الثابت بالضبط المنظم برقم {ref} أن الفعل وقع بعد نفاذ القانون {n2} الصادر سنة {lately}، "
            "وأن إنكار المتهم لم يتأيد بدليل.",)),
    ):  # fmt: skip
        paper.down(1.1)
        paper.say(f"{title}:", paper.right, bold=True)
        for phrase in phrases:
            paper.paragraph(say(phrase), indent=90)
    paper.down(1.1)
    paper.centred("فلهذه الأسباب حكمت المحكمة بالإجماع", bold=True)
    articles = ("حبس المتهم {name} مدة {n1} سنوات تحسب منها مدة توقيفه.", "مصادرة السيارة ذات اللوحة {n5} ومبلغ {n5} ليرة.",
                "إلزامه برسم قدره {n3} ليرة، حكماً يقبل الطعن أمام الغرفة الجزائية في {n2} يوماً.")  # fmt: skip
    for number, phrase in enumerate(articles, 1):
        paper.paragraph(say(f"{paper.clerk.figure(number)}- {phrase}"))
    paper.paragraph(say("أفهم علناً في {hijri} الموافق {day} م"))
    paper.down(0.4)
    _in_a_row(paper, "العضو", "العضو", "رئيس المحكمة")
    _in_a_row(paper, "{name}", "{name}", "{name}")


def death(paper: Paper) -> None:
    say = paper.clerk.say
    letterhead(paper, ("الشعبة الطبية", "العدد: {ref}", "في: {date}"), ("إدارة الخدمات الطبية", "مشفى {places} العسكري"))
    paper.down(0.8)
    paper.centred("إشعار بوفاة", size=round(paper.size * 1.5), bold=True, underlined=True)
    paper.down(0.8)
    paper.paragraph(say("إلى السيد قائد الشرطة العسكرية في {places}"))
    paper.paragraph(say("نفيدكم أن الموقوف ذا الرقم {n4}/{n3} واسمه {long_name} أدخل الإسعاف عند الساعة {clock} "
            "من يوم {date} بحالة اختلاج وهبوط ضغط، "
                        "وأجري له إنعاش مدة {n2} دقيقة دون فائدة، فأعلنت الوفاة في الساعة {clock}."), indent=100)  # fmt: skip
    paper.down(0.3)
    for label, value in (("تشخيص الوفاة", "قصور قلب حاد مع وذمة رئة"), ("رقم البراد", "{n2}"), ("مستلم الجثة", "{name}"),
                         ("رقم القبر", "{n3}/{n1}"), ("مكان الدفن", "{places}")):  # fmt: skip
        paper.down(1.2)
        _filled(paper, label, say(value), paper.right, paper.left + 500)
    paper.down(1.0)
    _in_a_row(paper, "الطبيب الشرعي", "", "مدير المشفى")
    _in_a_row(paper, "{name}", "", "{name}")


def transfer(paper: Paper) -> None:
    say = paper.clerk.say
    letterhead(paper, ("الرقم {ref}", "بتاريخ {date}"), _STATE[:1] + _STATE[3:])
    paper.centred("أمر سوق", size=round(paper.size * 1.3), bold=True)
    paper.paragraph(
        say(
            "يكلف {ranks} {name} مع {n1} عناصر بسوق الموقوفين المبينين أدناه من {facilities} إلى {facilities} "
            "يوم {date} وإعادة هذا الأمر موقعاً."
        ),
        indent=90,
    )
    columns = (Heading("ت", "", 0.7), Heading("اسم الموقوف", "{name}", 4.2), Heading("رقمه", "{n4}", 1.5), Heading("تولده", "{year}", 1.5),
               Heading("أضبارة", "{ref}", 2.2), Heading("أمانات", "{n5}", 1.8))  # fmt: skip
    _filled_table(paper, columns, paper.clerk.rng.randint(4, 7), total=None)
    paper.paragraph(say("سلمت الأضابير وعددها {n1} مختومة، والأمانات بموجب الإيصال {n5} والقيود مطابقة."))
    paper.down(0.6)
    _in_a_row(paper, "سلّمه", "", "استلمه")
    _in_a_row(paper, "{name}", "", "{name}")
    _in_a_row(paper, "{day}", "", "{day}")


def wanted(paper: Paper) -> None:
    say = paper.clerk.say
    letterhead(paper, ("نشرة {n3}", "للعام {lately}", "فورية"), _STATE[:1] + _STATE[3:])
    paper.centred("نشرة ملاحقة", size=round(paper.size * 1.3), bold=True, underlined=True)
    paper.paragraph("على جميع القوى العاملة على الأرض تحري الأشخاص التالية أسماؤهم وإلقاء القبض عليهم أينما وجدوا:", indent=90)
    actions = ("يوقف", "يمنع من المغادرة", "يراقب", "يستدعى")
    for number in range(1, 7):
        phrase = "{name} أمه {women} محل ولادته {places} عام {year}، ACTION لصالح {facilities} بالكتاب {ref} في {date}."
        phrase = phrase.replace("ACTION", paper.clerk.rng.choice(actions))
        paper.paragraph(say(f"{paper.clerk.figure(number)} - {phrase}"), right=paper.right - 60)
    paper.paragraph(say("وتلغى النشرة السابقة ذات الرقم {n3} المعممة يوم {date} اعتباراً من وصول هذه."))
    paper.down(0.5)
    signed(paper, "{ranks} {name}", "نائب مدير الإدارة")


def detainees(paper: Paper) -> None:
    """A list with a merged heading over the arrest's columns, names that wrap, empty cells and a total."""
    letterhead(paper, ("العدد {ref}", "لغاية {date}"), _STATE[:1] + _STATE[3:])
    paper.centred(paper.clerk.say("كشف بالنزلاء الموجودين في {facilities}"), bold=True)
    columns = (Heading("ت", "", 0.7), Heading("الاسم الثلاثي", "{name}", 3.1), Heading("اسم الأم", "{women}", 1.6),
               Heading("المواليد", "{year}", 1.4),
               Heading("تاريخه", "{date}", 2.2, "التوقيف"), Heading("جهته", "{n3}", 1.2, "التوقيف"),
               Heading("التهمة", "{offence}", 2.0))  # fmt: skip
    _filled_table(paper, columns, paper.clerk.rng.randint(10, 15), total="مجموع النزلاء")
    signed(paper, "{ranks} {name}", "آمر السجن")


def ledger(paper: Paper) -> None:
    """Long columns of numbers and dates, as a desk's register has them."""
    paper.down()
    paper.centred(paper.clerk.say("سجل الوارد - صحيفة {n3}"), bold=True)
    columns = (Heading("مسلسل", "{n4}", 1.4), Heading("ورد يوم", "{date}", 2.2), Heading("رقم الكتاب", "{ref}", 2.2),
               Heading("مصدره", "{facilities}", 3.0),
               Heading("موضوعه", "بشأن {name}", 3.6), Heading("حفظ", "{n3}", 1.0))  # fmt: skip
    _filled_table(paper, columns, paper.clerk.rng.randint(12, 17), total=None)


def _filled_table(paper: Paper, columns: Sequence[Heading], count: int, total: str | None) -> None:
    say, rng = paper.clerk.say, paper.clerk.rng
    rows = []
    for number in range(1, count + 1):
        rows.append(
            [say(column.slot) if column.slot and (place < 2 or rng.random() > 0.06) else "" for place, column in enumerate(columns)]
        )
        rows[-1][0] = rows[-1][0] or paper.clerk.figure(number)
    paper.table(columns, rows, size=round(paper.size * 0.82), thick=rng.choice((2, 3, 5)), total=(total, say("{n3}")) if total else None)


def _filled(paper: Paper, label: str, value: str, right: int, left: int) -> None:
    """A label and its value, the rest of the line dotted."""
    line = paper.say(f"{label}: {value}", right)
    if line.box.x0 - left > 120:
        paper.dotted(line.box.x0 - 24, left + 20)


def _in_a_row(paper: Paper, *phrases: str) -> None:
    """Texts side by side, centred in their shares of the page, read from the right."""
    paper.down()
    share = (paper.right - paper.left) / len(phrases)
    for number, phrase in enumerate(phrases):
        if phrase:
            paper.centred(paper.clerk.say(phrase), paper.right - share * (number + 0.5))


KINDS: dict[str, Kind] = {
    "cable": cable, "interrogation": interrogation, "verdict": verdict, "death": death, "transfer": transfer, "wanted": wanted,
    "detainees": detainees, "ledger": ledger,
}  # fmt: skip
