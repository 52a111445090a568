"""Candidates ranked, with reasons."""

import pytest

from pipeline.model import Candidate, Person
from search.compare import compare
from search.keys import forms
from search.query import parse
from search.ranking import Ranked, assess, rank
from tests.unit.search.pages import person, ref


@pytest.mark.parametrize(
    ("asked", "read", "rule"),
    [
        ("أحمد", "أحمد", "same"),
        ("أحمد", "احمد", "orthographic"),
        ("فاطمة", "فاطمه", "orthographic"),
        ("الخطيب", "خطيب", "article"),
        ("عبد الرحمن", "عبدالرحمن", "joined"),
        ("عبد رحمن", "عبدالرحمن", "joined"),
        ("خضر", "حصر", "dots"),
        ("القصبجي", "القصبحي", "dots"),
        ("الحسوني", "الحسوي", "edit"),
        ("سعيد", "سعيدة", "different"),
        ("أميرة", "أمير", "different"),
        ("علي", "على", "orthographic"),
        ("حسن", "حسين", "edit"),
        ("نبيل", "طلال", "different"),
        ("1985", "1986", "different"),
        ("١٩٨٥", "1985", "same"),
    ],
)
def test_rules(asked: str, read: str, rule: str) -> None:
    found, score = compare(forms(asked)[0], forms(read)[0])
    assert found == rule
    assert (score > 0) == (rule != "different")


def test_the_surer_the_rule_the_higher_the_score() -> None:
    asked = forms("القصبجي")[0]
    scores = [compare(asked, forms(read)[0])[1] for read in ("القصبجي", "القصبجى", "قصبجي", "القصبحي", "القصحي", "الدقاق")]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)


def ranked(text: str, one: Person | str) -> Ranked:
    record, read = (None, one) if isinstance(one, str) else (one, one.name)
    return assess(parse(text), Candidate(ref(1), None if record is None else 0, 1.0, read, record))


def rules(one: Ranked) -> list[tuple[str, str]]:
    return [(reason.part, reason.rule) for reason in one.reasons]


def test_every_part_says_why() -> None:
    one = ranked("أحمد خالد الحمصي والدته فاطمة مواليد 1985 حمص", person("احمد خالد حمصي", "فاطمه", 1986, "حمص"))
    expected = [("given", "orthographic"), ("father", "same"), ("family", "article"), ("mother", "orthographic"), ("birth", "near")]
    assert rules(one) == [*expected, ("birth place", "same")]


def test_what_the_paper_does_not_give_is_missing_what_it_denies_is_different() -> None:
    assert rules(ranked("سامر نبيل الحمصي", person("سامر الحمصي"))) == [("given", "same"), ("father", "missing"), ("family", "same")]
    assert rules(ranked("سامر نبيل الحمصي", person("سامر طلال الحمصي")))[1] == ("father", "different")


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (person("محمد خالد الحمصي"), person("خالد محمد الحمصي")),
        (person("محمد خالد الحمصي"), person("محمد الحمصي")),
        (person("محمد الحمصي"), person("محمد نبيل الحمصي")),
        (person("محمد خالد الحمصي"), person("محمد خالد الحمضي")),
        (person("محمد خالد الحمصي"), person("سامر محمد خالد الحمصي", family="الحمصي", father="محمد خالد")),
    ],
)
def test_order_of_preference(better: Person, worse: Person) -> None:
    assert ranked("محمد خالد الحمصي", better).score > ranked("محمد خالد الحمصي", worse).score


@pytest.mark.parametrize(
    ("text", "parts", "expected"),
    [
        ("محمد خالد الحمصي", {"given": "محمدخالد", "family": "الحمصي"}, [("given", "joined"), ("given", "joined"), ("family", "same")]),
        ("محمد خالد الحمصي", {"given": "محمد", "father": "خالدالحمضي"}, [("given", "same"), ("father", "joined"), ("father", "joined")]),
        ("محمد خالد", {"given": "محمد", "father": "خا لد"}, [("given", "same"), ("father", "joined")]),
        ("محمد الحمصي", {"given": "محمد", "family": "اكحمصي"}, [("given", "same"), ("family", "edit")]),
        ("mohamed el-homsi", {"given": "محمد", "family": "الحمصي"}, [("given", "latin"), ("family", "latin")]),
        ("Mehmet khaled", {"given": "محمد", "family": "الحمصي"}, [("given", "latin"), ("family", "different")]),
    ],
)
def test_words_run_together_split_or_in_latin_letters_say_so(text: str, parts: dict[str, str], expected: list[tuple[str, str]]) -> None:
    assert rules(ranked(text, Person("", (), **parts))) == expected


