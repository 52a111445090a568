"""Elasticsearch behind TLS and an API key: the same answers as the embedded index, names that change hands, pages it refuses."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest
from elastic_transport import ObjectApiResponse
from elasticsearch import Elasticsearch

from pipeline.errors import Damaged, Missing, PageFailed, Unavailable, Usage
from pipeline.model import IndexedPage, Person, Query
from pipeline.ports import SearchIndex
from search import elastic_search
from search.elastic import TRUSTED, ElasticIndex
from search.elastic_client import Gone, connect, send
from search.elastic_mapping import Put, layout
from search.fts5 import Fts5Index
from search.plan import tiers
from search.query import parse
from tests.services.endpoints import ElasticEndpoint
from tests.unit.search.pages import page, person, ref

GIVEN = ("محمد", "أحمد", "خالد", "سامر", "نبيل", "وائل", "فاطمة", "جابر", "عبد", "الرحمن", "رشوان")
FAMILY = ("الحمصي", "الحموي", "الحسوني", "الحموسي", "القصبجي", "الدقاق", "العلي", "حمصي", "صلاح", "الدين", "لحسوني")
HOLDINGS = ("box-1", "box-2", 'ص "x" OR *')

_numbers = count(1)


@pytest.fixture
def url(elastic: ElasticEndpoint) -> str:
    """An index of its own for each test."""
    return f"{elastic.url}/own{next(_numbers)}"


@pytest.fixture
def client(elastic: ElasticEndpoint, url: str) -> Iterator[Elasticsearch]:
    made, name = connect(url, elastic.api_key, elastic.ca_file)
    yield made
    made.indices.delete(index=list(made.indices.get_alias(index=f"{name}*")) or "none", ignore_unavailable=True)
    made.close()


def opened(elastic: ElasticEndpoint, url: str, create: bool = False) -> ElasticIndex:
    return ElasticIndex(url, elastic.api_key, elastic.ca_file, create, pause=lambda _: None)


def names(client: Elasticsearch, url: str) -> dict[str, set[str]]:
    found = client.indices.get_alias(index=f"{url.rpartition('/')[2]}-*")
    return {name: set(held["aliases"]) for name, held in found.items()}


def anyone(made: random.Random) -> Person:
    parts = [made.choice(GIVEN), *made.sample(GIVEN, made.randrange(2)), made.choice(FAMILY)]
    mother = made.choice(GIVEN) if made.random() < 0.5 else None
    place = made.choice(("حمص", "حماة", None))
    return person(" ".join(parts), mother, made.choice((None, 1980, 1985)), place, registry=made.choice((None, "٧/١٢", "12/7")))


def any_page(made: random.Random, key: int, version: int) -> IndexedPage:
    text = " ".join(made.choices([*GIVEN, *FAMILY, "مذكرة", "١٢٣/ب", "2012"], k=made.randrange(12)))
    first = f"{made.randrange(2011, 2014)}-{made.randrange(1, 13):02}-{made.randrange(1, 29):02}"
    dates = [(first, min(first[:8] + "28", f"{int(first[:4]) + 1}-01-01"))] if made.random() < 0.7 else []
    people = [anyone(made) for _ in range(made.choice((0, 1, 2, 9)))]
    facets = {"facility": made.choice((None, "MI-215", "MI-227")), "type": made.choice((None, "memo", "court"))}
    return page(key, text, people, version, made.choice(HOLDINGS), dates=dates, numbers=made.choices(("45/2012", "٩"), k=1), **facets)


def any_query(made: random.Random) -> Query:
    words = made.choices([*GIVEN, *FAMILY, "والدته", "مواليد", "1985", "123/ب", "حمص", "القصبحي", "محمود"], k=made.randrange(1, 5))
    years = sorted(made.choices(("2011", "2012-06", "2012-07-15", "2013"), k=2))
    earliest, latest = made.choice([(None, None), (years[0], None), (None, years[1]), (years[0], years[1])])
    holdings = made.choice((None, None, HOLDINGS[:2], HOLDINGS[2:]))
    kind, facility = made.choice((None, None, "memo")), made.choice((None, None, "MI-215"))
    return Query(" ".join([made.choice(GIVEN), *words]), holdings, facility, earliest, latest, kind)


def change(made: random.Random, round_: int, *indexes: SearchIndex) -> None:
    """The same pages, new, changed, stale and removed, to each of them."""
    pages = [any_page(made, made.randrange(1, 60), round_ - made.randrange(2)) for _ in range(40)]
    removed = [ref(made.randrange(1, 60), round_) for _ in range(6)]
    for index in indexes:
        index.apply(pages, removed)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.usefixtures("client")
def test_the_same_candidates_as_the_embedded_index(elastic: ElasticEndpoint, url: str, tmp_path: Path, seed: int) -> None:
    """Made pages and questions: same documents, same weights, same order, same contents, at every limit."""
    made, full = random.Random(seed), 0  # noqa: S311 - made pages, no secret
    with closing(opened(elastic, url, create=True)) as index, closing(Fts5Index(tmp_path / "i.db", create=True)) as plain:
        for round_ in range(1, 4):
            change(made, round_, index, plain)
            assert list(index.versions()) == list(plain.versions())
            for _ in range(10):
                query, limit = any_query(made), made.choice((1, 3, 20, 500))
                expected = plain.candidates(query, limit)
                assert index.candidates(query, limit) == expected, (query, limit)
                full += len(expected) == limit
    assert full > 5, "limits were reached"


@pytest.mark.usefixtures("client")
def test_answers_in_several_portions_are_whole(elastic: ElasticEndpoint, url: str) -> None:
    pages = elastic_search.PORTION + 20
    with closing(opened(elastic, url, create=True)) as index:
        index.apply([page(key, "سامر") for key in range(1, pages + 1)])
        found = index.candidates(Query("سامر"), pages + 5)
        assert [candidate.page.key for candidate in found] == list(range(1, pages + 1))
        assert len(index.candidates(Query("سامر"), pages - 5)) == pages - 5
        assert list(index.versions()) == [(key, 1) for key in range(1, pages + 1)]


LONG = "سامر نبيل الحمصي وائل جابر الدقاق رشوان القصبجي خالد أحمد الحموي فاطمة صلاح العلي محمود طلال"
"""As many words as are looked for: more combinations of them than go into one request."""


class Noting:
    """The client, each question to it noted; after the first search something may happen."""

    def __init__(self, client: Elasticsearch, meanwhile: Callable[[], object] = lambda: None) -> None:
        self._client, self._meanwhile = client, meanwhile
        self.asked: list[str] = []

    def search(self, **how: Any) -> ObjectApiResponse[Any]:
        answer = self._client.search(**how)
        if "search" not in self.asked:
            self._meanwhile()
        self.asked.append("search")
        return answer

    def open_point_in_time(self, **how: Any) -> ObjectApiResponse[Any]:
        self.asked.append("open")
        return self._client.open_point_in_time(**how)

    def close_point_in_time(self, **how: Any) -> ObjectApiResponse[Any]:
        self.asked.append("close")
        return self._client.close_point_in_time(**how)


def best(noting: Noting, url: str, text: str, limit: int) -> list[int]:
    """Keys of the pages found."""
    generation = elastic_search.Generation(cast(Elasticsearch, noting), url.rpartition("/")[2])
    plan = tiers(parse(text).terms, lambda _: 1, 100)
    return [one.page.key for one in generation.best(plan, (), None, limit)]


@pytest.mark.parametrize(
    ("text", "limit", "asked"),
    [
        ("سامر", 1, ["search"]),
        ("سامر نبيل الحمصي والدته فاطمة", 100, ["search"]),
        ("سامر", elastic_search.PORTION + 1, ["open", "search", "close"]),
        (LONG, 100, ["open", "search", "search", "close"]),
        (LONG, 1, ["open", "search", "close"]),
    ],
)
def test_a_plan_is_asked_for_at_once_where_it_can_be(
    elastic: ElasticEndpoint, url: str, client: Elasticsearch, text: str, limit: int, asked: list[str]
) -> None:
    with closing(opened(elastic, url, create=True)) as index:
        index.apply([page(1, people=[person(LONG)])])
    noting = Noting(client)
    assert best(noting, url, text, limit) == [1]
    assert noting.asked == asked


def test_a_page_that_is_replaced_while_it_is_looked_for_is_not_missed(elastic: ElasticEndpoint, url: str, client: Elasticsearch) -> None:
    """It comes last at first, then among those that have been seen already."""
    alike = [page(key, people=[person("سامر نبيل")]) for key in range(2, elastic_search.PORTION + 2)]
    with closing(opened(elastic, url, create=True)) as index:
        index.apply([page(1, "سامر"), *alike])
        replaced = Noting(client, lambda: index.apply([page(1, people=[person("سامر نبيل")], version=2)]))
        assert 1 in best(replaced, url, "سامر نبيل", elastic_search.PORTION + 5)
        assert replaced.asked == ["open", "search", "search", "close"]


@pytest.mark.usefixtures("client")
def test_questions_of_many_words_find_the_same_as_the_embedded_index(elastic: ElasticEndpoint, url: str, tmp_path: Path) -> None:
    made = random.Random(7)  # noqa: S311 - made pages, no secret
    with closing(opened(elastic, url, create=True)) as index, closing(Fts5Index(tmp_path / "i.db", create=True)) as plain:
        change(made, 1, index, plain)
        for limit in (1, 5, 40, 500):
            words = made.sample([*GIVEN, *FAMILY], 15)
            query = Query(" ".join([*words, "والدته", words[0]]), holdings=made.choice((None, HOLDINGS[:2])))
            assert index.candidates(query, limit) == plain.candidates(query, limit)


@pytest.mark.parametrize("limit", [3, elastic_search.FEW, 30, 90, 400])
@pytest.mark.usefixtures("client")
def test_registers_of_many_names_give_the_same_as_the_embedded_index(
    elastic: ElasticEndpoint, url: str, tmp_path: Path, limit: int
) -> None:
    """Most of their pages hold more that is found than is asked for of a page at first."""
    made = random.Random(limit)  # noqa: S311 - made pages, no secret
    pages = [
        page(key, "سامر", [anyone(made) for _ in range(made.choice((1, 3, 25)))] + [person("سامر نبيل")] * key) for key in range(1, 31)
    ]
    with closing(opened(elastic, url, create=True)) as index, closing(Fts5Index(tmp_path / "i.db", create=True)) as plain:
        for each in (index, plain):
            each.apply(pages)
        for text in ("سامر", "محمد الحمصي", "خالد نبيل القصبجي"):
            assert index.candidates(Query(text), limit) == plain.candidates(Query(text), limit)


def test_a_generation_is_looked_up_again_when_it_has_gone(elastic: ElasticEndpoint, url: str, client: Elasticsearch) -> None:
    """Whoever searched it a moment ago is told at once that another version of Sijill has taken over."""
    name = url.rpartition("/")[2]
    with closing(opened(elastic, url, create=True)) as index:
        index.apply([page(1, "سامر")])
        assert len(index.candidates(Query("سامر"), 1)) == 1
        client.indices.create(index=f"{name}-000002", mappings={"_meta": {"format": "another"}})
        take_over = [{"remove_index": {"index": f"{name}-000001"}}, {"add": {"index": f"{name}-000002", "alias": name}}]
        client.indices.update_aliases(actions=take_over)
        with pytest.raises(Damaged, match="index-outdated"):
            index.candidates(Query("سامر"), 1)


def test_an_alias_moved_by_hand_is_seen_after_a_while(elastic: ElasticEndpoint, url: str, client: Elasticsearch) -> None:
    name, now = url.rpartition("/")[2], [0.0]
    with closing(ElasticIndex(url, elastic.api_key, elastic.ca_file, create=True, clock=lambda: now[0])) as index:
        index.apply([page(1, "سامر")])
        assert len(index.candidates(Query("سامر"), 1)) == 1
        client.indices.create(index=f"{name}-000002", **layout())
        move = [{"remove": {"index": f"{name}-000001", "alias": name}}, {"add": {"index": f"{name}-000002", "alias": name}}]
        client.indices.update_aliases(actions=move)
        now[0] += TRUSTED
        assert index.candidates(Query("سامر"), 1) == []


def test_a_missing_index_is_told_and_nothing_is_made_by_writing(elastic: ElasticEndpoint, url: str, client: Elasticsearch) -> None:
    with pytest.raises(Damaged, match=r"index-missing.*sijill reindex"):
        opened(elastic, url)
    with closing(opened(elastic, url, create=True)) as index:
        client.indices.delete(index=list(names(client, url)))
        with pytest.raises(Damaged, match="index-missing"):
            index.apply([page(1, "سامر")])
        with pytest.raises(Damaged, match="index-missing"):
            index.candidates(Query("سامر"), 1)
        with pytest.raises(Gone):
            send(client, f"{url.rpartition('/')[2]}-000001-write", [Put(1, 1, b"{}")], lambda _: None)
    assert names(client, url) == {}


def test_an_index_of_another_version_is_told_and_replaced(elastic: ElasticEndpoint, url: str, client: Elasticsearch) -> None:
    with closing(opened(elastic, url, create=True)) as index:
        [old] = names(client, url)
        client.indices.put_mapping(index=old, meta={"format": "another"})
        for ask in (lambda: index.apply([page(1)]), lambda: index.candidates(Query("سامر"), 1), lambda: opened(elastic, url)):
            with pytest.raises(Damaged, match=r"index-outdated.*sijill reindex"):
                ask()
        with closing(ElasticIndex.rebuild(url, elastic.api_key, elastic.ca_file)) as fresh:
            index.apply([page(1, "سامر")])
            with pytest.raises(Damaged, match="index-outdated"):
                index.candidates(Query("سامر"), 1)
            fresh.finish()
        assert len(index.candidates(Query("سامر"), 1)) == 1
    assert len(names(client, url)) == 1


def test_a_rebuild_takes_over_in_one_step_and_leaves_nothing(elastic: ElasticEndpoint, url: str, client: Elasticsearch) -> None:
    name = url.rpartition("/")[2]
    with ExitStack() as stack:
        index = stack.enter_context(closing(opened(elastic, url, create=True)))
        index.apply([page(1, "سامر"), page(2, "سامر")])
        cut_short = stack.enter_context(closing(ElasticIndex.rebuild(url, elastic.api_key, elastic.ca_file)))
        cut_short.apply([page(7, "سامر")])
        fresh = stack.enter_context(closing(ElasticIndex.rebuild(url, elastic.api_key, elastic.ca_file)))
        with pytest.raises(Unavailable, match="index-busy"):
            cut_short.apply([page(8)])
        index.apply([page(3, "سامر"), page(1, "وائل", version=2)], [ref(2, 2)])
        fresh.apply([page(1, "سامر"), page(2, "سامر"), page(4, "سامر")])
        assert [one.page.key for one in index.candidates(Query("سامر"), 9)] == [3]
        assert list(fresh.versions()) == [(1, 2), (3, 1), (4, 1)]
        fresh.finish()
        assert [one.page.key for one in index.candidates(Query("سامر"), 9)] == [3, 4]
    assert [sorted(held) for held in names(client, url).values()] == [sorted({name, f"{name}-write", f"{name}-000003-write"})]


def test_a_page_that_is_refused_is_named_and_those_beside_it_are_in(elastic: ElasticEndpoint, url: str, client: Elasticsearch) -> None:
    too_large = 1 << 62  # its people's numbers go beyond what a long holds
    with closing(opened(elastic, url, create=True)) as index:
        with pytest.raises(PageFailed, match=rf"page {too_large} \(document_parsing_exception\).*not-indexable"):
            index.apply([page(1, "سامر"), page(too_large, "سامر"), page(2, "سامر")])
        assert list(index.versions()) == [(1, 1), (2, 1)]
    strict = [Put(3, 1, b'{"key":3,"nobody":1}'), Put(4, 1, b'{"key":4,"documents":[{"id":1,"nobody":1}]}')]
    refused = send(client, f"{url.rpartition('/')[2]}-000001-write", strict, lambda _: None)
    assert refused == [(3, "strict_dynamic_mapping_exception"), (4, "strict_dynamic_mapping_exception")]


def test_creating_twice_changes_nothing(elastic: ElasticEndpoint, url: str, client: Elasticsearch) -> None:
    with closing(opened(elastic, url, create=True)) as index:
        index.apply([page(1, "سامر")])
        with closing(opened(elastic, url, create=True)) as again:
            assert list(again.versions()) == [(1, 1)]
    assert len(names(client, url)) == 1


def test_another_index_of_that_name_is_left_alone(elastic: ElasticEndpoint, url: str, client: Elasticsearch) -> None:
    client.indices.create(index=url.rpartition("/")[2])
    with pytest.raises(Usage, match="bad-setting"):
        opened(elastic, url, create=True)


def test_a_wrong_key_and_an_unknown_certificate_are_told(elastic: ElasticEndpoint, url: str) -> None:
    for key, ca_file in (("wrong", elastic.ca_file), ("", elastic.ca_file), (elastic.api_key, None)):
        with pytest.raises(Missing, match="index-denied"):
            ElasticIndex(url, key, ca_file, create=True)
