"""PostgreSQL as the system packages give it: a cluster of its own on a loopback port, passwords by SCRAM."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg import sql

from tests.services.cache import CannotBuild, wanted
from tests.services.endpoints import PostgresEndpoint
from tests.services.engine import Engine, NotReady
from tests.services.program import Program

USER = "sijill"
ACCOUNT = "postgres"  # of the machine, made by the package; the server refuses to run as root


def programs() -> Path:
    """The folder of the newest PostgreSQL's programs; raises CannotBuild where none is new enough."""
    oldest = int(str(wanted("postgresql")["oldest"]))
    found = {int(path.parent.name): path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()}
    if not found or max(found) < oldest:
        raise CannotBuild(f"PostgreSQL {oldest} or newer is not on this machine: apt-get install postgresql")
    return found[max(found)]


class Postgres(Engine):
    """Its data is in ``folder``/data, which belongs to the account `postgres` where this process is root.

    Not ``lasting``, it leaves writing to the disk to the kernel: that survives a kill of its processes, not of the machine.
    """

    name = "postgresql"

    def __init__(self, folder: Path, bin_folder: Path, lasting: bool = True) -> None:
        super().__init__(folder)
        self._bin, self._data, self._lasting = bin_folder, folder.resolve() / "data", lasting

    @property
    def endpoint(self) -> PostgresEndpoint:
        return PostgresEndpoint("127.0.0.1", self._port("port"), USER, self._secret("password"), USER)

    def new_database(self) -> PostgresEndpoint:
        """A fresh, empty database on the running server."""
        name = f"test_{secrets.token_hex(6)}"
        with self._connected("postgres") as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        home = self.endpoint
        return PostgresEndpoint(home.host, home.port, home.user, home.password, name)

    @cached_property
    def _programs(self) -> tuple[Program, ...]:
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", f"port={self._port('port')}", "timezone=UTC"]
        settings += [] if self._lasting else ["fsync=off"]
        server = [str(self._bin / "postgres"), "-D", str(self._data), *(part for setting in settings for part in ("-c", setting))]
        return (Program(as_account(server), self.log, stop=signal.SIGINT),)  # fast: does not wait for clients to leave

    def _prepare(self) -> None:
        if self._data.exists():
            return
        partial = self.folder.resolve() / "partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        password = self.folder.resolve() / "password"
        password.touch(mode=0o600)
        password.write_text(self._secret("password"), encoding="ascii")
        if os.geteuid() == 0:
            account = pwd.getpwnam(ACCOUNT)
            for path in (partial, password):
                os.chown(path, account.pw_uid, account.pw_gid)
        self._initialise(partial, password)
        partial.rename(self._data)

    def _initialise(self, data: Path, password: Path) -> None:
        command = [str(self._bin / "initdb"), "-D", str(data), "-U", USER, "--auth=scram-sha-256", f"--pwfile={password}"]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", *([] if self._lasting else ["--no-sync"])]
        with self.log.open("ab") as output:
            done = subprocess.run(as_account(command), cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
        password.unlink()
        if done.returncode:
            raise self._failed("could not lay out its data")

    def _ask(self) -> None:
        try:
            with self._connected("postgres") as connection:
                there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [USER]).fetchone()
                if not there:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(USER)))
        except psycopg.OperationalError as error:
            raise NotReady(str(error)) from error

    def _connected(self, database: str) -> psycopg.Connection:
        home = self.endpoint
        return psycopg.connect(
            host=home.host, port=home.port, user=home.user, password=home.password, dbname=database, connect_timeout=5, autocommit=True
        )


def as_account(command: list[str]) -> list[str]:
    """The command as it is run: under the account `postgres` where this process is root."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--init-groups", *command]
