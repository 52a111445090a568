"""An S3 URL is taken only if it is safe to use; no request can overwrite a blob."""

from pathlib import Path

import pytest

from pipeline.errors import Usage
from pipeline.storage.s3_client import connect, makes_blob

NAME = "ab/cd/" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("url", "bucket", "prefix"),
    [
        ("s3:https://store.example/pages", "pages", ""),
        ("s3:https://store.example:9000/pages/", "pages", ""),
        ("s3:https://store.example/pages/a/b-2/", "pages", "a/b-2"),
        ("s3:http://127.0.0.1:9000/pages", "pages", ""),
        ("s3:http://localhost:9000/pages/x", "pages", "x"),
        ("s3:http://[::1]:9000/pages", "pages", ""),
    ],
)
def test_lawful_urls(url: str, bucket: str, prefix: str) -> None:
    assert connect(url, "name", "secret", None)[1:] == (bucket, prefix)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("s3:http://store.example/pages", "in the clear"),
        ("s3:http://10.0.0.1/pages", "in the clear"),
        ("s3:http://localhost.example/pages", "in the clear"),
        ("s3:https://name:secret@store.example/pages", "account"),
        ("s3:https://store.example", "bucket"),
        ("s3:https://store.example/a", "bucket"),
        ("s3:https://store.example/Pages", "bucket"),
        ("s3:https:///pages", "no S3 URL"),
        ("s3:https://store.example:port/pages", "host"),
        ("s3:https://[::1/pages", "host"),
        ("s3:https://store.example/pages?x=1", "no S3 URL"),
        ("s3:https://store.example/pages#x", "no S3 URL"),
        ("s3:ftp://store.example/pages", "no S3 URL"),
        ("https://store.example/pages", "no S3 URL"),
        ("s3:https://store.example/pages/a/../b", "prefix"),
        ("s3:https://store.example/pages/a//b", "prefix"),
        ("s3:https://store.example/pages/" + "x" * 201, "prefix"),
        ("s3:https://store.example/pages/صفحات", "prefix"),
    ],
)
def test_urls_refused(url: str, told: str) -> None:
    with pytest.raises(Usage) as caught:
        connect(url, "name", "secret", None)
    assert caught.value.code == "bad-setting"
    assert told in caught.value.detail
    assert caught.value.way_out
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("access", "secret"), [("", "secret"), ("name", "")])
def test_no_account_is_not_anonymous(access: str, secret: str) -> None:
    with pytest.raises(Usage, match="SIJILL_S3_ACCESS_KEY"):
        connect("s3:https://store.example/pages", access, secret, None)


def test_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    for path in (tmp_path / "none.pem", tmp_path / "empty.pem", tmp_path):
        with pytest.raises(Usage, match="SIJILL_CA_FILE"):
            connect("s3:https://store.example/pages", "name", "secret", path)


@pytest.mark.parametrize(
    ("method", "url", "makes"),
    [
        ("PUT", f"https://store.example/pages/{NAME}", True),
        ("PUT", f"https://store.example/pages/a/b/{NAME}", True),
        ("PUT", f"https://pages.s3.amazonaws.com/{NAME}", True),
        ("POST", f"https://store.example/pages/{NAME}?uploadId=x", True),
        ("POST", f"https://store.example/pages/{NAME}?uploads=", False),
        ("PUT", f"https://store.example/pages/{NAME}?partNumber=1&uploadId=x", False),
        ("PUT", f"https://store.example/pages/{NAME}?retention=", False),
        ("PUT", "https://store.example/pages", False),
        ("PUT", "https://store.example/pages/lock-probe", False),
        ("GET", f"https://store.example/pages/{NAME}", False),
        ("DELETE", f"https://store.example/pages/{NAME}?uploadId=x", False),
    ],
)
def test_what_makes_a_blob(method: str, url: str, makes: bool) -> None:
    assert makes_blob(method, url) is makes
