"""The faces the papers are set in: where their files are, what they can draw, and which are kept for testing."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from PIL import ImageFont

from ocr_models.training.alphabet import ALPHABET, ARABIC_DIGITS, DIGITS, LETTERS, NEVER_LABELLED

Kind = Literal["book", "office", "title", "typewriter", "hand"]
SYSTEM = Path("/usr/share/fonts")
_PROBE = 40


def cache_folder() -> Path:
    """Where fetched and completed faces lie: $XDG_CACHE_HOME/sijill/faces."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sijill" / "faces"


@dataclass(frozen=True)
class Design:
    """One type design. `files` are paths under /usr/share/fonts or bare names in the cache; `held_out` ones are never trained on.

    `incomplete`: lacks points, figures or Latin, which a completed copy in the cache has. `lacks`: signs it draws as something else.
    """

    name: str
    kind: Kind
    licence: str
    files: tuple[str, ...]
    held_out: bool = False
    incomplete: bool = False
    lacks: str = ""


def _kacst(name: str, kind: Kind, *, held_out: bool = False) -> Design:
    return Design(f"Kacst{name}", kind, "GPL-2", (f"truetype/kacst/Kacst{name}.ttf",), held_out, incomplete=True)


def _arabeyes(name: str, kind: Kind, *, held_out: bool = False) -> Design:
    return Design(name, kind, "GPL-2", (f"truetype/fonts-arabeyes/ae_{name}.ttf",), held_out)


def _noto(name: str, kind: Kind) -> Design:
    stem = f"truetype/noto/Noto{name}"
    return Design(f"Noto {name}", kind, "OFL-1.1", (f"{stem}-Regular.ttf", f"{stem}-Bold.ttf"), incomplete=True)


def _google(name: str, kind: Kind, *weights: str, held_out: bool = False) -> Design:
    return Design(name, kind, "OFL-1.1", tuple(f"{name}_{weight}.ttf" for weight in weights), held_out)


def _persian(name: str, kind: Kind, *styles: str) -> Design:
    return Design(name, kind, "OFL-1.1", tuple(f"{name}{style}.ttf" for style in styles))


_REGULAR, _BOLD = "400Regular", "700Bold"
_SCHEHERAZADE = ("ScheherazadeNew_400Regular.ttf", "ScheherazadeNew_700Bold.ttf", "truetype/scheherazade/Scheherazade-Regular.ttf")
_DEJAVU = tuple(f"truetype/dejavu/DejaVuSans{style}.ttf" for style in ("", "-Bold", "Condensed"))
_DEJAVU_MONO = tuple(f"truetype/dejavu/DejaVuSansMono{style}.ttf" for style in ("", "-Bold"))
_KACST_ONE = tuple(f"truetype/kacst-one/KacstOne{style}.ttf" for style in ("", "-Bold"))
DESIGNS: tuple[Design, ...] = (
    Design("Amiri", "book", "OFL-1.1", tuple(f"opentype/fonts-hosny-amiri/Amiri-{s}.ttf" for s in ("Regular", "Bold", "Slanted"))),
    Design("Scheherazade", "book", "OFL-1.1", _SCHEHERAZADE),
    Design("Lateef", "book", "OFL-1.1", ("opentype/lateef/Lateef-Regular.ttf", "opentype/lateef/Lateef-Bold.ttf")),
    Design("FreeSerif", "book", "GPL-3+FE", ("truetype/freefont/FreeSerif.ttf", "truetype/freefont/FreeSerifBold.ttf")),
    Design("KacstOne", "book", "GPL-2", _KACST_ONE, incomplete=True, lacks=DIGITS),
    Design("Nazli", "book", "GPL-2", ("truetype/farsiweb/nazli.ttf", "truetype/farsiweb/nazlib.ttf")),
    _noto("NaskhArabic", "book"), _kacst("Book", "book"), _kacst("Naskh", "book"), _arabeyes("Furat", "book"),
    _persian("Parastoo", "book", "", "-Bold"),
    _google("MarkaziText", "book", _REGULAR, _BOLD, held_out=True), _kacst("Qurn", "book", held_out=True),
    Design("DejaVu Sans", "office", "Bitstream Vera", _DEJAVU),
    Design("Harmattan", "office", "OFL-1.1", ("truetype/harmattan/Harmattan-Regular.ttf", "truetype/harmattan/Harmattan-Bold.ttf")),
    _noto("SansArabic", "office"), _kacst("Office", "office"), _arabeyes("Arab", "office"),
    _google("Cairo", "office", "300Light", _REGULAR, _BOLD), _google("Tajawal", "office", "300Light", _REGULAR, _BOLD),
    _google("IBMPlexSansArabic", "office", "300Light", _REGULAR, _BOLD), _google("Vazirmatn", "office", _REGULAR, _BOLD),
    _google("ReadexPro", "office", _REGULAR, "600SemiBold"), _google("Fustat", "office", _REGULAR, _BOLD),
    _google("ElMessiri", "office", _REGULAR, _BOLD), _google("BalooBhaijaan2", "office", _REGULAR),
    _google("Zain", "office", _REGULAR, _BOLD), _google("Mada", "office", _REGULAR, _BOLD), _google("Rubik", "office", _REGULAR, _BOLD),
    _persian("Sahel", "office", "", "-Bold"), _persian("Shabnam", "office", "", "-Bold"), _persian("Samim", "office", "", "-Bold"),
    _google("Almarai", "office", "300Light", _REGULAR, _BOLD, held_out=True),
    Design("Homa", "office", "GPL-2", ("truetype/farsiweb/homa.ttf",), held_out=True, incomplete=True),
    _noto("KufiArabic", "title"), _kacst("Poster", "title"), _kacst("Title", "title"), _kacst("Digital", "title"),
    Design("Titr", "title", "GPL-2", ("truetype/farsiweb/titr.ttf",), incomplete=True),
    _google("ReemKufi", "title", _REGULAR, _BOLD), _google("Alexandria", "title", _REGULAR, _BOLD),
    _arabeyes("Cortoba", "title"), _arabeyes("AlArabiya", "title"), _arabeyes("Petra", "title"), _google("Kufam", "title", _REGULAR),
    _persian("Gandom", "title", ""), _google("Jomhuria", "title", _REGULAR),
    _google("Changa", "title", _REGULAR, _BOLD, held_out=True), _kacst("Screen", "title", held_out=True),
    Design("DejaVu Sans Mono", "typewriter", "Bitstream Vera", _DEJAVU_MONO),
    Design("Thabit", "typewriter", "OFL-1.1", tuple(f"opentype/fonts-hosny-thabit/Thabit{s}.ttf" for s in ("", "-Bold", "-Oblique"))),
    Design("Unifont", "typewriter", "GPL-2+FE / OFL-1.1", ("opentype/unifont/unifont.otf",)),
    Design("FreeMono", "typewriter", "GPL-3+FE", ("truetype/freefont/FreeMono.ttf",), held_out=True),
    _google("ArefRuqaa", "hand", _REGULAR, _BOLD), _google("Lemonada", "hand", "300Light", _REGULAR),
    _google("Marhey", "hand", "300Light", _REGULAR),
    _google("Mirza", "hand", _REGULAR, _BOLD), _kacst("Pen", "hand"), _arabeyes("Dimnah", "hand"), _arabeyes("AlHor", "hand"),
    _arabeyes("Tholoth", "hand"),
    _arabeyes("Nice", "hand"), _google("Lalezar", "hand", _REGULAR),
    _google("Alkalami", "hand", _REGULAR),
    _google("Rakkas", "hand", _REGULAR, held_out=True), _kacst("Farsi", "hand", held_out=True),
)  # fmt: skip


