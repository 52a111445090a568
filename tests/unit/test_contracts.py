"""No module stands outside the import contracts."""

from configparser import ConfigParser
from pathlib import Path
from re import findall

ROOT = Path(__file__).parents[2]
PACKAGES = ("pipeline", "search")


def test_every_module_has_its_layer() -> None:
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter")
    layered = set(findall(r"[\w.]+", contracts["importlinter:contract:one-way"]["layers"]))
    modules = {f"{package}.{path.stem}" for package in PACKAGES for path in (ROOT / package).iterdir() if path.stem[0] not in "._"}
    assert modules - layered == set()
