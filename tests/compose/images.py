"""The images that are brought up: ours, built from our Dockerfile; those published, pulled if they can be, else stand-ins for them."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.compose.engine import Docker, kept
from tests.compose.plugin import VERSIONS
from tests.compose.steps import said, step
from tests.services import build_elasticsearch, build_go
from tests.services.cache import built
from tests.services.elastic import JVM

ROOT = Path(__file__).parents[2]
STANDINS = Path(__file__).with_name("standins")
BASE, OURS = "debian:bookworm-slim", "sijill-check/sijill"
PUBLISHED = {"s3": "S3_IMAGE", "postgres": "POSTGRES_IMAGE", "elasticsearch": "ELASTICSEARCH_IMAGE"}
"""Services and the variable of docker-compose.yml that names their image."""
CERTIFICATES = Path("/usr/local/share/ca-certificates")
APT = Path("/etc/apt/apt.conf.d")


def all_of_them(docker: Docker) -> dict[str, str]:
    """Variables for docker-compose.yml; every image is there afterwards."""
    base = _base(docker)
    step("building our image from the Dockerfile")
    docker("build", "--network=host", f"--build-arg=BASE={base}", f"--tag={OURS}", ROOT)
    variables = {"SIJILL_IMAGE": OURS, "BASE_IMAGE": base}
    for service, variable in PUBLISHED.items():
        if not docker.can_pull(published(variable)):
            variables[variable] = _standin(docker, service, base)
    return variables


def removed(docker: Docker, variables: dict[str, str]) -> None:
    """From an engine that goes on afterwards, what we built."""
    ours = sorted({image for image in variables.values() if image.startswith("sijill-check/")})
    if ours and not docker.ours:
        docker("image", "rm", "--force", *ours)


def published(variable: str) -> str:
    """The image that docker-compose.yml names where that variable does not."""
    [found] = re.findall(rf"\$\{{{variable}:-([^}}]+)\}}", (ROOT / "docker-compose.yml").read_text("utf-8"))
    return str(found)


def _base(docker: Docker) -> str:
    if docker.can_pull(BASE):
        return BASE
    step(f"{BASE} cannot be pulled: a bare Debian takes its place (made with debootstrap the first time)")
    name = "sijill-check/base"
    docker("import", built(f"base-{VERSIONS['base']['suite']}", _bare_debian, kept()) / "root.tar", name)
    return name


def _bare_debian(folder: Path) -> None:
    """From the archive that this machine's apt uses, trusting whom this machine trusts."""
    sources = [*Path("/etc/apt").glob("sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*.sources"))]
    told = "\n".join(path.read_text("utf-8") for path in sources)
    mirror = re.findall(r"^(?:URIs:|deb)\s+(?:\[.*?\]\s+)?(\S+/debian/?)(?:\s|$)", told, re.M)[
        :1
    ]  # where none is named, debootstrap has its own
    root = folder / "root"
    said(["debootstrap", "--variant=minbase", "--include=ca-certificates", VERSIONS["base"]["suite"], root, *mirror])
    for certificate in CERTIFICATES.glob("*.crt"):
        shutil.copy(certificate, root / "usr/local/share/ca-certificates")
    for setting in APT.glob("99*"):
        shutil.copy(setting, root / "etc/apt/apt.conf.d")
    said(["chroot", root, "update-ca-certificates"])
    said(["chroot", root, "apt-get", "clean"])
    said(["tar", "-C", root, "-cf", folder / "root.tar", "."])
    shutil.rmtree(root)


def _standin(docker: Docker, service: str, base: str) -> str:
    step(f"building a stand-in for {published(PUBLISHED[service]).partition('@')[0]}")
    with _context(service) as folder:
        name = f"sijill-check/{service}"
        docker("build", "--network=host", f"--build-arg=BASE={base}", f"--build-arg=OURS={OURS}", f"--tag={name}", folder)
    return name


@contextmanager
def _context(service: str) -> Iterator[Path]:
    """What the image is built of, in a folder of its own."""
    with tempfile.TemporaryDirectory(dir=kept()) as made:
        folder = Path(made)
        shutil.copytree(STANDINS / service, folder, dirs_exist_ok=True)
        if service == "s3":
            shutil.copy(build_go.program("versitygw"), folder)
        if service == "elasticsearch":
            shutil.copytree(build_elasticsearch.java().parents[1], folder / "java")
            shutil.copytree(build_elasticsearch.node(), folder / "node", symlinks=True)
            shutil.copy(Path(build_elasticsearch.__file__).with_name("tls_proxy.py"), folder)
            (folder / "jvm.options").write_text("\n".join(JVM), encoding="ascii")
        yield folder
