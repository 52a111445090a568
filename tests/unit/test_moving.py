"""An archive copied: every blob read back, every row equal, and nothing left behind that is half done."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.catalogue import Catalogue
from pipeline.catalogue.copying import Fingerprint, copy, require_empty, snapshot
from pipeline.catalogue.database import Database
from pipeline.custody import Checkpoint
from pipeline.errors import Conflict, Damaged
from pipeline.ledger import Offered
from pipeline.model import Rescan
from pipeline.moving import carry
from pipeline.settings import FileSettings
from pipeline.storage.filesystem import FileBlobs

SCANS = [f"scan {number}".encode() for number in range(5)]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def quiet(*_: int) -> None:
    pass


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Catalogue]:
    catalogue = fresh(tmp_path / "here.db")
    accession = catalogue.accessions.open("Box \u0661", "3", {"consent": "any"}, "archivist")
    offers = [
        Offered(f"/scans/{n}.pdf", f"{n}.pdf", "accepted", sha256(data), len(data), "application/pdf", (1, 2))
        for n, data in enumerate(SCANS)
    ]
    keys = catalogue.accessions.record(accession, offers, "archivist")
    catalogue.work.note_gaps(keys, [(keys[0], Rescan("missing-page", "page 3"))])
    catalogue.consents.decide("Box \u0661", True, "letter of 2024", "archivist")
    yield catalogue
    catalogue.close()


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Catalogue]:
    catalogue = fresh(tmp_path / "there.db")
    yield catalogue
    catalogue.close()


def fresh(path: Path) -> Catalogue:
    database = Database(f"sqlite:{path}")
    database.migrate()
    return Catalogue(database)


@pytest.fixture
def carried() -> frozenset[str]:
    return frozenset(map(sha256, SCANS))


def test_every_row_is_there_and_work_goes_on_after_the_last_number(here: Catalogue, there: Catalogue, carried: frozenset[str]) -> None:
    heard = list[tuple[int, int, int]]()
    rows = copy(here.database, there.database, carried, "mover", lambda *told: heard.append(told))
    assert heard[-1] == (rows, 0, rows)
    assert there.ledger.holdings() == here.ledger.holdings()
    assert there.work.pending() == here.work.pending()
    accession = there.accessions.open("Box 2", None, {}, "archivist")
    assert accession.id == 2
    new = Offered("/scans/new.pdf", "new.pdf", "accepted", sha256(b"new"), 3, "application/pdf", (1,))
    assert there.accessions.record(accession, [new], "archivist") == [max(here.work.pending()) + 1]


def test_the_copy_s_custody_record_goes_on_from_the_original_s(here: Catalogue, there: Catalogue, carried: frozenset[str]) -> None:
    copy(here.database, there.database, carried, "mover", quiet)
    [*first, (last, _)] = there.custody.entries(1)
    assert first == list(here.custody.entries(1))
    assert (last.action, last.actor) == ("archive-copied", "mover")
    assert Checkpoint(1, last.number - 1, last.previous) == Checkpoint(1, first[-1][0].number, first[-1][1])


def test_an_archive_with_holdings_is_not_copied_into(here: Catalogue, there: Catalogue, carried: frozenset[str]) -> None:
    there.accessions.open("Other", None, {}, "archivist")
    for attempt in (lambda: require_empty(there.database), lambda: copy(here.database, there.database, carried, "mover", quiet)):
        with pytest.raises(Conflict) as caught:
            attempt()
        assert caught.value.code == "archive-not-empty"


def test_not_while_somebody_works_on_a_page(here: Catalogue, there: Catalogue, carried: frozenset[str]) -> None:
    here.work.lease(here.work.pending()[:1], "a worker", 60)
    with pytest.raises(Conflict) as caught:
        copy(here.database, there.database, carried, "mover", quiet)
    assert caught.value.code == "archive-busy"
    assert there.ledger.holdings() == []


def test_not_when_a_file_came_in_whose_bytes_are_not_there_yet(here: Catalogue, there: Catalogue, carried: frozenset[str]) -> None:
    with pytest.raises(Conflict) as caught:
        copy(here.database, there.database, carried - {sha256(SCANS[2])}, "mover", quiet)
    assert caught.value.code == "archive-busy"
    assert there.ledger.holdings() == []


def test_a_snapshot_is_taken_while_others_work(here: Catalogue, there: Catalogue) -> None:
    """Of the moment it begins; who works on a page here means nothing there, and nothing is added."""
    here.work.lease(here.work.pending()[:1], "a worker", 60)
    before, waiting = list(here.custody.entries(1)), here.work.pending()

    def meanwhile(*_: int) -> None:
        here.accessions.open("Box 9", None, {}, "archivist")

    rows = snapshot(here.database, there.database, meanwhile)
    assert rows > len(SCANS)
    assert [row.holding for row in here.ledger.holdings()] == ["Box \u0661", "Box 9"]
    assert [row.holding for row in there.ledger.holdings()] == ["Box \u0661"]
    assert list(there.custody.entries(1)) == before
    assert there.work.pending() == waiting


def test_a_row_that_reads_back_otherwise_undoes_the_whole(here: Catalogue, there: Catalogue, carried: frozenset[str]) -> None:
    """Staged by a trigger that changes what is written, as an engine that rounds or trims would."""
    with there.database.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER spoil AFTER INSERT ON page WHEN new.key = 2 BEGIN UPDATE page SET number = 9 WHERE key = 2; END"
        )
    with pytest.raises(Damaged) as caught:
        copy(here.database, there.database, carried, "mover", quiet)
    assert caught.value.code == "copy-differs"
    assert "page" in caught.value.detail
    assert there.ledger.holdings() == []


def test_fingerprints_know_rows_and_not_their_order() -> None:
    rows = [
        {"a": 1, "b": "x", "c": b"\0", "d": 0.1, "e": None, "f": True},
        {"a": 2, "b": "\u0645", "c": b"", "d": 1e300, "e": None, "f": False},
    ]

    def of(*found: dict[str, object]) -> str:
        made = Fingerprint()
        made.add(found)
        return str(made)

    assert of(*rows) == of(*reversed(rows))
    changed = [of(rows[0] | change, rows[1]) for change in ({"a": 3}, {"b": "y"}, {"c": b"\1"}, {"d": 0.2}, {"e": ""}, {"f": False})]
    assert len({of(*rows), of(rows[0]), of(rows[0], rows[0]), *changed}) == 3 + len(changed)


def test_every_blob_is_there_and_a_second_run_copies_none(tmp_path: Path) -> None:
    source, target = FileBlobs(tmp_path / "a"), FileBlobs(tmp_path / "b")
    wanted = [source.put(data) for data in SCANS]
    target.put(SCANS[0])
    told = list[int]()
    assert carry(source, target, wanted, told.append) == frozenset(wanted)
    assert sorted(target) == sorted(wanted)
    assert told == [5]
    for path in (tmp_path / "a").rglob("*"):
        if path.is_file():
            path.unlink()
    assert carry(source, target, wanted, told.append) == frozenset(wanted), "what is there is not asked for again"


@pytest.mark.parametrize(("spoiled", "code"), [("source", "blob-damaged"), ("target", "blob-damaged"), ("gone", "blob-missing")])
def test_a_damaged_blob_stops_the_move_by_name(tmp_path: Path, spoiled: str, code: str) -> None:
    source, target = FileBlobs(tmp_path / "a"), FileBlobs(tmp_path / "b")
    wanted = [source.put(data) for data in SCANS]
    at = tmp_path / ("b" if spoiled == "target" else "a") / wanted[3][:2] / wanted[3][2:4] / wanted[3]
    if spoiled == "target":
        target.put(SCANS[3])
    at.chmod(0o600)
    if spoiled == "gone":
        at.unlink()
    else:
        at.write_bytes(b"other")
    with pytest.raises(Damaged, match=wanted[3]) as caught:
        carry(source, target, wanted, quiet)
    assert caught.value.code == code


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    path = tmp_path / "shared.env"
    path.touch(mode=0o600)
    return path


def test_a_settings_file_is_all_there_is(settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIJILL_INDEX", "sqlite:/this/archive's")
    monkeypatch.setenv("SIJILL_HOME", "/this/archive")
    settings_file.write_text(
        "# the shared one\nSIJILL_CATALOGUE=postgresql://sijill@db/sijill\nSIJILL_CATALOGUE_PASSWORD='p$HOME'\nSIJILL_POOL=\n"
    )
    found = FileSettings.of(settings_file)
    assert (found.catalogue_url, found.index_url) == ("postgresql://sijill@db/sijill", "sqlite:archive/index.db")
    assert found.catalogue_password.get_secret_value() == "p$HOME"
    assert "p$HOME" not in repr(found)


@pytest.mark.parametrize("name", ["SIJILL_CATALOG", "PATH", "sijill_home"])
def test_a_settings_file_with_what_is_no_setting(settings_file: Path, name: str) -> None:
    settings_file.write_text(f"{name}=x")
    with pytest.raises(ValueError, match=f"no setting {name}"):
        FileSettings.of(settings_file)


def test_a_settings_file_with_a_bad_value(settings_file: Path) -> None:
    settings_file.write_text("SIJILL_PROCESSES=none")
    with pytest.raises(ValueError, match="processes"):
        FileSettings.of(settings_file)


def test_a_settings_file_others_can_read_is_refused(settings_file: Path) -> None:
    settings_file.chmod(0o640)
    with pytest.raises(ValueError, match="chmod 600"):
        FileSettings.of(settings_file)
