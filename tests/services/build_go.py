"""The S3 stores, compiled from their published Go modules."""

import json
import os
import sysconfig
from pathlib import Path

from tests.services.cache import CannotBuild, built, wanted, workshop
from tests.services.command import run


def program(name: str) -> Path:
    """The compiled program of versions.toml's table ``name``; raises CannotBuild."""
    version = wanted(name)["version"]
    return built(f"{name}-{version}", lambda folder: _install(name, folder)) / name


def _install(name: str, folder: Path) -> None:
    module = wanted(name)
    go = Path(sysconfig.get_path("scripts")) / "go"
    with workshop(folder) as work:
        settings = {
            "GOPATH": f"{work}/path",
            "GOCACHE": f"{work}/cache",
            "GOBIN": str(folder),
            "GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -modcacherw -trimpath".strip(),  # modcacherw: so that it can be removed
            "GOTOOLCHAIN": "local",
            "CGO_ENABLED": "0",
        }
        _check(run([go, "mod", "download", "-json", f"{module['module']}@{module['version']}"], settings), module["sum"])
        run([go, "install", "-ldflags", "-s -w", f"{module['module']}{module['package']}@{module['version']}"], settings)


def _check(described: str, pinned: str) -> None:
    """What it needs in turn is checked by Go's own list of checksums."""
    found = json.loads(described)["Sum"]
    if found != pinned:
        raise CannotBuild(f"the module's checksum is {found}, not {pinned}")
