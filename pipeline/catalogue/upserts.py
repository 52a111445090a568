"""The one statement that SQLAlchemy has no common form of."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert into this table that can say what to do ``on_conflict``.

    PostgreSQL refuses two rows of one statement that conflict with each other.
    """
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
