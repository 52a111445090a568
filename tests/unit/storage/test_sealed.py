"""A backup folder: encrypted, added to and never changed, whole after any interruption, and its damage seen without a key."""

import errno
import hashlib
import io
import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyrage.x25519 import Identity

from pipeline.backup import About, add_models, end, fill, put_models
from pipeline.errors import Conflict, Damaged, Missing, NotFound, SijillError, Unavailable, Usage
from pipeline.storage.age import Opener
from pipeline.storage.filesystem import FileBlobs
from pipeline.storage.sealed import SealedFolder, open_record
from pipeline.storage.sealing import SealedWriter, sealing

SCANS = [f"scan of {number}".encode() * 50 for number in range(5)]
NOON = datetime(2027, 1, 2, 12, tzinfo=UTC)


def quiet(*_: int) -> None:
    pass


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity.generate()


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


@pytest.fixture
def key(tmp_path: Path, identity: Identity) -> Path:
    path = tmp_path / "key"
    path.write_text(str(identity))
    return path


Back = Callable[..., tuple[str, int]]


@pytest.fixture
def back_up(tmp_path: Path, blobs: FileBlobs, identity: Identity) -> Back:
    """Backs up scans and a catalogue; returns the record's name and how many were new."""

    def run(*scans: bytes, now: datetime = NOON, to: Identity = identity) -> tuple[str, int]:
        wanted = [blobs.put(scan) for scan in scans]
        catalogue = tmp_path / "catalogue.db"
        catalogue.write_bytes(b"".join(scans))
        (tmp_path / "models" / "more").mkdir(parents=True, exist_ok=True)
        (tmp_path / "models" / "models.json").write_text("{}")
        (tmp_path / "models" / "more" / "lines.onnx").write_text("{}")
        with sealing(tmp_path / "disk", [str(to.to_public())]) as target:
            new = fill(blobs, target, wanted, quiet)
            return end(target, catalogue, add_models(tmp_path / "models", target), now), new

    return run


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Everything in the folder that matters to a record, and which file it is."""
    found = [path for part in ("objects", "records") for path in (folder / part).rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): (path.stat().st_ino, path.read_bytes()) for path in found}


def faults(folder: Path) -> list[str]:
    return [f"{fault.code} {fault.detail}" for fault in SealedFolder(folder).check(quiet)]


def test_what_was_put_in_comes_out(tmp_path: Path, back_up: Back, key: Path) -> None:
    name, new = back_up(*SCANS)
    assert (name, new) == ("2027-01-02T12-00-00Z", len(SCANS))
    about, kept = open_record(SealedFolder(tmp_path / "disk"), name, Opener(key), tmp_path / "restored.db")
    assert (tmp_path / "restored.db").read_bytes() == b"".join(SCANS)
    for scan in SCANS:
        with kept.open(hashlib.sha256(scan).hexdigest()) as path:
            assert path.read_bytes() == scan
    put_models(about.models, kept, tmp_path / "new" / "models")
    put_models(about.models, kept, tmp_path / "new" / "models")
    assert {path.name for path in (tmp_path / "new").rglob("*")} == {"models", "more", "models.json", "lines.onnx"}
    (tmp_path / "new" / "models" / "models.json").write_text("[]")
    with pytest.raises(Conflict):
        put_models(about.models, kept, tmp_path / "new" / "models")


def test_who_finds_it_learns_sizes_and_dates_alone(tmp_path: Path, back_up: Back) -> None:
    back_up(*SCANS)
    for path in [tmp_path / "disk", *(tmp_path / "disk").rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)
        if path.is_file():
            assert not any(scan[:20] in path.read_bytes() for scan in SCANS)
            assert b"sijill" not in path.read_bytes().lower()
        assert path.name.removesuffix(".age") not in {hashlib.sha256(scan).hexdigest() for scan in SCANS}


def test_a_second_run_writes_what_is_new_and_touches_nothing(tmp_path: Path, back_up: Back) -> None:
    back_up(*SCANS[:3])
    before = files(tmp_path / "disk")
    name, new = back_up(*SCANS, now=NOON + timedelta(days=1))
    after = files(tmp_path / "disk")
    assert new == 2
    assert before.items() <= after.items()
    assert len(after) == len(before) + 2 + 3
    assert len(SealedFolder(tmp_path / "disk").manifest(name)) == len(SCANS) + 1 + 2  # two models of the same bytes are one file
    assert faults(tmp_path / "disk") == []


def test_names_of_records_are_in_the_order_of_their_making_though_the_clock_goes_back(back_up: Back) -> None:
    names = [back_up(SCANS[0], now=now)[0] for now in (NOON, NOON, NOON - timedelta(days=1), NOON + timedelta(hours=1))]
    assert names == ["2027-01-02T12-00-00Z", "2027-01-02T12-00-01Z", "2027-01-02T12-00-02Z", "2027-01-02T13-00-00Z"]


@pytest.mark.parametrize(
    ("wanted", "found"), [(None, "2027-01-03T12-00-00Z"), ("2027-01-02", "2027-01-02T12-00-01Z"), ("2027-01-02T12-00-00Z",) * 2]
)
def test_a_record_is_chosen_by_the_beginning_of_its_name(tmp_path: Path, back_up: Back, wanted: str | None, found: str) -> None:
    for now in (NOON, NOON, NOON + timedelta(days=1)):
        back_up(SCANS[0], now=now)
    folder = SealedFolder(tmp_path / "disk")
    assert folder.record(wanted) == found
    with pytest.raises(NotFound, match="2026"):
        folder.record("2026")


def test_other_recipients_get_files_of_their_own(tmp_path: Path, back_up: Back) -> None:
    """What is there cannot be opened by them: a record must not rest on it."""
    back_up(*SCANS)
    before = files(tmp_path / "disk")
    other = Identity.generate()
    name, new = back_up(*SCANS, now=NOON + timedelta(days=1), to=other)
    assert new == len(SCANS)
    assert before.items() <= files(tmp_path / "disk").items()
    (tmp_path / "other").write_text(str(other))
    _, kept = open_record(SealedFolder(tmp_path / "disk"), name, Opener(tmp_path / "other"), tmp_path / "c")
    with kept.open(hashlib.sha256(SCANS[0]).hexdigest()):
        pass


def test_the_lists_are_as_sha256sum_takes_them(tmp_path: Path, back_up: Back) -> None:
    name, _ = back_up(*SCANS)
    command = ["sha256sum", "--check", "--strict", "--quiet", f"records/{name}.sha256"]
    assert subprocess.run(command, cwd=tmp_path / "disk", capture_output=True, text=True, check=True).stderr == ""


@pytest.mark.parametrize("kind", ["objects/*/*.age", "records/*.about.age", "records/*.catalogue.age"])
@pytest.mark.parametrize(("damage", "code"), [("bit", "backup-damaged"), ("cut", "backup-damaged"), ("gone", "backup-missing")])
def test_damage_is_seen_without_a_key(tmp_path: Path, back_up: Back, kind: str, damage: str, code: str) -> None:
    back_up(*SCANS)
    path = sorted((tmp_path / "disk").glob(kind))[0]
    data = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    else:
        data[len(data) // 2] ^= 4
        path.write_bytes(data[:-1] if damage == "cut" else data)
    [fault] = faults(tmp_path / "disk")
    assert fault.startswith(f"{code} {path.relative_to(tmp_path / 'disk')}")


@pytest.mark.parametrize("at", ["head", "line", "end", "cut", "empty"])
def test_a_damaged_list_is_seen_and_nothing_is_built_on_it(tmp_path: Path, back_up: Back, at: str) -> None:
    name, _ = back_up(*SCANS)
    path = tmp_path / "disk" / "records" / f"{name}.sha256"
    lines = path.read_text().splitlines(keepends=True)
    changed = {
        "head": ["# form\n", *lines[1:]],
        "line": [lines[0], lines[1].replace("objects", "objecta"), *lines[2:]],
        "end": [*lines[:-1], lines[-1].replace("# end", "# and")],
        "cut": lines[:3],
        "empty": [],
    }
    path.write_text("".join(changed[at]))
    [fault] = faults(tmp_path / "disk")
    assert fault == f"backup-damaged {name}.sha256 is damaged"
    with pytest.raises(Damaged):
        back_up(*SCANS)


def test_a_damaged_object_taken_away_is_written_anew(tmp_path: Path, back_up: Back) -> None:
    back_up(*SCANS)
    path = sorted((tmp_path / "disk").glob("objects/*/*.age"))[0]
    path.unlink()
    back_up(*SCANS, now=NOON + timedelta(days=1))
    assert path.exists()
    assert faults(tmp_path / "disk") == []


@pytest.mark.parametrize("after", ["put", "settle", "close"])
def test_an_interruption_leaves_whole_objects_and_no_record(
    tmp_path: Path, blobs: FileBlobs, identity: Identity, back_up: Back, after: str
) -> None:
    """Staged by leaving off: what is on the disk then is what a killed process leaves."""
    sha256 = blobs.put(SCANS[0])

    class Killed(BaseException):
        pass

    def interrupted(target: SealedWriter) -> None:
        target.put(sha256, io.BytesIO(SCANS[0]))
        if after != "put":
            target.settle()
        if after == "close":
            (tmp_path / "disk" / "records" / "2027-01-01T00-00-00Z.about.age").write_text("half")
        raise Killed

    with pytest.raises(Killed), sealing(tmp_path / "disk", [str(identity.to_public())]) as target:
        interrupted(target)
    assert SealedFolder(tmp_path / "disk").records() == []
    left = {path: file for path, file in files(tmp_path / "disk").items() if path.startswith("objects")}
    _, new = back_up(*SCANS)
    assert new == len(SCANS) - (after != "put")
    assert left.items() <= files(tmp_path / "disk").items()
    assert faults(tmp_path / "disk") == []
    assert not any((tmp_path / "disk" / "incoming").iterdir())
    assert not (tmp_path / "disk" / "journal").exists()
    assert {path.name.split(".")[0] for path in (tmp_path / "disk" / "records").iterdir()} == {"2027-01-02T12-00-00Z"}


def test_a_blob_that_is_not_its_own_bytes_any_more_is_not_backed_up(tmp_path: Path, identity: Identity) -> None:
    with sealing(tmp_path / "disk", [str(identity.to_public())]) as target, pytest.raises(Damaged) as caught:
        target.put("0" * 64, io.BytesIO(b"other"))
    assert caught.value.code == "blob-damaged"


def refusal(attempt: Callable[[], object]) -> SijillError:
    with pytest.raises(SijillError) as caught:
        attempt()
    return caught.value


def test_one_backup_at_a_time(tmp_path: Path, identity: Identity, back_up: Back) -> None:
    with sealing(tmp_path / "disk", [str(identity.to_public())]):
        error = refusal(lambda: back_up(SCANS[0]))
    assert (type(error), error.code) == (Unavailable, "backup-busy")
    back_up(SCANS[0])


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, back_up: Back) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "thesis.odt").touch()
    assert (type(error := refusal(lambda: back_up(SCANS[0]))), error.code) == (Usage, "not-a-backup")
    assert len(list((tmp_path / "disk").iterdir())) == 1
    assert refusal(lambda: SealedFolder(tmp_path / "disk").record(None)).code == "not-a-backup"
    assert refusal(lambda: faults(tmp_path / "disk")).code == "not-a-backup"


def test_the_root_of_a_new_disk_will_do_and_a_disk_that_is_not_there_will_not(tmp_path: Path, back_up: Back, identity: Identity) -> None:
    (tmp_path / "disk" / "lost+found").mkdir(parents=True)
    back_up(SCANS[0])
    with pytest.raises(Unavailable) as caught, sealing(tmp_path / "unmounted" / "backup", [str(identity.to_public())]):
        pass
    assert caught.value.code == "backup-unavailable"
    assert not (tmp_path / "unmounted").exists()


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "disk-full"), (errno.EIO, "backup-unavailable")])
def test_a_full_or_failing_disk(
    tmp_path: Path, blobs: FileBlobs, identity: Identity, number: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError(number, os.strerror(number))

    sha256 = blobs.put(SCANS[0])
    with sealing(tmp_path / "disk", [str(identity.to_public())]) as target:
        monkeypatch.setattr(os, "sync", fail)
        with pytest.raises(Unavailable) as caught:
            fill(blobs, target, [sha256], quiet)
    assert caught.value.code == code
    assert os.strerror(number) in caught.value.detail


def test_a_later_version_s_backup(tmp_path: Path, back_up: Back) -> None:
    name, _ = back_up(*SCANS)
    path = tmp_path / "disk" / "records" / f"{name}.sha256"
    path.write_text(path.read_text().replace("# format 1", "# format 2"))
    assert (type(error := refusal(lambda: back_up(SCANS[0]))), error.code) == (Missing, "backup-newer")
    assert refusal(lambda: faults(tmp_path / "disk")).code == "backup-newer"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"at": "", "names": "", "catalogue": "", "models": {}, "format": 2, "more": 1}', "backup-newer"),
        (b'{"at": "", "names": "", "catalogue": "", "models": {"../x": ""}, "format": 1}', "backup-damaged"),
        (b'{"at": "", "names": "", "catalogue": "", "models": {"/x": ""}, "format": 1}', "backup-damaged"),
        (b'{"at": "", "format": 1}', "backup-damaged"),
        (b"{}", "backup-damaged"),
        (b"[]", "backup-damaged"),
        (b"\xff", "backup-damaged"),
    ],
)
def test_what_a_record_says_of_itself_is_not_believed_blindly(data: bytes, code: str) -> None:
    """Whoever knows a recipient can encrypt something for it."""
    assert refusal(lambda: About.parse(data)).code == code


def test_what_a_record_says_of_itself() -> None:
    about = About("2027-01-02T12:00:00+00:00", "ab" * 32, "cd" * 32, {"models.json": "ef" * 32})
    assert About.parse(about.dump()) == about
