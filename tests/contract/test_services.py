"""The real engines of the tests: they answer as asked, keep what they acknowledged through restart and kill, and shut strangers out."""

import datetime
import io
from collections.abc import Callable

import psycopg
import pytest
from elasticsearch import AuthenticationException, Elasticsearch
from minio import Minio as Client
from minio.commonconfig import COMPLIANCE
from minio.error import S3Error
from minio.retention import Retention

from tests.services.cache import wanted
from tests.services.elastic import Elastic
from tests.services.endpoints import ElasticEndpoint, PostgresEndpoint, S3Endpoint
from tests.services.engine import Engine
from tests.services.postgres import Postgres
from tests.services.s3 import Minio, Versitygw

SECONDS = 120.0  # the first index of a node on a busy machine takes long


def killed(engine: Engine) -> None:
    """Ended as `kill -9` would, nothing of it left, and started again."""
    processes = [process for program in engine._programs for process in program.processes()]
    assert processes
    engine.kill()
    assert [process for process in processes if process.is_running()] == []
    engine.start()


AGAIN = pytest.mark.parametrize("again", [Engine.restart, killed])


def connected(at: PostgresEndpoint, password: str | None = None) -> psycopg.Connection:
    login = password or at.password
    return psycopg.connect(host=at.host, port=at.port, user=at.user, password=login, dbname=at.database, autocommit=True)


class TestPostgres:
    def test_each_new_database_is_empty_and_its_own(self, new_database: Callable[[], PostgresEndpoint]) -> None:
        first, second = new_database(), new_database()
        with connected(first) as one, connected(second) as other:
            one.execute("CREATE TABLE page (id int)")
            assert other.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'page'").fetchone() == (0,)

    def test_passwords_are_asked_for_by_scram(self, postgres: PostgresEndpoint) -> None:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            connected(postgres, "wrong")
        with connected(postgres) as connection:
            assert connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall() == [("scram-sha-256",)]

    @AGAIN
    def test_it_keeps_what_it_acknowledged(self, own_postgres: Postgres, again: Callable[[Engine], None]) -> None:
        at = own_postgres.endpoint
        with connected(at) as connection:
            connection.execute("CREATE TABLE page AS SELECT 7 AS id")
            again(own_postgres)  # and does not wait for clients to leave
        assert own_postgres.endpoint == at
        with connected(at) as connection:
            assert connection.execute("SELECT id FROM page").fetchone() == (7,)


def client(at: S3Endpoint) -> Client:
    return Client(at.url.removeprefix("http://"), at.access_key, at.secret_key, secure=False)


@pytest.fixture(params=["versitygw", "minio"])
def store(request: pytest.FixtureRequest) -> S3Endpoint:
    at = request.getfixturevalue(request.param)
    assert isinstance(at, S3Endpoint)
    return at


@pytest.fixture(params=["own_versitygw", "own_minio"])
def own_store(request: pytest.FixtureRequest) -> Versitygw | Minio:
    engine = request.getfixturevalue(request.param)
    assert isinstance(engine, Versitygw | Minio)
    return engine


class TestStores:
    def test_a_locked_object_stays(self, store: S3Endpoint) -> None:
        s3, until = client(store), datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=1)
        s3.make_bucket("locked", object_lock=True)
        put = s3.put_object("locked", "page", io.BytesIO(b"bytes"), 5, retention=Retention(COMPLIANCE, until))
        with pytest.raises(S3Error):
            s3.remove_object("locked", "page", version_id=put.version_id)

    def test_strangers_are_shut_out(self, store: S3Endpoint) -> None:
        with pytest.raises(S3Error):
            client(S3Endpoint(store.url, store.access_key, "wrong")).list_buckets()

    @AGAIN
    def test_they_keep_what_they_acknowledged(self, own_store: Versitygw | Minio, again: Callable[[Engine], None]) -> None:
        at = own_store.endpoint
        s3 = client(at)
        s3.make_bucket("pages")
        s3.put_object("pages", "page", io.BytesIO(b"bytes"), 5)
        again(own_store)
        assert own_store.endpoint == at
        with client(at).get_object("pages", "page") as answer:
            assert answer.read() == b"bytes"


def search(at: ElasticEndpoint, key: str | None = None) -> Elasticsearch:
    return Elasticsearch(at.url, api_key=key or at.api_key, ca_certs=str(at.ca_file), request_timeout=SECONDS)


class TestElastic:
    def test_its_version_is_the_one_wanted_and_its_analyzers_are_there(self, elastic: ElasticEndpoint) -> None:
        with search(elastic) as es:
            assert es.info()["version"]["number"] == wanted("elasticsearch")["version"]
            tokens = es.indices.analyze(analyzer="arabic", text="السجن")["tokens"]
        assert [token["token"] for token in tokens] == ["سجن"]

    def test_without_the_key_nothing_is_answered(self, elastic: ElasticEndpoint) -> None:
        with search(elastic, "d3Jvbmc6a2V5") as es, pytest.raises(AuthenticationException):
            es.info()

    @AGAIN
    def test_it_keeps_what_it_acknowledged(self, own_elastic: Elastic, again: Callable[[Engine], None]) -> None:
        at = own_elastic.endpoint
        with search(at) as es:
            es.index(index="pages", id="1", document={"text": "سجن تدمر"})
        again(own_elastic)
        assert own_elastic.endpoint == at
        with search(at) as es:
            es.indices.refresh(index="pages")
            assert es.search(index="pages", query={"match": {"text": "تدمر"}})["hits"]["total"]["value"] == 1
