"""Questions to Elasticsearch: how frequent words are, the best documents with what is shown of them, the versions of all pages.

One search sees an index as it is at one moment: what it finds and what it shows belong together, and no page slips past it by being
replaced. So a whole plan is asked for in one; what does not fit into one goes in several, all on one snapshot (point in time).
"""

from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from pipeline.model import Candidate
from search.documents import SLOTS
from search.elastic_client import answered
from search.elastic_mapping import DIGITS, day, digit, page_ref
from search.payload import unpack
from search.plan import Group, Tier
from search.query import Period

PORTION = 1000
"""Pages asked for in one request."""
MOST_GROUPS = 500
"""Groups of words in one request: each is a clause, of which a small node allows 1024. A name of five words takes about 150."""
FEW = 8
"""Documents of a page asked for at first: nearly every page has fewer that are found, and a register of names far more than are wanted."""
_KEPT = "2m"
"""How long Elasticsearch keeps a snapshot after each question to it."""
_FIRST = 1 << 16
"""Score of what the first tier finds; one less for each tier after it. Elasticsearch's scores are exact up to 2 ** 24."""
_INNER = "hits.hits.inner_hits.documents.hits.hits"

Body = dict[str, Any]
Placed = tuple[int, Tier]
"""A tier with its place in the plan, 0 for the first."""
Found = dict[int, tuple[int, str, str]]
"""Document ids, each with the place of the first tier that found it, and the page and the document as they are kept."""


class Generation:
    """One generation of an index; each question is answered as of its own moment."""

    def __init__(self, client: Elasticsearch, name: str) -> None:
        self._client, self._name = client, name

    def frequencies(self, words: Sequence[str]) -> dict[str, int]:
        """How many documents hold each word."""
        terms = [{"term": {"counts": digit(word, at)}} for word in words for at in DIGITS]
        counted = {"words": {"filters": {"filters": terms}}}
        answer = self.ask({"size": 0, "aggs": counted}, "aggregations.words.buckets.doc_count")
        found = iter(bucket["doc_count"] for bucket in answer["aggregations"]["words"]["buckets"])
        return {word: sum(next(found) << at for at in DIGITS) for word in words}

    def best(self, plan: Sequence[Tier], narrowed: Sequence[Group], asked: Period | None, limit: int) -> list[Candidate]:
        """The ``limit`` documents that the first tiers find, heaviest first, then by id."""
        conditions = [*(_any("filters", group) for group in narrowed), *_within(asked)]
        portions = list(_portions(plan))
        if len(portions) == 1 and limit <= PORTION:
            return _shown(self._at_once(portions[0], conditions, limit), plan, limit)
        found: Found = {}
        with snapshot(self._client, self._name) as seen:
            for portion in portions:
                if len(found) < limit:  # known or new, a portion's first ``limit`` are enough to fill an answer
                    found = seen._matching(portion, conditions, limit) | found
        return _shown(found, plan, limit)

    def ask(self, body: Body, *shown: str) -> Body:
        """One search, only these parts of the answer sent. Raises Gone when the generation is no longer there."""
        return self._send(body, shown, self._name)

    def _at_once(self, tiers: Sequence[Placed], conditions: Sequence[Body], limit: int) -> Found:
        """As ``_matching``, in one search, of which only the last counts: one that asks for little is mostly enough."""
        hits = self._pages(_question(tiers, conditions, limit, FEW))
        if not _enough(hits, limit, FEW, limit):
            needed = next((few for few in range(1, len(hits)) if _enough(hits[:few], few, limit, limit)), limit)
            hits = self._pages(_question(tiers, conditions, needed, limit))
            if not _enough(hits, needed, limit, limit):  # the index has changed in between
                return self._matching(tiers, conditions, limit)
        return _found(hits)

    def _matching(self, tiers: Sequence[Placed], conditions: Sequence[Body], limit: int) -> Found:
        """At least the first ``limit`` documents, by tier and id. They stand on the first ``limit`` pages, by their best tier and key:
        each page before one brings a document that comes before all of that one's."""
        body, found, pages = _question(tiers, conditions, limit, limit), Found(), 0
        while pages < limit:
            hits = self._pages(body)
            found |= _found(hits)
            pages += len(hits)
            if len(hits) < body["size"]:
                break
            body["search_after"] = hits[-1]["sort"][:2]
        return found

    def _pages(self, body: Body) -> list[Body]:
        return _hits(self.ask(body, "hits.hits.sort", "hits.hits._source", f"{_INNER}.sort", f"{_INNER}._source"))

    def _send(self, body: Body, shown: Sequence[str], index: str | None = None) -> Body:
        asked = {**body, "track_total_hits": False}
        with answered():
            answer = self._client.search(index=index, body=asked, allow_partial_search_results=False, filter_path=list(shown))
        return dict(answer.body)


