"""Every setting can be made by its variable, and a bad value is refused by name."""

import pickle
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from pipeline.settings import Settings

GOOD: dict[str, tuple[str, object]] = {
    "home": ("/a/b", Path("/a/b")),
    "blobs": ("file:/x", "file:/x"),
    "catalogue": ("sqlite:/x", "sqlite:/x"),
    "index": ("sqlite:/y", "sqlite:/y"),
    "s3_access_key": ("writer", "writer"),
    "s3_secret_key": ("s", SecretStr("s")),
    "s3_retention_days": ("3650", 3650),
    "incoming": ("https://incoming.example.org", "https://incoming.example.org"),
    "incoming_access_key": ("reader", "reader"),
    "incoming_secret_key": ("s", SecretStr("s")),
    "catalogue_password": ("s", SecretStr("s")),
    "index_key": ("s", SecretStr("s")),
    "ca_file": ("/ca.pem", Path("/ca.pem")),
    "account_key": ("s", SecretStr("s")),
    "prefect_auth": ("a:b", SecretStr("a:b")),
    "pool": ("readers", "readers"),
    "prefect": ("http://localhost:1/api", "http://localhost:1/api"),
    "reader": ("other", "other"),
    "models": ("/m", "/m"),
    "processes": ("3", 3),
    "max_megapixels": ("0.5", 0.5),
    "max_pages": ("7", 7),
    "max_file_mb": ("9", 9),
    "memory_mb": ("512", 512),
    "page_seconds": ("1.5", 1.5),
    "attempts": ("1", 1),
}
BAD = {
    "s3_retention_days": ["-1", "x"],
    "processes": ["0", "-1", "many", "1.5"],
    "max_megapixels": ["0", "-1", "nan", "x"],
    "max_pages": ["0", "1e3"],
    "max_file_mb": ["0"],
    "memory_mb": ["511", "1G"],
    "page_seconds": ["0", "nan", "-1"],
    "attempts": ["0", "three"],
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without settings: it is what this module is about."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SIJILL_{name.upper()}", raising=False)


def settings(**changes: Any) -> Settings:
    return Settings(**changes)


def test_every_setting_is_tried_here() -> None:
    assert GOOD.keys() == Settings.model_fields.keys()


@pytest.mark.parametrize(("name", "text", "value"), [(name, *given) for name, given in GOOD.items()], ids=GOOD)
def test_a_variable_makes_a_setting(monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object) -> None:
    assert getattr(settings(), name) != value
    monkeypatch.setenv(f"SIJILL_{name.upper()}", text)
    assert getattr(settings(), name) == value
    monkeypatch.setenv(f"SIJILL_{name.upper()}_X", "no such setting")
    assert getattr(settings(), name) == value


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_a_bad_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(f"SIJILL_{name.upper()}", text)
    with pytest.raises(ValidationError) as caught:
        settings()
    assert [error["loc"] for error in caught.value.errors()] == [(name,)]


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIJILL_HOME", "")
    assert settings().home == Path("archive")


def test_the_default_needs_no_server() -> None:
    made = settings()
    assert (made.blobs_url, made.catalogue_url, made.index_url) == (
        "file:archive/blobs", "sqlite:archive/catalogue.db", "sqlite:archive/index.db",
    )  # fmt: skip
    assert made.prefect == ""
    assert made.prefect_home == Path("archive/prefect")
    assert made.processes >= 1


def test_everything_follows_the_home_and_each_can_go_elsewhere() -> None:
    made = settings(home=Path("/h"), index="sqlite:/i.db")
    assert (made.blobs_url, made.catalogue_url, made.index_url) == ("file:/h/blobs", "sqlite:/h/catalogue.db", "sqlite:/i.db")


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_settings_do_not_change_and_go_to_child_processes() -> None:
    made = settings(home=Path("/h"))
    with pytest.raises(ValidationError):
        made.home = Path("/other")
    before = hash(made)
    assert made.blobs_url
    assert hash(made) == before, "one bench a child process, however its settings were looked at"
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301  # our own bytes
    assert hash(pickle.loads(pickle.dumps(made))) == before  # noqa: S301  # our own bytes


STORE = {"blobs": "s3:https://blobs.example.org/bucket/prefix", "s3_access_key": "writer", "s3_secret_key": "ours"}
READER = {"incoming_access_key": "reader", "incoming_secret_key": "theirs"}


@pytest.mark.parametrize(
    ("given", "store"),
    [
        (STORE, ("https://blobs.example.org", "writer", "ours")),
        (STORE | READER, ("https://blobs.example.org", "reader", "theirs")),
        (STORE | READER | {"incoming": "https://in.example.org"}, ("https://in.example.org", "reader", "theirs")),
        (STORE | {"incoming": "https://in.example.org"}, ("https://in.example.org", "", "")),
        ({}, ("://", "", "")),
    ],
)
def test_the_archives_own_secret_goes_to_its_own_store_alone(given: dict[str, str], store: tuple[str, str, str]) -> None:
    assert settings(**given).incoming_store == store
