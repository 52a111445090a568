"""What is said of disks, on made-up machines: a tree of files as the kernel shows it."""

from pathlib import Path
from tempfile import gettempdir

import pytest

from pipeline.disks import Finding, System, look, places
from pipeline.settings import Settings

HEAD = "Filename Type Size Used Priority\n"


class Machine:
    """A /proc and a /sys of our own."""

    def __init__(self, folder: Path) -> None:
        self.system = System(folder / "proc", folder / "sys")
        self.mounts = list[str]()
        (folder / "proc/self").mkdir(parents=True)
        (folder / "sys/dev/block").mkdir(parents=True)
        (folder / "sys/class/block").mkdir(parents=True)
        self.swap()

    def device(self, number: str, name: str, uuid: str = "", over: tuple[str, ...] = (), part_of: str = "", loop: str = "") -> None:
        """A block device; ``over`` and ``part_of`` name those it stands on."""
        node = self.system.sys / "devices" / part_of / name
        (node / "slaves").mkdir(parents=True)
        if uuid:
            (node / "dm").mkdir()
            (node / "dm/uuid").write_text(f"{uuid}\n")
        if part_of:
            (node / "partition").write_text("1\n")
        if loop:
            (node / "loop").mkdir()
            (node / "loop/backing_file").write_text(f"{loop}\n")
        for one in over:
            (node / "slaves" / one).symlink_to(self.system.sys / "class/block" / one)
        (self.system.sys / "dev/block" / number).symlink_to(node)
        (self.system.sys / "class/block" / name).symlink_to(node)

    def mount(self, point: str, device: str, fstype: str = "ext4", source: str = "/dev/x") -> None:
        self.mounts.append(f"36 35 {device} / {point} rw,noatime master:1 - {fstype} {source} rw")
        (self.system.proc / "self/mountinfo").write_text("".join(f"{line}\n" for line in self.mounts))

    def swap(self, *lines: str) -> None:
        (self.system.proc / "swaps").write_text(HEAD + "".join(f"{line}\n" for line in lines))

    def of(self, path: str = "/srv/archive") -> Finding:
        [found] = look({"the archive": Path(path)}, self.system)
        return found


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.device("8:0", "sda")
    made.device("8:2", "sda2", part_of="sda")
    made.mount("/", "8:2")
    return made


def test_a_plain_disk_is_warned_of_and_no_failure(machine: Machine) -> None:
    found = machine.of()
    assert (found.name, found.ok, found.serious, found.found) == ("disk of the archive", False, False, "not encrypted: ext4")
    assert "LUKS" in found.way_out


@pytest.mark.parametrize("uuid", ["CRYPT-LUKS2-0a1b-root", "CRYPT-LUKS1-0a1b-root", "CRYPT-PLAIN-root", "CRYPT-BITLK-1-root"])
def test_luks_right_below_the_file_system(machine: Machine, uuid: str) -> None:
    machine.device("253:0", "dm-0", uuid, over=("sda2",))
    machine.mount("/srv", "253:0")
    found = machine.of()
    assert (found.ok, found.found, found.way_out) == (True, "encrypted: ext4", "")


@pytest.mark.parametrize("uuid", ["CRYPT-VERITY-0a1b-root", "CRYPT-INTEGRITY-root", "CRYPT-SUBDEV-0a1b", "LVM-abc", "mpath-1"])
def test_other_mappings_do_not_encrypt(machine: Machine, uuid: str) -> None:
    machine.device("253:0", "dm-0", uuid, over=("sda2",))
    machine.mount("/srv", "253:0")
    assert machine.of().found == "not encrypted: ext4"


def test_lvm_on_luks_and_a_partition_of_a_raid_of_luks(machine: Machine) -> None:
    machine.device("8:3", "sda3", part_of="sda")
    machine.device("253:0", "dm-0", "CRYPT-LUKS2-a", over=("sda2",))
    machine.device("253:1", "dm-1", "CRYPT-LUKS2-b", over=("sda3",))
    machine.device("253:2", "dm-2", "LVM-abc", over=("dm-0",))
    machine.device("9:0", "md0", over=("dm-0", "dm-1"))
    machine.device("259:0", "md0p1", part_of="md0")
    machine.mount("/srv", "253:2")
    assert machine.of().ok
    machine.mount("/srv", "259:0")
    assert machine.of().ok


def test_one_plain_part_of_a_raid_is_enough(machine: Machine) -> None:
    machine.device("253:0", "dm-0", "CRYPT-LUKS2-a", over=("sda2",))
    machine.device("8:16", "sdb")
    machine.device("9:0", "md0", over=("dm-0", "sdb"))
    machine.mount("/srv", "9:0")
    assert machine.of().found == "not encrypted: ext4"


