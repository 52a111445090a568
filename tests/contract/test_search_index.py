"""What every SearchIndex must do, run against each of them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import Usage
from pipeline.model import Candidate, Query
from pipeline.ports import SearchIndex
from search.elastic import ElasticIndex
from search.fts5 import Fts5Index
from search.memory import MemoryIndex
from tests.unit.search.pages import page, person, ref

ADAPTERS = ("fts5", "memory", "elastic")


@pytest.fixture(params=ADAPTERS)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchIndex]:
    with closing(_made(request, tmp_path)) as made:
        yield made


def _made(request: pytest.FixtureRequest, folder: Path) -> SearchIndex:
    if request.param == "fts5":
        return Fts5Index(folder / "index.db", create=True)
    if request.param == "memory":
        return MemoryIndex()
    endpoint = request.getfixturevalue("elastic")
    made = ElasticIndex(f"{endpoint.url}/contract", endpoint.api_key, endpoint.ca_file, create=True)
    made.clear()
    return made


def keys(found: list[Candidate]) -> list[tuple[int, int | None]]:
    return [(candidate.page.key, candidate.person) for candidate in found]


def ask(index: SearchIndex, text: str, limit: int = 50, **filters: Any) -> list[tuple[int, int | None]]:
    return keys(index.candidates(Query(text, **filters), limit))


def test_a_new_index_answers_and_holds_nothing(index: SearchIndex) -> None:
    assert ask(index, "سامر") == []
    assert list(index.versions()) == []


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("سامر", "سامر"),
        ("أحمد", "احمد"),
        ("فاطمة", "فاطمه"),
        ("مصطفى", "مصطفي"),
        ("الحمصي", "حمصي"),
        ("حمصي", "الحمصي"),
        ("عبد الرحمن", "عبدالرحمن"),
        ("عبدالرحمن", "عبد الرحمن"),
        ("صلاح الدين", "صلاحالدين"),
        ("سَامِر", "سامر"),
        ("خضر", "حصر"),
        ("١٢٣/ب", "123/ب"),
        ("123/2012", "2012/123"),
        ("۴۵", "45"),
        ("Samer", "SAMER"),
        ("ﷴ", "محمد"),
    ],
)
def test_a_word_is_found_as_it_may_have_been_read(index: SearchIndex, asked: str, read: str) -> None:
    index.apply([page(1, f"قبل {read} بعد"), page(2, "كلام آخر")])
    assert ask(index, asked) == [(1, None)]


@pytest.mark.parametrize("read", ["الحسوني", "الحمويني", "الحموسي", "لحسوني", "الحسوي", "الحسسوني"])
def test_a_name_one_letter_apart_is_found_among_people(index: SearchIndex, read: str) -> None:
    index.apply([page(1, people=[person(f"وائل نبيل {read}")]), page(2, people=[person("جابر طلال الدقاق")])])
    expected = [(1, 0)] if read not in ("الحمويني", "الحموسي") else []
    assert ask(index, "الحسوني") == expected


def test_a_person_whose_every_part_agrees_comes_before_parts_alone(index: SearchIndex) -> None:
    index.apply([
        page(1, people=[person("خالد محمد الحلبي")]),
        page(2, people=[person("محمد سعيد الحمصي"), person("محمد خالد الحمصي")]),
        page(3, people=[person("محمد خالد الحموي")]),
    ])  # fmt: skip
    assert ask(index, "محمد خالد الحمصي")[0] == (2, 1)


DAMAGED = [
    person("محمد خالد الحمصي"),
    person("مخمد خاد الخصمي", given="مخمد", father="خاد", family="اكحمضي"),  # each part a letter off
    person("محمدخالد الحمصي", given="محمدخالد", father=None, family="الحمصي"),
    person("محمد خالدالحمضي", given="محمد", father="خالدالحمضي", family=None),
    person("محمد الحمصي", given="محمد", father=None, family="الحمصي"),
    person("محمد خا لد الحمصي", given="محمد", father="خا لد", family="الحمصي"),
    person("محمد خالد الحعضى", given="محمد", father="خالد", family="الحعضب"),  # two letters off in one part
]


@pytest.mark.parametrize("text", ["محمد خالد الحمصي", "mohamad khaled al-homsi", "Mouhammed KHALID El Homsy"])
def test_a_damaged_name_comes_before_those_that_share_less_of_it(index: SearchIndex, text: str) -> None:
    index.apply([page(key, people=[person("محمد سعيد الدقاق"), person("خالد محمود الحسن")]) for key in range(20, 50)])
    index.apply([page(key, people=[one]) for key, one in enumerate(DAMAGED, 1)])
    assert {key for key, _ in ask(index, text, limit=len(DAMAGED))} == set(range(1, len(DAMAGED) + 1))


def test_the_given_name_counts_in_its_place(index: SearchIndex) -> None:
    index.apply([page(1, people=[person("خالد محمد الحمصي")]), page(2, people=[person("محمد خالد الحمصي")])])
    assert ask(index, "محمد خالد الحمصي") == [(2, 0), (1, 0)]


def test_a_mother_is_asked_for_by_her_label(index: SearchIndex) -> None:
    index.apply([page(1, people=[person("فاطمة سعيد الحمصي")]), page(2, people=[person("سامر سعيد الحمصي", mother="فاطمة")])])
    assert ask(index, "الحمصي والدته فاطمة")[0] == (2, 0)


def test_frequent_words_do_not_hide_rare_ones(index: SearchIndex) -> None:
    index.apply([page(key, people=[person("محمد أحمد العلي")]) for key in range(1, 60)])
    index.apply([page(99, people=[person("محمد رشوان القصبجي")])])
    assert ask(index, "محمد القصبجي", limit=5)[0] == (99, 0)


def test_ties_come_by_page_then_person_and_the_limit_holds(index: SearchIndex) -> None:
    index.apply([page(key, "سامر", [person("سامر نبيل"), person("سامر جابر")]) for key in (3, 1, 2)])
    assert ask(index, "سامر", limit=3) == [(1, 0), (1, 1), (2, 0)]
    assert ask(index, "سامر") == [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1), (1, None), (2, None), (3, None)]
    assert ask(index, "سامر", limit=0) == []


def test_weights_fall(index: SearchIndex) -> None:
    index.apply([page(key, people=[person(name)]) for key, name in enumerate(("سامر نبيل الحمصي", "سامر الحمصي", "سامر", "نبيل"), 1)])
    weights = [candidate.weight for candidate in index.candidates(Query("سامر نبيل الحمصي"), 10)]
    assert len(weights) == 4
    assert weights == sorted(weights, reverse=True)


def test_a_candidate_carries_what_was_read(index: SearchIndex) -> None:
    read = person("سامر نبيل الحمصي", mother="فاطمة", year=1985, place="حمص", role="subject", confidence=0.5)
    held = page(7, "نص الصفحة سامر", [read])
    index.apply([held])
    found = {candidate.person: candidate for candidate in index.candidates(Query("سامر"), 10)}
    assert found[0].record == read
    assert found[None].record is None
    assert found[None].text == "نص الصفحة سامر"
    assert {candidate.page for candidate in found.values()} == {held.page}


FILTERED = [
    page(1, "سامر", holding="box-1", facility="MI-215", type="memo", dates=[("2012-05-01", "2012-05-31")]),
    page(2, "سامر", holding="box-2", facility="MI-227", type="court", dates=[("2013-01-15", "2013-01-15"), ("1790-01-01", "1790-01-01")]),
    page(3, "سامر", holding='ص "x" OR *', facility="MI-215", type=None),
]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [1, 2, 3]),
        ({"holdings": ("box-1",)}, [1]),
        ({"holdings": ("box-1", "box-2")}, [1, 2]),
        ({"holdings": ()}, []),
        ({"holdings": ("box",)}, []),
        ({"holdings": ('ص "x" OR *',)}, [3]),
        ({"facility": "MI-215"}, [1, 3]),
        ({"facility": "MI-21"}, []),
        ({"type": "court"}, [2]),
        ({"facility": "MI-215", "type": "court"}, []),
        ({"earliest": "2012-05-31"}, [1, 2]),
        ({"earliest": "2012-06-01"}, [2]),
        ({"earliest": "2012-06-01", "latest": "2012-12-31"}, []),
        ({"earliest": "2012", "latest": "2012"}, [1]),
        ({"latest": "2012-04-30"}, [2]),
        ({"earliest": "2013-01", "latest": "2013-01"}, [2]),
    ],
)
def test_filters(index: SearchIndex, filters: dict[str, Any], expected: list[int]) -> None:
    index.apply(FILTERED)
    assert [key for key, _ in ask(index, "سامر", **filters)] == expected


def test_filters_come_before_the_limit(index: SearchIndex) -> None:
    index.apply([page(key, "سامر") for key in range(1, 30)] + [page(50, "سامر", holding="box-9", dates=[("2012-05-01", "2012-05-01")])])
    assert ask(index, "سامر", limit=1, holdings=("box-9",)) == [(50, None)]
    assert ask(index, "سامر", limit=1, earliest="2012-05-01", latest="2012-05-02") == [(50, None)]


def test_a_birth_is_no_date_of_the_paper(index: SearchIndex) -> None:
    index.apply([page(1, "سامر", [person("سامر", year=1985)])])
    assert ask(index, "سامر", earliest="1985", latest="1985") == []


def test_a_newer_version_replaces_all_that_was_there(index: SearchIndex) -> None:
    index.apply([page(1, "سامر", [person("سامر نبيل"), person("جابر طلال")], version=1)])
    index.apply([page(1, "وائل", [person("وائل نبيل")], version=2)])
    assert (ask(index, "سامر"), ask(index, "جابر")) == ([], [])
    assert ask(index, "وائل") == [(1, 0), (1, None)]
    assert list(index.versions()) == [(1, 2)]


@pytest.mark.parametrize("version", [1, 2])
def test_a_version_that_is_not_newer_changes_nothing(index: SearchIndex, version: int) -> None:
    index.apply([page(1, "سامر", version=2)])
    index.apply([page(1, "وائل", version=version)], [ref(1, version)])
    assert ask(index, "سامر") == [(1, None)]
    assert ask(index, "وائل") == []


def test_what_was_removed_stays_removed_against_older_versions(index: SearchIndex) -> None:
    index.apply([page(1, "سامر", version=1), page(2, "سامر", version=1)])
    index.apply([], [ref(1, 3), ref(8, 5)])
    assert list(index.versions()) == [(2, 1)]
    index.apply([page(1, "سامر", version=2), page(8, "سامر", version=5)])
    assert ask(index, "سامر") == [(2, None)]
    index.apply([page(1, "سامر", version=4)])
    assert ask(index, "سامر") == [(1, None), (2, None)]


def test_a_withdrawn_page_is_not_found(index: SearchIndex) -> None:
    index.apply([page(1, "سامر", version=1)])
    held = page(1, "سامر", version=2)
    index.apply([type(held)(ref(1, 2, withdrawn=True), 1, held.text, held.entities, None)])
    assert ask(index, "سامر") == []
    assert list(index.versions()) == []


def test_the_last_of_one_batch_wins(index: SearchIndex) -> None:
    index.apply([page(1, "سامر", version=2), page(1, "وائل", version=1), page(1, "جابر", version=3)])
    assert (ask(index, "سامر"), ask(index, "وائل"), ask(index, "جابر")) == ([], [], [(1, None)])


def test_clear_forgets_versions_too(index: SearchIndex) -> None:
    index.apply([page(1, "سامر", version=5)], [ref(2, 9)])
    index.clear()
    assert (ask(index, "سامر"), list(index.versions())) == ([], [])
    index.apply([page(1, "سامر", version=1), page(2, "سامر", version=1)])
    assert ask(index, "سامر") == [(1, None), (2, None)]


@pytest.mark.parametrize("text", ["", "   ", "\u200f\u202e", "؟!،", "***", "َُِ", "\ud800", "//", "\x00"])
def test_a_query_without_a_word_is_refused(index: SearchIndex, text: str) -> None:
    with pytest.raises(Usage, match="bad-query"):
        index.candidates(Query(text), 10)


@pytest.mark.parametrize(("earliest", "latest"), [("2012-13", None), ("x", None), (None, "2012-02-30"), ("2013", "2012"), ("99999", None)])
def test_a_period_that_is_none_is_refused(index: SearchIndex, earliest: str | None, latest: str | None) -> None:
    with pytest.raises(Usage, match="bad-query"):
        index.candidates(Query("سامر", earliest=earliest, latest=latest), 10)


@pytest.mark.parametrize(
    "text",
    [
        'سامر" OR "x', "سامر*", "s:سامر", "سامر AND NOT سامر", "NEAR(سامر سامر, 2)", "^سامر", "{s}: سامر", "(سامر",
        "سامر'; DROP TABLE pages;--", ".*سامر.*", "[سامر]+", "سامر%_", "-سامر", "\u202eسامر\u202c", "سا\u0640مر",
        "سامر Samer サメル", "سامر " * 10_000, "سامر" + "\u0301" * 5000, "سامر " + "9" * 5000,
    ],
)  # fmt: skip
def test_nothing_in_a_query_is_an_operator(index: SearchIndex, text: str) -> None:
    index.apply([page(1, "هنا سامر", [person("سامر نبيل")]), page(2, "لا أحد")])
    assert (1, None) in ask(index, text)


def test_three_thousand_names_on_one_page(index: SearchIndex) -> None:
    people = [person(f"سامر نبيل ال{chr(0x0628 + at % 6)}ا{chr(0x0641 + at % 5)}ي") for at in range(3000)]
    index.apply([page(1, "سجل", people)])
    assert len(ask(index, "سامر", limit=4000)) == 3000
    index.apply([page(1, "سجل", people[:10], version=2)])
    assert len(ask(index, "سامر", limit=4000)) == 10
