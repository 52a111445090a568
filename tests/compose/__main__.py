"""`./run compose-check`: docker-compose.yml brought up as it is, the demo box digitised through it by two workers, one of them killed.

Only the images are overridden, and the sizes, where this machine is small. It ends all that it has started, also after Ctrl-C.
"""

import json
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from compose.prepare import TOLD
from tests.compose import engine, images, plugin, stack
from tests.compose.stack import Stack
from tests.compose.steps import Failed, step, until
from tests.services.cache import CannotBuild

NAME = "غياث وصفي القهوجي"
HOLDINGS = ("Demonstration, box 1", "Demonstration, box 2")
ONCE = ("secrets", "prepare")


def check() -> None:
    """Raises Failed, CannotBuild."""
    with engine.running() as docker:
        compose = plugin.compose(docker)
        made = images.all_of_them(docker)
        missing = [name for name, image in made.items() if image.startswith("sijill-check/") and image != images.OURS]
        step(f"stand-ins for: {', '.join(missing) or 'nothing'}")
        try:
            with stack.up(docker, compose, made, workers=len(HOLDINGS)) as running:
                _look(running)
                admin = running.under(running.people("admin-key"))
                person = running.under(_account(admin))
                _refused(running)
                _digitise(person)
                _ask(person)
                _must("0 alarms" in admin.sijill("verify"), "verify has alarms")
                _again(person)
        finally:
            images.removed(docker, made)


def _look(running: Stack) -> None:
    """Every service is well, closed to the outside, and shows no secret."""
    step("waiting until every service is healthy")
    until("every service is healthy", lambda: all(map(_well, running.containers())), pause=3)
    step("looking at ports, accounts and secrets")
    told = running.containers()
    ports = [bound["HostIp"] for each in told for bounds in (each["HostConfig"]["PortBindings"] or {}).values() for bound in bounds]
    _must(set(ports) == {"127.0.0.1"}, f"ports are published on {ports}")
    roots = [each["Name"] for each in told if each["Config"]["User"].partition(":")[0] in ("", "0", "root")]
    _must(roots == [], f"run as root: {roots}")
    shown = json.dumps(told)
    secrets = running.secrets()
    _must(len(secrets) >= 7, f"secrets found: {sorted(secrets)}")
    _must([name for name, secret in secrets.items() if secret in shown] == [], "docker inspect shows a secret")
    _must(_status(running, "/api/health") == 200, "the Prefect API is not well")
    _must(_status(running, "/api/admin/version") == 401, "the Prefect API asks nobody who he is")
    _must("nobody else is let in" in _refused_plain(running), "PostgreSQL takes a connection without TLS")


def _well(container: dict[str, Any]) -> bool:
    state = container["State"]
    if container["Config"]["Labels"]["com.docker.compose.service"] in ONCE:
        if state["Status"] == "exited" and state["ExitCode"]:
            raise Failed(f"{container['Name']} ended with {state['ExitCode']}")
        return bool(state["Status"] == "exited")
    return bool(state["Status"] == "running" and state["Health"]["Status"] == "healthy")


def _status(running: Stack, path: str) -> int:
    """Of the published port, as a browser on this machine gets it; whose certificate it is, is another's matter."""
    address = f"https://127.0.0.1:{running.variables['PREFECT_PORT']}{path}"
    context = ssl._create_unverified_context()  # noqa: S323
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(address, timeout=20) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


def _refused_plain(running: Stack) -> str:
    script = (
        'PGPASSWORD="$(cat /run/secrets/sijill_password)" psql -X "host=127.0.0.1 user=sijill dbname=sijill sslmode=disable" -c "select 1"'
    )
    return running("exec", "-T", "postgres", "sh", "-c", f"{script} >/dev/null 2>&1 || echo nobody else is let in")


def _account(admin: Stack) -> str:
    """The key of an account that may take papers in and search them."""
    step("the admin makes an account")
    said = admin.sijill("account", "add", "Check", "--role", "archivist")
    admin.sijill("account", "grant", "Check", "--role", "investigator")
    return said.partition(TOLD)[2].split()[0]


def _refused(nobody: Stack) -> None:
    try:
        nobody.sijill("search", NAME)
    except Failed as why:
        _must("account-needed" in str(why), f"search without an account: {why}")
    else:
        raise Failed("a search without an account is answered")


def _digitise(running: Stack) -> None:
    step("ingesting the demo box in two batches, a worker each")
    files = stack.scans()
    halves = (files[::2], files[1::2])
    batches = [running.begin("ingest", *half, "--holding", holding) for half, holding in zip(halves, HOLDINGS, strict=True)]
    try:
        victims = until("both workers hold pages", lambda: _both(running, batches))
        step(f"kill -9 of the worker {victims[0]}")
        running.docker("kill", "--signal=KILL", victims[0])
        for batch in batches:
            said, _ = batch.communicate(timeout=3600)
            _must(batch.returncode == 0, f"ingest ended with {batch.returncode}:\n{said}")
    finally:
        for batch in batches:
            if batch.poll() is None:
                batch.terminate()
                with suppress(subprocess.TimeoutExpired):
                    batch.wait(60)


def _both(running: Stack, batches: Sequence["subprocess.Popen[str]"]) -> list[str]:
    """The containers of the workers once each holds pages."""
    for batch in batches:
        if batch.poll() is not None:
            raise Failed(f"ingest was over before both workers had pages, with {batch.returncode}:\n{batch.communicate()[0]}")
    holders = {line.partition("/")[0] for line in running.asked("select distinct lease_owner from page where lease_owner is not null")}
    workers = {each["Config"]["Hostname"] for each in running.containers("worker")}
    return sorted(holders & workers) if workers <= holders else []


def _ask(running: Stack) -> None:
    step("the ledger, the name, the bytes")
    rows = json.loads(running.sijill("status", "--json"))
    rows = rows["holdings"] if isinstance(rows, dict) else rows
    pages = sum(row["pages"] for row in rows)
    _must(sum(row["files"] for row in rows) == len(stack.scans()), f"files are missing: {rows}")
    _must(pages == sum(row["indexed"] for row in rows) > 0, f"not every page is indexed: {rows}")
    [read] = running.asked("select count(*) from custody where action = 'page-read'")
    _must(int(read) == pages, f"{read} readings of {pages} pages")
    hits = json.loads(running.sijill("search", NAME, "--json"))["hits"]
    _must(bool(hits), f"{NAME} is not found")
    step(f"{pages} pages, each read once; {NAME} found {len(hits)} times")


def _again(running: Stack) -> None:
    step("down and up again: the same secrets, the same archive")
    before = running.secrets()
    running("down", "--timeout", "50")
    running("up", "--detach", "--no-build", "--scale", "worker=1")
    until("every service is healthy again", lambda: all(map(_well, running.containers())), pause=3)
    _must(running.secrets() == before, "secrets were made anew")
    _must(bool(json.loads(running.sijill("search", NAME, "--json"))["hits"]), f"{NAME} is not found any more")


def _must(so: bool, otherwise: str) -> None:
    if not so:
        raise Failed(otherwise)


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        check()
    except (Failed, CannotBuild) as why:
        sys.stderr.write(f"\ncompose-check failed: {why}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    step("all is well")
    return 0


if __name__ == "__main__":
    sys.exit(main())
