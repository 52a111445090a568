"""What the catalogue asks of a database engine."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import StatementError

from pipeline.errors import Terminal


class Backing(Protocol):
    """One database of one engine."""

    engine: Engine
    place: str
    """Where it is, for a person: without user or host."""
    reading: Mapping[str, Any]
    """Options of a connection that only reads, and sees one moment."""

    def there(self) -> bool:
        """Whether there is anything that could be asked for its schema."""

    def made(self) -> AbstractContextManager[None]:
        """Makes room for the tables, and sees afterwards that nobody else can get at them."""

    def alone(self, connection: Connection) -> None:
        """Wait until nobody else migrates; ends with the transaction."""

    def now(self, connection: Connection) -> float:
        """Seconds since the epoch."""

    def in_our_words(self, error: StatementError) -> Exception:
        """What to raise in place of this."""


def fault(error: StatementError, state: str) -> Terminal:
    """Nothing the operator can mend; what the engine says is left out, since it may hold a row's values."""
    detail = f"the catalogue refused a statement ({type(error.orig).__name__}{state})"
    return Terminal("catalogue-fault", detail, "A fault in Sijill: report it with the reason.")