def test_another_mother_or_birth_speaks_against() -> None:
    text = "سامر نبيل الحمصي والدته فاطمة مواليد 1985"
    right = ranked(text, person("سامر نبيل الحمصي", "فاطمة", 1985)).score
    unknown = ranked(text, person("سامر نبيل الحمصي")).score
    other = ranked(text, person("سامر نبيل الحمصي", "خديجة", 1950)).score
    assert right == 1.0
    assert right > unknown > other


@pytest.mark.parametrize(
    ("text", "one", "likely"),
    [
        ("سامر نبيل الحمصي", person("سامر نبيل الحمصي", "فاطمة", 1985), False),
        ("سامر نبيل الحمصي والدته فاطمة", person("سامر نبيل الحمصي", "فاطمه"), True),
        ("سامر نبيل الحمصي مواليد 1985", person("سامر نبيل الحمصي", None, 1985), True),
        ("سامر نبيل الحمصي مواليد 1985", person("سامر نبيل الحمصي", None, 1987), False),
        ("سامر نبيل الحمصي ٧/١٢", person("سامر نبيل الحمصي", registry="7/12"), True),
        ("سامر نبيل الحمصي والدته فاطمة مواليد 1985", person("سامر نبيل الحمصي", "فاطمة", 1960), False),
        ("سامر نبيل الحمصي والدته فاطمة", person("سامر نبيل الحمصي"), False),
        ("سامر نبيل الحمصي والدته فاطمة", person("سامر نبيل الحلبي", "فاطمة"), False),
        ("سامر نبيل الحمصي والدته فاطمة مواليد 1985", person("سامر نبيل الحمصي", "فاطمة"), False),
        ("سامر نبيل الحمصي والدته فاطمة مواليد 1985", person("سامر نبيل الحمصي", "فاطمة", 1987), False),
        ("سامر نبيل الحمصي والدته فاطمة مواليد 1985", person("سامر نبيل الحمصي", "فاطمة", 1985), True),
        ("سامر والدته فاطمة", person("سامر نبيل الحمصي", "فاطمة"), False),
        ("سامر نبيل الحمصي حمص", person("سامر نبيل الحمصي", place="حمص"), False),
    ],
)
def test_likely_needs_more_than_a_name(text: str, one: Person, likely: bool) -> None:
    assert ranked(text, one).likely is likely


def test_pages_by_the_words_they_hold() -> None:
    whole = ranked("سامر نبيل الحمصي", "كتاب\nسامر نبيل الحمصي\nدمشق")
    apart = ranked("سامر نبيل الحمصي", "سامر\nنبيل\nالحمصي")
    partly = ranked("سامر نبيل الحمصي", "سامر نبيل\nدمشق")
    misread = ranked("سامر نبيل الحمصي", "سامر نبيل الحمضي")
    assert whole.score > misread.score > partly.score
    assert whole.score > apart.score > partly.score
    assert not whole.likely
    assert rules(partly)[2] == ("text", "different")


def test_a_page_is_found_by_latin_letters() -> None:
    one = ranked("samer Nabil", "كتاب\nسامر نبيل\nدمشق")
    assert rules(one) == [("text", "latin"), ("text", "latin")]
    assert one.score > ranked("samer Nabil", "سامر\nدمشق").score


def test_ties_are_settled_and_the_unmatched_left_out() -> None:
    record = person("سامر نبيل")
    made = [Candidate(ref(key), at, 1.0, "سامر نبيل", record) for key, at in ((2, 0), (1, 1), (1, 0))]
    stranger = Candidate(ref(9), 0, 5.0, "جابر", person("جابر طلال"))
    found = rank(parse("سامر نبيل"), [*made, stranger])
    assert [(one.candidate.page.key, one.candidate.person) for one in found] == [(1, 0), (1, 1), (2, 0)]
