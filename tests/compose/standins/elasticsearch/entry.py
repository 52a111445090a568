"""The node without security on loopback; before it TLS, the password of `elastic` for making a key, the key for all else.

Settings are read from the environment as the full product reads them. It has one key, and keeps it with its data.
"""

import base64
import hmac
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tls_proxy  # type: ignore[import-not-found]  # tests/services/tls_proxy.py, beside this file in the image
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HOME = Path("/usr/share/elasticsearch")
NODE = "http://127.0.0.1:9201"
GIVEN = os.environ.copy()
SSL = "xpack.security.http.ssl."


class Guard:
    """Makes the key for who knows the password, and keeps the key to the indices it was made for."""

    def __init__(self, inner: ASGIApp, password: str, api_key: str) -> None:
        self._inner, self._password, self._key = inner, password, api_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/_security/api_key":
            answer = await self._make_key(Request(scope, receive))
            return await answer(scope, receive, send)
        if scope["type"] == "http" and not allowed(scope["path"]):
            return await error(403, "this key is for indices named sijill*")(scope, receive, send)
        return await self._inner(scope, receive, send)

    async def _make_key(self, request: Request) -> JSONResponse:
        wanted = "Basic " + base64.b64encode(f"elastic:{self._password}".encode()).decode()
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), wanted.encode()):
            return error(401, "unable to authenticate user")
        if request.method != "POST" or not limited(await request.json()):
            return error(400, "a key limited to sijill* was expected")
        identity, _, secret = base64.b64decode(self._key).decode().partition(":")
        return JSONResponse({"id": identity, "name": "sijill", "api_key": secret, "encoded": self._key})


def allowed(path: str) -> bool:
    """Of the indices named by themselves only ours; what names them in its body is not looked into."""
    first = path.strip("/").partition("/")[0]
    return first == "" or first.startswith("_") or all(name.startswith("sijill") for name in first.split(","))


def limited(body: Mapping[str, Any]) -> bool:
    indices = [rule for role in body["role_descriptors"].values() for rule in role["indices"]]
    return bool(indices) and all(name.startswith("sijill") for rule in indices for name in rule["names"])


def error(status: int, reason: str) -> JSONResponse:
    body = {"error": {"type": "security_exception", "reason": reason, "root_cause": []}, "status": status}
    return JSONResponse(body, status, {"X-Elastic-Product": "Elasticsearch"})


def kept_key() -> str:
    path = HOME / "data/key"
    if not path.exists():
        path.write_text(base64.b64encode(f"{secrets.token_hex(10)}:{secrets.token_hex(11)}".encode()).decode(), "ascii")
    return path.read_text("ascii")


def password() -> str:
    path = Path(GIVEN["ELASTIC_PASSWORD_FILE"])
    if path.stat().st_mode & 0o777 not in (0o400, 0o600):
        sys.exit(f"{path} must have file permissions 400 or 600")
    return path.read_text("ascii")


def node() -> list[str]:
    data = HOME / "data/node"
    settings = {
        "path.home": "/opt/node/home", "path.data": data, "path.logs": data / "logs", "node.name": "node", "network.host": "127.0.0.1",
        "cluster.name": GIVEN["cluster.name"], "discovery.type": GIVEN["discovery.type"], "http.port": "9201",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
    }  # fmt: skip
    java = ["/opt/java/bin/java", *GIVEN["ES_JAVA_OPTS"].split(), "@/opt/stand-in/jvm.options", "-Djava.io.tmpdir=/tmp"]
    return [
        *java,
        "-Des.path.home=/opt/node/home",
        "-cp",
        "/opt/node/cp/*",
        "EsNode",
        *(f"{key}={value}" for key, value in settings.items()),
    ]


def main() -> None:
    secure = [GIVEN[name] for name in ("xpack.security.enabled", f"{SSL}enabled")]
    if secure != ["true", "true"]:
        sys.exit("security is expected to be on")
    key, config = kept_key(), HOME / "config"
    child = subprocess.Popen(node())
    try:
        uvicorn.run(
            Guard(tls_proxy.application(NODE, key), password(), key), host="0.0.0.0", port=9200, log_level="warning",  # noqa: S104
            ssl_certfile=config / GIVEN[f"{SSL}certificate"], ssl_keyfile=config / GIVEN[f"{SSL}key"],
            timeout_keep_alive=tls_proxy.IDLE_SECONDS, server_header=False, date_header=False,
        )  # fmt: skip
    finally:
        child.terminate()
        child.wait()


if __name__ == "__main__":
    main()
