"""`./run services up|down`: the engines in the background on data that stays, and what to export for `sijill` to use them.

`up` starts a process that holds them and returns when they answer; `down` ends that process, which stops them one by one first.
Standard output is for `eval "$(./run services up)"` alone; the rest is said on standard error.
"""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from minio import Minio as Client

from flows.daemon import Daemon, lock, started
from tests.services import build_elasticsearch, build_go, cache, postgres
from tests.services.cache import CannotBuild
from tests.services.elastic import Elastic
from tests.services.endpoints import ElasticEndpoint, PostgresEndpoint, S3Endpoint
from tests.services.engine import DidNotStart
from tests.services.ports import NoPort
from tests.services.postgres import Postgres
from tests.services.s3 import Versitygw

BUCKET = INDEX = "sijill"
OF_ROOT = Path("/var/lib/sijill-services")  # PostgreSQL's own account may not enter root's home
STOP_SECONDS = 180.0
UNAVAILABLE = 69  # EX_UNAVAILABLE
BUILDS: dict[str, Callable[[], object]] = {
    "PostgreSQL": postgres.programs,
    "Elasticsearch": build_elasticsearch.node,
    "versitygw": lambda: build_go.program("versitygw"),
    "MinIO": lambda: build_go.program("minio"),
}


def up(data: Path) -> int:
    """Start what does not run, and print the variables."""
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o700)
    variables, log = data / "variables.sh", data / "services.log"
    with lock(data / "lock"):
        daemon = _running(data) or _spawn(data, log)
    while not variables.exists():
        if not daemon.alive():
            _say(f"They did not start. From {log}:", *log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:])
            return UNAVAILABLE
        time.sleep(0.1)
    sys.stdout.write(variables.read_text(encoding="utf-8"))
    return 0


def down(data: Path) -> int:
    """Stop what runs."""
    daemon = _running(data)
    if daemon:
        daemon.end(STOP_SECONDS)
    _say("Stopped." if daemon else "Nothing was running.")
    return 0


def build(_: Path) -> int:
    """Fetch and build whatever is missing, so that the tests need not."""
    for name, make in BUILDS.items():
        begun = time.monotonic()
        try:
            make()
        except CannotBuild as why:
            _say(f"{name} cannot be had: {why}")
            return UNAVAILABLE
        _say(f"{name} is there ({time.monotonic() - begun:.0f} s)")
    return 0


def hold(data: Path) -> int:
    """Start the engines, write the variables, and stay until asked to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        engines = (
            stack.enter_context(Versitygw(data / "versitygw", build_go.program("versitygw"))),
            stack.enter_context(Postgres(_postgres_folder(data), postgres.programs())),
            stack.enter_context(Elastic(data / "elasticsearch", build_elasticsearch.node(), build_elasticsearch.java())),
        )
        for engine in engines:
            stack.callback(engine.stop)
            engine.start()
        store, catalogue, index = engines
        _make_bucket(store.endpoint)
        _write(data / "variables.sh", variables_of(store.endpoint, catalogue.endpoint, index.endpoint))
        stack.callback((data / "variables.sh").unlink)
        while True:
            signal.pause()


def variables_of(store: S3Endpoint, catalogue: PostgresEndpoint, index: ElasticEndpoint) -> dict[str, str]:
    """The settings with which `sijill` uses these engines."""
    return {
        "SIJILL_BLOBS": f"s3:{store.url}/{BUCKET}",
        "SIJILL_S3_ACCESS_KEY": store.access_key,
        "SIJILL_S3_SECRET_KEY": store.secret_key,
        "SIJILL_CATALOGUE": catalogue.url,
        "SIJILL_CATALOGUE_PASSWORD": catalogue.password,
        "SIJILL_INDEX": f"{index.url}/{INDEX}",
        "SIJILL_INDEX_KEY": index.api_key,
        "SIJILL_CA_FILE": str(index.ca_file),
    }


def _write(path: Path, variables: dict[str, str]) -> None:
    """Whole or not at all, for its owner's eyes only."""
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()), encoding="utf-8")
    fresh.replace(path)


def _make_bucket(store: S3Endpoint) -> None:
    client = Client(store.url.removeprefix("http://"), store.access_key, store.secret_key, secure=False)
    if not client.bucket_exists(BUCKET):
        client.make_bucket(BUCKET, object_lock=True)


def _postgres_folder(data: Path) -> Path:
    return (OF_ROOT if os.geteuid() == 0 else data) / "postgresql"


def _running(data: Path) -> Daemon | None:
    daemon = Daemon.load(data / "daemon.json")
    return daemon if daemon and daemon.alive() else None


def _spawn(data: Path, log: Path) -> Daemon:
    (data / "variables.sh").unlink(missing_ok=True)
    _say("Starting versitygw, PostgreSQL and Elasticsearch; the first time they are built, which takes minutes.")
    with log.open("wb") as output:
        holder = subprocess.Popen(
            [sys.executable, "-m", "tests.services.developer", "hold"],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    daemon = Daemon(holder.pid, 0, started(holder.pid) or "gone")
    daemon.save(data / "daemon.json")
    return daemon


def _say(*lines: str) -> None:
    sys.stderr.write("\n".join(lines) + "\n")


COMMANDS: dict[str, Callable[[Path], int]] = {"up": up, "down": down, "build": build, "hold": hold}


def main(arguments: list[str]) -> int:
    """The exit code: 64 for a command that is none of COMMANDS."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        _say(
            "./run services up     start an S3 store, PostgreSQL and Elasticsearch, and print what to export",
            "./run services down   stop them",
        )
        return 64
    try:
        return COMMANDS[arguments[0]](cache.home() / "data")
    except (CannotBuild, DidNotStart, NoPort) as why:
        _say(str(why))
        return UNAVAILABLE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
