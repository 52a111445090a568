"""Questions to Elasticsearch, all of one answer on one snapshot (point in time): frequencies, tiers, what is shown, versions."""

from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http import HTTPStatus
from itertools import chain, repeat
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from pipeline.model import PageRef
from search.documents import SLOTS, Document
from search.elastic_client import Gone, answered, failure
from search.elastic_mapping import DIGITS, day, digit, page_ref
from search.payload import unpack
from search.plan import Group, Tier
from search.query import Period

TIERS_AT_ONCE = (1, 2, 4, 8)
"""Tiers asked for in one request, the last again and again: frequent names end with the first, a rare one needs them all."""
PORTION = 1000
"""Pages asked for in one request."""
_KEPT = "2m"
"""How long Elasticsearch keeps a snapshot after each question to it."""
_FOUND = "hits.hits.inner_hits.documents.hits.hits.sort"

Body = dict[str, Any]


class Snapshot:
    """One generation as it was at one moment."""

    def __init__(self, client: Elasticsearch, id_: str) -> None:
        self._client, self._id = client, id_

    def frequencies(self, words: Sequence[str]) -> dict[str, int]:
        """How many documents hold each word."""
        terms = [{"term": {"counts": digit(word, at)}} for word in words for at in DIGITS]
        counted = {"words": {"filters": {"filters": terms}}}
        answer = self.ask({"size": 0, "aggs": counted}, "aggregations.words.buckets.doc_count")
        found = iter(bucket["doc_count"] for bucket in answer["aggregations"]["words"]["buckets"])
        return {word: sum(next(found) << at for at in DIGITS) for word in words}

    def walk(self, plan: Sequence[Tier], narrowed: Sequence[Group], asked: Period | None, limit: int) -> dict[int, float]:
        """Document ids with the weight of the first tier that found each, until there are ``limit``."""
        weights: dict[int, float] = {}
        for some in _portions(plan):
            if len(weights) >= limit:
                break
            for tier, found in zip(some, self._matching(some, narrowed, asked, limit), strict=True):
                for id_ in found:
                    if len(weights) < limit:
                        weights.setdefault(id_, tier.weight)
        return weights

    def load(self, ids: Sequence[int]) -> dict[int, tuple[PageRef, Document]]:
        """What is shown of these documents."""
        found: dict[int, tuple[PageRef, Document]] = {}
        for start in range(0, len(ids), PORTION):
            portion = list(ids[start : start + PORTION])
            inner = {"size": len(portion), "sort": ["documents.id"], "_source": ["documents.payload"]}
            query = {"nested": {"path": "documents", "query": {"terms": {"documents.id": portion}}, "inner_hits": inner}}
            shown = ["hits.hits._source", "hits.hits.inner_hits.documents.hits.hits._source", _FOUND]
            answer = self.ask({"size": len(portion), "query": query, "_source": ["page"]}, *shown)
            found.update(_documents(answer["hits"]["hits"]))
        return found

    def versions(self) -> Iterator[tuple[int, int]]:
        """(page key, version) of every page that can be found, by key."""
        body: Body = {"size": 5 * PORTION, "query": {"term": {"removed": False}}, "sort": ["key"], "version": True, "_source": False}
        while hits := self.ask(body, "hits.hits._version", "hits.hits.sort").get("hits", {}).get("hits"):
            yield from ((hit["sort"][0], hit["_version"]) for hit in hits)
            body["search_after"] = hits[-1]["sort"][:1]

    def ask(self, body: Body, *shown: str) -> Body:
        """One search, only these parts of the answer sent. Raises Gone when the snapshot was let go."""
        held = {**body, "pit": {"id": self._id, "keep_alive": _KEPT}, "track_total_hits": False}
        with answered():
            answer: Body = self._client.search(body=held, allow_partial_search_results=False, filter_path=["pit_id", *shown]).body
        self._id = answer.get("pit_id", self._id)
        return answer

    def _matching(self, tiers: Sequence[Tier], narrowed: Sequence[Group], asked: Period | None, limit: int) -> list[list[int]]:
        """For each tier its first ``limit`` documents: known or new, they are enough to fill an answer."""
        bodies = [_tier(tier, narrowed, asked, limit) for tier in tiers]
        pit = {"pit": {"id": self._id, "keep_alive": _KEPT}}
        lines = [line for body in bodies for line in ({"allow_partial_search_results": False}, {**body, **pit})]
        shown = ["responses.status", "responses.error.type", "responses.error.root_cause.type", f"responses.{_FOUND}"]
        with answered():
            answers = self._client.msearch(searches=lines, filter_path=shown)["responses"]
        return [self._rest(body, _ids(_checked(answer)), limit) for body, answer in zip(bodies, answers, strict=True)]

    def _rest(self, body: Body, found: list[int], limit: int) -> list[int]:
        """What more than one portion holds."""
        last = found
        while last and len(found) < limit and limit > PORTION:
            last = _ids(self.ask({**body, "search_after": [last[-1] // SLOTS]}, _FOUND))
            found = found + last
        return found[:limit]


@contextmanager
def snapshot(client: Elasticsearch, generation: str) -> Iterator[Snapshot]:
    with answered():
        id_ = client.open_point_in_time(index=generation, keep_alive=_KEPT, allow_partial_search_results=False)["id"]
    opened = Snapshot(client, id_)
    try:
        yield opened
    finally:
        with suppress(ApiError, TransportError):  # the answer is had; Elasticsearch lets go of it by itself in a while
            client.close_point_in_time(id=opened._id)


def _portions(plan: Sequence[Tier]) -> Iterator[Sequence[Tier]]:
    start = 0
    for size in chain(TIERS_AT_ONCE, repeat(TIERS_AT_ONCE[-1])):
        if start >= len(plan):
            return
        yield plan[start : start + size]
        start += size


def _checked(answer: Body) -> Body:
    """One of several answers, each with a status of its own."""
    status, error = answer["status"], answer.get("error", {})
    if status == HTTPStatus.NOT_FOUND:
        raise Gone
    if status != HTTPStatus.OK:
        raise failure(status, (error.get("root_cause") or [error])[0].get("type", ""))
    return answer


def _tier(tier: Tier, narrowed: Sequence[Group], asked: Period | None, limit: int) -> Body:
    words = [_any("documents.words", group) for group in tier.groups]
    inner = {"size": min(limit, SLOTS), "sort": ["documents.id"], "_source": False}
    nested = {"nested": {"path": "documents", "query": {"bool": {"filter": words}}, "inner_hits": inner}}
    conditions = [*(_any("filters", group) for group in narrowed), *_within(asked), nested]
    size = min(limit, PORTION)
    return {"size": size, "query": {"bool": {"filter": conditions}}, "sort": ["key"], "_source": False, "track_total_hits": False}


def _any(field: str, group: Group) -> Body:
    return {"terms": {field: list(group)}}


def _within(asked: Period | None) -> Iterator[Body]:
    if asked is not None:
        yield {"range": {"spans": {"gte": day(asked.earliest), "lte": day(asked.latest), "relation": "intersects"}}}


def _ids(answer: Body) -> list[int]:
    return [inner["sort"][0] for hit in answer.get("hits", {}).get("hits", ()) for inner in _inner(hit)]


def _documents(hits: Iterable[Body]) -> Iterator[tuple[int, tuple[PageRef, Document]]]:
    for hit in hits:
        ref = page_ref(hit["_source"]["page"])
        for inner in _inner(hit):
            yield inner["sort"][0], (ref, unpack(b64decode(inner["_source"]["payload"])))


def _inner(hit: Body) -> list[Body]:
    found: list[Body] = hit["inner_hits"]["documents"]["hits"]["hits"]
    return found
