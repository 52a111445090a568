"""The frozen page sets: names, seeds and recipes here, their sums in sets/pages.json, the pages drawn where they are first needed.

`test` is what is reported and is tuned on by nobody. `dev` has other seeds and the same recipes: thresholds, calibration and choices
between ways may be made on it.
"""

import hashlib
import json
import platform
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any, Literal

import cv2
import numpy as np
from PIL import features

from ocr_models.evaluation import geometry, stamps, wear
from ocr_models.evaluation.clerk import WORDS, Clerk
from ocr_models.evaluation.kinds import KINDS
from ocr_models.evaluation.paper import DEPTH, Paper
from ocr_models.evaluation.truth import TruePage, from_json, to_json
from ocr_models.training.faces import Face, Kind, cache_folder, find

Split = Literal["test", "dev"]
SUMS = Path(__file__).parent / "sets" / "pages.json"
_PROSE = ("cable", "interrogation", "verdict", "death", "transfer", "wanted")
_RULED = ("detainees", "ledger", "transfer")
_SEEDS: dict[Split, int] = {"test": 7_041_946, "dev": 2_902_012}
_LIBRARIES = ("numpy", "opencv-python-headless", "pillow")


@dataclass(frozen=True)
class PageSet:
    """How a set's pages are made: kinds and wear in turn; point sizes; how crooked (± degrees); stamped or not; a hand's sway (px)."""

    name: str
    pages: int
    kinds: tuple[str, ...]
    faces: tuple[Kind, ...]
    wear: tuple[tuple[str, wear.Wear], ...]
    points: tuple[float, float] = (12.5, 15.0)
    skew: float = 0.3
    stamped: bool = False
    sway: float = 0.0


@dataclass(frozen=True)
class DrawnPage:
    image: wear.Grey
    truth: TruePage


class PagesDrifted(UserWarning):
    """Pages drawn here are not, pixel by pixel, those the figures were reported on."""


_FAX = (("fax 204 × 98", wear.fax_standard), ("fax 204 × 196", wear.fax_fine), ("third copy", wear.third_copy))
_PRINT: tuple[Kind, ...] = ("book", "office")
SETS: dict[str, PageSet] = {each.name: each for each in (
    PageSet("clean", 12, _PROSE, _PRINT, (("clean", wear.office),)),
    PageSet("typewriter", 12, _PROSE, ("typewriter",), (("typewriter", wear.typed), ("dot matrix", wear.needles)), (11.5, 12.5), 0.8),
    PageSet("photocopy", 12, _PROSE, _PRINT, (("photocopy", wear.photocopy),), skew=1.2, stamped=True),
    PageSet("fax", 12, _PROSE, _PRINT, _FAX, (13.0, 16.0), 0.8),
    PageSet("carbon", 6, _PROSE, ("typewriter",), (("carbon copy", wear.carbon),), (11.5, 12.5), 0.8),
    PageSet("tables", 12, _RULED, _PRINT, (("clean", wear.office),), (12.0, 14.0)),
    PageSet("tables-photocopy", 12, _RULED, _PRINT, (("photocopy", wear.photocopy),), (12.0, 14.0), 1.0),
    PageSet("hand", 8, _PROSE, ("hand",), (("hand", wear.office), ("hand, copied", wear.photocopy)), (15.0, 17.0), 0.8, sway=9.0),
)}  # fmt: skip