class Snapshot(Generation):
    """One generation as it was at one moment."""

    def ask(self, body: Body, *shown: str) -> Body:
        """One search, only these parts of the answer sent. Raises Gone when the snapshot was let go."""
        answer = self._send({**body, "pit": {"id": self._name, "keep_alive": _KEPT}}, ["pit_id", *shown])
        self._name = answer.get("pit_id", self._name)
        return answer

    def versions(self) -> Iterator[tuple[int, int]]:
        """(page key, version) of every page that can be found, by key."""
        body: Body = {"size": 5 * PORTION, "query": {"term": {"removed": False}}, "sort": ["key"], "version": True, "_source": False}
        while hits := _hits(self.ask(body, "hits.hits._version", "hits.hits.sort")):
            yield from ((hit["sort"][0], hit["_version"]) for hit in hits)
            body["search_after"] = hits[-1]["sort"][:1]


@contextmanager
def snapshot(client: Elasticsearch, generation: str) -> Iterator[Snapshot]:
    with answered():
        id_ = client.open_point_in_time(index=generation, keep_alive=_KEPT, allow_partial_search_results=False)["id"]
    opened = Snapshot(client, id_)
    try:
        yield opened
    finally:
        with suppress(ApiError, TransportError):  # the answer is had; Elasticsearch lets go of it by itself in a while
            client.close_point_in_time(id=opened._name)


def _portions(plan: Sequence[Tier]) -> Iterator[list[Placed]]:
    """The plan in order, no more than MOST_GROUPS at once; a question has far fewer words than that."""
    portion: list[Placed] = []
    for placed in enumerate(plan):
        if sum(len(tier.groups) for _, tier in (*portion, placed)) > MOST_GROUPS:
            yield portion
            portion = []
        portion.append(placed)
    yield portion


def _question(tiers: Sequence[Placed], conditions: Sequence[Body], pages: int, documents: int) -> Body:
    """So many pages, so many documents of each. A document scores by the first tier that finds it, a page by its best document."""
    scored = [{"constant_score": {"boost": _FIRST - at, "filter": _all(tier)}} for at, tier in tiers]
    inner = {"size": min(documents, SLOTS), "sort": ["_score", "documents.id"], "_source": ["documents.payload"]}
    nested = {"path": "documents", "score_mode": "max", "query": {"dis_max": {"queries": scored}}, "inner_hits": inner}
    query = {"bool": {"must": [{"nested": nested}], "filter": list(conditions)}}
    return {"size": min(pages, PORTION), "query": query, "sort": ["_score", "key"], "_source": ["page"]}


def _all(tier: Tier) -> Body:
    return {"bool": {"filter": [_any("documents.words", group) for group in tier.groups]}}


def _any(field: str, group: Group) -> Body:
    return {"terms": {field: list(group)}}


def _within(asked: Period | None) -> Iterator[Body]:
    if asked is not None:
        yield {"range": {"spans": {"gte": day(asked.earliest), "lte": day(asked.latest), "relation": "intersects"}}}


def _enough(hits: Sequence[Body], pages: int, documents: int, limit: int) -> bool:
    """Whether the first ``limit`` documents are among these, of which so many pages and documents of each were asked for: none that was
    not sent may come before the last of them."""
    sent = [[(-score, id_) for score, id_ in _places(hit)] for hit in hits]
    ends = [places[-1] for places in sent if len(places) == documents]
    if len(hits) == pages:
        best, id_ = sent[-1][0]
        ends.append((best, id_ | (SLOTS - 1)))  # what is on later pages comes after all of this page that is as good
    return not ends or sum(place <= min(ends) for places in sent for place in places) >= limit


def _places(hit: Body) -> list[tuple[float, int]]:
    """(score, id) of the documents of a page, in order."""
    return [(inner["sort"][0], inner["sort"][1]) for inner in hit["inner_hits"]["documents"]["hits"]["hits"]]


def _hits(answer: Body) -> list[Body]:
    found: list[Body] = answer.get("hits", {}).get("hits", [])
    return found


def _found(hits: Iterable[Body]) -> Found:
    found: Found = {}
    for hit in hits:
        for inner in hit["inner_hits"]["documents"]["hits"]["hits"]:
            score, id_ = inner["sort"]
            found[id_] = (_FIRST - int(score), hit["_source"]["page"], inner["_source"]["payload"])
    return found


def _shown(found: Found, plan: Sequence[Tier], limit: int) -> list[Candidate]:
    first = sorted((at, id_) for id_, (at, _, _) in found.items())[:limit]
    best = sorted((-plan[at].weight, id_) for at, id_ in first)
    return [_candidate(-weight, *found[id_][1:]) for weight, id_ in best]


def _candidate(weight: float, page: str, payload: str) -> Candidate:
    document = unpack(b64decode(payload))
    return Candidate(page_ref(page), document.person, weight, document.text, document.record)
