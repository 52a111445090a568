"""Lines people have checked, cut from their pages and written as line collections are published: NAME.png with NAME.gt.txt."""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.consent import LeftOut
from pipeline.errors import SijillError, Usage
from pipeline.model import Box, PageRef, Reading, StoredPage, Value

if TYPE_CHECKING:
    from pipeline.model import Pixels
    from pipeline.pages import Limits

MANIFEST = "lines.json"
"""Beside the lines: which holdings and pages they come from, and what was left out."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One line to cut out: ``name`` is made of ids alone, ``box`` in pixels of the page as it came."""

    name: str
    box: Box
    text: str


@dataclass(frozen=True, slots=True)
class Lie:
    """How a page lay: degrees counter-clockwise that set it upright (0, 90, 180, 270), and whether its ink is lighter than its paper."""

    turn: int = 0
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: lines and pages, and the page that could not be cut, each with its reason."""

    lines: int
    pages: int
    troubles: tuple[tuple[str, SijillError], ...] = ()


CutOut = Callable[[PageRef, Sequence[Cut], Lie, Path], None]


def cuts(page: StoredPage) -> tuple[Cut, ...]:
    """The checked lines of a page that have a place on its image."""
    if not page.page.has_image:
        return ()
    width, height = page.reading.width, page.reading.height
    found = []
    for number, line in enumerate(page.reading.lines):
        box = Box(max(0, line.box.x0), max(0, line.box.y0), min(width, line.box.x1), min(height, line.box.y1))
        if line.checked and line.text and box.x0 < box.x1 and box.y0 < box.y1:
            found.append(Cut(f"{page.page.page_id}-{number:03}", box, line.text))
    return tuple(found)


def lie(reading: Reading) -> Lie:
    """How the page lay, as the steps of its reading tell."""
    steps: dict[str, Mapping[str, Value]] = {step.name: step.values for step in reading.steps}
    return Lie(int(steps.get("upright", {}).get("turn", 0)), steps.get("negative", {}).get("action") == "inverted")


def write(folder: Path, pages: Iterable[tuple[frozenset[int], StoredPage]], left_out: Sequence[LeftOut], cut_out: CutOut) -> Written:
    """Write the lines of pages, each given with the holdings that have it, in place of what was in the folder.

    The folder and all in it are the owner's alone. ``cut_out`` writes the pictures of one page; a page it fails on is told and left out.
    Raises Usage (not-lines) when the folder holds something else.
    """
    _require_ours(folder)
    part = _aside(folder)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    troubles, holdings, total = [], dict[int, dict[str, Any]](), 0
    for holders, page in pages:
        wanted = cuts(page)
        try:
            if wanted:
                cut_out(page.page, wanted, lie(page.reading), part)
        except SijillError as error:
            troubles.append((page.page.page_id, error))
            _forget(part, wanted)
            continue
        for cut in wanted:
            private(part / f"{cut.name}.gt.txt", (cut.text + "\n").encode())
        for holding in sorted(holders) if wanted else ():
            told = holdings.setdefault(holding, {"holding": holding, "lines": 0, "pages": []})
            told["lines"] += len(wanted)
            told["pages"].append(page.page.page_id)
        total += len(wanted)
    private(part / MANIFEST, json.dumps(_manifest(total, holdings, left_out), indent=1).encode())
    if folder.exists():
        shutil.rmtree(folder)
    part.replace(folder)
    return Written(total, len({page for told in holdings.values() for page in told["pages"]}), tuple(troubles))


def write_page(scan: Path, number: int, media_type: str, limits: "Limits", wanted: Sequence[Cut], lying: Lie, folder: Path) -> None:
    """Cut these lines out of one page and write their pictures, upright, dark on light; runs in a child process."""
    import cv2  # noqa: PLC0415 - commands that cut nothing start without it

    from pipeline.pages import render  # noqa: PLC0415

    pixels = render(scan, number, media_type, limits).pixels
    grey = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype("uint8", copy=False)
    for cut in wanted:
        coded, png = cv2.imencode(".png", _upright(grey, cut.box, lying))
        if not coded:
            raise OSError(f"cannot encode {cut.name}")
        private(folder / f"{cut.name}.png", png.tobytes())


def holdings(folders: Iterable[Path]) -> frozenset[int]:
    """The holdings whose lines are in these folders; collections of others have none."""
    manifests = [json.loads((folder / MANIFEST).read_text("utf-8")) for folder in folders if (folder / MANIFEST).is_file()]
    return frozenset(told["holding"] for manifest in manifests for told in manifest["holdings"])


def discard(folder: Path) -> None:
    """Throw away lines written before, and what a killed run left of them; nothing happens where there are none."""
    shutil.rmtree(_aside(folder), ignore_errors=True)
    if (folder / MANIFEST).is_file():
        shutil.rmtree(folder)


def private(path: Path, content: bytes) -> None:
    """A file for its owner alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)


def _upright(grey: "Pixels", box: Box, lying: Lie) -> "Pixels":
    import numpy as np  # noqa: PLC0415

    crop = np.rot90(grey[box.y0 : box.y1, box.x0 : box.x1], lying.turn // 90)
    return np.ascontiguousarray(255 - crop if lying.inverted else crop)


def _manifest(total: int, told: Mapping[int, Mapping[str, Any]], left_out: Sequence[LeftOut]) -> dict[str, Any]:
    without = [{"holding": item.holding_id, "code": item.code, "pages": item.pages} for item in left_out]
    return {"lines": total, "holdings": [told[holding] for holding in sorted(told)], "left_out": without}


def _forget(folder: Path, wanted: Sequence[Cut]) -> None:
    for cut in wanted:
        (folder / f"{cut.name}.png").unlink(missing_ok=True)


def _aside(folder: Path) -> Path:
    return folder.with_name(folder.name + ".part")


def _require_ours(folder: Path) -> None:
    if folder.exists() and not (folder / MANIFEST).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise Usage("not-lines", f"{folder} holds something else", "Name a new folder.")
