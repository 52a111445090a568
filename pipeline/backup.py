"""An archive carried into an encrypted folder, and the files beside its record back out of one."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from pipeline.errors import Conflict, Damaged, Missing
from pipeline.moving import LANES, Bytes, pieces

FORMAT = 1


class Sealing(Protocol):
    """A folder that takes bytes and encrypts them."""

    name_key: bytes

    def holds(self, sha256: str) -> bool: ...
    def put(self, sha256: str, source: BinaryIO) -> None: ...
    def settle(self) -> None: ...
    def close(self, about: bytes, catalogue: Path, now: datetime) -> str: ...


@dataclass(frozen=True, slots=True)
class About:
    """What a record is made of.

    ``at`` is when it was ended (ISO 8601), ``names`` the hex key that names of files are derived with, ``catalogue`` the sha256 of its
    catalogue file, ``models`` that of each model trained in the archive, by its path in their folder.
    """

    at: str
    names: str
    catalogue: str
    models: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT

    def dump(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @staticmethod
    def parse(data: bytes) -> "About":
        """Raises Missing (backup-newer), Damaged (backup-damaged): anybody who knows a recipient can encrypt something for it."""
        try:
            given = json.loads(data)
            if given["format"] > FORMAT:
                raise newer()
            about = About(**given)
            paths = [PurePosixPath(name) for name in about.models]
        except (ValueError, TypeError, KeyError) as error:
            raise Damaged("backup-damaged", "the record does not say what it is made of") from error
        if any(path.is_absolute() or ".." in path.parts for path in paths):
            raise Damaged("backup-damaged", "a model of the record would lie outside the folder of models")
        return about


def newer() -> Missing:
    return Missing("backup-newer", "a later version of Sijill made this backup", "Update Sijill.")


def fill(source: Bytes, target: Sealing, wanted: Iterable[str], tell: Callable[[int], None]) -> int:
    """See that ``target`` has every wanted blob, encrypted; returns how many are new. ``tell`` hears how many it has.

    Raises Damaged (blob-missing, blob-damaged) naming the blob, Unavailable (disk-full …).
    """

    def bring(sha256: str) -> bool:
        if target.holds(sha256):
            return False
        with source.open(sha256) as path, path.open("rb") as file:
            target.put(sha256, file)
        return True

    done = new = 0
    with ThreadPoolExecutor(LANES) as lanes:
        for piece in pieces(iter(wanted)):
            new += sum(lanes.map(bring, piece))
            target.settle()
            done += len(piece)
            tell(done)
    return new


def add_models(folder: Path, target: Sealing) -> dict[str, str]:
    """Put the models trained here, and their list, with the blobs; returns the sha256 of each by its path in ``folder``."""
    models = dict[str, str]()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            if sha256 not in models.values() and not target.holds(sha256):
                target.put(sha256, file)
        models[path.relative_to(folder).as_posix()] = sha256
    target.settle()
    return models


def end(target: Sealing, catalogue: Path, models: Mapping[str, str], now: datetime) -> str:
    """Close the record and return its name. From here on it can be restored."""
    with catalogue.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    about = About(now.isoformat(timespec="seconds"), target.name_key.hex(), sha256, models)
    return target.close(about.dump(), catalogue, now)


def put_models(models: Mapping[str, str], source: Bytes, folder: Path) -> None:
    """Bring the models of a record into their folder, over no other. Raises Conflict (archive-not-empty), Damaged, Unavailable."""
    for name, sha256 in models.items():
        place = folder / name
        if place.exists() and hashlib.sha256(place.read_bytes()).hexdigest() != sha256:
            raise Conflict("archive-not-empty", f"the model {name} is there and is another one", "Name another folder in SIJILL_MODELS.")
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = place.with_name(f"{place.name}.part")
        with source.open(sha256) as path:
            aside.touch(mode=0o600)
            shutil.copyfile(path, aside)
            aside.rename(place)
