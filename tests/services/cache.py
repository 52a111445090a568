"""Built engines in $XDG_CACHE_HOME/sijill/services, each in a folder named by what it was made from, whole or not there."""

import os
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from flows.daemon import lock

VERSIONS = Path(__file__).with_name("versions.toml")


class CannotBuild(Exception):
    """An engine cannot be had on this machine: says why and what would help."""


@cache
def wanted(name: str) -> Mapping[str, Any]:
    """What versions.toml says of one engine."""
    return dict(tomllib.loads(VERSIONS.read_text(encoding="utf-8"))[name])


def home() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sijill" / "services"


@contextmanager
def workshop(folder: Path) -> Iterator[Path]:
    """A folder in the one being built, gone when it is done; what a killed build leaves there goes with the next one's start."""
    work = folder / "work"
    work.mkdir()
    yield work
    shutil.rmtree(work)


def built(key: str, make: Callable[[Path], None], folder: Path | None = None) -> Path:
    """The folder of that key, made by ``make`` if missing; two who want it at once make it once, and one killed leaves no half."""
    folder = folder or home()
    target, partial = folder / key, folder / f"{key}.partial"
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with lock(folder / f"{key}.lock"):
        if not target.exists():
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            make(partial)
            partial.rename(target)
    return target
