"""The real docker-compose.yml brought up: asked, scaled, one of its workers killed, taken down with all it kept."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.compose.engine import Docker
from tests.compose.images import ROOT
from tests.compose.steps import said, step
from tests.services.ports import reserve

PROJECT = "sijill-check"
SCANS = ROOT / "fixtures/scans"


@dataclass(frozen=True)
class Stack:
    """``compose``: the words its commands begin with."""

    docker: Docker
    compose: list[str]
    variables: Mapping[str, str]

    def __call__(self, *arguments: str, seconds: float = 3600) -> str:
        return said(self._words(*arguments), self._environment, seconds)

    def under(self, key: str) -> "Stack":
        """The same, used by who has the account of that key."""
        return replace(self, variables={**self.variables, "SIJILL_ACCOUNT_KEY": key})

    def sijill(self, *arguments: str) -> str:
        """One command of Sijill in a container of its own."""
        return self("run", "--rm", "-T", "sijill", *arguments)

    def people(self, name: str) -> str:
        """What is kept for people under that name."""
        return self("run", "--rm", "-T", "people", "cat", name)

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        """The same, not waited for."""
        words = self._words("run", "--rm", "-T", "sijill", *arguments)
        environment = os.environ | self._environment
        return subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=-1, stderr=-2, text=True, start_new_session=True)

    def asked(self, query: str) -> list[str]:
        """Lines of the catalogue's answer."""
        script = f'PGPASSWORD="$(cat /run/secrets/sijill_password)" psql -X -U sijill -d sijill -Atc "{query}"'
        return self("exec", "-T", "postgres", "sh", "-c", script).splitlines()

    def containers(self, *services: str) -> list[dict[str, Any]]:
        """What the engine tells of them, `docker inspect`."""
        ids = self("ps", "--all", "--quiet", *services).split()
        return list(json.loads(self.docker("inspect", *ids))) if ids else []

    def secrets(self) -> dict[str, str]:
        """Every secret there is, by its file's name."""
        found: dict[str, str] = {}
        for service in ("worker", "prefect", "postgres", "s3"):
            listed = self("exec", "-T", service, "sh", "-c", "cd /run/secrets && for f in *; do echo \"$f $(tr -d '\\n' <$f)\"; done")
            found |= dict(line.split(" ", 1) for line in listed.splitlines() if not line.split()[0].endswith(".pem"))
        return found

    def _words(self, *arguments: str) -> list[str]:
        return [*self.compose, "--project-name", PROJECT, "--project-directory", str(ROOT), "--progress", "quiet", *arguments]

    @property
    def _environment(self) -> dict[str, str]:
        return {**self.docker.environment, **self.variables}


@contextmanager
def up(docker: Docker, compose: list[str], images: Mapping[str, str], workers: int) -> Iterator[Stack]:
    """Every service started; whatever happens, nothing of it is left at the end."""
    port = reserve()
    small = {"ELASTICSEARCH_HEAP": "512m", "WORKER_PROCESSES": "1"} | {
        f"{name}_CPUS": "1" for name in ("ELASTICSEARCH", "POSTGRES", "WORKER")
    }
    stack = Stack(docker, compose, {**images, **small, "SCANS": str(SCANS), "PREFECT_PORT": str(port.number)})
    try:
        step(f"docker compose up, {workers} workers")
        stack("up", "--detach", "--no-build", "--scale", f"worker={workers}")
        yield stack
    finally:
        step("docker compose down -v")
        stack("--profile", "commands", "down", "--volumes", "--remove-orphans", "--timeout", "20")
        port.release()


def scans() -> list[str]:
    """The demo box, as `./run demo` takes it."""
    return sorted(path.name for path in Path(SCANS).iterdir() if path.suffix in {".pdf", ".tif", ".jpg", ".png"})
