"""The flow: read a batch in chunks, bring the index up to date, write the ledger. Ids, counts and reason codes only."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol
from uuid import UUID

import httpx
from prefect import Flow, flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.futures import PrefectFuture, wait
from prefect.runtime import flow_run as this_run
from prefect.states import Cancelled
from prefect.task_runners import ThreadPoolTaskRunner

from flows.job import Job, Stopped, Trouble
from flows.left import mark, mark_crashed
from flows.report import SetAside, report, set_aside
from flows.work import chunks

FLOW = "Digitise a batch"
LANES = 3  # chunks at one time: while the slowest page of one ends, the others keep every process busy
LOOK_SECONDS = 1.0
HEED_SECONDS = 5.0
SET_ASIDE = "sijill.pages.set-aside"  # the event that tells of pages that failed
STOPPED = "Stopped by the operator. Pages not yet read are waiting; the next run goes on there."


class Watch(Protocol):
    """Keeps an eye on the Prefect server."""

    def look(self) -> None:
        """See that it is there; called about once a second."""

    def settle(self) -> bool:
        """Wait until it can take the end of the run; False when it cannot."""


Reading = Callable[[Job, Watch], None]
"""Brings every page of a job to its end, or raises."""


def may_help(_task: object, _run: TaskRun, state: State[Any]) -> bool:
    """Try again only where that can give another answer."""
    return isinstance(state.data, Trouble) and state.data.retryable


PLAIN: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}


def patient(job: Job) -> dict[str, Any]:
    """The options of a task that is tried again."""
    return PLAIN | {"retries": len(job.retry_seconds), "retry_delay_seconds": list(job.retry_seconds), "retry_condition_fn": may_help}


def digitise_flow(job: Job, watch: Watch, reading: Reading) -> Flow[[int, int, int], State[None] | None]:
    """The flow for one job, whose pages ``reading`` brings to their end. ``watch`` keeps an eye on the server meanwhile."""

    @task(name="Bring the index up to date", task_run_name="Bring the index up to date", **patient(job))
    def index() -> None:
        with job.codes_only():
            get_run_logger().info("Index: %s", job.index())

    @task(name="Write the ledger", task_run_name="Write the ledger", **PLAIN)
    def write_ledger() -> None:
        with job.codes_only():
            ledger = job.ledger()
            markdown, aside = report(job.title, job.holding, ledger), set_aside(job.holding, ledger)
        create_markdown_artifact(markdown, key=f"ledger-of-holding-{job.holding}" if job.holding else "ledger-of-all-holdings")
        if aside:
            tell_of_pages_set_aside(job, aside)

    @flow(
        name=FLOW, flow_run_name=lambda: job.title, persist_result=False,
        task_runner=ThreadPoolTaskRunner(max_workers=LANES),  # type: ignore[arg-type]  # its own future is narrower than TaskRunner's
    )  # fmt: skip
    def digitise(batch: int, holding: int, pages: int) -> State[None] | None:  # noqa: ARG001  # for the run's name and the UI
        try:
            mark_this_run()
            reading(job, watch)
            index()
        except KeyboardInterrupt:
            return Cancelled(message=STOPPED)
        finally:
            if watch.settle():
                write_ledger()
        with job.codes_only():
            job.accounted_for(job.ledger())
        return None

    return digitise


def mark_this_run() -> None:
    """Note whose the run is and, while at it, mark those crashed that a killed process has left."""
    context = FlowRunContext.get()
    if context and context.flow_run:
        with suppress(httpx.HTTPError), get_client(sync_client=True) as client:  # without it the UI shows them running, no more
            client.update_flow_run(context.flow_run.id, tags=[mark()])
            mark_crashed(client, FLOW)


def tell_of_pages_set_aside(job: Job, aside: SetAside) -> None:
    """For the operator: an artifact with their ids, and an event that a notification can hang on."""
    create_markdown_artifact(aside.markdown, key=f"set-aside-of-holding-{job.holding}" if job.holding else "set-aside-of-all-holdings")
    batch = {"prefect.resource.id": f"sijill.batch.{job.batch}", "prefect.resource.name": job.title}
    emit_event(event=SET_ASIDE, resource=batch, payload={"holding": job.holding, "pages": aside.pages, "codes": dict(aside.codes)})


def read_task(job: Job) -> Any:
    """Read some pages of the job in this process."""

    @task(name="Read pages", task_run_name="Read pages {first}-{last} of {pages}", **patient(job))
    def read(first: int, last: int, pages: int) -> State[None] | None:
        try:
            with job.codes_only():
                get_run_logger().info("Pages %d-%d of %d: %s", first, last, pages, job.read(first, last))
        except Stopped:
            return Cancelled(message=STOPPED)
        return None

    return read


class Heed:
    """Called as often as one likes: raises KeyboardInterrupt once an operator has cancelled this run, which is asked for now and then."""

    def __init__(self) -> None:
        self._asked = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._asked < HEED_SECONDS:
            return
        with suppress(httpx.HTTPError), get_client(sync_client=True, httpx_settings={"timeout": HEED_SECONDS}) as client:
            state = client.read_flow_run(UUID(this_run.id)).state
            if state and (state.is_cancelling() or state.is_cancelled()):
                raise KeyboardInterrupt
        self._asked = time.monotonic()


def read_in_lanes(job: Job, watch: Watch) -> None:
    """Read in this process, LANES chunks at a time; after one has failed no further one begins. Raises what it raised."""
    read, heed = read_task(job), Heed()
    free, failed = threading.Semaphore(LANES), threading.Event()
    futures: list[PrefectFuture[State[None] | None]] = []

    def done(future: PrefectFuture[State[None] | None]) -> None:
        future.wait()  # over already: without this its state would be asked of the server
        if not future.state.is_completed():
            failed.set()
        free.release()

    def next_lane() -> None:
        heed()
        while not free.acquire(timeout=LOOK_SECONDS):
            watch.look()
            heed()

    try:
        for first, last in chunks(len(job.keys)):
            next_lane()
            if failed.is_set():
                free.release()
                break
            futures.append(read.submit(first, last, len(job.keys)))
            futures[-1].add_done_callback(done)
        for _ in range(LANES):
            next_lane()
    except KeyboardInterrupt:
        job.stop.set()
        wait(futures)
        raise
    for future in futures:
        future.result()
