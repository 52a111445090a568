"""PostgreSQL 15 or later through psycopg: TLS checked, waits bounded, every loss of the connection told as such."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from sqlalchemy import URL, Connection, Double, Engine, cast, create_engine, event, func, select, text
from sqlalchemy.exc import InterfaceError, OperationalError, StatementError

from pipeline.catalogue.backing import fault
from pipeline.errors import Damaged, SijillError, Unavailable, Usage, way_out

CHECKED = ("verify-full", "verify-ca")
MODES = (*CHECKED, "require", "disable")
MIGRATING = int.from_bytes(b"sijill")  # of the advisory lock; any number that no other program takes
# Of a session: the longest statement is a rebuild's over all pages; others wait a minute for a lock, as on SQLite; what is committed is on
# disk; a machine that is gone without a word is noticed by the server within a minute, and what it held is free again.
OPTIONS = {
    "statement_timeout": "30min", "lock_timeout": "60s", "synchronous_commit": "on", "timezone": "UTC",
    "tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3",
}  # fmt: skip
STOPPED_WRITER = "set local idle_in_transaction_session_timeout = '5min'"  # a process that stands still holds others up no longer


class Postgres:
    """backing.Backing on a server."""

    def __init__(self, url: str, password: str, ca_file: Path | None) -> None:
        found = _split(url)
        self.place = "in the catalogue's database"
        self.reading: Mapping[str, Any] = {"reading": True, "isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        address = URL.create("postgresql+psycopg", unquote(found.username or ""), None, found.hostname, found.port, unquote(found.path[1:]))
        connect_args = {
            "password": password or None, "connect_timeout": 10, "application_name": "sijill", "client_encoding": "utf8",
            "options": " ".join(f"-c {name}={value}" for name, value in OPTIONS.items()),
            "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000,
            **_tls(found, ca_file),
        }  # fmt: skip
        self.engine = create_engine(
            address, connect_args=connect_args, isolation_level="READ COMMITTED", pool_pre_ping=True, hide_parameters=True
        )
        _bound(self.engine)

    def there(self) -> bool:
        return True

    @contextmanager
    def made(self) -> Iterator[None]:
        with self.engine.connect() as connection:
            if connection.execute(text("show server_encoding")).scalar_one() != "UTF8":
                raise Usage("bad-setting", "the catalogue's database does not hold UTF-8", "Make it with ENCODING 'UTF8'.")
        yield

    def alone(self, connection: Connection) -> None:
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))

    def now(self, connection: Connection) -> float:
        return float(connection.execute(select(cast(func.extract("epoch", func.clock_timestamp()), Double))).scalar_one())

    def in_our_words(self, error: StatementError) -> Exception:
        state = getattr(error.orig, "sqlstate", None)
        if state is None and isinstance(error, OperationalError | InterfaceError):
            return _not_reached(str(error.orig))
        told = next((told for beginning, told in _STATES.items() if (state or "").startswith(beginning)), None)
        if told is None:
            return fault(error, f", SQLSTATE {state}" if state else "")
        kind, code, what, advice = told
        return kind(code, f"{what} (SQLSTATE {state})", advice or way_out(code))


_OWNER = "Make SIJILL_CATALOGUE's user the owner of its database."
_SERVER = "See that PostgreSQL runs and can be reached, then run the same command again: it goes on where it stopped."
# By the beginning of the SQLSTATE: the first that fits. https://www.postgresql.org/docs/15/errcodes-appendix.html
_STATES: Mapping[str, tuple[type[SijillError], str, str, str]] = {
    "53100": (Unavailable, "disk-full", "the catalogue's server has no room left", ""),
    "53300": (Unavailable, "catalogue-busy", "the catalogue's server takes no more connections", "Raise its max_connections."),
    "53": (Unavailable, "catalogue-unavailable", "the catalogue's server lacks memory or room", _SERVER),
    "55P03": (Unavailable, "catalogue-busy", "another process held what was asked for longer than a minute", ""),
    "40": (Unavailable, "catalogue-busy", "two processes stood in each other's way", ""),
    "57014": (Unavailable, "catalogue-busy", "the catalogue took too long, or was told to stop", ""),
    "57": (Unavailable, "catalogue-unavailable", "the catalogue's server was stopped, or ended the connection", _SERVER),
    "08": (Unavailable, "catalogue-unavailable", "the connection to the catalogue was lost", _SERVER),
    "25P0": (Unavailable, "catalogue-unavailable", "the catalogue ended a transaction that stood still", _SERVER),
    "25006": (Unavailable, "catalogue-unavailable", "the catalogue's server takes no changes", _SERVER),
    "58": (Unavailable, "catalogue-unavailable", "the catalogue's server cannot read or write its files", _SERVER),
    "28": (Usage, "bad-setting", "the catalogue's server does not let this user in", "See SIJILL_CATALOGUE and its password."),
    "3D000": (Usage, "bad-setting", "the catalogue's server has no such database", "Make it, or see SIJILL_CATALOGUE."),
    "42501": (Usage, "bad-setting", "the catalogue's user may not do this", _OWNER),
    "XX00": (Damaged, "catalogue-damaged", "the catalogue's server found its files damaged", "Restore it from a backup."),
}


def _not_reached(said: str) -> SijillError:
    """No answer, or none that has a code: a refusal at the door comes as words only, in the server's language."""
    if "certificate" in said or "SSL" in said:
        return Usage(
            "bad-setting", "the catalogue's server could not show whose it is", "See SIJILL_CA_FILE, or sslmode in SIJILL_CATALOGUE."
        )
    if "password" in said:
        detail = "the catalogue's server does not let this user in"
        return Usage("bad-setting", detail, "See the user in SIJILL_CATALOGUE, and SIJILL_CATALOGUE_PASSWORD.")
    return Unavailable("catalogue-unavailable", "the catalogue's server does not answer, or the connection to it was lost", _SERVER)


