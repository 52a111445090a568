"""The way to Elasticsearch: its address, the client, what it says as errors of Sijill, and documents sent until each is answered for."""

import logging
import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from elastic_transport import TlsError, TransportError
from elasticsearch import ApiError, Elasticsearch, NotFoundError

from pipeline.errors import Damaged, Missing, SijillError, Unavailable, Usage, way_out
from search.elastic_mapping import Put

SECONDS = 30.0
"""Longest wait for one answer."""
MOST_BYTES, MOST_PAGES = 5 << 20, 500
"""Size of one request; a page larger than that goes alone."""
TRIES = 6
"""Times a page is offered to a node that is too busy, with pauses of about 0.2, 0.4 … 3.2 seconds between."""

_NAME = re.compile(r"(?!.*-\d{6,}$)(?!.*-write$)[a-z0-9][a-z0-9._-]{0,99}")
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
_REINDEX = "Run `sijill reindex`: it builds the index again from the catalogue."


logging.getLogger("elastic_transport").addHandler(logging.NullHandler())  # what it has to tell comes as an error


class Gone(Exception):
    """What a request was about is no longer there: a rebuild has taken its place. Looked up again, it is found."""


def connect(url: str, key: str, ca_file: Path | None) -> tuple[Elasticsearch, str]:
    """A client for ``http(s)://HOST[:PORT]/NAME``, and NAME. Nothing is asked yet. Raises Usage (bad-setting)."""
    parts = urlsplit(url)
    name = parts.path.strip("/")
    if parts.scheme not in ("http", "https") or not parts.hostname or not _NAME.fullmatch(name) or parts.username or parts.query:
        raise Usage("bad-setting", "SIJILL_INDEX takes http(s)://HOST[:PORT]/NAME, NAME in small letters, digits, - _ and .")
    if parts.scheme == "http" and not _loopback(parts.hostname):
        raise Usage("bad-setting", "The index is asked without encryption over a network.", "Write https:// in SIJILL_INDEX.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    trust: dict[str, Any] = {"ca_certs": str(ca_file)} if ca_file and parts.scheme == "https" else {}
    client = Elasticsearch(
        f"{parts.scheme}://{host}:{parts.port or 9200}",
        api_key=key or None,
        request_timeout=SECONDS,
        max_retries=1,  # a connection that was left open may have been closed at the other end; whatever is sent may be sent again
        retry_on_status=(),
        **trust,
    )
    return client, name


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def told() -> Iterator[None]:
    """What Elasticsearch says, as errors of Sijill; its own words stay out of them, they may quote a page."""
    try:
        yield
    except ApiError as error:
        raise failure(error.status_code, kind(error)) from None
    except TlsError as error:
        raise Missing("index-denied", "The index's certificate is not trusted.", "See SIJILL_CA_FILE.") from error
    except TransportError as error:
        detail = f"The search index does not answer ({type(error).__name__})."
        raise Unavailable("index-unavailable", detail, "See that Elasticsearch is up, then try again.") from error


@contextmanager
def answered() -> Iterator[None]:
    """As ``told``, and Gone for what was there when it was looked up."""
    with told():
        try:
            yield
        except NotFoundError as error:
            raise Gone from error


def kind(error: ApiError) -> str:
    """Elasticsearch's name for what went wrong, its innermost cause where there is one."""
    body = error.body if isinstance(error.body, dict) else {}
    told = body.get("error")
    if not isinstance(told, dict):
        return ""
    causes = told.get("root_cause") or [told]
    return str(causes[0].get("type") or told.get("type"))


def failure(status: int, kind: str) -> SijillError:
    """The error for an answer that is none."""
    if kind == "cluster_block_exception" and status == HTTPStatus.TOO_MANY_REQUESTS:  # the flood-stage watermark
        return Unavailable("disk-full", "There is no room left for the search index.", way_out("disk-full"))
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) and kind != "cluster_block_exception":
        return Missing("index-denied", "Elasticsearch refuses the API key.", "See SIJILL_INDEX_KEY and what the key may do.")
    if status == HTTPStatus.NOT_FOUND:
        return Damaged("index-missing", "The search index is not there.", _REINDEX)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Unavailable("index-busy", "Elasticsearch has too much to do.", "Try again in a moment.")
    if status in _BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR or kind == "cluster_block_exception":
        return Unavailable("index-unavailable", f"Elasticsearch cannot answer ({status} {kind}).", "See its log, then try again.")
    return Damaged("index-damaged", f"Elasticsearch does not understand the index ({status} {kind}).", _REINDEX)


