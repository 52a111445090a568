"""The flow a worker runs: one chunk of a batch, read under leases. Ids, counts and reason codes only."""

import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from prefect import Flow, flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.exceptions import CancelledRun, CrashedRun
from prefect.states import Cancelled, Completed, Crashed, Failed

from flows.digitise import STOPPED, may_help
from flows.job import RETRY_SECONDS, Job, Stopped, Trouble, Troubles
from flows.pool import CHUNK
from pipeline.access import Act
from pipeline.digitise import Digitiser
from pipeline.errors import SijillError
from pipeline.sandbox import Sandbox
from pipeline.settings import Settings
from pipeline.wiring import archive, digitiser

UNHEARD = "Prefect did not answer it. The pages it had not read are given out again."
ENDED = "Its worker was ended. The pages it had not read are given out again."


@dataclass
class Halt:
    """How a run is told to stop: by its operator, or because its worker ends."""

    stop: threading.Event = field(default_factory=threading.Event)
    cancelled: bool = False

    def cancel(self) -> None:
        """The operator wants no more of it."""
        self.cancelled = True
        self.stop.set()

    @property
    def state(self) -> State[Any]:
        """Of the run that has stopped: one that crashed is given out again, one that was cancelled is not."""
        return Cancelled(message=STOPPED) if self.cancelled else Crashed(message=ENDED)


def chunk_flow(chosen: Settings, hands: Sandbox, halt: Halt) -> Flow[[int, int, list[int]], State[Any]]:
    """The flow for one run, whose pages the child processes ``hands`` read, until ``halt``."""

    @task(
        name="Read pages", task_run_name="Read pages", cache_policy=NO_CACHE, persist_result=False,
        retries=len(RETRY_SECONDS), retry_delay_seconds=list(RETRY_SECONDS), retry_condition_fn=may_help,
    )  # fmt: skip
    def read_pages(batch: int, holding: int, keys: list[int]) -> str | State[Any]:
        """Read these pages of this machine's archive; a store in the way is tried again."""
        troubles = Troubles()
        try:
            with troubles.codes_only(), opened_work(chosen, hands) as work:
                told = str(Job(work, batch, holding, keys, _nobody, stop=halt.stop).read(1, len(keys)))
        except Stopped:
            return halt.state
        except Trouble as trouble:
            _say_where(troubles.original(trouble))
            raise
        get_run_logger().info("%s", told)
        return told

    @flow(name=CHUNK, persist_result=False)
    def read_chunk(batch: int, holding: int, keys: list[int]) -> State[Any]:
        """Read pages by their keys; what fails is told as KIND: CODE, for whoever gave the chunk out."""
        try:
            return Completed(message=str(read_pages(batch, holding, keys)))
        except (CancelledRun, CrashedRun):
            return halt.state
        except httpx.TransportError:
            return Crashed(message=UNHEARD)
        except Trouble as trouble:
            return Failed(message=f"{trouble.kind}: {trouble}")

    return read_chunk


@contextmanager
def opened_work(chosen: Settings, hands: Sandbox) -> Iterator[Digitiser]:
    """The archive of these settings; what is begun and not finished is given back, whatever ends it."""
    with archive(chosen, Act.WORK) as opened:
        work = digitiser(opened, hands)
        try:
            yield work
        finally:
            work.release()


def _nobody(_done: int, _failed: int, _total: int) -> None:
    """Nobody watches one chunk's progress: the catalogue has it."""


def _say_where(error: Exception) -> None:
    """Where a bug stands goes to the worker's terminal: files of the program and lines, not its words, which may hold names."""
    if not isinstance(error, SijillError):
        sys.stderr.write("".join(traceback.format_tb(error.__traceback__)))
