"""One program in the background: started, asked to stop, or killed with all that it started."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

KEEPER = Path(__file__).with_name("keeper.py")
STOP_SECONDS = 60.0  # for a program that was asked to stop; a busy machine is given time


class Program:
    """``command`` with ``environment`` over this process's own, its output at the end of ``log``; it never outlives this process."""

    def __init__(
        self, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None, stop: signal.Signals = signal.SIGTERM
    ) -> None:
        self._command, self._log, self._environment, self._stop = command, log, environment or {}, stop
        self._keeper: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it unless it runs."""
        if self.alive():
            return
        self._over()
        with self._log.open("ab") as output:
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", str(KEEPER), str(os.getpid()), *self._command],
                env=os.environ | self._environment, cwd=self._log.parent,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def alive(self) -> bool:
        return self._keeper is not None and self._keeper.poll() is None

    def processes(self) -> list[psutil.Process]:
        """The program and all that it started, itself first; empty when it does not run."""
        if self._keeper is None:
            return []
        try:
            return list(psutil.Process(self._keeper.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            return []

    def memory(self) -> int:
        """Bytes of memory held, each shared page counted in parts."""
        return sum(process.memory_full_info().pss for process in self.processes())

    def stop(self) -> None:
        """Ask it to stop and wait; killed when it does not listen."""
        for process in self.processes()[:1]:
            process.send_signal(self._stop)
            psutil.wait_procs([process], STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """As `kill -9` would, with all that it started; returns when they are gone."""
        processes = self.processes()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, STOP_SECONDS)
        self._over()

    def _over(self) -> None:
        if self._keeper:
            self._keeper.terminate()  # one that has not yet started its program; the others are gone by now
            self._keeper.wait()
