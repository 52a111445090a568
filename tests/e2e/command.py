"""`sijill …` as a user runs it: in a process of its own, or inside this one where a command starts no other and seconds count."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main

SCANS = Path("fixtures/scans").resolve()
PROGRAM = (sys.executable, "-c", "from pipeline.cli import main; main()")


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def ok(self) -> "Done":
        assert self.code == 0, self.out + self.err
        assert "Traceback" not in self.err
        return self

    def failed(self, code: int, reason: str) -> "Done":
        """It ended with this exit code and told this reason code, in words and not in a traceback."""
        assert self.code == code, f"{self.code}: {self.out}{self.err}"
        assert f"[{reason}]" in self.err
        assert "Traceback" not in self.err
        return self


@dataclass(frozen=True)
class Sijill:
    """The program with its settings; nothing of the settings around the tests comes through."""

    home: Path
    settings: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        theirs = {key: value for key, value in os.environ.items() if not key.startswith(("SIJILL_", "PREFECT_"))}
        return theirs | {"SIJILL_HOME": str(self.home)} | {f"SIJILL_{key.upper()}": value for key, value in self.settings.items()}

    def having(self, **settings: str) -> "Sijill":
        return Sijill(self.home, {**self.settings, **settings})

    def __call__(self, *args: str | Path, program: tuple[str, ...] = PROGRAM, seconds: float = 240) -> Done:
        """In a process of its own."""
        command = [*program, *map(str, args)]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment, timeout=seconds, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *args: str | Path, program: tuple[str, ...] = PROGRAM) -> "subprocess.Popen[str]":
        """In a process of its own, not waited for, in a session of its own as a shell would start it."""
        command = [*program, *map(str, args)]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment, start_new_session=True
        )

    def quick(self, *args: str | Path) -> Done:
        """In this process: for commands that start no other."""
        out, err, code = io.StringIO(), io.StringIO(), 0
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name in os.environ.keys() - self.environment.keys():
                patch.delenv(name)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["sijill", *map(str, args)])
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
        return Done(code, out.getvalue(), err.getvalue())

    @contextmanager
    def working(self, *options: str) -> Iterator["subprocess.Popen[str]"]:
        """A `sijill worker` in the background; killed at the end if it still runs."""
        worker = self.start("worker", *options)
        try:
            yield worker
        finally:
            if worker.poll() is None:
                worker.kill()
            worker.communicate()

    def with_account(self, name: str, *roles: str) -> "Sijill":
        """Under the first account of a shared archive, which is admin and has these roles too."""
        said = self.quick("account", "add", name, "--role", "admin").ok().out
        under = self.having(account_key=said.partition("Key, shown this once: ")[2].split()[0])
        for role in roles:
            under.quick("account", "grant", name, "--role", role).ok()
        return under

    def ledger(self) -> dict[str, Any]:
        """Of the only holding."""
        [row] = self.quick("status", "--json").json
        found: dict[str, Any] = row
        return found

    def hits(self, *args: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.quick("search", *args, "--json").ok().json["hits"]
        return found
