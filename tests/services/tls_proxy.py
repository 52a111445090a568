"""Stands before an Elasticsearch node without security as the full product would: TLS, and an API key with every request.

Run as `python tls_proxy.py PORT CERTIFICATE PRIVATE_KEY NODE_URL` with the key in the environment variable API_KEY.
"""

import contextlib
import hmac
import os
import sys
from collections.abc import AsyncIterator

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"]
OF_ONE_HOP = {b"connection", b"keep-alive", b"transfer-encoding", b"host", b"authorization"}
IDLE_SECONDS = 3600  # as good as never, like Elasticsearch


def application(node: str, api_key: str) -> Starlette:
    """Forwards what carries the key, refuses the rest in the product's own words."""
    client = httpx.AsyncClient(timeout=None, trust_env=False)  # noqa: S113  the caller's time-out is the one that counts

    async def forward(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), f"ApiKey {api_key}".encode()):
            return _error(401, "security_exception", "missing or wrong API key", {"WWW-Authenticate": "ApiKey"})
        try:
            answer = await client.send(_onward(request, node), stream=True)
        except httpx.TransportError as error:
            return _error(502, "bad_gateway", f"the node does not answer: {type(error).__name__}")
        response = StreamingResponse(answer.aiter_raw(), answer.status_code, background=BackgroundTask(answer.aclose))
        response.raw_headers = [(name.lower(), value) for name, value in answer.headers.raw if name.lower() not in OF_ONE_HOP]
        return response

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    return Starlette(routes=[Route("/{path:path}", forward, methods=METHODS)], lifespan=lifespan)


def _onward(request: Request, node: str) -> httpx.Request:
    """The same request to the node, byte for byte save the headers that hold for one hop; none is added."""
    target = request.scope["raw_path"] + (b"?" + request.scope["query_string"] if request.scope["query_string"] else b"")
    headers = [(name, value) for name, value in request.headers.raw if name not in OF_ONE_HOP]
    body = request.stream() if {b"content-length", b"transfer-encoding"} & {name for name, _ in request.headers.raw} else None
    return httpx.Request(request.method, httpx.URL(node).copy_with(raw_path=target), headers=headers, content=body)


def _error(status: int, kind: str, reason: str, headers: dict[str, str] | None = None) -> JSONResponse:
    body = {"error": {"type": kind, "reason": reason, "root_cause": [{"type": kind, "reason": reason}]}, "status": status}
    return JSONResponse(body, status, {"X-Elastic-Product": "Elasticsearch"} | (headers or {}))


if __name__ == "__main__":
    port, certificate, private_key, node_url = sys.argv[1:]
    uvicorn.run(
        application(node_url, os.environ["API_KEY"]),
        host="127.0.0.1",
        port=int(port),
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
        timeout_keep_alive=IDLE_SECONDS,
        log_level="warning",
        server_header=False,
        date_header=False,
    )