@dataclass(frozen=True)
class Face:
    """One font file of a design and the signs it draws, each unlike every other."""

    design: Design
    file: Path
    signs: frozenset[str]

    def font(self, size: int) -> ImageFont.FreeTypeFont:
        return _font(self.file, size)


@lru_cache(maxsize=512)
def _font(file: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.RAQM)


def completed_name(file: str) -> str:
    """The cache's name for a face with its missing signs lent from another."""
    return f"{Path(file).stem}.completed.ttf"


def located(design: Design) -> Iterator[Path]:
    """The design's files that are on this machine; the completed copies of an incomplete one."""
    for file in design.files:
        inside = completed_name(file) if design.incomplete else file
        path = SYSTEM / inside if "/" in inside else cache_folder() / inside
        if path.is_file():
            yield path


def find(*, held_out: bool) -> tuple[Face, ...]:
    """The faces of one split that are on this machine and draw every letter and one set of digits, in the order of `DESIGNS`.

    Raises FileNotFoundError when there is none at all.
    """
    faces = tuple(_face(design, path) for design in DESIGNS if design.held_out is held_out for path in located(design))
    usable = tuple(face for face in faces if face.signs.issuperset(LETTERS) and face.signs & frozenset(DIGITS + ARABIC_DIGITS))
    if not usable:
        raise FileNotFoundError("no training face on this machine: python -m ocr_models.training.fetch_faces")
    return usable


def missing() -> tuple[str, ...]:
    """Designs of which no file is on this machine."""
    return tuple(design.name for design in DESIGNS if not any(located(design)))


@lru_cache(maxsize=256)
def _face(design: Design, path: Path) -> Face:
    return Face(design, path, drawn_signs(path) - frozenset("" if design.incomplete else design.lacks))


def drawn_signs(path: Path) -> frozenset[str]:
    """Signs of the alphabet (and what is drawn but not labelled) that a font has, with ink, and draws unlike all the others."""
    with TTFont(path, lazy=True) as file:
        known = frozenset(map(chr, file.getBestCmap() or {})) & (ALPHABET | NEVER_LABELLED)
    font = ImageFont.truetype(path, _PROBE, layout_engine=ImageFont.Layout.RAQM)
    shapes: dict[tuple[object, ...], list[str]] = {}
    for sign in sorted(known & ALPHABET - {" "}):
        mask, offset = font.getmask2(sign, "L")
        box = mask.getbbox()
        if box is not None:
            shapes.setdefault((offset, mask.size, bytes(mask)), []).append(sign)
    alone = frozenset(sign for signs in shapes.values() for sign in _told_apart(signs))
    return alone | (known & (NEVER_LABELLED | {" "}))


def _told_apart(signs: list[str]) -> list[str]:
    """Of signs with one shape the Arabic letter, which the papers mean; none where that does not settle it."""
    arabic = [sign for sign in signs if sign in LETTERS]
    return signs if len(signs) == 1 else arabic if len(arabic) == 1 else []
