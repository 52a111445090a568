"""What Elasticsearch keeps of a page: one document, its people nested in it, so that a page is replaced in one step.

Nested documents are written with their page or not at all, and the one external version, the page's own, guards them together.
A page that was taken out stays as a document without words: a deleted one's version is forgotten after a minute (index.gc_deletes).

All terms are index words made in Python; nothing is analysed. How many documents hold a word is asked as plain counts of pages: a
page that has it in n of its documents carries the word once for each binary digit of n.
"""

import json
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from typing import Any

from pipeline.model import IndexedPage, PageRef
from search.documents import SLOTS, document_id, documents, filters, spans, words
from search.payload import pack
from search.probe import fingerprint

DIGITS = range(SLOTS.bit_length())
"""Binary digits of the most documents that a page can have."""
ALL = ""
"""Counted like a word: every document."""

_WORDS = {"type": "keyword", "doc_values": False}
_MAPPINGS: dict[str, Any] = {
    "dynamic": "strict",
    "_source": {"includes": ["page", "documents.payload"]},
    "properties": {
        "key": {"type": "long"},
        "removed": {"type": "boolean"},
        "page": {"type": "binary"},
        "filters": _WORDS,
        "counts": _WORDS,
        "spans": {"type": "integer_range", "doc_values": False},
        "documents": {
            "type": "nested",
            "dynamic": "strict",
            "properties": {"id": {"type": "long"}, "words": _WORDS, "payload": {"type": "binary"}},
        },
    },
}
_SETTINGS: dict[str, Any] = {
    "index.mapping.nested_objects.limit": SLOTS,
    "index.max_inner_result_window": SLOTS,
    "index.translog.durability": "request",  # the outbox forgets a page once it is acknowledged
    "index.auto_expand_replicas": "0-1",
}


@dataclass(frozen=True, slots=True)
class Put:
    """One page as it is sent: its key, its version, and the document as JSON."""

    key: int
    version: int
    source: bytes


def layout() -> dict[str, Any]:
    """Settings and mappings of an index; ``_meta`` holds the format by which another version's index is known."""
    return {"settings": _SETTINGS, "mappings": {**_MAPPINGS, "_meta": {"format": index_format()}}}


def index_format() -> str:
    return fingerprint(json.dumps([_SETTINGS, _MAPPINGS]))


def put(page: IndexedPage) -> Put:
    made = [(document_id(page.page.key, one.slot), words(one), pack(one)) for one in documents(page)]
    held = {
        "key": page.page.key,
        "removed": False,
        "page": _text(json.dumps(astuple(page.page), ensure_ascii=False).encode("utf-8", "surrogatepass")),
        "filters": filters(page),
        "counts": sorted(_digits(found for _, found, _ in made)),
        "spans": [dict(zip(("gte", "lte"), sorted(map(day, span)), strict=True)) for span in spans(page)],
        "documents": [{"id": id_, "words": sorted(found), "payload": _text(payload)} for id_, found, payload in made],
    }
    return Put(page.page.key, page.page.version, _json(held))


def take_out(ref: PageRef) -> Put:
    return Put(ref.key, ref.version, _json({"key": ref.key, "removed": True}))


def page_ref(held: str) -> PageRef:
    return PageRef(*json.loads(b64decode(held).decode("utf-8", "surrogatepass")))


def digit(word: str, at: int) -> str:
    """The term that says: the number of the page's documents holding this word has the binary digit 2 ** ``at``."""
    return f"{at:x}{word}"


def day(text: str) -> int:
    """An ISO day as a number that sorts alike."""
    return int(text.replace("-", ""))


def _digits(found: Iterable[frozenset[str]]) -> Iterator[str]:
    counts = Counter(word for held in found for word in (ALL, *held) if word[:1] in ("", "r"))
    return (digit(word, at) for word, count in counts.items() for at in DIGITS if count >> at & 1)


def _text(held: bytes) -> str:
    return b64encode(held).decode("ascii")


def _json(held: dict[str, Any]) -> bytes:
    return json.dumps(held, ensure_ascii=False, separators=(",", ":")).encode()