def page(which: PageSet, split: Split, number: int) -> DrawnPage:
    """The set's page of this number, drawn anew: the same on every machine with the same libraries."""
    rng = Random(f"{which.name}/{_SEEDS[split]}/{number}")  # noqa: S311 not for secrets
    dice = np.random.default_rng((_SEEDS[split], *which.name.encode(), number))
    kind = which.kinds[number % len(which.kinds)]
    # Wear goes on by one each round of kinds, so that no kind has but one wear.
    condition, worn = which.wear[(number + number // len(which.kinds)) % len(which.wear)]
    clerk = Clerk(rng, rng.choices(("arabic", "latin", "mixed"), (55, 30, 15))[0])
    paper = _typed(which, kind, clerk)
    if which.stamped:
        stamps.stamp(paper, rng.randint(500, 1900), rng.randint(round(0.5 * paper.y), paper.y), rng)
        stamps.signature(paper, rng.randint(450, 800), min(paper.y, DEPTH - 300) - rng.randint(0, 60), rng)
    truth = TruePage(f"{which.name}-{number:03}", kind, condition, paper.face.design.name, tuple(paper.lines), tuple(paper.tables),
                     tuple(clerk.names), tuple(paper.beside))  # fmt: skip
    image = paper.image
    if which.sway:
        sway = geometry.swayed(image, dice, which.sway)
        image, truth = sway.image, geometry.moved(truth, sway)
    turn = geometry.crooked(image, float(dice.uniform(-which.skew, which.skew)))
    return DrawnPage(worn(turn.image, dice), geometry.moved(truth, turn))


def _typed(which: PageSet, kind: str, clerk: Clerk) -> Paper:
    """A paper of this kind in a face of the set, typed smaller while it does not fit on the sheet."""
    face, bold = clerk.rng.choice(_pairs(which.faces))
    size, state = round(clerk.rng.uniform(*which.points) * 300 / 72), clerk.rng.getstate()
    for smaller in (0, 3, 6, 9, 12, 15):
        clerk.rng.setstate(state)
        paper = Paper(clerk, face, bold, size - smaller, clerk.rng.choice((1.55, 1.75, 1.95)))
        try:
            KINDS[kind](paper)
        except ValueError:
            clerk.names.clear()
            continue
        return paper
    raise ValueError(f"a page of {which.name} does not fit on the sheet")


@cache
def _pairs(kinds: tuple[Kind, ...]) -> tuple[tuple[Face, Face], ...]:
    """Faces kept out of training, regular and bold of one design. Raises FileNotFoundError when there is none."""
    faces = [face for face in find(held_out=True) if face.design.kind in kinds]
    if not faces:
        raise FileNotFoundError(f"no face of kind {'/'.join(kinds)} kept out of training: python -m ocr_models.training.fetch_faces")
    regular = [face for face in faces if "Bold" not in face.file.stem]
    return tuple(
        (face, next((bold for bold in faces if bold.design == face.design and "Bold" in bold.file.stem), face)) for face in regular
    )


def pages(name: str, split: Split = "test", limit: int | None = None, folder: Path | None = None) -> Iterator[tuple[Path, DrawnPage]]:
    """(PNG, page) of a set, from the cache or drawn into it; `limit` takes the first so many.

    Warns PagesDrifted, once for a set, where a page is not the listed one. Raises KeyError for a set there is not.
    """
    which, place = SETS[name], (folder or _cache()) / recipe() / split
    place.mkdir(parents=True, exist_ok=True)
    drifted = []
    for number in range(which.pages if limit is None else min(limit, which.pages)):
        picture, told = place / f"{name}-{number:03}.png", place / f"{name}-{number:03}.json"
        if not told.exists():
            _keep(page(which, split, number), picture, told)
        drawn = DrawnPage(_pixels(picture), from_json(json.loads(told.read_text("utf-8"))))
        if sum_of(drawn) != _listed().get("sums", {}).get(f"{split}/{drawn.truth.name}"):
            drifted.append(drawn.truth.name)
        yield picture, drawn
    if drifted:
        warnings.warn(f"{split} {', '.join(drifted)}: not as listed in sets/pages.json; {differing()}", PagesDrifted, stacklevel=2)


def sum_of(drawn: DrawnPage) -> str:
    """sha256 of a page's pixels and its truth."""
    told = json.dumps(to_json(drawn.truth), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(drawn.image.tobytes() + told.encode()).hexdigest()


def recipe() -> str:
    """Eight digits for everything that makes the pages: a changed template must not meet pages drawn from the old one."""
    files = [
        *(Path(__file__).with_name(f"{name}.py") for name in ("clerk", "geometry", "kinds", "pagesets", "paper", "stamps", "wear")),
        WORDS,
    ]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8]


def versions() -> dict[str, str]:
    """The libraries that draw."""
    drawing = {name: str(features.version(name)) for name in ("raqm", "freetype2", "harfbuzz")}
    return {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}, **drawing}


def differing() -> str:
    """Which versions are not those the pages were frozen with."""
    then, now = _listed().get("versions", {}), versions()
    changed = [
        f"{name} {now.get(name)} (frozen with {then.get(name)})" for name in sorted({*then, *now}) if then.get(name) != now.get(name)
    ]
    return "drawn with " + ", ".join(changed) if changed else "the versions are the same: a template, a face or the word list has changed"


def freeze() -> None:
    """Draw every page of both splits and list their sums. Done once; done again, all figures have to be taken again."""
    sums = {f"{split}/{drawn.truth.name}": sum_of(drawn) for split in _SEEDS for name in SETS for _, drawn in _unchecked(name, split)}
    SUMS.write_text(json.dumps({"versions": versions(), "sums": sums}, indent=1) + "\n", "utf-8")
    _listed.cache_clear()


def _unchecked(name: str, split: Split) -> Iterator[tuple[Path, DrawnPage]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PagesDrifted)
        yield from pages(name, split)


@cache
def _listed() -> Mapping[str, Any]:
    listed: Mapping[str, Any] = json.loads(SUMS.read_text("utf-8")) if SUMS.exists() else {}
    return listed


def _cache() -> Path:
    return cache_folder().with_name("evaluation")


def _keep(drawn: DrawnPage, picture: Path, told: Path) -> None:
    """The picture first and whole: where the truth stands, the picture does."""
    done, data = cv2.imencode(".png", drawn.image)
    if not done:
        raise ValueError(f"{picture} cannot be written as PNG")
    for path, content in ((picture, data.tobytes()), (told, json.dumps(to_json(drawn.truth), ensure_ascii=False).encode())):
        fresh = path.with_suffix(".new")
        fresh.write_bytes(content)
        fresh.replace(path)


def _pixels(picture: Path) -> wear.Grey:
    pixels = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise ValueError(f"{picture} is damaged: take the folder away and it is drawn anew")
    return np.asarray(pixels, np.uint8)
