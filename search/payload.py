"""What an index keeps of a document to show it again, as compact bytes."""

import json
import zlib
from dataclasses import asdict, fields
from typing import Any

from pipeline.model import Birth, Box, Person
from search.documents import Document

_PERSON = tuple(field.name for field in fields(Person) if field.name != "birth")


def pack(document: Document) -> bytes:
    """A document as compact JSON, squeezed: what is empty is left out."""
    plain = {"p": document.person, "t": document.text, "r": document.record and _record(document.record), "n": document.numbers or None}
    kept = {name: value for name, value in plain.items() if value is not None}
    return zlib.compress(json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"), 1)


def _record(person: Person) -> dict[str, Any]:
    birth = {"birth": asdict(person.birth)} if person.birth else {}
    held = {name: getattr(person, name) for name in _PERSON}
    return {name: value for name, value in held.items() if value not in (None, "", ())} | birth


def unpack(payload: bytes) -> Document:
    held = json.loads(zlib.decompress(payload).decode("utf-8", "surrogatepass"))
    return Document(held.get("p"), held["t"], _restored(held["r"]) if "r" in held else None, tuple(held.get("n", ())))


def _restored(held: dict[str, Any]) -> Person:
    birth = Birth(**held.pop("birth")) if "birth" in held else None
    boxes = tuple(Box(*box) for box in held.pop("boxes", ()))
    return Person(text=held.pop("text", ""), boxes=boxes, birth=birth, **held)
