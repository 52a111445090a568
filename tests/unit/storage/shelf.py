"""A small S3 store in memory, on loopback, that can be told to misbehave: what no real store does when asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

Headers = dict[str, str]
XML = {"Content-Type": "application/xml"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: str
    headers: Message
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Headers = field(default_factory=dict)
    cut: bool = False
    """The connection is closed in the middle of the body, or before any answer when there is none."""


LOST = Answer(0, cut=True)


def error(status: int, code: str, message: str = "secret-thing /bucket/key") -> Answer:
    return Answer(status, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode(), XML)


class Shelf:
    """Objects of one bucket; ``fault`` is asked after each request was carried out, and its answer goes out instead if it has one."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.versions: dict[str, Headers] = {}
        self.parts: dict[int, bytes] | None = None
        self.asked: list[Asked] = []
        self.fault: Callable[[Asked], Answer | None] = lambda _: None
        self.before: Callable[[Asked], Answer | None] = lambda _: None
        self.url = ""

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        refused = self.before(asked)
        if refused:
            return refused
        answer = self._carried_out(asked)
        return self.fault(asked) or answer

    def _carried_out(self, asked: Asked) -> Answer:
        if "location" in asked.query:
            return Answer(200, b"<LocationConstraint>us-east-1</LocationConstraint>", XML)
        if "list-type" in asked.query:
            return self._listed(parse_qs(asked.query).get("prefix", [""])[0])
        _, _, key = unquote(asked.path).removeprefix("/").partition("/")
        if "upload" in asked.query:
            return self._in_parts(asked, key)
        return self._of_object(asked, key) if key else Answer(200)

    def _in_parts(self, asked: Asked, key: str) -> Answer:
        """One upload at a time."""
        if asked.query == "uploads=":
            self.parts = {}
            return Answer(200, b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>", XML)
        if self.parts is None:
            return error(404, "NoSuchUpload")
        if asked.method == "PUT":
            self.parts[int(parse_qs(asked.query)["partNumber"][0])] = asked.body
            return Answer(200, headers={"ETag": '"e"'})
        if asked.method == "POST":
            self.objects[key] = b"".join(body for _, body in sorted(self.parts.items()))
        self.parts = None
        return Answer(200, b"<CompleteMultipartUploadResult><Key>k</Key></CompleteMultipartUploadResult>", XML)

    def _of_object(self, asked: Asked, key: str) -> Answer:
        if asked.method == "PUT":
            if key in self.objects and asked.headers["If-None-Match"] == "*":
                return error(412, "PreconditionFailed")
            self.objects[key] = asked.body
            return Answer(200, headers={"ETag": '"e"'})
        if key not in self.objects:
            return error(404, "NoSuchKey")
        about = {"ETag": '"e"', "Last-Modified": "Sat, 21 Nov 2026 12:00:00 GMT", **self.versions.get(key, {})}
        return Answer(200, self.objects[key], about)

    def _listed(self, prefix: str) -> Answer:
        found = "".join(
            f"<Contents><Key>{quote(key)}</Key><Size>{len(data)}</Size><ETag>e</ETag>"
            "<LastModified>2026-11-21T12:00:00.123Z</LastModified></Contents>"
            for key, data in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        told = "<Name>blobs</Name><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
        return Answer(200, f"<ListBucketResult>{told}{found}</ListBucketResult>".encode(), XML)


@contextmanager
def serving(shelf: Shelf) -> Iterator[Shelf]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = shelf.answer(Asked(self.command, parts.path, parts.query, self.headers, body))
            if answer.status:
                self.send_response(answer.status)
                for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)
            self.close_connection = answer.cut

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _handle  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        shelf.url = f"s3:http://127.0.0.1:{server.server_port}/blobs"
        try:
            yield shelf
        finally:
            server.shutdown()
            thread.join()
