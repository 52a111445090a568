"""A Docker engine: the machine's own where one answers, else one of our own for as long as this runs, its data gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.compose.steps import Failed, said, step, until
from tests.services import cache
from tests.services.program import Program


def kept() -> Path:
    """Where what was built is kept from run to run."""
    folder = cache.home().parent / "compose"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass(frozen=True)
class Docker:
    """The engine that ``environment`` leads to; ``ours`` where it ends with this check."""

    ours: bool
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str | Path, seconds: float = 3600) -> str:
        return said(["docker", *arguments], self.environment, seconds)

    def can_pull(self, image: str) -> bool:
        """Whether the image is there or comes from its registry; an engine of ours never has one to ask."""
        if self.ours:
            return False
        try:
            self("pull", "-q", image)
        except Failed:
            return False
        return True


@contextmanager
def running() -> Iterator[Docker]:
    """Raises Failed where there is none and none can be started."""
    found = Docker(ours=False)
    if _answers(found):
        step("the Docker engine of this machine is used")
        yield found
        return
    if os.geteuid() != 0 or not shutil.which("dockerd"):
        raise Failed(
            "No Docker engine answers. Start one, or run this as root where dockerd is installed (apt-get install docker.io iptables)."
        )
    folder = Path(tempfile.mkdtemp(prefix="engine-", dir=kept()))
    socket = f"unix://{folder}/docker.sock"
    command = ["dockerd", f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid", f"--host={socket}"]
    daemon = Program([*command, "--bridge=none"], folder / "log")
    docker = Docker(ours=True, environment={"DOCKER_HOST": socket})
    try:
        step("starting a Docker engine of our own")
        daemon.start()
        until("dockerd answers", lambda: _answers(docker) or not daemon.alive(), seconds=120)
        if not daemon.alive():
            raise Failed("\n".join(["dockerd ended as it started", *(folder / "log").read_text("utf-8").splitlines()[-20:]]))
        yield docker
    finally:
        step("ending the Docker engine, removing its data")
        daemon.stop()
        _unmount(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _unmount(folder: Path) -> None:
    """What an engine that was killed has left mounted would keep its folder from being removed."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    for mount in sorted((mount for mount in mounts if mount.startswith(str(folder))), reverse=True):
        subprocess.run(["umount", "-l", mount], check=False)


def _answers(docker: Docker) -> bool:
    try:
        docker("info", seconds=20)
    except (Failed, FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return True
