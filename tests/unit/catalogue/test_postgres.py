"""A PostgreSQL catalogue is reached safely or not at all, and what goes wrong is told without a name, a host or a password."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import psycopg
import pytest

from pipeline.catalogue import Catalogue
from pipeline.catalogue.database import Database
from pipeline.errors import Damaged, SijillError, Unavailable, Usage
from tests.services import certificate
from tests.services.endpoints import PostgresEndpoint
from tests.services.postgres import Postgres
from tests.support import FAR, result, take, whole

URL = "postgresql://user@db.example.org:5432/archive"


@pytest.fixture
def made(new_database: Callable[[], PostgresEndpoint]) -> Iterator[Catalogue]:
    fresh = opened(new_database())
    yield fresh
    assert whole(fresh)
    fresh.close()


def opened(endpoint: PostgresEndpoint) -> Catalogue:
    database = Database(endpoint.url, password=endpoint.password)
    database.migrate()
    return Catalogue(database)


BAD_URLS = [
    "postgresql:", "postgresql://", "postgresql://host/db", "postgresql://user@/db", "postgresql://user@host", "postgresql://user@host/",
    "postgresql://user@host:x/db", "postgresql://user@host:99999/db", "postgresql://user@[::1/db", "postgresql://user@host/db#x",
    "postgresql://user@host/db?host=/tmp", "postgresql://user@host/db?sslmode=prefer&sslrootcert=x", "postgresql://user@host/db?options=x",
    "postgresql://user:secret@host/db", "postgresql://user:@host/db", "postgresql://user@host/db?sslmode=allow",
    "postgresql://user@host/db?sslmode=prefer", "postgresql://user@host/db?sslmode=", "postgresql://user@host/db?sslmode=disable&sslmode=require",
]  # fmt: skip


@pytest.mark.parametrize("url", BAD_URLS)
def test_what_is_no_url_of_a_database_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(Usage) as caught:
        Database(url)
    assert caught.value.code == "bad-setting"
    assert "secret" not in str(caught.value)
    assert "user@host" not in str(caught.value)


def _wrong_password(endpoint: PostgresEndpoint) -> Database:
    return Database(endpoint.url, password="wrong-secret")  # noqa: S106  # meant to be refused


def _no_password(endpoint: PostgresEndpoint) -> Database:
    return Database(endpoint.url)


def _no_database(endpoint: PostgresEndpoint) -> Database:
    return Database(endpoint.url + "-none", password=endpoint.password)


def _no_user(endpoint: PostgresEndpoint) -> Database:
    return Database(endpoint.url.replace("sijill@", "nobody@"), password=endpoint.password)


def _no_server(endpoint: PostgresEndpoint) -> Database:
    return Database(endpoint.url.replace(f":{endpoint.port}", ":1"), password=endpoint.password)


def _no_tls(endpoint: PostgresEndpoint) -> Database:
    return Database(endpoint.url + "?sslmode=verify-full", password=endpoint.password)


DOORS = [
    (_wrong_password, "bad-setting"), (_no_password, "bad-setting"), (_no_user, "bad-setting"), (_no_tls, "bad-setting"),
    (_no_database, "catalogue-unavailable"), (_no_server, "catalogue-unavailable"),
]  # fmt: skip


@pytest.mark.parametrize(("reach", "code"), DOORS)
def test_a_closed_door_is_told(postgres: PostgresEndpoint, reach: Callable[[PostgresEndpoint], Database], code: str) -> None:
    database = reach(postgres)
    with pytest.raises(SijillError) as caught:
        database.require_current()
    assert caught.value.code == code
    assert caught.value.way_out
    assert caught.value.__suppress_context__, "the driver's own words hold host and user"
    assert not any(word in str(caught.value) for word in (postgres.host, postgres.user + "@", "wrong-secret", postgres.password, "nobody"))
    database.close()


STATES: dict[tuple[type[SijillError], str], tuple[str, ...]] = {
    (Unavailable, "disk-full"): ("53100",),
    (Unavailable, "catalogue-busy"): ("53300", "55P03", "40001", "40P01", "57014"),
    (Unavailable, "catalogue-unavailable"): ("53200", "57P01", "08006", "25P03", "25006", "58030"),
    (Usage, "bad-setting"): ("42501",),
    (Damaged, "catalogue-damaged"): ("XX001", "XX002"),
    (SijillError, "catalogue-fault"): ("22012", "23505"),
}


@pytest.mark.parametrize(("state", "expected"), [(state, told) for told, states in STATES.items() for state in states])
def test_what_the_server_says_is_told_in_our_words(made: Catalogue, state: str, expected: tuple[type[SijillError], str]) -> None:
    with pytest.raises(expected[0]) as caught:
        _raise(made, state)
    assert (caught.value.code, caught.value.retryable) == (expected[1], expected[0] is Unavailable)
    assert state in caught.value.detail
    assert "Samer" not in str(caught.value)


def _raise(made: Catalogue, state: str) -> None:
    with made.database.write() as connection:
        connection.exec_driver_sql(f"do $$ begin raise exception 'Samer' using errcode = '{state}'; end $$")


def test_a_read_changes_nothing_and_sees_one_moment(made: Catalogue) -> None:
    take(made, "h", "a")
    with made.database.read() as connection:
        count = "select count(*) from page"
        before = connection.exec_driver_sql(count).scalar_one()
        take(made, "h", "b")
        assert connection.exec_driver_sql(count).scalar_one() == before
    with pytest.raises(Unavailable):
        _delete_while_reading(made)
    assert len(made.work.pending()) == 2


def _delete_while_reading(made: Catalogue) -> None:
    with made.database.read() as connection:
        connection.exec_driver_sql("delete from page")


def _cut(made: Catalogue, cut: Callable[[int], object]) -> None:
    """Lose the connection between two statements of a transaction."""
    with made.database.write() as connection:
        connection.exec_driver_sql("insert into holding (name, opened_at) values ('half', 1)")
        cut(int(connection.exec_driver_sql("select pg_backend_pid()").scalar_one()))
        connection.exec_driver_sql("select 1")


def test_a_connection_that_is_ended_in_mid_transaction_leaves_nothing_half_done(new_database: Callable[[], PostgresEndpoint]) -> None:
    endpoint = new_database()
    made = opened(endpoint)

    def end(pid: int) -> None:
        with psycopg.connect(endpoint.url, password=endpoint.password, autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s)", [pid])

    with pytest.raises(Unavailable) as caught:
        _cut(made, end)
    assert (caught.value.code, caught.value.retryable) == ("catalogue-unavailable", True)
    assert made.ledger.holdings() == [], "and the next call goes on"
    made.close()


@pytest.mark.parametrize("how", ["restart", "kill"])
def test_a_server_started_anew_is_survived(own_postgres: Postgres, how: str) -> None:
    made = opened(own_postgres.endpoint)
    _, keys = take(made, "h", "a", "b")
    refs = made.work.lease(keys, "me", FAR)

    def again(_pid: int) -> None:
        getattr(own_postgres, how)()
        own_postgres.start()

    with pytest.raises(Unavailable) as caught:
        _cut(made, again)
    assert caught.value.code == "catalogue-unavailable"
    getattr(own_postgres, how)()
    with pytest.raises(Unavailable) if how == "kill" else nullcontext():
        made.work.record([(ref, "s", result("نص")) for ref in refs], "tester")
    own_postgres.start()
    made.work.record([(ref, "s", result("نص")) for ref in refs], "tester")
    assert [row.holding for row in made.ledger.holdings()] == ["h"]
    assert (made.work.pending(), made.ledger.behind()) == ([], 2)
    assert whole(made)
    made.close()


@pytest.fixture
def certified(own_postgres: Postgres) -> Path:
    """The server shows a certificate for 127.0.0.1; returns what to check it against."""
    shown, key = own_postgres.folder / "server.crt", own_postgres.folder / "server.key"
    certificate.make(shown, key)
    owner = (own_postgres.folder / "data").stat()
    for path in (shown, key):
        os.chown(path, owner.st_uid, owner.st_gid)
    home = own_postgres.endpoint
    with psycopg.connect(home.url, password=home.password, autocommit=True) as connection:
        for name, value in (("ssl_cert_file", shown), ("ssl_key_file", key), ("ssl", "on")):
            connection.execute(f"alter system set {name} = '{value}'")
    own_postgres.restart()
    return shown


def test_the_servers_certificate_is_checked(own_postgres: Postgres, certified: Path) -> None:
    home = own_postgres.endpoint
    for mode, ca_file, reached in (
        ("verify-full", certified, True), ("verify-ca", certified, True), ("verify-full", None, False), ("verify-ca", None, False),
        ("require", None, True), ("disable", None, True),
    ):  # fmt: skip
        database = Database(f"{home.url}?sslmode={mode}", password=home.password, ca_file=ca_file)
        assert _reached(database) is reached, mode
        database.close()


def _reached(database: Database) -> bool:
    try:
        return database.schema() is None
    except Usage:
        return False


ELSEWHERE = (
    "import sys; sys.path.insert(0, '.'); from pipeline.catalogue import Catalogue; from pipeline.catalogue.database import Database;"
)
WORKER = (
    "import sys, time; real = time.time; time.time = lambda: real() - 86400;" + ELSEWHERE
    + "made = Catalogue(Database(sys.argv[1], password=sys.argv[2]));"
    + "print(len(made.work.lease(made.work.pending(), 'other', float(sys.argv[3]))), flush=True); sys.stdin.read()"
)  # fmt: skip


def worker(endpoint: str, password: str, seconds: float) -> "subprocess.Popen[str]":
    """Another process, whose clock goes a day behind; leases all that it can, says how many, and waits."""
    command = [sys.executable, "-c", WORKER, endpoint, password, str(seconds)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_leases_go_by_the_servers_clock(new_database: Callable[[], PostgresEndpoint]) -> None:
    """A worker whose clock was set back a day neither takes what others hold nor loses what it holds; killed, it loses it in time."""
    endpoint = new_database()
    made = opened(endpoint)
    _, keys = take(made, "h", "a", "b", "c")
    made.work.lease(keys[:1], "me", FAR)
    other = worker(endpoint.url, endpoint.password, 20)
    assert other.stdout is not None
    assert other.stdin is not None
    assert other.stdout.readline() == "2\n"
    assert made.work.lease(keys, "third", FAR) == []
    other.kill()
    other.wait()
    other.stdout.close()
    other.stdin.close()
    until = time.monotonic() + 120
    while not (back := made.work.lease(keys, "third", FAR)) and time.monotonic() < until:
        time.sleep(0.5)
    assert [ref.key for ref in back] == keys[1:]
    made.close()
