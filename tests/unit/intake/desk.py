"""A desk at which tests take files in."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline import intake
from pipeline.catalogue import Catalogue
from pipeline.intake import Met, Taken
from pipeline.model import Accession
from pipeline.storage.filesystem import FileBlobs

MOST = 2**20


@dataclass(frozen=True)
class Info:
    """What a probe tells of any file: as many pages as its first byte says."""

    pages: int
    media_type: str = "application/pdf"


def probe(path: Path) -> Info:
    return Info(path.read_bytes()[0] - ord("0"))


class Desk:
    """An archive and one batch of it, for taking files in."""

    def __init__(self, root: Path, made: Catalogue, holding: str = "h") -> None:
        self.blobs, self.made = FileBlobs(root / "blobs"), made
        self.accession: Accession = made.accessions.open(holding, None, {}, "tester")

    def take(self, found: Met, probe: Callable[[Path], intake.Probed] = probe, most: int = MOST) -> Taken:
        return intake.take_in(found, self.accession, self.blobs, self.made.accessions, probe, most, "tester")

    def take_all(self, *paths: Path) -> dict[str, tuple[str, str | None]]:
        """(status, code) by name, relative to the first path."""
        taken = [self.take(found) for found in intake.walk(paths)]
        assert len({one.name for one in taken}) == len(taken)
        return {one.name.removeprefix(f"{paths[0]}/"): (one.status, one.code) for one in taken}


def write(path: Path, data: bytes = b"1 page") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
