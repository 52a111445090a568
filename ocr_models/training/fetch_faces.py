"""Brings the training faces to this machine: packages for apt are named, faces of the npm registry are packed into the cache.

    python -m ocr_models.training.fetch_faces

Needs npm. The packages hold whole TrueType files under the OFL; they are cached outside the checkout and not passed on.
"""

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from ocr_models.training.faces import DESIGNS, SYSTEM, cache_folder, completed_name, find, missing
from ocr_models.training.lend import complete

DEBIAN = (
    "fonts-arabeyes", "fonts-dejavu-core", "fonts-dejavu-extra", "fonts-farsiweb", "fonts-freefont-ttf", "fonts-hosny-amiri",
    "fonts-hosny-thabit", "fonts-kacst", "fonts-kacst-one", "fonts-noto-core", "fonts-sil-harmattan", "fonts-sil-lateef",
    "fonts-sil-scheherazade", "fonts-unifont",
)  # fmt: skip
# The stream is reproducible from seed and index only while the faces stay the same.
NPM = {
    f"@expo-google-fonts/{name}": version for name, version in {
        "alexandria": "0.4.2", "alkalami": "0.4.1", "almarai": "0.4.1", "aref-ruqaa": "0.4.1", "baloo-bhaijaan-2": "0.4.2",
        "cairo": "0.4.2", "changa": "0.4.2", "el-messiri": "0.4.2", "fustat": "0.4.2", "ibm-plex-sans-arabic": "0.4.2",
        "jomhuria": "0.3.0", "kufam": "0.2.3", "lalezar": "0.2.3", "lemonada": "0.4.2", "mada": "0.4.2", "marhey": "0.4.2",
        "markazi-text": "0.4.1", "mirza": "0.2.3", "rakkas": "0.4.1", "readex-pro": "0.4.1", "reem-kufi": "0.4.2",
        "rubik": "0.4.2", "scheherazade-new": "0.4.3", "tajawal": "0.4.1", "vazirmatn": "0.4.1", "zain": "0.4.0",
    }.items()
} | {"gandom-font": "0.8.0", "parastoo-font": "2.0.1", "sahel-font": "3.4.0", "samim-font": "4.0.5", "shabnam-font": "5.0.0"}  # fmt: skip
_LENDERS = {"book": "truetype/freefont/FreeSerif.ttf"}
_OTHER_LENDER = "truetype/dejavu/DejaVuSans.ttf"
_MOST_BYTES = 8 << 20


def fetch(package: str, version: str, wanted: frozenset[str], target: Path) -> None:
    """Packs one version of a package (npm checks its integrity) and takes the wanted font files out of it.

    Raises CalledProcessError where npm fails, ValueError for a file over 8 MiB.
    """
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", f"{package}@{version}"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        for archive in Path(folder).glob("*.tgz"):
            _extract(archive, wanted, target)


def _extract(archive: Path, wanted: frozenset[str], target: Path) -> None:
    with tarfile.open(archive) as tar:
        for member in tar:
            name = PurePosixPath(member.name).name
            if name not in wanted or not member.isfile():
                continue
            if member.size > _MOST_BYTES:
                raise ValueError(f"{name} of {archive.name} is {member.size} bytes")
            file = tar.extractfile(member)
            if file is not None:
                (target / f"{name}.part").write_bytes(file.read())
                (target / f"{name}.part").replace(target / name)


def complete_all(target: Path) -> None:
    """Lends every incomplete face on this machine what it lacks."""
    for design in DESIGNS:
        for file in design.files if design.incomplete else ():
            done = target / completed_name(file)
            if (SYSTEM / file).is_file() and not done.exists():
                complete(SYSTEM / file, SYSTEM / _LENDERS.get(design.kind, _OTHER_LENDER), done, design.lacks)


def main() -> int:
    target = cache_folder()
    target.mkdir(parents=True, exist_ok=True)
    wanted = frozenset(file for design in DESIGNS for file in design.files if "/" not in file)
    for package, version in NPM.items():
        stem = package.rpartition("/")[2].removesuffix("-font").replace("-", "")
        if not any(name.lower().startswith(stem) and (target / name).is_file() for name in wanted):
            fetch(package, version, wanted, target)
    complete_all(target)
    lost = missing()
    say = sys.stdout.write
    say(f"{len(find(held_out=False))} files to train on, {len(find(held_out=True))} kept for testing, in {target} and {SYSTEM}\n")
    if lost:
        say(f"not found: {', '.join(lost)}\ntry: apt-get install {' '.join(DEBIAN)}\n")
    return 1 if lost else 0


if __name__ == "__main__":
    raise SystemExit(main())
