"""What runs inside the server process: step into the background, load Prefect's server, serve on the socket handed over."""

import gc
import os
import signal
import socket
import sys
import threading
import time


def into_the_background() -> None:
    """Leave the starter's terminal and process group; the starter reads our number from its end of stdout."""
    if pid := os.fork():
        os.write(1, str(pid).encode())
        os._exit(0)
    os.setsid()
    os.umask(0o077)
    os.dup2(2, 1)


def leave_with_the_archive() -> None:
    """End when our folder, the working directory, has been deleted: nobody could find us to stop us any more."""
    while os.stat(".").st_nlink:  # noqa: PTH116  # a deleted folder has no path
        time.sleep(5)
    os.kill(os.getpid(), signal.SIGTERM)


def serve(listener: socket.socket) -> None:
    gc.disable()  # loading makes a million objects that stay: collecting meanwhile costs a fifth of the start
    import uvicorn  # noqa: PLC0415
    from prefect.server.api.server import create_app  # noqa: PLC0415

    threading.Thread(target=leave_with_the_archive, daemon=True).start()
    app = create_app(final=True)
    gc.freeze()
    gc.enable()
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)).run(sockets=[listener])


if __name__ == "__main__":
    into_the_background()
    serve(socket.socket(fileno=int(sys.argv[1])))
