"""Addresses, refusals and busy nodes: what is sent again, what is told, and that nothing is dropped."""

from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

import pytest
from elastic_transport import ApiResponseMeta, ConnectionTimeout, HttpHeaders, NodeConfig, ObjectApiResponse, TlsError
from elasticsearch import ApiError, Elasticsearch

from pipeline.errors import SijillError, Unavailable, Usage
from search import elastic_client
from search.elastic_client import Gone, connect, send, told
from search.elastic_mapping import Put

Answer = list[int] | int
"""A status for each page, or one for the whole request."""

TYPES = {
    400: "document_parsing_exception",
    404: "index_not_found_exception",
    409: "version_conflict_engine_exception",
    429: "es_rejected_execution_exception",
    503: "unavailable_shards_exception",
}


def meta(status: int) -> ApiResponseMeta:
    return ApiResponseMeta(status, "1.1", HttpHeaders(), 0.0, NodeConfig("http", "127.0.0.1", 9200))


def refusal(status: int, kind: str = "") -> ApiError:
    kind = kind or TYPES.get(status, "")
    return ApiError(kind, meta(status), {"error": {"type": kind, "reason": "سامر", "root_cause": [{"type": kind}]}})


class Node:
    """Answers bulk requests as scripted, then with success; keeps which pages each brought."""

    def __init__(self, *answers: Answer, block: bool = False) -> None:
        self._answers, self._block = list(answers), block
        self.asked: list[list[int]] = []
        self.sizes: list[int] = []

    def bulk(self, *, operations: Sequence[Any], **how: Any) -> ObjectApiResponse[Any]:
        assert how["require_alias"]
        keys = [int(line["index"]["_id"]) for line in operations[::2]]
        self.asked.append(keys)
        self.sizes.append(sum(map(len, operations[1::2])))
        answer = self._answers.pop(0) if self._answers else [201] * len(keys)
        if isinstance(answer, int):
            raise refusal(answer)
        return ObjectApiResponse({"items": [{"index": self._item(status)} for status in answer]}, meta(200))

    def _item(self, status: int) -> dict[str, Any]:
        kind = "cluster_block_exception" if self._block else TYPES.get(status, "")
        return {"status": status} if status < 400 else {"status": status, "error": {"type": kind}}


def pages(*keys: int, size: int = 10) -> list[Put]:
    return [Put(key, 1, b"x" * size) for key in keys]


def sent(node: Node, made: list[Put]) -> tuple[list[tuple[int, str]], list[float]]:
    pauses: list[float] = []
    return send(cast(Elasticsearch, node), "n-000001-write", made, pauses.append), pauses


@pytest.mark.parametrize(
    ("answers", "asked", "refused"),
    [
        ([[201, 200, 201]], [[1, 2, 3]], []),
        ([[201, 409, 201]], [[1, 2, 3]], []),
        ([[201, 429, 503]], [[1, 2, 3], [2, 3]], []),
        ([[429, 429, 201], [503, 201], [409]], [[1, 2, 3], [1, 2], [1]], []),
        ([[201, 400, 429], [201]], [[1, 2, 3], [3]], [2]),
        ([[400, 429, 400], [400]], [[1, 2, 3], [2]], [1, 3, 2]),
        ([429, 502, 503, 504], [[1, 2, 3]] * 5, []),
        ([413], [[1, 2, 3], [1], [2, 3]], []),
        ([413, [201], 413, 413], [[1, 2, 3], [1], [2, 3], [2], [3]], [2]),
    ],
)
def test_each_page_is_answered_for(answers: list[Answer], asked: list[list[int]], refused: list[int]) -> None:
    node = Node(*answers)
    found, pauses = sent(node, pages(1, 2, 3))
    assert [key for key, _ in found] == refused
    assert node.asked == asked
    assert all(0 < pause < 8 for pause in pauses)


