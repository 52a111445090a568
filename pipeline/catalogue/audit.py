"""Who was let in, what was asked and what was refused: the chain of the archive as a whole, appended to and never locked with others."""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import insert, select

from pipeline.catalogue import chain
from pipeline.catalogue.chain import Act
from pipeline.catalogue.database import Database
from pipeline.catalogue.tables import asked, custody
from pipeline.catalogue.text import whole
from pipeline.custody import ARCHIVE, Entry
from pipeline.model import Value


class Told(NamedTuple):
    """One entry of the chain; ``query`` is what was asked, None where nothing was or it has been taken out."""

    entry: Entry
    query: str | None


class SqlAudit:
    """ports.Audit on the catalogue database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, who: str, action: str, subject: str, details: Mapping[str, Value]) -> None:
        with self._database.write() as connection:
            chain.append(connection, ARCHIVE, who, [Act(action, subject, details)], self._database.now(connection))

    def asked(self, who: str, query: Mapping[str, object], details: Mapping[str, Value]) -> None:
        text = whole(json.dumps(dict(query), ensure_ascii=False, sort_keys=True))
        salt = secrets.token_hex(16)
        with self._database.write() as connection:
            act = Act("asked", "", {**details, "query": query_digest(salt, text)})
            end = chain.append(connection, ARCHIVE, who, [act], self._database.now(connection))
            connection.execute(insert(asked).values(number=end.size, salt=salt, query=text))

    def entries(self, last: int) -> Iterator[Told]:
        """The last so many entries, in order, each with what was asked."""
        joined = custody.outerjoin(asked, asked.c.number == custody.c.number)
        newest = select(custody, asked.c.query).select_from(joined).where(custody.c.holding_id == ARCHIVE)
        with self._database.read() as connection:
            rows = connection.execute(newest.order_by(custody.c.number.desc()).limit(last)).all()
        for row in reversed(rows):
            yield Told(chain.entry_of(row)[0], row.query)

    def queries(self) -> Iterator[tuple[int, str]]:
        """(number of its entry, digest of what is kept) of every query that has not been taken out."""
        with self._database.read() as connection:
            for row in connection.execute(select(asked).order_by(asked.c.number)).yield_per(1000):
                yield row.number, query_digest(row.salt, row.query)


def query_digest(salt: str, text: str) -> str:
    """Salted, and the salt goes with the text: a name that was searched for cannot be guessed from what the chain keeps of it."""
    return hashlib.sha256(f"{salt} {text}".encode()).hexdigest()
