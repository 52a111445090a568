"""An archive lost and had again: backed up, its disk destroyed, restored; on either kind of engines, whatever comes in between."""

import json
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from pyrage.x25519 import Identity

from flows.server import LocalServer
from tests.drawn import small
from tests.e2e import test_shared
from tests.e2e.command import Sijill

shared = test_shared.shared
ASKED = "سامر نزار الحلبي"
KILLER = """
import sys
from pipeline.catalogue import copying
from pipeline.storage.filesystem import FileBlobs
from pipeline.storage.sealing import SealedWriter
from search.fts5 import Fts5Index
from pipeline import backup, moving
from tests.e2e import killer
backup.LANES = moving.LANES = 1  # calls are counted one by one
killer.STEPS |= {
    "put": (SealedWriter, "put"), "settle": (SealedWriter, "settle"), "list": (SealedWriter, "_list"),
    "blob": (FileBlobs, "put"), "index": (Fts5Index, "apply"), "rows": (copying, "_pour"),
}
killer.arm(sys.argv[1], sys.argv[2], int(sys.argv[3]))
sys.argv = ["sijill", *sys.argv[4:]]
from pipeline.cli import main
main()
"""


class Keys:
    """An identity in its file, and the recipient that belongs to it."""

    def __init__(self, path: Path) -> None:
        identity = Identity.generate()
        self.path, self.recipient = path, str(identity.to_public())
        path.write_text(f"# public key: {self.recipient}\n{identity}\n")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys") / "key.txt")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, server: LocalServer) -> tuple[Sijill, str]:
    """An archive of scans, one of them twice, and imported pages, with a model of its own; and the checkpoint of its batch."""
    folder = tmp_path_factory.mktemp("filled")
    (folder / "scans").mkdir()
    for name, number in (("a", 0), ("a-again", 0), ("b", 1)):
        small(number).save(folder / f"scans/{name}.png", dpi=(300, 300))
    (folder / "scans" / "notes.txt").write_text("no scan")
    sijill = Sijill(folder / "archive", {"prefect": server.url, "reader": "constant", "processes": "1"})
    said = sijill("ingest", folder / "scans", "--holding", "Branch 215").ok().out
    checkpoint = said.partition("Checkpoint, to keep outside this archive: ")[2].split()[0]
    taken_in(sijill, 3, "Box of the lawyer").ok()
    (sijill.home / "models").mkdir()
    (sijill.home / "models" / "models.json").write_text('{"default": null, "models": {}}')
    return sijill, checkpoint


@pytest.fixture
def archive(filled: tuple[Sijill, str], tmp_path: Path) -> Sijill:
    """A copy of it to destroy."""
    shutil.copytree(filled[0].home, tmp_path / "archive")
    return Sijill(tmp_path / "archive", filled[0].settings)


def pages(sijill: Sijill, count: int, name: str) -> Path:
    path = sijill.home.with_name("pages.jsonl")
    lines = [{"source": f"{name} {number}.pdf", "page": 1, "text": f"المدعو {ASKED} رقم {number}"} for number in range(count)]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path


def taken_in(sijill: Sijill, count: int, holding: str) -> Any:
    return sijill.quick("import", pages(sijill, count, holding), "--holding", holding)


def findings(sijill: Sijill) -> tuple[object, list[dict[str, object]], set[str]]:
    """What the archive says of itself and of a name, and its files by hash where they lie in a folder."""
    hashes = {path.name for path in (sijill.home / "blobs").glob("??/??/*")}
    return sijill.quick("status", "--json").ok().json, sijill.hits(ASKED, "--limit", "50"), hashes


def restored(by: Sijill, home: Path, disk: Path, keys: Keys, *options: str) -> Sijill:
    back = Sijill(home, by.settings)
    assert "0 alarms" in back.quick("restore", disk, "--identity", keys.path, *options).ok().out
    return back