def test_a_node_that_stays_busy_is_given_up_after_growing_pauses() -> None:
    node, pauses = Node(*[[429]] * 9), list[float]()
    with pytest.raises(Unavailable, match="index-busy"):
        send(cast(Elasticsearch, node), "n-000001-write", pages(1), pauses.append)
    assert len(node.asked) == elastic_client.TRIES
    assert pauses[0] <= 0.3
    assert pauses[-1] >= 1.6


def test_a_full_disk_is_told_at_once() -> None:
    node = Node([429], block=True)
    with pytest.raises(Unavailable, match="disk-full"):
        sent(node, pages(1))
    assert len(node.asked) == 1


def test_a_missing_alias_is_told_and_not_written_to() -> None:
    with pytest.raises(Gone):
        sent(Node([404, 404]), pages(1, 2))


def test_requests_are_bounded_and_a_large_page_goes_alone() -> None:
    most = elastic_client.MOST_BYTES
    node = Node()
    sent(node, [*pages(1, 2, 3, size=most // 3), *pages(4, size=3 * most), *pages(*range(5, 1500))])
    assert node.asked[:2] == [[1, 2, 3], [4]]
    assert max(map(len, node.asked)) == elastic_client.MOST_PAGES
    assert [key for keys in node.asked for key in keys] == list(range(1, 1500))
    assert [size for size in node.sizes if size > most] == [3 * most]


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (refusal(401, "security_exception"), "index-denied", False),
        (refusal(403, "security_exception"), "index-denied", False),
        (refusal(403, "cluster_block_exception"), "index-unavailable", True),
        (refusal(404), "index-missing", False),
        (refusal(429), "index-busy", True),
        (refusal(429, "cluster_block_exception"), "disk-full", True),
        (refusal(500, "x"), "index-unavailable", True),
        (refusal(503), "index-unavailable", True),
        (refusal(400, "parsing_exception"), "index-damaged", False),
        (ApiError("x", meta(502), "<html>"), "index-unavailable", True),
        (ConnectionTimeout("x"), "index-unavailable", True),
        (TlsError("x"), "index-denied", False),
    ],
)
def test_errors_are_told_without_what_they_quote(error: Exception, code: str, retryable: bool) -> None:
    with pytest.raises(SijillError, match=rf"\[{code}\]") as caught, told():
        raise error
    assert caught.value.retryable is retryable
    assert "سامر" not in str(caught.value)
    assert caught.value.way_out


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:9200", "https://127.0.0.1:9200/", "https:///sijill", "ftp://127.0.0.1/sijill", "https://a:b@host/sijill",
        "https://host/Sijill", "https://host/a/b", "https://host/sijill-write", "https://host/sijill-000001", "https://host/-x",
        "https://host/s*", "https://host/s,t", "https://host/s?x=1", "http://elasticsearch:9200/sijill", "http://10.0.0.1/sijill", "sijill",
    ],
)  # fmt: skip
def test_addresses_that_are_none_are_refused(url: str) -> None:
    with pytest.raises(Usage, match="bad-setting"):
        connect(url, "key", None)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://index.example/sijill", "https://index.example:9200"),
        ("https://index.example:443/sijill", "https://index.example:443"),
        ("http://localhost/sijill", "http://localhost:9200"),
        ("http://[::1]:9201/sijill", "http://[::1]:9201"),
        ("http://127.0.0.1/sijill/", "http://127.0.0.1:9200"),
    ],
)
def test_an_address_gives_a_client_that_checks_certificates(url: str, host: str) -> None:
    client, name = connect(url, "key", Path("no-such.pem") if url.startswith("http:") else None)
    [node] = client.transport.node_pool.all()
    assert (node.base_url, name) == (host, "sijill")
    assert node.config.verify_certs or url.startswith("http:")
    client.close()


def test_nothing_listening_is_unavailable() -> None:
    client, _ = connect("http://127.0.0.1:9/sijill", "key", None)
    with pytest.raises(Unavailable, match="index-unavailable"), told():
        client.info()
    client.close()


def test_statuses_that_pass_are_those_of_the_table() -> None:
    assert {status.value for status in HTTPStatus if elastic_client._settled(status) and status >= 400} == {409, 429, 502, 503, 504}
