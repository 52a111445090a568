"""The engines of a shared archive, started for a benchmark: their settings, and what they cost."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

import psutil  # type: ignore[import-untyped]

from tests.services import build_elasticsearch, build_go, postgres
from tests.services.developer import variables_of
from tests.services.elastic import Elastic
from tests.services.engine import Engine
from tests.services.postgres import Postgres
from tests.services.s3 import Versitygw

MIB = 2**20
Processes = Callable[[], Sequence[psutil.Process]]
E = TypeVar("E", bound=Engine)


class Shared(NamedTuple):
    """``settings`` of an archive on them, and the processes of each by its name."""

    settings: Mapping[str, str]
    processes: Mapping[str, Processes]


@contextmanager
def shared(folder: Path) -> Iterator[Shared]:
    """versitygw, PostgreSQL and Elasticsearch on the data in ``folder``, which stays for a later run."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)  # the server's own account has to get through
    with ExitStack() as stack:
        store = started(stack, Versitygw(folder / "versitygw", build_go.program("versitygw")))
        record = started(stack, Postgres(folder / "postgresql", postgres.programs()))
        index = started(stack, elastic(folder / "elasticsearch"))
        processes = {"versitygw": store.processes, "PostgreSQL": record.processes, "Elasticsearch": index.processes}
        yield Shared(variables_of(store.endpoint, record.endpoint, index.endpoint), processes)


def elastic(folder: Path) -> Elastic:
    return Elastic(folder, build_elasticsearch.node(), build_elasticsearch.java())


def started(stack: ExitStack, engine: E) -> E:
    stack.enter_context(engine)
    stack.callback(engine.stop)  # before it is killed: what it holds is to be on the disk
    engine.start()
    return engine


def tree(pid: int) -> Processes:
    """A process and all that it started."""

    def processes() -> Sequence[psutil.Process]:
        try:
            main = psutil.Process(pid)
            return [main, *main.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    return processes


def cpu(processes: Processes) -> float:
    """Processor seconds of these processes and of those of their children that ended."""
    return sum(_seconds(process) for process in processes())


def resident(processes: Processes) -> float:
    """MiB that they hold together, a page shared by some counted in parts."""
    return sum(_held(process) for process in processes()) / MIB


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def _held(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0


def on_disk(folder: Path) -> float:
    """MiB of all files in a folder that a running engine may be changing."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            size += path.stat().st_size if path.is_file() else 0
    return size / MIB
