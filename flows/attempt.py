"""The process a worker starts for one chunk: Prefect's engine, ended when its worker is gone: python -m flows.attempt WORKER_PID"""

import os
import runpy
import signal
import sys
import threading
import time

GRACE_SECONDS = 30.0  # to give leases back; a main thread that hangs in a library does not hear the first signal


def end_with(worker: int) -> None:
    """Wait until the worker is no longer our parent, then ask this process to stop, and make it."""
    while os.getppid() == worker:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=end_with, args=[int(sys.argv.pop())], daemon=True).start()
    runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)
