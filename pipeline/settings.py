"""The only reader of the environment: every choice is one variable, SIJILL_<NAME>, with a default that needs no server."""

import os
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

SECRETS = Path("/run/secrets")


class Settings(BaseSettings):
    """Where things are kept and how much a hostile file may cost. Nothing here opens or starts anything.

    Any of them, secrets above all, may instead stand in a file of its own, named as its variable in small letters, in the folder
    where containers are given their secrets.
    """

    model_config = SettingsConfigDict(
        env_prefix="SIJILL_", env_ignore_empty=True, frozen=True, extra="ignore", secrets_dir=SECRETS if SECRETS.is_dir() else None
    )

    home: Path = Field(Path("archive"), description="folder of the embedded archive")
    blobs: str = Field(
        "", description="where the bytes are kept: file:PATH or s3:http(s)://HOST/BUCKET[/PREFIX]; empty: in the home folder"
    )
    s3_access_key: str = Field("", description="name of the account at the S3 store")
    s3_secret_key: SecretStr = Field(SecretStr(""), description="its secret")
    s3_retention_days: int = Field(0, ge=0, description="days for which the S3 store must refuse to remove a stored object; 0: none")
    incoming: str = Field("", description="the S3 store that s3:// names are in: http(s)://HOST; empty: the one where the bytes are kept")
    incoming_access_key: str = Field("", description="name of the account that reads there; may be empty where both are one store")
    incoming_secret_key: SecretStr = Field(SecretStr(""), description="its secret; likewise")
    catalogue: str = Field(
        "", description="where the record is kept: sqlite:PATH or postgresql://USER@HOST/DATABASE; empty: in the home folder"
    )
    catalogue_password: SecretStr = Field(SecretStr(""), description="password of the catalogue's PostgreSQL user")
    index: str = Field(
        "", description="where the search index is kept: sqlite:PATH or, for Elasticsearch, http(s)://HOST/NAME; empty: in the home folder"
    )
    index_key: SecretStr = Field(SecretStr(""), description="API key for Elasticsearch")
    ca_file: Path | None = Field(None, description="certificates that the shared services are checked against; empty: the machine's own")
    account_key: SecretStr = Field(SecretStr(""), description="key of your account on an archive whose catalogue is shared")
    prefect: str = Field("", description="a Prefect API to use, http(s)://…/api; empty: a local server, started when needed")
    prefect_auth: SecretStr = Field(SecretStr(""), description="NAME:PASSWORD for that Prefect API")
    pool: str = Field("", description="Prefect work pool whose workers read the pages; empty: this process reads them")
    reader: str = Field("sijill", description="the reading engine")
    models: str = Field("", description="folder of the models trained here; empty: in the home folder")
    processes: int = Field(default_factory=lambda: len(os.sched_getaffinity(0)), ge=1, description="pages read at one time")
    max_megapixels: float = Field(200, gt=0, description="largest page image taken, in millions of pixels")
    max_pages: int = Field(5000, ge=1, description="most pages taken from one file")
    max_file_mb: int = Field(4096, ge=1, description="largest file taken, in MiB")
    memory_mb: int = Field(3072, ge=512, description="most address space one reading process may use, in MiB")
    page_seconds: float = Field(180, gt=0, description="longest time for one page")
    attempts: int = Field(3, ge=1, description="tries before a page that kills its reader is set aside")

    @cached_property
    def blobs_url(self) -> str:
        return self.blobs or f"file:{self.home / 'blobs'}"

    @cached_property
    def catalogue_url(self) -> str:
        return self.catalogue or f"sqlite:{self.home / 'catalogue.db'}"

    @cached_property
    def index_url(self) -> str:
        return self.index or f"sqlite:{self.home / 'index.db'}"

    @property
    def incoming_store(self) -> tuple[str, str, str]:
        """URL, account and secret of the store that s3:// names are in. The archive's own secret is for the archive's own store alone."""
        keys = self.incoming_access_key, self.incoming_secret_key.get_secret_value()
        if self.incoming:
            return self.incoming, *keys
        parts = urlsplit(self.blobs.removeprefix("s3:")) if self.blobs.startswith("s3:") else urlsplit("")
        return f"{parts.scheme}://{parts.netloc}", keys[0] or self.s3_access_key, keys[1] or self.s3_secret_key.get_secret_value()

    @property
    def models_home(self) -> Path:
        return Path(self.models) if self.models else self.home / "models"

    @property
    def lines_home(self) -> Path:
        return self.home / "lines"

    @property
    def prefect_home(self) -> Path:
        return self.home / "prefect"


class FileSettings(Settings):
    """Settings as a file of VARIABLE=value lines has them, and nothing of the environment's: another archive's than this one's."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # pydantic-settings calls it so
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    @classmethod
    def of(cls, path: Path) -> "FileSettings":
        """Raises ValueError, also for a file that others may read or that names what is no setting, OSError."""
        if path.stat().st_mode & 0o077:
            raise ValueError(f"it holds secrets and others may read it: chmod 600 {path}")
        given: dict[str, Any] = {}
        for name, value in dotenv_values(path, interpolate=False).items():
            field = name.removeprefix("SIJILL_").lower()
            if field not in cls.model_fields or name != f"SIJILL_{field.upper()}":
                raise ValueError(f"there is no setting {name}")
            if value:
                given[field] = value
        return cls(**given)
