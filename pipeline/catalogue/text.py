"""Text as every engine keeps it: what goes in comes out, whatever a hostile file is named, or it is refused with a reason."""

import hashlib
import re
from typing import Any

from sqlalchemy import Dialect, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from pipeline.errors import Usage

# PostgreSQL takes no NUL. It is kept there as a noncharacter (U+FDD0, which no text may hold) and a digit, and so is that noncharacter.
_ESCAPES = {"\x00": "\ufdd00", "\ufdd0": "\ufdd01"}
_MEANT = {kept: meant for meant, kept in _ESCAPES.items()}
_UNKEPT, _KEPT = re.compile("[\x00\ufdd0]"), re.compile("\ufdd0[01]")


class Words(TypeDecorator[str]):
    """Text, ordered and compared by code point on every engine; of at most ``length`` characters where one is given.

    Binding raises Usage (bad-text) for half a surrogate pair, which UTF-8 cannot hold, and for text that is too long, which SQLite alone
    would take.
    """

    impl = Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__()
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        collation = "C" if dialect.name == "postgresql" else None
        return String(self.length, collation) if self.length else Text(collation=collation)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        kept = _UNKEPT.sub(lambda found: _ESCAPES[found[0]], whole(value))
        if self.length and len(kept) > self.length:
            raise Usage("bad-text", f"a text of {len(value)} characters stands where {self.length} are the most", "Shorten it.")
        return kept if dialect.name == "postgresql" else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or dialect.name != "postgresql":
            return value
        return _KEPT.sub(lambda found: _MEANT[found[0]], value)


def whole(text: str) -> str:
    """The same text. Raises Usage (bad-text) where it holds half a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Usage("bad-text", "a text holds half a character and cannot be kept", "Write it anew, in UTF-8.") from error
    return text


def digest(text: str) -> str:
    """sha256 of a text, for records that must not hold its words. Raises Usage (bad-text)."""
    return hashlib.sha256(whole(text).encode()).hexdigest()