def _split(url: str) -> SplitResult:
    """Raises Usage (bad-setting) for what is no URL of a database, without showing it: it may hold a password."""
    try:
        found = urlsplit(url)
        complete = bool(found.hostname and found.username and found.path[1:] and found.port != 0)
    except ValueError:
        complete = False
    if not complete or found.fragment or set(parse_qs(found.query, keep_blank_values=True)) - {"sslmode"}:
        raise Usage("bad-setting", "SIJILL_CATALOGUE takes postgresql://USER@HOST[:PORT]/DATABASE[?sslmode=MODE]")
    if found.password is not None:
        raise Usage("bad-setting", "SIJILL_CATALOGUE holds a password", "Put it in SIJILL_CATALOGUE_PASSWORD: a URL ends up in logs.")
    return found


def _tls(url: SplitResult, ca_file: Path | None) -> dict[str, Any]:
    """How the server has to show whose it is. Where it need not, a password is at least never sent in the clear."""
    asked = parse_qs(url.query, keep_blank_values=True).get("sslmode", [])
    if asked and (len(asked) > 1 or asked[0] not in MODES):
        raise Usage("bad-setting", f"SIJILL_CATALOGUE takes one sslmode: {', '.join(MODES)}")
    mode = asked[0] if asked else "prefer" if _loopback(url.hostname or "") else "verify-full"
    if mode in CHECKED:
        return {"sslmode": mode, "sslrootcert": str(ca_file or _machines_own())}
    return {"sslmode": mode, "require_auth": "!password,!md5"}


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _machines_own() -> str:
    """psycopg brings an OpenSSL of its own, which looks in other places."""
    known = (ssl.get_default_verify_paths().cafile, "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
    return next((path for path in known if path and Path(path).is_file()), "system")


def _bound(engine: Engine) -> None:
    """A writer that stands still in the middle of a transaction is cut off, a reader is not: it holds nobody up."""

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("reading", False):
            connection.exec_driver_sql(STOPPED_WRITER)
