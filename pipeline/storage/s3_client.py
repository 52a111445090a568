"""A client for one S3 store: from a URL, with its time-outs and retries bounded, and unable to write a blob a second time."""

import logging
import re
import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from minio import Minio
from minio.helpers import check_bucket_name
from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout

from pipeline.errors import Usage

BLOB = re.compile(r"/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}")
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
TRIES_AGAIN = 3
CONNECTIONS = 16


class WriteOnce(PoolManager):
    """Sends `If-None-Match: *` with whatever would make a blob, so that of many writers one wins and none overwrites.

    minio-py has no argument for the header but takes the connections from outside; a signature need not cover it. A store that
    ignores it keeps the same bytes twice at worst, because the name of a blob is their hash.
    """

    def urlopen(self, method: str, url: str, redirect: bool = True, **kw: Any) -> BaseHTTPResponse:  # type: ignore[override]
        del redirect  # a signed request is meant for this store alone
        if makes_blob(method, url):
            kw["headers"]["If-None-Match"] = "*"
        return super().urlopen(method, url, redirect=False, **kw)


def makes_blob(method: str, url: str) -> bool:
    """Whether the request puts a whole blob in its place: at once, or from its parts."""
    parts = urlsplit(url)
    whole = method == "PUT" and not parts.query
    from_parts = method == "POST" and parts.query.startswith("uploadId=")
    return (whole or from_parts) and BLOB.fullmatch(parts.path[-71:]) is not None


def connect(
    url: str, access_key: str, secret_key: str, ca_file: Path | None, answer_seconds: float = ANSWER_SECONDS
) -> tuple[Minio, str, str]:
    """(client, bucket, prefix) for `s3:http(s)://HOST[:PORT]/BUCKET[/PREFIX]`; nothing is sent yet. Raises Usage (bad-setting).

    Plain http is for this machine alone: beyond it, whoever is on the way reads every page.
    """
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # its warnings of retries name the object
    parts, bucket, prefix = _parsed(url)
    if not access_key or not secret_key:
        raise _bad("an S3 store needs an account", "Set SIJILL_S3_ACCESS_KEY and SIJILL_S3_SECRET_KEY.")
    pool = WriteOnce(
        num_pools=4,
        maxsize=CONNECTIONS,
        ssl_context=_trusted(ca_file),
        timeout=Timeout(connect=CONNECT_SECONDS, read=answer_seconds),
        retries=Retry(
            TRIES_AGAIN,
            backoff_factor=0.2,
            status_forcelist=(500, 502, 503, 504),
            raise_on_status=False,
            respect_retry_after_header=False,  # MinIO asks for two minutes each time, also where bytes are damaged
        ),
    )
    client = Minio(parts.netloc, access_key, secret_key, secure=parts.scheme == "https", http_client=pool)
    return client, bucket, prefix


def _parsed(url: str) -> tuple[SplitResult, str, str]:
    try:
        parts = urlsplit(url.removeprefix("s3:"))
        host, _ = parts.hostname, parts.port  # the port is looked at only when asked for
        bucket, _, prefix = parts.path.removeprefix("/").partition("/")
        check_bucket_name(bucket, strict=True)
    except ValueError as error:
        raise _bad("the S3 URL has no host, or no bucket of a lawful name") from error
    if not url.startswith("s3:http") or parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
        raise _bad("this is no S3 URL")
    if "@" in parts.netloc:
        raise _bad("an account does not belong into the S3 URL", "Set SIJILL_S3_ACCESS_KEY and SIJILL_S3_SECRET_KEY.")
    if parts.scheme == "http" and not _this_machine(host):
        raise _bad("the pages would cross the network in the clear", "Give the store a certificate and write https; see SIJILL_CA_FILE.")
    return parts, bucket, _clean(prefix)


def _clean(prefix: str) -> str:
    """The prefix without its outer slashes. Raises Usage for one that some store could not keep."""
    clean = prefix.strip("/")
    if clean and not all(re.fullmatch(r"[\w.-]{1,200}", segment, re.ASCII) and segment.strip(".") for segment in clean.split("/")):
        raise _bad("the prefix in the S3 URL may have Latin letters, digits, - _ . and / between them")
    return clean


def _this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # an SSLError is one too
        raise _bad("the certificates cannot be read", "Look at SIJILL_CA_FILE.") from error


def _bad(detail: str, way_out: str = "Write SIJILL_BLOBS as s3:https://HOST[:PORT]/BUCKET[/PREFIX].") -> Usage:
    return Usage("bad-setting", detail, way_out)