def send(client: Elasticsearch, alias: str, pages: Sequence[Put], pause: Callable[[float], None]) -> list[tuple[int, str]]:
    """Write these pages through an alias of one index, durably; returns (page key, kind) of those that the index refuses for good.

    A page that is there in this version or a newer one is left. Raises Unavailable where some were not taken after several tries;
    those that were, stay. Raises Gone when there is no such alias: nothing is ever made by writing to it.
    """
    return [refused for portion in _portions(pages) for refused in _send(client, alias, portion, pause)]


def _portions(pages: Sequence[Put]) -> Iterator[list[Put]]:
    portion: list[Put] = []
    size = 0
    for page in pages:
        if portion and (size + len(page.source) > MOST_BYTES or len(portion) == MOST_PAGES):
            yield portion
            portion, size = [], 0
        portion.append(page)
        size += len(page.source)
    if portion:
        yield portion


def _send(client: Elasticsearch, alias: str, pages: list[Put], pause: Callable[[float], None]) -> list[tuple[int, str]]:
    refused: list[tuple[int, str]] = []
    for attempt in range(TRIES):
        answers = _offer(client, alias, pages)
        if any(status == HTTPStatus.NOT_FOUND for status, _ in answers):
            raise Gone(alias)
        refused += [(page.key, kind) for page, (status, kind) in zip(pages, answers, strict=True) if not _settled(status)]
        again = [(page, answer) for page, answer in zip(pages, answers, strict=True) if answer[0] in _BUSY]
        if not again:
            return refused
        pages, (status, kind) = [page for page, _ in again], again[0][1]
        if attempt == TRIES - 1 or kind == "cluster_block_exception":
            raise failure(status, kind)
        pause(0.2 * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - spreads writers out, keeps no secret
    raise AssertionError("the last try returns or raises")


def _settled(status: int) -> bool:
    """Written, or there in this version or a newer one already, or to be offered again."""
    return status < HTTPStatus.BAD_REQUEST or status == HTTPStatus.CONFLICT or status in _BUSY


def _offer(client: Elasticsearch, alias: str, pages: Sequence[Put]) -> list[tuple[int, str]]:
    """(status, kind of error) for each page."""
    lines: list[Any] = []
    for page in pages:
        lines += [{"index": {"_id": str(page.key), "version": page.version, "version_type": "external"}}, page.source]
    shown = ["items.*.status", "items.*.error.type"]
    try:
        answer = client.bulk(index=alias, operations=lines, require_alias=True, filter_path=shown)
    except ApiError as error:
        if error.status_code in _BUSY or error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return _split(client, alias, pages, error)
        raise failure(error.status_code, kind(error)) from None
    items = [outcome for item in answer["items"] for outcome in item.values()]
    return [(int(item["status"]), str(item.get("error", {}).get("type", ""))) for item in items]


def _split(client: Elasticsearch, alias: str, pages: Sequence[Put], error: ApiError) -> list[tuple[int, str]]:
    """A request too large for the node, or for a proxy before it, goes in halves; what cannot be halved is that page's own answer."""
    half = len(pages) // 2
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and half:
        return _offer(client, alias, pages[:half]) + _offer(client, alias, pages[half:])
    return [(error.status_code, kind(error))] * len(pages)