def test_an_archive_whose_disk_is_lost(archive: Sijill, filled: tuple[Sijill, str], keys: Keys, tmp_path: Path) -> None:
    disk, before = tmp_path / "disk", findings(archive)
    said = archive.quick("backup", disk, "--to", keys.recipient, "--check").ok()
    assert "6 files, 6 of them new, and 1 of models" in said.out
    assert "on the same disk" in said.err
    taken_in(archive, 1, "Later").ok()
    assert "7 files, 1 of them new" in archive.quick("backup", disk, "--to", keys.recipient).ok().out
    shutil.rmtree(archive.home)

    first, second = sorted(path.stem for path in (disk / "records").glob("*.sha256"))
    early = restored(archive, tmp_path / "early", disk, keys, "--record", first)
    assert findings(early) == before
    assert (early.home / "models" / "models.json").exists()
    assert "0 alarms" in early.quick("verify", "--checkpoint", filled[1]).ok().out
    assert "0 of them new" in early.quick("backup", disk, "--to", keys.recipient).ok().out
    late = restored(archive, tmp_path / "late", disk, keys, "--record", second)
    assert [row["holding"] for row in late.quick("status", "--json").json] == ["Branch 215", "Box of the lawyer", "Later"]
    late.quick("restore", disk, "--identity", keys.path).failed(73, "archive-not-empty")


def test_to_shared_engines_and_back(archive: Sijill, shared: Sijill, keys: Keys, tmp_path: Path) -> None:
    disk, before = tmp_path / "disk", findings(archive)
    archive.quick("backup", disk, "--to", keys.recipient).ok()
    assert "0 alarms" in shared.quick("restore", disk, "--identity", keys.path).ok().out
    shared.quick("backup", tmp_path / "other", "--to", keys.recipient).failed(77, "account-needed")
    admin = shared.with_account("amal", "reviewer")
    assert findings(admin)[:2] == before[:2]
    assert "6 files, 0 of them new" in admin.quick("backup", disk, "--to", keys.recipient).ok().out
    assert "6 files, 6 of them new" in admin.quick("backup", tmp_path / "other", "--to", keys.recipient).ok().out
    back = restored(archive, tmp_path / "back", tmp_path / "other", keys)
    assert findings(back) == before


