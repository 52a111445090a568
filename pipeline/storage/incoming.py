"""Scans that lie in an S3 store: objects below a prefix, fetched one by one; their keys are strangers' words and never become paths."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urlsplit

from minio import Minio
from minio.helpers import check_bucket_name

from pipeline.arrivals import SCHEME
from pipeline.errors import NotFound, Refused, Unavailable, Usage, way_out
from pipeline.intake import Had, opened
from pipeline.storage.filesystem import PIECE
from pipeline.storage.local import local_errors, temporary
from pipeline.storage.s3_client import connect
from pipeline.storage.s3_errors import store_errors

SETTINGS = "Look at the name, at SIJILL_INCOMING with its two keys, and at what the store allows that account."
NOT_PLAIN = re.compile(r"[%?#\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Arrival:
    """An object as listed, or, once fetched, the very version whose bytes were had; ``version`` is None where a store keeps none.

    ``size`` is in bytes, ``etag`` the store's own word for these bytes, ``modified`` the store's time of it.
    """

    bucket: str
    key: str
    size: int
    etag: str
    modified: datetime | None
    version: str | None = None

    @property
    def name(self) -> str:
        """s3://BUCKET/KEY on one line, no two alike: % ? # and control characters are written as in a URL, letters as they are."""
        return f"{SCHEME}{self.bucket}/" + NOT_PLAIN.sub(lambda found: quote(found[0], safe=""), self.key)

    @property
    def location(self) -> str:
        """The name with the version, where there is one: what provenance records."""
        return self.name + (f"?versionId={quote(self.version, safe='')}" if self.version else "")


@dataclass(frozen=True, slots=True)
class Listed:
    """An object that was listed, as intake meets it."""

    arrival: Arrival
    store: "Incoming"

    @property
    def name(self) -> str:
        return self.arrival.name

    @property
    def location(self) -> str:
        return self.arrival.location

    @property
    def mark(self) -> str:
        """The store's word for the bytes, their size and time: whatever is put there later has another one.

        The time and the ETag are the store's own and not the uploader's. Bytes of the same ETag (an MD5 can be made so) have another time;
        those put there within the same tick of the store's clock have another ETag, unless somebody makes both meet on purpose.
        """
        found = self.arrival
        return f"{found.etag} {found.size} {found.modified.isoformat()}" if found.etag and found.modified else ""

    @contextmanager
    def had(self, max_bytes: int) -> Iterator[Had]:
        with ExitStack() as stack:
            try:
                path, had = stack.enter_context(self.store.fetched(self.arrival, max_bytes))
            except Unavailable as error:
                self._blame(error)
                raise
            file = stack.enter_context(opened(str(path), max_bytes))
            yield Had(file, had.location, self.mark if had.etag == self.arrival.etag else "")

    def _blame(self, error: Unavailable) -> None:
        """Raises Refused when the store still answers: then it is this object that cannot be had, and the others can."""
        if error.code == "store-unavailable":
            self.store.require(self.arrival.bucket)
            raise _refused("unreadable", error.detail) from error


def place(text: str) -> str:
    """The one way to write this place. Raises Usage (no-such-path)."""
    bucket, prefix = parsed(text)
    return f"{SCHEME}{bucket}/{prefix}" if prefix else f"{SCHEME}{bucket}"


def refuse_own(blobs_url: str, store: str, bucket: str, prefix: str) -> None:
    """Raises Usage (own-bucket) for the archive's own bytes: who may take papers in to one holding would have those of all others so."""
    own = urlsplit(blobs_url.removeprefix("s3:"))
    own_bucket, _, own_prefix = own.path.lstrip("/").partition("/")
    overlap = prefix.startswith(own_prefix) or own_prefix.startswith(prefix)
    if blobs_url.startswith("s3:") and (own.netloc, own_bucket) == (urlsplit(store).netloc, bucket) and overlap:
        raise Usage("own-bucket", "the archive's own bytes are there", "Put what comes in into a bucket of its own.")


def parsed(text: str) -> tuple[str, str]:
    """(bucket, prefix) of s3://BUCKET[/PREFIX], taken literally. Raises Usage (no-such-path)."""
    bucket, _, prefix = text.removeprefix(SCHEME).partition("/")
    try:
        check_bucket_name(bucket, strict=True)
    except ValueError as error:
        raise Usage("no-such-path", "there can be no bucket of this name", "Write s3://BUCKET or s3://BUCKET/PREFIX.") from error
    return bucket, prefix


