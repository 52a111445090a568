"""Pages read elsewhere: each line one outcome, nothing twice, nothing lost when a run is cut short."""

import json
import resource
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.catalogue import Catalogue
from pipeline.errors import Unavailable, Usage
from pipeline.importing import Importer, Progress, page_result
from pipeline.model import IMPORTED, PageRef, PageResult
from pipeline.storage.filesystem import FileBlobs
from tests.support import FAR, catalogue, counts, sha, take, whole

Line = str | bytes


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Catalogue]:
    fresh = catalogue(tmp_path / "c.db")
    yield fresh
    assert whole(fresh)
    fresh.close()


def line(number: int = 1, text: str = "المدعو سالم يوسف الحداد", **more: object) -> str:
    return json.dumps({"source": "old.pdf", "page": number, "text": text, **more}, ensure_ascii=False)


def importer(made: Catalogue, root: Path, holding: str = "h", work: object = None) -> Importer:
    accession = made.accessions.open(holding, None, {}, "tester")
    return Importer(accession, FileBlobs(root / "blobs"), made.accessions, work or made.work, "tester")  # type: ignore[arg-type]


def write(path: Path, lines: Sequence[Line]) -> Path:
    path.write_bytes(b"\n".join(given.encode() if isinstance(given, str) else given for given in lines))
    return path


def bring(made: Catalogue, root: Path, *lines: Line, holding: str = "h") -> Progress:
    [*_, last] = importer(made, root, holding).run(write(root / "pages.jsonl", lines))
    return last


def people(made: Catalogue, holding: str = "h") -> list[list[str]]:
    return [[person.text for person in item.entities.people] for item in made.readings.lines(holding)]


def test_a_line_becomes_a_page_that_is_read(made: Catalogue, tmp_path: Path) -> None:
    given = line(7, reader="other 2", width=10, height=20)
    assert bring(made, tmp_path, given) == Progress(1, len(given.encode()), 1, 0, 0, 0)
    [item] = made.readings.lines(None)
    assert (item.page.page_id, item.page.number, item.page.source) == (f"{sha(given)}-7", 7, "old.pdf")
    assert (item.page.media_type, item.page.has_image) == (IMPORTED, False)
    assert (item.reading.text, item.reading.reader, item.reading.width) == ("المدعو سالم يوسف الحداد", "other 2", 10)
    with FileBlobs(tmp_path / "blobs").open(sha(given)) as path:
        assert path.read_bytes() == given.encode()
    assert counts(made, "h") == {"files": 1, "accepted": 1, "pages": 1, "waiting": 1, "low_confidence": 1}


def test_given_entities_are_kept_and_others_drawn_out(made: Catalogue, tmp_path: Path) -> None:
    bring(made, tmp_path, line(1), line(2, entities={"people": [{"text": "خالد"}]}), line(3, people=[]), line(4, entities={}))
    drawn, *given = people(made)
    assert "سالم يوسف الحداد" in drawn
    assert given == [["خالد"], [], []]