@pytest.mark.parametrize(
    ("device", "fstype", "ok", "said"),
    [
        ("0:40", "tmpfs", True, "in memory: tmpfs"),
        ("0:41", "overlay", False, "cannot tell: overlay"),
        ("0:42", "nfs4", False, "cannot tell: nfs4"),
        ("0:43", "zfs", False, "cannot tell: zfs"),
        ("0:44", "fuse.gocryptfs", True, "encrypted: fuse.gocryptfs"),
        ("0:45", "btrfs", False, "cannot tell: btrfs"),
        ("7:99", "ext4", False, "cannot tell: ext4"),
    ],
)
def test_what_is_no_disk_of_this_machine(machine: Machine, device: str, fstype: str, ok: bool, said: str) -> None:
    machine.mount("/srv", device, fstype)
    found = machine.of()
    assert (found.ok, found.found) == (ok, said)


@pytest.mark.parametrize(("second", "said"), [("CRYPT-LUKS2-b", "encrypted: btrfs"), ("LVM-b", "not encrypted: btrfs")])
def test_btrfs_over_two_devices(machine: Machine, second: str, said: str) -> None:
    machine.device("253:0", "dm-0", "CRYPT-LUKS2-a")
    machine.device("253:1", "dm-1", second)
    group = machine.system.sys / "fs/btrfs/0a1b/devices"
    group.mkdir(parents=True)
    for name in ("dm-0", "dm-1"):
        (group / name).symlink_to(machine.system.sys / "class/block" / name)
    machine.mount("/srv", "0:45", "btrfs", "/dev/dm-0")
    assert machine.of().found == said


def test_a_loop_is_as_the_disk_its_file_lies_on(machine: Machine) -> None:
    machine.device("253:0", "dm-0", "CRYPT-LUKS2-a")
    machine.mount("/safe", "253:0")
    machine.device("7:0", "loop0", loop="/safe/image")
    machine.device("7:1", "loop1", loop="/plain/image")
    machine.mount("/srv", "7:0")
    assert machine.of().ok
    machine.mount("/srv", "7:1")
    assert not machine.of().ok


def test_the_innermost_and_latest_mount_counts_also_with_blanks_in_its_name(machine: Machine) -> None:
    machine.mount("/srv", "0:40", "tmpfs")
    machine.mount(r"/srv/my\040disk", "8:2")
    machine.mount("/srvother", "0:41", "overlay")
    assert machine.of("/srv/archive").ok
    assert machine.of("/srv/my disk/archive").found == "not encrypted: ext4"
    machine.mount("/srv", "8:2")
    assert not machine.of("/srv/archive").ok


def test_swap_in_memory_on_luks_on_a_plain_disk_and_in_a_file(machine: Machine) -> None:
    machine.device("253:0", "dm-0", "CRYPT-PLAIN-swap")
    machine.swap("/dev/zram0 partition 1 0 5", "/dev/dm-0 partition 1 0 4", "/dev/sda2 partition 1 0 3", "/swap\\040file file 1 0 2")
    said = {finding.name: finding.found for finding in look({}, machine.system)}
    assert said == {
        "swap /dev/zram0": "in memory: zram", "swap /dev/dm-0": "encrypted", "swap /dev/sda2": "not encrypted",
        "swap /swap file": "not encrypted: ext4",
    }  # fmt: skip


def test_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    said = {finding.name: finding.found for finding in look({"the archive": tmp_path}, System(tmp_path / "no", tmp_path / "none"))}
    assert said == {
        "disk of the archive": "cannot tell: No such file or directory", "swap space": "cannot tell: No such file or directory",
    }  # fmt: skip


def test_this_machine_is_looked_at_without_a_fault(tmp_path: Path) -> None:
    assert {finding.serious for finding in look({"the archive": tmp_path})} == {False}


def test_the_places_of_an_archive_are_told_once(tmp_path: Path) -> None:
    home = tmp_path / "archive"
    assert list(places(Settings(home=home))) == ["the archive", "temporary files"]
    apart = places(Settings(home=home, blobs=f"file:{tmp_path / 'disk'}", catalogue="postgresql://a@b/c", index=f"sqlite:{tmp_path / 'i'}"))
    assert apart == {
        "the archive": home, "the blobs": tmp_path / "disk", "the index": tmp_path / "i", "temporary files": Path(gettempdir()),
    }  # fmt: skip
