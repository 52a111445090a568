"""Second step of `docker compose up`, once the engines answer: the archive's key for the index, its tables, its accounts.

What is there stays as it is. Run as `python -m compose.prepare FOLDER`, FOLDER with the volumes `sijill`, `people` and `elasticsearch`.
"""

import base64
import json
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


class Refused(Exception):
    """A server that should give something does not."""


def index_key(folder: Path, ask: Ask) -> bool:
    """Have Elasticsearch make a key for indices named `sijill*` alone, unless ours is good; True when it did. Raises Refused, OSError."""
    kept = folder / "sijill/sijill_index_key"
    if kept.exists() and ask("HEAD", f"/{NAME}", f"ApiKey {kept.read_text(encoding='ascii')}", None)[0] != HTTPStatus.UNAUTHORIZED:
        return False
    password = (folder / "elasticsearch/elastic_password").read_text(encoding="ascii")
    account = base64.b64encode(f"elastic:{password}".encode()).decode()
    status, answer = ask("POST", "/_security/api_key", f"Basic {account}", {"name": NAME, "role_descriptors": RIGHTS})
    if status != HTTPStatus.OK:
        raise Refused(f"Elasticsearch gives no API key: it answers {status}")
    write(kept, str(answer["encoded"]).encode("ascii"))
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


def main(folder: Path) -> None:
    made = index_key(folder, asking(folder / "sijill/ca.pem"))
    sys.stdout.write("made the key for the index\n" if made else "the key for the index is there\n")
    sys.stdout.flush()
    subprocess.run(["sijill", "migrate"], check=True)
    # ACCOUNTS: here an account `worker` (its key to sijill/sijill_account_key) and an account `admin` (its key to people/admin-key) are
    # to be made as soon as `sijill account add` exists.


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except (Refused, subprocess.CalledProcessError) as why:
        sys.exit(str(why))
