"""Health checks of our own services: `python healthy.py prefect` where the server runs, `python healthy.py worker` with a worker."""

import base64
import json
import os
import socket
import ssl
import sys
import urllib.request
from pathlib import Path
from typing import Any

SECRETS = Path("/run/secrets")
SECONDS = 8


def prefect(api: str) -> bool:
    """Whether the API says it is well."""
    return bool(_ask(f"{api}/health", b""))


def worker(api: str, pool: str) -> bool:
    """Whether the server has lately heard from a worker of this container."""
    login = (SECRETS / "sijill_prefect_auth").read_bytes()
    known = _ask(f"{api}/work_pools/{pool}/workers/filter", login, {})
    return online(known, socket.gethostname())


def online(workers: list[dict[str, Any]], host: str) -> bool:
    """Whether one of the workers the server knows is of that host, `sijill worker` naming them HOST-NUMBER, and alive."""
    return any(each["name"].startswith(f"{host}-") and each["status"] == "ONLINE" for each in workers)


def _ask(url: str, login: bytes, body: Any = None) -> Any:
    trusted = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=SECRETS / "ca.pem"))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), trusted)
    headers = {"Content-Type": "application/json"}
    headers |= {"Authorization": f"Basic {base64.b64encode(login).decode()}"} if login else {}
    content = None if body is None else json.dumps(body).encode()
    with opener.open(urllib.request.Request(url, content, headers), timeout=SECONDS) as reply:  # noqa: S310  # https, in docker-compose.yml
        return json.load(reply)


def main(service: str) -> bool:
    if service == "prefect":
        return prefect("https://localhost:4200/api")
    return worker(os.environ["SIJILL_PREFECT"], os.environ["SIJILL_POOL"])


if __name__ == "__main__":
    try:
        well = main(sys.argv[1])
    except (OSError, ValueError) as why:
        sys.exit(str(why))
    sys.exit(0 if well else 1)
