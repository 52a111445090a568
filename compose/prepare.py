"""Second step of `docker compose up`, once the engines answer: the archive's key for the index, its tables, its accounts.

What is there stays as it is. Run as `python -m compose.prepare FOLDER`, in which the volumes are.
"""

import base64
import json
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from compose.make_secrets import write

ELASTICSEARCH = "https://elasticsearch:9200"
NAME = "sijill"
RIGHTS = {NAME: {"cluster": ["monitor"], "indices": [{"names": [f"{NAME}*"], "privileges": ["all"]}]}}
SECONDS = 60
Ask = Callable[[str, str, str, Mapping[str, Any] | None], tuple[int, Any]]
"""(method, path, authorization, body) to (status, answer)."""
Sijill = Callable[..., str]
"""(key, words of `sijill account`) to what it says."""
ADMIN, WORKER = "admin", "worker"
TOLD = "Key, shown this once: "


class Refused(Exception):
    """A server that should give something does not."""


def index_key(folder: Path, ask: Ask) -> bool:
    """Have Elasticsearch make a key for indices named `sijill*` alone, unless ours is good; True when it did. Raises Refused, OSError."""
    kept, copy = (folder / place / "sijill_index_key" for place in ("sijill", "worker"))
    if (
        kept.exists()
        and copy.exists()
        and ask("HEAD", f"/{NAME}", f"ApiKey {kept.read_text(encoding='ascii')}", None)[0] != HTTPStatus.UNAUTHORIZED
    ):
        return False
    password = (folder / "elasticsearch/elastic_password").read_text(encoding="ascii")
    account = base64.b64encode(f"elastic:{password}".encode()).decode()
    status, answer = ask("POST", "/_security/api_key", f"Basic {account}", {"name": NAME, "role_descriptors": RIGHTS})
    if status != HTTPStatus.OK:
        raise Refused(f"Elasticsearch gives no API key: it answers {status}")
    for path in (copy, kept):
        write(path, str(answer["encoded"]).encode("ascii"))
    return True


def asking(ca_file: Path) -> Ask:
    """Asks Elasticsearch over TLS, its certificate checked against ``ca_file``."""
    trusted = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca_file))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), trusted)

    def ask(method: str, path: str, authorization: str, body: Mapping[str, Any] | None) -> tuple[int, Any]:
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        content = json.dumps(body).encode() if body else None
        request = urllib.request.Request(f"{ELASTICSEARCH}{path}", content, headers, method=method)  # noqa: S310  # https, above
        try:
            with opener.open(request, timeout=SECONDS) as reply:
                said = reply.read()
                return reply.status, json.loads(said) if said else None
        except urllib.error.HTTPError as refusal:
            return refusal.code, None

    return ask


def accounts(folder: Path, sijill: Sijill, restored: str = "") -> list[str]:
    """An account for who manages the archive, and one for the workers; returns those that were given a key. Raises Refused, OSError.

    ``restored``: the key of an admin that a restored archive brought with it; its workers' account is given a new key.
    """
    admin, worker = folder / "people/admin-key", folder / "worker/sijill_account_key"
    made = []
    if not admin.exists():
        write(admin, restored.encode("ascii") if restored else _key(sijill("", "add", ADMIN, "--role", "admin")))
        made.append(ADMIN)
    if not worker.exists():
        key = admin.read_text(encoding="ascii")
        known = {each["name"] for each in json.loads(sijill(key, "list", "--json"))}
        write(worker, _key(sijill(key, "key", WORKER) if WORKER in known else sijill(key, "add", WORKER, "--role", "operator")))
        made.append(WORKER)
    return made


def _key(said: str) -> bytes:
    lines = [line for line in said.splitlines() if line.startswith(TOLD)]
    if not lines:
        raise Refused("sijill account add tells no key")
    return lines[0].removeprefix(TOLD).strip().encode("ascii")


def account_command(key: str, *words: str) -> str:
    """What `sijill account` says, under the account of that key. Raises Refused."""
    done = subprocess.run(
        ["sijill", "account", *words], env=os.environ | {"SIJILL_ACCOUNT_KEY": key}, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise Refused(f"sijill account ended with {done.returncode}")
    return done.stdout


def main(folder: Path) -> None:
    made = index_key(folder, asking(folder / "sijill/ca.pem"))
    sys.stdout.write("made the key for the index\n" if made else "the key for the index is there\n")
    sys.stdout.flush()
    subprocess.run(["sijill", "migrate"], check=True)
    if os.environ.get("ACCOUNTS") == "none":
        sys.stdout.write("made no account: this archive is to be restored, or moved here\n")
        return
    given = accounts(folder, account_command, os.environ.get("SIJILL_ACCOUNT_KEY", ""))
    sys.stdout.write("".join(f"the account {name} has its key\n" for name in given))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except (Refused, subprocess.CalledProcessError) as why:
        sys.exit(str(why))
