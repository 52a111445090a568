"""Whether what Sijill writes lies on encrypted disks, as far as this machine can tell.

Read from /proc/self/mountinfo (proc(5)), /proc/swaps and /sys/dev/block: a device-mapper target whose uuid begins with CRYPT- encrypts what
goes through it (cryptsetup), wherever it stands above or below LVM, RAID and partitions. Not seen are disks that encrypt themselves, a
host that encrypts the disks of its guests, and folders encrypted by their file system (fscrypt).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import gettempdir

from pipeline.doctor import Finding
from pipeline.settings import Settings

IN_MEMORY = {"tmpfs", "ramfs"}
ENCRYPTING = {"ecryptfs", "fuse.gocryptfs", "fuse.cryfs", "fuse.encfs", "fuse.securefs"}
ENCRYPTS = re.compile(r"CRYPT-(?!VERITY|INTEGRITY|SUBDEV)")  # those only check
WAY_OUT = "keep it on a disk set up with LUKS: docs/operations.md, Disks"


class Kind(StrEnum):
    """How what is written there lies; in the order of what one may rely on."""

    MEMORY = "in memory"
    ENCRYPTED = "encrypted"
    UNKNOWN = "cannot tell"
    PLAIN = "not encrypted"


@dataclass(frozen=True, slots=True)
class System:
    """Where the kernel tells of mounts and devices."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")


@dataclass(frozen=True, slots=True)
class Mount:
    point: Path
    device: str
    fstype: str
    source: str


def places(settings: Settings) -> dict[str, Path]:
    """Where on this machine an archive lies, and pages of it while they are worked on; parts that lie in its folder are not told."""
    stores = {"the blobs": settings.blobs_url, "the catalogue": settings.catalogue_url, "the index": settings.index_url}
    named = {name: Path(url.partition(":")[2]) for name, url in stores.items() if url.startswith(("file:", "sqlite:"))}
    apart = {name: path for name, path in named.items() if not path.is_relative_to(settings.home)}
    return {"the archive": settings.home, **apart, "temporary files": Path(gettempdir())}


def look(places: Mapping[str, Path], system: System | None = None) -> list[Finding]:
    """One warning or good word for each named place, and for swap. Changes nothing, raises nothing."""
    system = system or System()
    found = {f"disk of {name}": _place(path, system) for name, path in places.items()}
    found |= {f"swap {name}": kind for name, kind in _swaps(system)}
    return [_finding(name, *kind) for name, kind in found.items()]


def _finding(name: str, kind: Kind, why: str) -> Finding:
    ok = kind in (Kind.MEMORY, Kind.ENCRYPTED)
    return Finding(name, ok, f"{kind}: {why}" if why else kind, "encrypted", "" if ok else WAY_OUT, serious=False)


def _place(path: Path, system: System) -> tuple[Kind, str]:
    """How a file at ``path`` lies, and what that was told from."""
    try:
        path = path.resolve()
        over = [mount for mount in _mounts(system) if path.is_relative_to(mount.point)]
        mount = max(over, key=lambda mount: len(mount.point.parts), default=None)
        return _mount(mount, system) if mount else (Kind.UNKNOWN, "no mount is told")
    except OSError as error:
        return Kind.UNKNOWN, error.strerror or "not told"


def _mount(mount: Mount, system: System) -> tuple[Kind, str]:
    if mount.fstype in IN_MEMORY:
        return Kind.MEMORY, mount.fstype
    if mount.fstype in ENCRYPTING:
        return Kind.ENCRYPTED, mount.fstype
    if mount.fstype == "btrfs":
        return _worst([_device(node, system) for node in _members(mount, system)]), mount.fstype
    if mount.device.startswith("0:"):  # no block device: a network, a container's surface, ZFS
        return Kind.UNKNOWN, mount.fstype
    return _device(system.sys / "dev" / "block" / mount.device, system), mount.fstype


def _mounts(system: System) -> list[Mount]:
    """Later ones lie over earlier ones, so they come first."""
    lines = (system.proc / "self" / "mountinfo").read_text("utf-8", errors="surrogateescape").splitlines()
    fields = [(line.split(), line.partition(" - ")[2].split()) for line in reversed(lines)]
    return [Mount(Path(_unescaped(left[4])), left[2], right[0], _unescaped(right[1])) for left, right in fields if len(right) > 1]


def _members(mount: Mount, system: System) -> list[Path]:
    """The devices of a btrfs file system, which may be several."""
    name = Path(mount.source).resolve().name
    for group in (system.sys / "fs" / "btrfs").glob("*/devices"):
        nodes = sorted(group.iterdir())
        if name in {node.name for node in nodes}:
            return nodes
    return []


def _swaps(system: System) -> Iterator[tuple[str, tuple[Kind, str]]]:
    try:
        lines = (system.proc / "swaps").read_text("utf-8").splitlines()[1:]
    except OSError as error:
        yield "space", (Kind.UNKNOWN, error.strerror or "not told")
        return
    for line in lines:
        path = Path(_unescaped(line.split()[0]))
        if line.split()[1] == "file":
            yield str(path), _place(path, system)
        elif path.name.startswith("zram"):
            yield str(path), (Kind.MEMORY, "zram")
        else:
            yield str(path), (_device(system.sys / "class" / "block" / path.name, system), "")


def _device(node: Path, system: System) -> Kind:
    """Whether all that goes to a block device is encrypted on the way, by it or by everything it stands on."""
    node = node.resolve()
    if not node.is_dir():
        return Kind.UNKNOWN
    if ENCRYPTS.match(_text(node / "dm" / "uuid")):
        return Kind.ENCRYPTED
    below = list((node / "slaves").iterdir()) if (node / "slaves").is_dir() else []
    if (node / "partition").exists():
        below = [node.parent]
    if below:
        return _worst([_device(one, system) for one in below])
    backing = _text(node / "loop" / "backing_file")
    return _place(Path(backing), system)[0] if backing else Kind.PLAIN


def _worst(kinds: list[Kind]) -> Kind:
    return max(kinds, key=list(Kind).index, default=Kind.UNKNOWN)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
