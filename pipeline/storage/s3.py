"""Write-once blobs in a bucket of an S3 store, named PREFIX/ab/cd/abcd…; what is there is never written again."""

import hashlib
import io
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.retention import Retention

from pipeline.errors import Damaged, NotFound, Unavailable, way_out
from pipeline.storage.filesystem import PIECE, SHA256
from pipeline.storage.local import local_errors, temporary
from pipeline.storage.s3_errors import store_errors
from pipeline.storage.s3_lock import check_lock, ensure_bucket

PART = 16 * 2**20  # bytes of a part of a big blob; stores refuse parts under 5 MiB, and each is held in memory
AT_ONCE = 8


class S3Blobs:
    """BlobStore in ``bucket``, below ``prefix``. Not to be shared between processes: minio-py's client is not made for it.

    With ``retention_days`` each blob is locked in COMPLIANCE mode: nobody can remove it before its day, the owner of the account
    included. GOVERNANCE would let every account with a certain right remove it, and the account of a small store has all rights,
    so that a stolen key would be enough to destroy the archive. The lock is set on the object itself: a bucket's default is kept
    by some stores only as a rule that can be taken away.
    """

    def __init__(self, client: Minio, bucket: str, prefix: str = "", retention_days: int = 0, cache: Path | None = None) -> None:
        self._client, self._bucket, self._below = client, bucket, f"{prefix}/" if prefix else ""
        self._retention, self._cache = timedelta(days=retention_days), cache

    def probe(self) -> None:
        """For who is going to write, once: make the bucket if need be, and see that a store that shall lock blobs does.

        Raises Usage (store-not-locking, store-denied), Unavailable.
        """
        ensure_bucket(self._client, self._bucket, locking=bool(self._retention))
        if self._retention:
            check_lock(self._client, self._bucket, f"{self._below}lock-probe")

    def put(self, source: BinaryIO | bytes) -> str:
        if isinstance(source, bytes):
            return self._put_bytes(source)
        with temporary(self._cache) as (handle, _):
            with local_errors():  # all of it first: its name is known only then
                shutil.copyfileobj(source, handle, PIECE)
                size = handle.tell()
                handle.seek(0)
                sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
            self._place(sha256, handle, size)
        return sha256

    def put_many(self, sources: Sequence[bytes]) -> list[str]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            futures = [pool.submit(self._put_bytes, source) for source in sources]
            try:
                return [future.result() for future in futures]
            finally:
                pool.shutdown(cancel_futures=True)

    @contextmanager
    def open(self, sha256: str) -> Iterator[Path]:
        with temporary(self._cache) as (handle, path):
            try:
                self._copy(sha256, handle)
            except NotFound as error:
                raise Damaged("blob-missing", f"blob {sha256} is not in the store", way_out("blob-missing")) from error
            yield path

    def __iter__(self) -> Iterator[str]:
        with store_errors():
            for found in self._client.list_objects(self._bucket, self._below, recursive=True):
                name = str(found.object_name)
                sha256 = name[-64:]
                if SHA256.fullmatch(sha256) and name == self._name(sha256):
                    yield sha256

    def _name(self, sha256: str) -> str:
        if not SHA256.fullmatch(sha256):
            raise Damaged("blob-missing", "a blob is named by 64 lower-case hex digits")
        return f"{self._below}{sha256[:2]}/{sha256[2:4]}/{sha256}"

    def _put_bytes(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self._place(sha256, io.BytesIO(data), len(data))
        return sha256

    def _place(self, sha256: str, data: BinaryIO, size: int) -> None:
        """Give the bytes their name, unless they have it already, and do not return before they were read back.

        Nor is what the store answers on writing believed when it is bad: the answer may have been lost after the blob was stored,
        or another writer of the same bytes came first.
        """
        if self._holds(sha256):
            return
        try:
            self._send(sha256, data, size)
        except Unavailable:
            if not self._holds(sha256):
                raise
        else:
            if not self._holds(sha256):
                raise Damaged("blob-missing", f"the store took blob {sha256} and does not have it", way_out("blob-missing"))

    def _send(self, sha256: str, data: BinaryIO, size: int) -> None:
        retention = Retention(COMPLIANCE, datetime.now(UTC) + self._retention) if self._retention else None
        data.seek(0)
        with local_errors(), store_errors():
            self._client.put_object(
                self._bucket, self._name(sha256), data, size,
                part_size=PART, num_parallel_uploads=2, retention=retention,
            )  # fmt: skip

    def _holds(self, sha256: str) -> bool:
        """Whether the blob is there. Raises Damaged (blob-damaged) if other bytes have its name: they are left as they are."""
        try:
            self._copy(sha256, None)
        except NotFound:
            return False
        return True

    def _copy(self, sha256: str, target: BinaryIO | None) -> None:
        """Read the blob to its end, into ``target`` if one is given. Raises NotFound, Damaged (blob-damaged), Unavailable."""
        digest = hashlib.sha256()
        with local_errors(), store_errors(), closing(self._client.get_object(self._bucket, self._name(sha256))) as answer:
            for piece in answer.stream(PIECE):
                digest.update(piece)
                if target:
                    target.write(piece)
            answer.release_conn()
            if target:
                target.flush()
        if digest.hexdigest() != sha256:
            raise Damaged("blob-damaged", f"blob {sha256} now holds other bytes ({digest.hexdigest()})", way_out("blob-damaged"))
