"""S3 stores: versitygw, and MinIO's last upstream commit (no longer maintained, known holes: on loopback, for tests alone)."""

from functools import cached_property
from pathlib import Path
from typing import ClassVar

from tests.services.endpoints import S3Endpoint
from tests.services.engine import Engine, http_answers, plain
from tests.services.program import Program

USER = "sijill"


class _Store(Engine):
    """A store whose program lies at ``program``, with its data in these ``folders``."""

    folders: ClassVar[tuple[str, ...]] = ("data",)

    def __init__(self, folder: Path, program: Path) -> None:
        super().__init__(folder)
        self._program = program

    @property
    def endpoint(self) -> S3Endpoint:
        return S3Endpoint(f"http://127.0.0.1:{self._port('port')}", USER, self._secret("secret_key"))

    def _prepare(self) -> None:
        for name in self.folders:
            (self.folder / name).mkdir(exist_ok=True)

    def _folder(self, name: str) -> str:
        return str(self.folder.resolve() / name)


class Versitygw(_Store):
    """Objects are files under ``folder``/data, older versions under ``folder``/versions; both need extended attributes."""

    name = "versitygw"
    folders = ("data", "versions")

    @cached_property
    def _programs(self) -> tuple[Program, ...]:
        serve = [str(self._program), "--port", f"127.0.0.1:{self._port('port')}", "--health", "/health", "--quiet"]
        keep = ["posix", "--versioning-dir", self._folder("versions"), self._folder("data")]
        secrets = {"ROOT_ACCESS_KEY": USER, "ROOT_SECRET_KEY": self._secret("secret_key")}
        return (Program([*serve, *keep], self.log, secrets),)

    def _ask(self) -> None:
        http_answers(plain(self._port("port")), "/health")


class Minio(_Store):
    """Objects are under ``folder``/data, in its own format."""

    name = "minio"

    @cached_property
    def _programs(self) -> tuple[Program, ...]:
        serve = [str(self._program), "server", "--quiet", "--address", f"127.0.0.1:{self._port('port')}", self._folder("data")]
        secrets = {"MINIO_ROOT_USER": USER, "MINIO_ROOT_PASSWORD": self._secret("secret_key")}
        return (Program(serve, self.log, secrets | {"MINIO_BROWSER": "off", "MINIO_UPDATE": "off"}),)

    def _ask(self) -> None:
        http_answers(plain(self._port("port")), "/minio/health/ready")
