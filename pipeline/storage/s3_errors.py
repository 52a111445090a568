"""What an S3 store answers, and what it fails to answer, in our own words: no key, secret or stored name is passed on."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from xml.etree.ElementTree import ParseError

from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as TimedOut

from pipeline.errors import NotFound, SijillError, Unavailable, Usage, way_out

GONE = {"NoSuchKey", "NoSuchVersion", "NoSuchObject"}
DENIED = "Look at SIJILL_S3_ACCESS_KEY and SIJILL_S3_SECRET_KEY, and at the rights the store gives that account."
AGAIN = "Look at the store and at SIJILL_BLOBS, then run the same command again."
STORAGE_FULL = 507  # HTTP: insufficient storage
NO_ROOM = "disk-full", "the S3 store has no room left"
TOO_EARLY = "store-unavailable", "the clocks of this machine and of the S3 store are too far apart"
NOT_FIRST = "store-unavailable", "somebody else is storing the same blob at this moment"
FOR_NOW = {
    "XMinioStorageFull": NO_ROOM, "XMinioAdminBucketQuotaExceeded": NO_ROOM, "QuotaExceeded": NO_ROOM, "InsufficientCapacity": NO_ROOM,
    "RequestTimeTooSkewed": TOO_EARLY, "RequestExpired": TOO_EARLY,
    "PreconditionFailed": NOT_FIRST, "ConditionalRequestConflict": NOT_FIRST,
}  # fmt: skip
"""Answers that may be others the next time, as reason code and detail."""


@contextmanager
def store_errors() -> Iterator[None]:
    """Raises NotFound (not-found) for an object that is not there, Usage (store-denied, bad-setting), Unavailable for the rest."""
    try:
        yield
    except (MinioException, HTTPError, HTTPException, ParseError, ValueError) as error:
        raise in_our_words(error) from error


def in_our_words(error: Exception) -> SijillError:
    if isinstance(error, S3Error):
        return _answered(error.code or "", error.response.status)
    if isinstance(error, ServerError):
        return _answered("", error.status_code)
    if isinstance(error, (InvalidResponseError, HTTPException, ParseError, ValueError)):
        return Unavailable("store-unavailable", "what answers at the store's address does not speak S3", AGAIN)
    return Unavailable("store-unavailable", f"the S3 store {_unanswered(error)}", AGAIN)


def _answered(code: str, status: int) -> SijillError:
    if code in GONE:
        return NotFound("not-found", "the store has no such object")
    if code == "NoSuchBucket":
        return Usage("bad-setting", "the S3 store has no bucket of this name", "Look at SIJILL_BLOBS; `sijill ingest` makes its bucket.")
    if code == "XAdminUserNotFound" or (status in {401, 403} and code not in FOR_NOW):  # versitygw's word, with a 404
        return Usage("store-denied", f"the S3 store refuses this account{_named(code)}", DENIED)
    other = NO_ROOM if status == STORAGE_FULL else ("store-unavailable", f"the S3 store answers {status}{_named(code)}")
    reason, detail = FOR_NOW.get(code, other)
    return Unavailable(reason, detail, way_out(reason) or AGAIN)


def _named(code: str) -> str:
    """The store's own word for it, if it is a plain word."""
    return f": {code}" if re.fullmatch(r"[A-Za-z]{1,60}", code) else ""


def _unanswered(error: Exception) -> str:
    reason = error.reason if isinstance(error, MaxRetryError) else error
    if isinstance(reason, SSLError):
        return "has a certificate that is not trusted here"
    if isinstance(reason, NewConnectionError):  # before the time-outs: urllib3 counts it among them
        return "cannot be reached"
    if isinstance(reason, TimedOut):
        return "does not answer in time"
    return "broke off its answer"
