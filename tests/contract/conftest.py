"""The one catalogue of a test, on every engine; however a test leaves it, all is accounted for and every chain holds."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import text

from pipeline import custody
from pipeline.catalogue import Catalogue
from pipeline.catalogue.database import Database
from pipeline.catalogue.tables import metadata
from tests.services.endpoints import PostgresEndpoint
from tests.support import Clock, whole

Again = Callable[[], Catalogue]


class Address(NamedTuple):
    """Where a migrated, empty catalogue is."""

    url: str
    password: str = ""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def migrated(new_database: Callable[[], PostgresEndpoint]) -> Address:
    """A PostgreSQL database with all tables; emptied for each test, since to make one takes a second."""
    endpoint = new_database()
    database = Database(endpoint.url, password=endpoint.password)
    database.migrate()
    database.close()
    return Address(endpoint.url, endpoint.password)


def _emptied(address: Address) -> Address:
    database = Database(address.url, password=address.password)
    with database.write() as connection:
        connection.execute(text(f"truncate {', '.join(metadata.tables)} restart identity"))
    database.close()
    return address


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    if request.param == "postgresql":
        return _emptied(request.getfixturevalue("migrated"))
    fresh = Address(f"sqlite:{tmp_path / 'catalogue.db'}")
    database = Database(fresh.url)
    database.migrate()
    database.close()
    return fresh


@pytest.fixture
def again(address: Address, clock: Clock) -> Iterator[Again]:
    """Opens the catalogue of this test, as another process would."""
    opened: list[Catalogue] = []

    def open_() -> Catalogue:
        opened.append(Catalogue(Database(address.url, clock, address.password)))
        return opened[-1]

    yield open_
    for made in opened:
        made.close()


@pytest.fixture
def made(again: Again) -> Iterator[Catalogue]:
    """A fresh catalogue."""
    fresh = again()
    yield fresh
    sound(fresh)


def sound(made: Catalogue) -> None:
    assert whole(made)
    for holding in made.custody.holdings():
        assert custody.check(made.custody.entries(holding))
