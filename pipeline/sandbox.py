"""Work on hostile bytes in child processes with bounded time and memory, none of which outlives the parent."""

import errno
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context, parent_process
from pathlib import Path
from signal import SIG_DFL, SIGTERM, Signals, signal
from types import TracebackType
from typing import Any, Self, TypeVar, TypeVarTuple, cast

from pebble import ProcessExpired, ProcessPool

from pipeline.errors import SijillError, WorkerLost, way_out

T = TypeVar("T")
Args = TypeVarTuple("Args")

_CV2_NO_MEMORY = -4  # cv::Error::StsNoMem
_ONE_THREAD = ("OMP_THREAD_LIMIT", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")

# Waits until the worker (stdin) or the worker's parent (the descriptor named first) is gone, by whatever death, then kills what they left:
# tesseract or pdftoppm still running, their temporary files. PR_SET_PDEATHSIG would not do: it fires when the parent's *thread* ends, and
# programs started by the worker do not inherit it.
_GUARDIAN = """
import os, select, shutil, signal, sys
parent, group, scratch = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
select.select([0, parent], [], [])
try:
    os.killpg(group, signal.SIGKILL)
except ProcessLookupError:
    pass
shutil.rmtree(scratch, ignore_errors=True)
"""


class Sandbox:
    """``workers`` persistent child processes of at most ``memory_mb`` MiB address space each, and ``seconds`` for one call.

    ``initializer`` runs once in each worker, before its first call and as a part of it. Functions, arguments and results are pickled, and
    belong to importable modules. A worker that hangs or dies takes down its own call only; another takes its place.
    Use as a context manager: leaving it ends every child, and cancels what is not done.
    """

    def __init__(self, workers: int, memory_mb: int, seconds: float, initializer: Callable[[], object] | None = None) -> None:
        self._workers, self._seconds = workers, seconds
        self._confinement = (memory_mb, pickle.dumps(initializer) if initializer else b"")
        self._lock = threading.Lock()
        self._unfinished = set[Future[Any]]()
        self._pool: ProcessPool | None = self._new_pool()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End every child at once; what is asked of it later is cancelled too."""
        with self._lock:
            pool, self._pool = self._pool, None
            unfinished = list(self._unfinished)
        for future in unfinished:
            future.cancel()
        if pool is not None:
            _end(pool)

    def submit(self, function: Callable[[*Args], T], *args: *Args, seconds: float | None = None) -> Future[T]:
        """Call the function in a worker, for at most ``seconds`` where given. The future's ``cancel`` ends the call even while it runs.

        ``result()`` raises WorkerLost (reader-hung, reader-died, out-of-memory), or what the function raised.
        """
        call = pickle.dumps((function, args))
        limit = self._seconds if seconds is None else seconds
        outer = Future[T]()
        with self._lock:
            if self._pool is None:
                outer.cancel()
                outer.set_running_or_notify_cancel()  # whoever waits for it learns of it
                return outer
            inner = self._live_pool(self._pool).schedule(_run, args=(call,), timeout=limit)
            self._unfinished.add(outer)
        outer.add_done_callback(lambda done: self._forget(done, inner))
        inner.add_done_callback(lambda done: _settle(outer, done, limit))
        return outer

    def _live_pool(self, pool: ProcessPool) -> ProcessPool:
        """The pool, or a new one: pebble gives a pool up when a worker dies while none has work."""
        if not pool.active:
            threading.Thread(target=_end, args=(pool,), daemon=True).start()
            self._pool = pool = self._new_pool()
        return pool

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(self._workers, initializer=_confine, initargs=self._confinement, context=get_context("spawn"))

    def _forget(self, outer: Future[Any], inner: Future[bytes]) -> None:
        with self._lock:
            self._unfinished.discard(outer)
        if outer.cancelled():
            inner.cancel()


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


def _settle(outer: Future[T], inner: Future[bytes], seconds: float) -> None:
    """Pass on what a worker answered, or how it was lost."""
    if not outer.set_running_or_notify_cancel():
        return
    try:
        good, value = pickle.loads(inner.result())  # noqa: S301 written by our own worker
    except TimeoutError:
        good, value = False, _lost("reader-hung", f"The worker took longer than {seconds:g} s.")
    except ProcessExpired as death:
        good, value = False, _lost("reader-died", f"The worker ended with {_ending(death.exitcode)}.")
    except (BrokenProcessPool, CancelledError):
        good, value = False, _lost("reader-died", "The worker ended before it took up the work.")
    except Exception as error:  # noqa: BLE001 whatever it is, the caller waits for it
        good, value = False, error
    if good:
        outer.set_result(cast(T, value))
    else:
        outer.set_exception(value)


def _ending(exitcode: int) -> str:
    return f"exit code {exitcode}" if exitcode >= 0 else f"signal {Signals(-exitcode).name}"


def _lost(code: str, detail: str) -> WorkerLost:
    return WorkerLost(code, detail, way_out(code))


# --- what follows runs in a worker ---

_initializers: list[bytes] = []  # pickled: importing what they need must wait until the process is confined
_guardians: list["subprocess.Popen[bytes]"] = []  # kept, so that their pipe closes with the process and no earlier


def _confine(memory_mb: int, initializer: bytes) -> None:
    """Bound this process before it touches anything: a session of its own, quiet, on one thread, watched by its guardian."""
    signal(SIGTERM, SIG_DFL)  # pebble's handler waits for the interpreter, which a hung library never gives back
    os.setsid()
    for name in _ONE_THREAD:
        os.environ[name] = "1"
    tempfile.tempdir = os.environ["TMPDIR"] = tempfile.mkdtemp(prefix="sijill-")
    _guardians.append(_start_guardian(tempfile.tempdir))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, memory_mb * 2**20)
    with suppress(OSError):  # short of memory, the kernel should take a worker rather than the parent; not every system lets us say so
        Path("/proc/self/oom_score_adj").write_text("500")
    _initializers.extend([initializer] if initializer else [])


def _limit(what: int, most: int) -> None:
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def _start_guardian(scratch: str) -> "subprocess.Popen[bytes]":
    parent = parent_process()
    if parent is None:
        raise RuntimeError("a worker is confined in a child process")
    words = (sys.executable, "-I", "-S", "-c", _GUARDIAN, str(parent.sentinel), str(os.getpid()), scratch)
    none = subprocess.DEVNULL
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=none, stderr=none, pass_fds=(parent.sentinel,), start_new_session=True)


def _run(call: bytes) -> bytes:
    """The call's pickled (True, result) or (False, exception). Unpickled here, a failing import fails only this call."""
    try:
        while _initializers:
            pickle.loads(_initializers[0])()  # noqa: S301 written by our own parent
            _initializers.pop(0)
        function, args = pickle.loads(call)  # noqa: S301 written by our own parent
        return pickle.dumps((True, function(*args)))
    except BaseException as error:  # noqa: BLE001 the parent decides what it means, even SystemExit
        return pickle.dumps((False, _portable(error)))


def _portable(error: BaseException) -> BaseException:
    """The error as the parent is to see it: out of memory by its code, others with their traceback as a note, if they can be pickled."""
    if _is_out_of_memory(error):
        return _lost("out-of-memory", "The worker reached its memory limit.")
    if isinstance(error, SijillError):
        return error
    error.add_note(traceback.format_exc())
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 our own error
    except Exception:  # noqa: BLE001 any failure to pickle means the same
        return RuntimeError("".join(traceback.format_exception(error)))
    return error


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    from_cv2 = type(error).__module__ == "cv2" and getattr(error, "code", None) == _CV2_NO_MEMORY
    return isinstance(error, MemoryError) or from_cv2
