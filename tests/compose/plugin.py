"""Docker Compose: the machine's own, else the one of versions.toml built with Go and kept."""

import os
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

from tests.compose.engine import Docker, kept
from tests.compose.steps import Failed, said, step
from tests.services.cache import built, workshop

VERSIONS = tomllib.loads(Path(__file__).with_name("versions.toml").read_text("utf-8"))


def compose(docker: Docker) -> list[str]:
    """The words a compose command begins with."""
    if not docker.ours:
        try:
            docker("compose", "version")
        except Failed:
            pass
        else:
            return ["docker", "compose"]
    wanted = VERSIONS["compose"]
    step(f"docker compose {wanted['version']} (built with Go the first time)")
    return [str(built(f"docker-compose-{wanted['version']}", lambda folder: _build(folder, wanted), kept()) / "docker-compose")]


def _build(folder: Path, wanted: dict[str, Any]) -> None:
    """Its modules are checked against Go's own list of checksums."""
    go = Path(sysconfig.get_path("scripts")) / "go"
    with workshop(folder) as work:
        (work / "module").mkdir()
        (work / "module/go.mod").write_text("module plugin\n\ngo 1.26\n", encoding="ascii")
        settings = {
            "GOPATH": f"{work}/path", "GOCACHE": f"{work}/cache", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0",
            "GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -modcacherw -trimpath".strip(),
        }  # fmt: skip
        go_in: list[str | Path] = [go, "-C", work / "module"]
        said([*go_in, "get", f"{wanted['module']}@{wanted['version']}"], settings)
        said([*go_in, "build", "-ldflags", "-s -w", "-o", folder / "docker-compose", wanted["module"]], settings)
