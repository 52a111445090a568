"""Ctrl-C during a batch is never lost, wherever it strikes."""

import os
import signal
import threading
from contextlib import suppress

import pytest

from flows.job import Stopped
from flows.run import interrupts


def ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_one_that_was_swallowed_is_raised_at_the_end() -> None:
    stop = threading.Event()
    with pytest.raises(KeyboardInterrupt), interrupts(stop), suppress(KeyboardInterrupt):
        ctrl_c()
    assert stop.is_set()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_work_that_stopped_for_it_is_no_other_error() -> None:
    with pytest.raises(KeyboardInterrupt), interrupts(threading.Event()):
        raise Stopped


def test_without_one_nothing_is_raised_and_errors_pass() -> None:
    with interrupts(threading.Event()):
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    with pytest.raises(ValueError, match="other"), interrupts(threading.Event()):
        raise ValueError("other")


def test_a_process_told_to_ignore_it_goes_on_ignoring_it() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts(threading.Event()):
            ctrl_c()
    finally:
        signal.signal(signal.SIGINT, before)


def test_threads_leave_signals_alone() -> None:
    def within() -> None:
        with interrupts(threading.Event()):
            seen.append(signal.getsignal(signal.SIGINT))

    seen: list[object] = []
    thread = threading.Thread(target=within)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]
