"""The flow a worker runs: one chunk of a batch, read under leases. Ids, counts and reason codes only."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.digitise import may_help
from flows.job import RETRY_SECONDS, Job, Trouble, Troubles
from pipeline.access import Act
from pipeline.digitise import Digitiser
from pipeline.errors import SijillError
from pipeline.settings import Settings
from pipeline.wiring import archive, digitiser, sandbox

ENTRYPOINT = f"{__name__}.read_chunk"


@task(
    name="Read pages", task_run_name="Read pages", cache_policy=NO_CACHE, persist_result=False,
    retries=len(RETRY_SECONDS), retry_delay_seconds=list(RETRY_SECONDS), retry_condition_fn=may_help,
)  # fmt: skip
def read_pages(batch: int, holding: int, keys: list[int]) -> str:
    """Read these pages of this machine's archive; a store in the way is tried again."""
    troubles = Troubles()
    try:
        with troubles.codes_only(), opened_work() as work:
            told = str(Job(work, batch, holding, keys, _nobody).read(1, len(keys)))
    except Trouble as trouble:
        _say_where(troubles.original(trouble))
        raise
    get_run_logger().info("%s", told)
    return told


@flow(name="Read pages", persist_result=False)
def read_chunk(batch: int, holding: int, keys: list[int]) -> State[Any]:
    """Read pages by their keys; what fails is told as KIND: CODE, for whoever gave the chunk out."""
    try:
        return Completed(message=read_pages(batch, holding, keys))
    except Trouble as trouble:
        return Failed(message=f"{trouble.kind}: {trouble}")


@contextmanager
def opened_work() -> Iterator[Digitiser]:
    """The archive that this process's environment names; what is begun and not finished is given back, whatever ends it."""
    chosen = Settings.model_validate({})
    with archive(chosen, Act.WORK) as opened, sandbox(chosen, chosen.processes) as pool:
        work = digitiser(opened, pool)
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
