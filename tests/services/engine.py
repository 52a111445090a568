"""What every engine has in common: a folder, ports and secrets that stay the same when it is started again, readiness, stop and kill."""

import http.client
import json
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, Self

import psutil  # type: ignore[import-untyped]

from tests.services.ports import Port, reserve
from tests.services.program import Program

START_SECONDS = 180.0  # the slowest takes five on a quiet machine; busy ones are given time
LOG_LINES = 30


class NotReady(Exception):
    """It does not answer as it should, yet."""


class DidNotStart(Exception):
    """It ended or did not answer in time; says so with the end of its log."""


class Engine(ABC):
    """An engine with its data, log, ports and secrets in ``folder`` (made when missing). Use as a context: left, it is killed."""

    name: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / f"{self.name}.log"
        self._state = folder / "state.json"
        self._ports: dict[str, Port] = {}

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers; raises DidNotStart."""
        self._prepare()
        for program in self._programs:
            program.start()
        self._wait()

    def stop(self) -> None:
        """Ask it to stop, and wait. Its data, port and secrets stay."""
        for program in reversed(self._programs):
            program.stop()

    def kill(self) -> None:
        """End it as `kill -9` would."""
        for program in reversed(self._programs):
            program.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def alive(self) -> bool:
        return all(program.alive() for program in self._programs)

    def processes(self) -> list[psutil.Process]:
        """All that belongs to it and runs."""
        return [process for program in self._programs for process in program.processes()]

    def memory(self) -> int:
        """Bytes of memory it holds."""
        return sum(program.memory() for program in self._programs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        while self._ports:
            self._ports.popitem()[1].release()

    @property
    @abstractmethod
    def _programs(self) -> tuple[Program, ...]:
        """Its programs, in the order they are started in."""

    @abstractmethod
    def _prepare(self) -> None:
        """Lay out the folder, unless that was done."""

    @abstractmethod
    def _ask(self) -> None:
        """Raise NotReady unless it answers."""

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return self._ask()
            except NotReady as why:
                if not self.alive():
                    raise self._failed("ended as it started") from None
                if time.monotonic() > deadline:
                    raise self._failed(f"did not answer in {START_SECONDS:.0f} seconds: {why}") from None
            time.sleep(0.05)

    def _failed(self, what: str) -> DidNotStart:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:] if self.log.exists() else []
        return DidNotStart("\n".join([f"{self.name} {what}. The end of {self.log}:", *lines]))

    def _port(self, name: str) -> int:
        """A port of that name: chosen once for this folder, reserved for as long as this object is used."""
        if name not in self._ports:
            known = self._kept().get(name)
            self._ports[name] = reserve(int(known) if known else None)
            self._keep(name, lambda: str(self._ports[name].number))
        return self._ports[name].number

    def _secret(self, name: str) -> str:
        """A secret of that name: made once for this folder."""
        return self._keep(name, lambda: secrets.token_hex(20))

    def _keep(self, name: str, make: Callable[[], str]) -> str:
        kept = self._kept()
        if name not in kept:
            kept[name] = make()
            self._state.touch(mode=0o600)
            self._state.write_text(json.dumps(kept), encoding="ascii")
        return kept[name]

    def _kept(self) -> dict[str, str]:
        return dict(json.loads(self._state.read_text(encoding="ascii"))) if self._state.exists() else {}


def http_answers(connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str] | None = None) -> None:
    """Raise NotReady unless GET of that path is answered with 200."""
    try:
        connection.request("GET", path, headers=headers or {})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise NotReady(str(error) or type(error).__name__) from error
    finally:
        connection.close()
    if status != http.HTTPStatus.OK:
        raise NotReady(f"GET {path} answered {status}")


def plain(port: int) -> http.client.HTTPConnection:
    """To a port of this machine, and never through a proxy that the environment names."""
    return http.client.HTTPConnection("127.0.0.1", port, timeout=5)
