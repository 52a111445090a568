"""How a client reaches an engine: address and secrets, nothing else."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class S3Endpoint:
    """``url`` is http://HOST:PORT, without a bucket."""

    url: str
    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PostgresEndpoint:
    """A database; the password is asked for by SCRAM."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str

    @property
    def url(self) -> str:
        """Without the password: postgresql://USER@HOST:PORT/DATABASE."""
        return f"postgresql://{quote(self.user)}@{self.host}:{self.port}/{quote(self.database)}"


@dataclass(frozen=True, slots=True)
class ElasticEndpoint:
    """``url`` is https://HOST:PORT, without an index; its certificate is checked against ``ca_file``."""

    url: str
    api_key: str = field(repr=False)
    ca_file: Path
