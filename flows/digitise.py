"""The flow: read a batch in chunks, bring the index up to date, write the ledger. Ids, counts and reason codes only."""

import threading
from typing import Any, Protocol

from prefect import Flow, flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.futures import PrefectFuture, wait
from prefect.states import Cancelled
from prefect.task_runners import ThreadPoolTaskRunner

from flows.job import Job, Stopped, Trouble
from flows.report import report
from flows.work import chunks

LANES = 3  # chunks at one time: while the slowest page of one ends, the others keep every process busy
LOOK_SECONDS = 1.0
STOPPED = "Stopped by the operator. Pages not yet read are waiting; the next run goes on there."


class Watch(Protocol):
    """Keeps an eye on the Prefect server."""

    def look(self) -> None:
        """See that it is there; called about once a second."""

    def settle(self) -> bool:
        """Wait until it can take the end of the run; False when it cannot."""


def may_help(_task: object, _run: TaskRun, state: State[Any]) -> bool:
    """Try again only where that can give another answer."""
    return isinstance(state.data, Trouble) and state.data.retryable


def digitise_flow(job: Job, watch: Watch) -> Flow[[int, int, int], State[None] | None]:
    """The flow for one job. ``watch`` keeps an eye on the server meanwhile."""
    plain: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}
    patient = plain | {"retries": len(job.retry_seconds), "retry_delay_seconds": list(job.retry_seconds), "retry_condition_fn": may_help}

    @task(name="Read pages", task_run_name="Read pages {first}-{last} of {pages}", **patient)
    def read(first: int, last: int, pages: int) -> State[None] | None:
        try:
            with job.codes_only():
                get_run_logger().info("Pages %d-%d of %d: %s", first, last, pages, job.read(first, last))
        except Stopped:
            return Cancelled(message=STOPPED)
        return None

    @task(name="Bring the index up to date", task_run_name="Bring the index up to date", **patient)
    def index() -> None:
        with job.codes_only():
            get_run_logger().info("Index: %s", job.index())

    @task(name="Write the ledger", task_run_name="Write the ledger", **plain)
    def write_ledger() -> None:
        with job.codes_only():
            markdown = report(job.title, job.holding, job.ledger())
        create_markdown_artifact(markdown, key=f"ledger-of-holding-{job.holding}" if job.holding else "ledger-of-all-holdings")

    @flow(
        name="Digitise a batch", flow_run_name=lambda: job.title, persist_result=False,
        task_runner=ThreadPoolTaskRunner(max_workers=LANES),  # type: ignore[arg-type]  # its own future is narrower than TaskRunner's
    )  # fmt: skip
    def digitise(batch: int, holding: int, pages: int) -> State[None] | None:  # noqa: ARG001  # for the run's name and the UI
        try:
            read_in_lanes(read, job, watch)
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


def read_in_lanes(read: Any, job: Job, watch: Watch) -> None:
    """Submit chunk after chunk, never more than LANES at a time; after one has failed no further one begins. Raises what it raised."""
    free, failed = threading.Semaphore(LANES), threading.Event()
    futures: list[PrefectFuture[State[None] | None]] = []

    def done(future: PrefectFuture[State[None] | None]) -> None:
        future.wait()  # over already: without this its state would be asked of the server
        if not future.state.is_completed():
            failed.set()
        free.release()

    def next_lane() -> None:
        while not free.acquire(timeout=LOOK_SECONDS):
            watch.look()

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
