"""The engines as pytest fixtures: those shared by a whole run, and those a test may stop and kill.

Nothing is built or started before a test asks for it. Where an engine cannot be had, its tests are skipped with the reason, and fail in CI.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from tests.services import build_elasticsearch, build_go
from tests.services import postgres as postgresql
from tests.services.cache import CannotBuild
from tests.services.elastic import Elastic
from tests.services.endpoints import ElasticEndpoint, PostgresEndpoint, S3Endpoint
from tests.services.engine import Engine
from tests.services.postgres import Postgres
from tests.services.s3 import Minio, Versitygw

T = TypeVar("T")
E = TypeVar("E", bound=Engine)


def had(make: Callable[[], T], ci: bool) -> T:
    """What ``make`` gives; where it cannot be built the test is skipped, in CI failed, with the reason."""
    try:
        return make()
    except CannotBuild as why:
        if ci:
            pytest.fail(f"cannot be skipped in CI: {why}", pytrace=False)
        pytest.skip(str(why))


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("true", "1")


@contextmanager
def running(make: Callable[[Path], E]) -> Iterator[E]:
    """An engine up and answering in a temporary folder of its own, stopped and removed at the end.

    Not pytest's temporary folder, which other accounts may not enter: PostgreSQL's would have to.
    """
    with tempfile.TemporaryDirectory(prefix="sijill-service-") as folder:
        Path(folder).chmod(0o711)
        with make(Path(folder)) as engine:
            engine.start()
            yield engine


@pytest.fixture(scope="session")
def make_postgres() -> Callable[[Path], Postgres]:
    programs = had(postgresql.programs, in_ci())
    return lambda folder: Postgres(folder, programs, lasting=False)


@pytest.fixture(scope="session")
def make_versitygw() -> Callable[[Path], Versitygw]:
    program = had(lambda: build_go.program("versitygw"), in_ci())
    return lambda folder: Versitygw(folder, program)


@pytest.fixture(scope="session")
def make_minio() -> Callable[[Path], Minio]:
    program = had(lambda: build_go.program("minio"), in_ci())
    return lambda folder: Minio(folder, program)


@pytest.fixture(scope="session")
def make_elastic() -> Callable[[Path], Elastic]:
    node, java = had(build_elasticsearch.node, in_ci()), had(build_elasticsearch.java, in_ci())
    return lambda folder: Elastic(folder, node, java, lasting=False)


@pytest.fixture(scope="session")
def shared_postgres(make_postgres: Callable[[Path], Postgres]) -> Iterator[Postgres]:
    with running(make_postgres) as engine:
        yield engine


@pytest.fixture(scope="session")
def postgres(shared_postgres: Postgres) -> PostgresEndpoint:
    """The run's PostgreSQL. What is written in its database is seen by every test: use new_database."""
    return shared_postgres.endpoint


@pytest.fixture(scope="session")
def new_database(shared_postgres: Postgres) -> Callable[[], PostgresEndpoint]:
    """Each call gives a fresh, empty database of the run's PostgreSQL."""
    return shared_postgres.new_database


@pytest.fixture(scope="session")
def versitygw(make_versitygw: Callable[[Path], Versitygw]) -> Iterator[S3Endpoint]:
    """The run's versitygw, no bucket in it to begin with: each test makes its own."""
    with running(make_versitygw) as engine:
        yield engine.endpoint


@pytest.fixture(scope="session")
def minio(make_minio: Callable[[Path], Minio]) -> Iterator[S3Endpoint]:
    """The run's MinIO, no bucket in it to begin with: each test makes its own."""
    with running(make_minio) as engine:
        yield engine.endpoint


@pytest.fixture(scope="session")
def elastic(make_elastic: Callable[[Path], Elastic]) -> Iterator[ElasticEndpoint]:
    """The run's Elasticsearch behind TLS and an API key, no index in it to begin with: each test names its own."""
    with running(make_elastic) as engine:
        yield engine.endpoint


@pytest.fixture
def own_postgres(make_postgres: Callable[[Path], Postgres]) -> Iterator[Postgres]:
    with running(make_postgres) as engine:
        yield engine


@pytest.fixture
def own_versitygw(make_versitygw: Callable[[Path], Versitygw]) -> Iterator[Versitygw]:
    with running(make_versitygw) as engine:
        yield engine


@pytest.fixture
def own_minio(make_minio: Callable[[Path], Minio]) -> Iterator[Minio]:
    with running(make_minio) as engine:
        yield engine


@pytest.fixture
def own_elastic(make_elastic: Callable[[Path], Elastic]) -> Iterator[Elastic]:
    with running(make_elastic) as engine:
        yield engine
