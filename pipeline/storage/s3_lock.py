"""Whether an S3 store holds what object lock promises: lock a small object, then try to take it away."""

import io
from datetime import UTC, datetime, timedelta

from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.error import S3Error
from minio.retention import Retention

from pipeline.errors import SijillError, Usage
from pipeline.storage.s3_errors import GONE, in_our_words, store_errors

TEXT = b"Sijill locks this object and tries to remove it, to see that the store holds its locks.\n"
WAY_OUT = "Take a new bucket in a store that has object lock, or set SIJILL_S3_RETENTION_DAYS to 0 and guard the store another way."
PROBE_LOCK = timedelta(minutes=20)  # beyond the 15 minutes by which clocks may differ before a store refuses every request


def ensure_bucket(client: Minio, bucket: str, locking: bool) -> None:
    """Make the bucket if it is not there, with object lock if wanted: most stores cannot add it later."""
    with store_errors():
        if client.bucket_exists(bucket):
            return
        try:
            client.make_bucket(bucket, object_lock=locking)
        except S3Error as error:
            if error.code != "BucketAlreadyOwnedByYou":  # another process made it meanwhile
                raise


def check_lock(client: Minio, bucket: str, name: str) -> None:
    """Raises Usage (store-not-locking) unless the store refuses to remove a locked version of the object ``name``.

    The one small object this leaves is locked anew by the next check, not added to.
    """
    until = Retention(COMPLIANCE, datetime.now(UTC) + PROBE_LOCK)
    with store_errors():
        try:
            version = _locked(client, bucket, name, until)
            held = client.get_object_retention(bucket, name, version)
        except S3Error as error:
            raise _not_locking(error) from error
        if held is None or held.mode != COMPLIANCE or held.retain_until_date <= datetime.now(UTC):
            raise _refused("it keeps no date with the object")
        if _removed(client, bucket, name, version):
            raise _refused("it removes a locked object")


def _locked(client: Minio, bucket: str, name: str, until: Retention) -> str | None:
    """The version id of the object, newly locked."""
    try:
        version = client.stat_object(bucket, name).version_id
    except S3Error as error:
        if error.code not in GONE:
            raise
        return client.put_object(bucket, name, io.BytesIO(TEXT), len(TEXT), retention=until).version_id
    client.set_object_retention(bucket, name, until, version_id=version)
    return version


def _removed(client: Minio, bucket: str, name: str, version: str | None) -> bool:
    try:
        client.remove_object(bucket, name, version)
    except S3Error as error:
        if error.response.status < 500:
            return False
        raise in_our_words(error) from error
    return True


def _not_locking(error: S3Error) -> SijillError:
    """A store without object lock has many words for it; what other requests fail with too has its own."""
    told = in_our_words(error)
    other = told.code in {"store-denied", "disk-full"} or error.response.status in {500, 502, 503, 504}
    return told if other else _refused("it does not take the lock")


def _refused(what: str) -> Usage:
    return Usage("store-not-locking", f"the S3 store does not hold object locks: {what}", WAY_OUT)