BAD: dict[str, Line] = {
    "not JSON": "{",
    "a list": "[]",
    "a number": "1",
    "no text": '{"source": "a", "page": 1}',
    "no source": '{"page": 1, "text": ""}',
    "page 0": line(0),
    "page as text": '{"source": "a", "page": "1", "text": ""}',
    "page true": '{"source": "a", "page": true, "text": ""}',
    "endless number": '{"source": "a", "page": 1' + "0" * 5000 + ', "text": ""}',
    "text a number": '{"source": "a", "page": 1, "text": 5}',
    "not UTF-8": b'{"source": "a", "page": 1, "text": "\xff"}',
    "lone surrogate": '{"source": "a", "page": 1, "text": "\\ud800"}',
    "bare NUL": b'{"source": "a\x00", "page": 1, "text": ""}',
    "NULs": b"\x00" * 100,
    "deep": "[" * 100_000,
    "a box of text": line(lines=[{"text": "x", "box": "big"}]),
    "not a number": '{"source": "a", "page": 1, "lines": [{"text": "x", "confidence": NaN}]}',
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_line_is_refused_alone_and_named(made: Catalogue, tmp_path: Path, bad: Line) -> None:
    told = bring(made, tmp_path, line(1), bad, line(2))
    assert (told.lines, told.accepted, told.refused) == (3, 2, 1)
    [failure] = made.ledger.holdings()[0].failures
    assert failure.code == "bad-line"
    assert failure.source.endswith("pages.jsonl:2")
    assert "pages.jsonl:2" in failure.reason
    assert counts(made, "h")["files"] == 3


def test_a_huge_line_is_refused_without_being_held_in_memory(made: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "pages.jsonl"
    with path.open("wb") as file:
        file.write(line(1).encode() + b"\n")
        file.truncate(2 * 2**30)  # two sparse GiB without a line's end
        file.seek(0, 2)
        file.write(b"\n" + line(2).encode())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    [*_, told] = importer(made, tmp_path).run(path)
    assert (told.lines, told.bytes, told.accepted, told.refused) == (3, path.stat().st_size, 2, 1)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024
    [failure] = made.ledger.holdings()[0].failures
    assert failure.code == "bad-line"
    assert "16 MiB" in failure.reason
    assert made.work.pending() == []


def test_what_stands_far_behind_a_page_is_not_passed_over(made: Catalogue, tmp_path: Path) -> None:
    told = bring(made, tmp_path, line(1) + " " * 2**24 + "{", line(2))
    assert (told.accepted, told.refused) == (1, 1)
    assert list(made.ledger.blobs()) == [sha(line(2))]


def test_blank_lines_and_line_ends_of_any_kind(made: Catalogue, tmp_path: Path) -> None:
    told = bring(made, tmp_path, line(1) + "\r", "", "   ", line(2), "")
    assert (told.lines, told.accepted, told.refused) == (4, 2, 0)
    assert bring(made, tmp_path, line(1) + "\r", "", "   ", line(2)).known == 2


def test_an_empty_file_brings_nothing(made: Catalogue, tmp_path: Path) -> None:
    assert list(importer(made, tmp_path).run(write(tmp_path / "pages.jsonl", []))) == []
    assert counts(made, "h") == {}


@pytest.mark.parametrize("name", ["none.jsonl", ".", "pages.jsonl/below"])
def test_a_file_that_cannot_be_opened_is_told(made: Catalogue, tmp_path: Path, name: str) -> None:
    write(tmp_path / "pages.jsonl", [])
    with pytest.raises(Usage) as caught:
        list(importer(made, tmp_path).run(tmp_path / name))
    assert caught.value.code == "unreadable"


def test_the_same_line_again_is_a_duplicate(made: Catalogue, tmp_path: Path) -> None:
    told = bring(made, tmp_path, line(1), line(2), line(1), "{", "{")
    assert (told.accepted, told.duplicates, told.refused) == (2, 1, 2)
    assert counts(made, "h")["files"] == 5
    assert len(people(made)) == 2


def test_importing_again_changes_nothing(made: Catalogue, tmp_path: Path) -> None:
    lines = [*(line(number) for number in range(1, 8)), line(1)]
    bring(made, tmp_path, *lines)
    before, readings = counts(made, "h"), list(made.readings.digests())
    told = bring(made, tmp_path, *lines)
    assert (told.accepted, told.known, told.duplicates, told.refused) == (0, 8, 0, 0)
    assert counts(made, "h") == before
    assert list(made.readings.digests()) == readings


def test_a_file_that_grew_goes_on_where_it_ended(made: Catalogue, tmp_path: Path) -> None:
    bring(made, tmp_path, line(1))
    told = bring(made, tmp_path, line(1), line(2))
    assert (told.accepted, told.known) == (1, 1)


def test_the_same_line_in_two_holdings_is_two_pages_and_one_reading(made: Catalogue, tmp_path: Path) -> None:
    for holding in ("h", "other"):
        assert bring(made, tmp_path, line(1), holding=holding).accepted == 1
    assert len(list(made.readings.lines(None))) == 2
    assert len(list(made.readings.digests())) == len(list(made.ledger.blobs())) == 1
    assert made.work.pending() == []


def test_progress_comes_batch_by_batch(made: Catalogue, tmp_path: Path) -> None:
    path = write(tmp_path / "pages.jsonl", [line(number) for number in range(1, 1202)])
    told = list(importer(made, tmp_path).run(path))
    assert [progress.lines for progress in told] == [500, 1000, 1201]
    assert told[-1] == Progress(1201, path.stat().st_size, 1201, 0, 0, 0)
    assert made.work.pending() == []


# Cut short.


class Killed(BaseException):
    """The end of a process."""


class Dying:
    """Work whose process ends at the first call of one kind, before or after it is done."""

    def __init__(self, made: Catalogue, call: str) -> None:
        self._work, self._call = made.work, call

    def __getattr__(self, name: str) -> Callable[..., object]:
        def die(*_: object) -> object:
            raise Killed

        return die if name == self._call else getattr(self._work, name)


@pytest.mark.parametrize("call", ["lease", "record"])
def test_killed_between_entering_lines_and_reading_them(made: Catalogue, tmp_path: Path, call: str) -> None:
    path = write(tmp_path / "pages.jsonl", [line(1), line(2)])
    accession = made.accessions.open("h", None, {}, "tester")
    first = Importer(accession, FileBlobs(tmp_path / "blobs"), made.accessions, Dying(made, call), "tester")  # type: ignore[arg-type]
    with pytest.raises(Killed):
        list(first.run(path))
    assert counts(made, "h") == {"files": 2, "accepted": 2, "pages": 2, "waiting": 2}
    assert len(made.work.pending()) == 2
    assert bring(made, tmp_path, line(1), line(2)).accepted == 0
    assert made.work.pending() == []
    assert len(people(made)) == 2
    assert len(list(made.readings.digests())) == 2


def test_what_was_cut_short_and_cannot_be_read_any_more_fails_alone(made: Catalogue, tmp_path: Path) -> None:
    path = write(tmp_path / "pages.jsonl", [line(1), line(2)])
    accession = made.accessions.open("h", None, {}, "tester")
    first = Importer(accession, FileBlobs(tmp_path / "blobs"), made.accessions, Dying(made, "record"), "tester")  # type: ignore[arg-type]
    with pytest.raises(Killed):
        list(first.run(path))
    [gone] = (tmp_path / "blobs").rglob(sha(line(1)))
    gone.unlink()
    (tmp_path / "pages.jsonl").unlink()
    assert bring(made, tmp_path, line(3)).accepted == 1
    [row] = made.ledger.holdings()
    assert [(failure.code, failure.page) for failure in row.failures] == [("blob-missing", 1)]
    assert len(people(made)) == 2


def test_scans_that_wait_and_other_peoples_leases_are_left_alone(made: Catalogue, tmp_path: Path) -> None:
    _, scans = take(made, "h", "scan.pdf")
    _, elsewhere = take(made, "other", "scan.pdf")
    made.work.lease(elsewhere, "another-host/b/1/2", FAR)
    bring(made, tmp_path, line(1))
    assert made.work.pending() == [*scans, *elsewhere]
    assert [ref.key for ref in made.work.lease([*scans, *elsewhere], "me", FAR)] == scans


def test_other_holdings_are_not_leased(made: Catalogue, tmp_path: Path) -> None:
    """Another archivist's box is being read meanwhile: taking its pages, even for a moment, would hold that up."""
    _, scans = take(made, "other", "scan.pdf")
    asked: list[int] = []

    class Watched:
        def __getattr__(self, name: str) -> object:
            return self._lease if name == "lease" else getattr(made.work, name)

        def _lease(self, keys: Sequence[int], owner: str, seconds: float) -> list[PageRef]:
            asked.extend(keys)
            return made.work.lease(keys, owner, seconds)

    list(importer(made, tmp_path, work=Watched()).run(write(tmp_path / "pages.jsonl", [line(1)])))
    assert not set(scans) & set(asked)


def test_trouble_with_the_store_is_raised(made: Catalogue, tmp_path: Path) -> None:
    class Full:
        def put_many(self, _: Sequence[bytes]) -> list[str]:
            raise Unavailable("disk-full", "no room")

    accession = made.accessions.open("h", None, {}, "tester")
    failing = Importer(accession, Full(), made.accessions, made.work, "tester")  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        list(failing.run(write(tmp_path / "pages.jsonl", [line(1)])))
    assert counts(made, "h") == {}


def test_a_line_read_by_itself() -> None:
    found = page_result(line(3, type="memo").encode())
    assert isinstance(found, PageResult)
    assert found.reading.text == "المدعو سالم يوسف الحداد"
    with pytest.raises(Usage) as caught:
        page_result(b"{", "here")
    assert caught.value.detail.startswith("here: ")


def test_a_list_of_pages_one_a_line_is_taken_as_read_writes_it(made: Catalogue, tmp_path: Path) -> None:
    plain = [line(number) for number in (1, 2, 3)]
    assert bring(made, tmp_path, f"[{plain[0]},", f" {plain[1]},", f" {plain[2]}]").accepted == 3
    assert bring(made, tmp_path, *plain).known == 3, "the same pages at the same places"
