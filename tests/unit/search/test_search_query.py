"""What a person typed, as terms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Usage
from pipeline.model import Query
from search.plan import filter_groups, tiers
from search.query import MAX_TERMS, Period, parse, period


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("محمد خالد الحمصي", [("محمد", "name"), ("خالد", "name"), ("الحمصي", "name")]),
        ("سامر بن نبيل والدته فاطمة", [("سامر", "name"), ("نبيل", "name"), ("فاطمة", "mother")]),
        ("والدته فاطمة مواليد ١٩٨٥ حمص", [("فاطمة", "mother"), ("1985", "birth"), ("حمص", "place")]),
        ("سامر تولد حمص 1985", [("سامر", "name"), ("حمص", "place"), ("1985", "birth")]),
        ("سامر ۱۹۸۵", [("سامر", "name"), ("1985", "birth")]),
        ("٢١٥", [("215", "number")]),
        ("والدته", [("والدته", "name")]),
        ("سامر سامر", [("سامر", "name"), ("سامر", "name")]),
        ("سامر " * 7, [("سامر", "name")]),
    ],
)
def test_terms(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(term.form.raw if not term.form.number else term.form.spelling, term.field) for term in parse(text).terms] == expected


@pytest.mark.parametrize("text", ["", " \n", "؟!،", "\u200f\u202e\u2069", "ـــ", "\ud800\udfff"])
def test_no_word_no_question(text: str) -> None:
    with pytest.raises(Usage, match="bad-query"):
        parse(text)


def test_a_long_query_is_cut_and_says_so() -> None:
    question = parse(" ".join(f"كلمة{chr(0x0628 + at % 20)}{at}" for at in range(10_000)))
    assert len(question.terms) == MAX_TERMS
    assert question.notice
    assert parse("سامر نبيل").notice is None


@pytest.mark.parametrize(
    ("earliest", "latest", "expected"),
    [
        (None, None, None),
        ("2012", "2013", Period("2012-01-01", "2013-12-31")),
        ("2012-02", "2012-02", Period("2012-02-01", "2012-02-29")),
        ("2012-05-03", None, Period("2012-05-03", "9999-12-31")),
        (None, "9999-12", Period("0001-01-01", "9999-12-31")),
    ],
)
def test_periods(earliest: str | None, latest: str | None, expected: Period | None) -> None:
    assert period(Query("سامر", earliest=earliest, latest=latest)) == expected


def test_no_holding_at_all_is_a_filter_too() -> None:
    assert filter_groups(Query("سامر", holdings=()), None) == ((),)
    assert filter_groups(Query("سامر"), None) == ()


@given(st.lists(st.text(alphabet="ابحدرسعفقكلمنهوي1", min_size=1, max_size=9), min_size=1, max_size=40))
def test_a_plan_is_bounded_sorted_and_asks_for_each_term_alone(words: list[str]) -> None:
    terms = parse(" ".join(words)).terms
    plan = tiers(terms, lambda word: len(word) * 1000, 1_000_000)
    weights = [tier.weight for tier in plan]
    assert weights == sorted(weights, reverse=True)
    assert len(plan) < 150
    assert len({tier.groups for tier in plan}) == len(plan)
    assert all(group for tier in plan for group in tier.groups)
    alone = {tier.groups for tier in plan if len(tier.groups) == 1}
    assert {"r" + term.form.rasm for term in terms} <= {word for (group,) in alone for word in group}