def test_files_that_come_in_meanwhile(archive: Sijill, keys: Keys, tmp_path: Path) -> None:
    """Every record made beside an import is an archive in which nothing is missing."""
    importing = archive.start("import", pages(archive, 200, "Busy"), "--holding", "Busy")
    names = []
    while importing.poll() is None or not names:
        names.append(archive.quick("backup", tmp_path / "disk", "--to", keys.recipient).ok().out.split()[1].rstrip(":"))
    assert importing.communicate()[1].count("Traceback") == 0
    archive.quick("backup", tmp_path / "disk", "--to", keys.recipient, "--check").ok()
    for number, name in enumerate(dict.fromkeys([names[0], names[len(names) // 2]])):
        restored(archive, tmp_path / f"back{number}", tmp_path / "disk", keys, "--record", name)
    last = restored(archive, tmp_path / "last", tmp_path / "disk", keys)
    assert findings(last) == findings(archive)


@pytest.mark.parametrize(("step", "when"), [("put", "after"), ("settle", "after"), ("list", "before")])
def test_a_backup_killed_anywhere(step: str, when: str, archive: Sijill, keys: Keys, tmp_path: Path) -> None:
    command = ("backup", tmp_path / "disk", "--to", keys.recipient)
    killed = archive(*command, program=(sys.executable, "-c", KILLER, step, when, "1"))
    assert killed.code == -signal.SIGKILL, "the trap was not reached"
    archive.quick(*command, "--check").ok()
    listed = {line.split()[1] for path in (tmp_path / "disk/records").glob("*.sha256") for line in path.read_text().splitlines()[1:-1]}
    there = {
        str(path.relative_to(tmp_path / "disk")) for part in ("objects", "records") for path in (tmp_path / "disk" / part).rglob("*.age")
    }
    assert there == listed, "nothing half, nothing that no record rests on"
    assert findings(restored(archive, tmp_path / "back", tmp_path / "disk", keys)) == findings(archive)


@pytest.mark.parametrize(("step", "when", "number"), [("blob", "before", "3"), ("rows", "after", "1")])
def test_a_restore_killed_before_its_record_is_in(step: str, when: str, number: str, archive: Sijill, keys: Keys, tmp_path: Path) -> None:
    archive.quick("backup", tmp_path / "disk", "--to", keys.recipient).ok()
    back = Sijill(tmp_path / "back", archive.settings)
    command = ("restore", tmp_path / "disk", "--identity", keys.path)
    assert back(*command, program=(sys.executable, "-c", KILLER, step, when, number)).code == -signal.SIGKILL
    assert "0 alarms" in back.quick(*command).ok().out
    assert findings(back) == findings(archive)


def test_a_restore_killed_while_it_builds_the_index(archive: Sijill, keys: Keys, tmp_path: Path) -> None:
    archive.quick("backup", tmp_path / "disk", "--to", keys.recipient).ok()
    back = Sijill(tmp_path / "back", archive.settings)
    command = ("restore", tmp_path / "disk", "--identity", keys.path)
    assert back(*command, program=(sys.executable, "-c", KILLER, "index", "before", "1")).code == -signal.SIGKILL
    assert "sijill reindex" in back.quick(*command).failed(73, "archive-not-empty").err
    back.quick("reindex").ok()
    assert "0 alarms" in back.quick("verify").ok().out
    assert findings(back) == findings(archive)


def test_damage_and_mistakes_are_told(archive: Sijill, keys: Keys, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    archive.quick("backup", disk).failed(64, "bad-recipient")
    archive.quick("backup", disk, "--to", "age1nobody").failed(64, "bad-recipient")
    archive.quick("backup", disk, "--check").failed(64, "not-a-backup")
    archive.quick("backup", tmp_path / "unmounted" / "disk", "--to", keys.recipient).failed(75, "backup-unavailable")
    assert not disk.exists()
    archive.quick("backup", disk, "--to", keys.recipient).ok()
    back = Sijill(tmp_path / "back", archive.settings)
    back.quick("restore", disk, "--identity", Keys(tmp_path / "other").path).failed(64, "wrong-identity")
    back.quick("restore", disk, "--identity", tmp_path / "none").failed(64, "bad-identity")
    back.quick("restore", disk, "--identity", keys.path, "--record", "1999").failed(66, "no-such-record")
    back.quick("restore", archive.home, "--identity", keys.path).failed(64, "not-a-backup")
    assert not back.home.exists(), "nothing is begun that cannot be ended"

    spoiled = max((disk / "objects").rglob("*.age"), key=lambda path: path.stat().st_size)
    data = bytearray(spoiled.read_bytes())
    data[-20] ^= 1
    spoiled.write_bytes(data)
    said = archive.quick("backup", disk, "--check").failed(74, "backup-damaged")
    assert f"ALARM backup-damaged: objects/{spoiled.parent.name}/{spoiled.name}" in said.err
    back.quick("restore", disk, "--identity", keys.path).failed(74, "backup-damaged")
    spoiled.unlink()
    assert "1 of them new" in archive.quick("backup", disk, "--to", keys.recipient, "--check").ok().out
    assert findings(restored(archive, back.home, disk, keys)) == findings(archive)


def test_doctor_tells_of_disks_and_does_not_fail_for_them(archive: Sijill) -> None:
    said = archive.quick("doctor")
    told = [line for line in said.out.splitlines() if " disk of " in line]
    assert len(told) == 2
    assert all(line.startswith(("ok      ", "WARNING ")) for line in told)
    assert (said.code == 0) == ("MISSING" not in said.out)
