"""Papers are not taken in from where the archive keeps its own bytes: those of every holding would come into one."""

import pytest

from pipeline.errors import Usage
from pipeline.storage.incoming import refuse_own

HERE = "https://s3.example.org"


@pytest.mark.parametrize(
    ("own", "bucket", "prefix"),
    [
        ("/sijill", "sijill", ""), ("/sijill", "sijill", "ab"), ("/sijill/archive", "sijill", ""), ("/sijill/archive", "sijill", "arch"),
        ("/sijill/archive", "sijill", "archive/ab"),
    ],
)  # fmt: skip
def test_the_archives_own_bucket_is_refused(own: str, bucket: str, prefix: str) -> None:
    with pytest.raises(Usage) as caught:
        refuse_own(f"s3:{HERE}{own}", HERE, bucket, prefix)
    assert caught.value.code == "own-bucket"


@pytest.mark.parametrize(
    ("blobs", "bucket", "prefix"),
    [
        (f"s3:{HERE}/sijill", "incoming", ""), (f"s3:{HERE}/sijill/archive", "sijill", "incoming"),
        ("s3:https://other.example.org/sijill", "sijill", ""), ("file:blobs", "sijill", ""),
    ],
)  # fmt: skip
def test_another_bucket_store_or_part_is_not(blobs: str, bucket: str, prefix: str) -> None:
    refuse_own(blobs, HERE, bucket, prefix)