class Incoming:
    """The buckets of the store that ``client`` speaks to; files being looked at lie in ``cache``, or in the system's folder for them."""

    def __init__(self, client: Minio, cache: Path | None = None) -> None:
        self._client, self._cache = client, cache

    @classmethod
    def at(cls, url: str, access_key: str, secret_key: str, ca_file: Path | None, bucket: str) -> "Incoming":
        """The store at http(s)://HOST[:PORT]. Raises Usage (bad-setting)."""
        with _of_incoming():
            client, found, _ = connect(f"s3:{url.rstrip('/')}/{bucket}", access_key, secret_key, ca_file)
            if found != bucket:
                raise Usage("bad-setting", "SIJILL_INCOMING is a store, not a bucket of it")
        return cls(client)

    def require(self, bucket: str) -> None:
        """Raises Usage (bad-setting, store-denied) when this is no bucket to read from, Unavailable when the store does not answer."""
        next(self.listed(bucket, ""), None)

    def met(self, place: str) -> Iterator[Listed]:
        """The objects at s3://BUCKET[/PREFIX], to be taken in. Raises as ``listed`` does, and Usage (no-such-path)."""
        return (Listed(arrival, self) for arrival in self.listed(*parsed(place)))

    def listed(self, bucket: str, prefix: str) -> Iterator[Arrival]:
        """The object ``prefix`` and all below ``prefix``/, in the store's order; box-1 does not bring in box-10.

        Empty objects named like a folder, which consoles make, are passed by. Raises Usage (bad-setting, store-denied), Unavailable.
        Current versions only: listing all of them is what minio-py cannot read on every store.
        """
        below = f"{prefix.rstrip('/')}/" if prefix else ""
        with _of_incoming(), store_errors():
            for found in self._client.list_objects(bucket, prefix, recursive=True):
                key, size = str(found.object_name), found.size or 0
                if (key == prefix or key.startswith(below)) and (size or not key.endswith("/")):
                    yield Arrival(bucket, key, size, found.etag or "", found.last_modified)

    @contextmanager
    def fetched(self, arrival: Arrival, max_bytes: int) -> Iterator[tuple[Path, Arrival]]:
        """A local file with the object's present bytes while the context lasts, and what exactly they are.

        Raises Refused (too-large, bad-key, vanished, unreadable), and Unavailable when the store or this machine's disk fails.
        """
        if any(part in {".", ".."} for part in arrival.key.split("/")):
            raise _refused("bad-key", "the object's key has a part . or .., by which it cannot be asked for")
        _check_size(arrival.size, max_bytes)
        with temporary(self._cache) as (handle, path):
            yield path, self._copied(arrival, handle, max_bytes)

    def _copied(self, arrival: Arrival, target: BinaryIO, max_bytes: int) -> Arrival:
        try:
            return self._copy(arrival, target, max_bytes)
        except NotFound as error:
            raise _refused("vanished", "the object is gone") from error
        except Usage as error:
            raise _refused("unreadable", error.detail) from error

    def _copy(self, arrival: Arrival, target: BinaryIO, max_bytes: int) -> Arrival:
        size = 0
        with local_errors(), store_errors(), closing(self._client.get_object(arrival.bucket, arrival.key)) as answer:
            for piece in answer.stream(PIECE):
                size += len(piece)
                _check_size(size, max_bytes)  # it may have grown since it was listed
                target.write(piece)
            target.flush()
            answer.release_conn()
        headers = answer.headers
        version = headers.get("x-amz-version-id")
        return replace(
            arrival, size=size, etag=headers.get("etag", "").strip('"'), modified=_time(headers.get("last-modified")) or arrival.modified,
            version=None if version == "null" else version,  # "null" is what a store calls bytes that it would replace
        )  # fmt: skip


@contextmanager
def _of_incoming() -> Iterator[None]:
    """What the store refuses is about these settings, not the archive's own."""
    try:
        yield
    except Usage as error:
        raise Usage(error.code, error.detail, SETTINGS) from error


def _time(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header) if header else None
    except ValueError:
        return None


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise _refused("too-large", f"the object has {size / 2**20:.0f} MiB or more, the limit is {most / 2**20:.0f}")


def _refused(code: str, detail: str) -> Refused:
    return Refused(code, detail, way_out(code))
