"""Names in the order of how frequent they are in life, and what of the lists is kept out of development."""

import csv
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pipeline.entities.lexicon import rows

Split = Literal["dev", "test"]
DATA = Path(__file__).parent / "data"
HELD = 5
"""One in so many names, confusions and Latin spellings is never seen in development."""
_FOLD = str.maketrans("أإآٱىئؤة", "ااااييوه")


@dataclass(frozen=True)
class Inventory:
    """Names of one kind, the most frequent first; the n-th is drawn in proportion to (n + shift) ** -power (Zipf, Mandelbrot)."""

    names: tuple[str, ...]
    power: float
    shift: float = 0.0

    @property
    def weights(self) -> list[float]:
        return [(rank + self.shift) ** -self.power for rank in range(1, len(self.names) + 1)]


@dataclass(frozen=True)
class Inventories:
    men: Inventory
    women: Inventory
    families: Inventory
    places: Inventory


def held(text: str) -> bool:
    """Whether this is for the test alone; the same text always is."""
    return zlib.crc32(text.encode()) % HELD == 0


def fold(name: str) -> str:
    """What makes two spellings one name: hamza seats, final ya and ta marbuta, blanks."""
    return name.translate(_FOLD).replace(" ", "")


def data(name: str) -> list[dict[str, str]]:
    """The rows of a list of the evaluation, columns by their bare name."""
    with (DATA / name).open(encoding="utf-8") as file:
        return [{key.split("(")[0]: value or "" for key, value in row.items() if key} for row in csv.DictReader(file)]


@cache
def inventories(split: Split) -> Inventories:
    """The names of a split. Dev has none of those that are held, but for the most frequent, which nothing can keep secret."""
    common = {row["list"]: row["names in order of frequency"].split(";") for row in data("common.csv")}
    men, women = (_ordered(f"given_names_{kind}") for kind in ("male", "female"))
    families = [*_ordered("family_names"), *sorted(_made(men), key=lambda name: zlib.crc32(name.encode()))]
    places = [row["name_ar"] for row in rows("places") if row["level"] in ("governorate", "district", "town/neighbourhood")]
    return Inventories(
        Inventory(_chosen(common["men"], men, split), 1.0, 0.5),
        Inventory(_chosen(common["women"], women, split), 0.9, 0.5),
        Inventory(_chosen(common["families"], families, split), 0.9, 8.0),
        Inventory(_chosen([], places, split), 0.8, 1.0),
    )


def _chosen(first: Iterable[str], rest: Iterable[str], split: Split) -> tuple[str, ...]:
    """One spelling of each name, the common ones first."""
    names = {fold(name): name for name in first}
    for name in rest:
        if split == "test" or not held(fold(name)):
            names.setdefault(fold(name), name)
    return tuple(names.values())


def _ordered(name: str) -> list[str]:
    """A name list by how many lists and Latin spellings each was seen in: the best guess at how frequent it is."""
    found = [row for row in rows(name) if row["flag"] != "avoid"]
    return [row["name_ar"] for row in sorted(found, key=_seen)]


def _seen(row: Mapping[str, str]) -> tuple[int, int]:
    spellings = len(row["latin_variants_seen"].split(";")) if row["latin_variants_seen"] else 0
    return (-min(spellings, 6) - 2 * row["source"].count("|"), zlib.crc32(row["name_ar"].encode()))


def _made(men: Iterable[str]) -> Iterator[str]:
    """Families named after a man or a place, as most are that no list has."""
    for name in men:
        if " " not in name and not name.startswith("ال"):
            yield from (f"ال{name}", name, f"أبو {name}")
    for row in rows("places"):
        place = row["name_ar"].removeprefix("ال")
        if " " not in place and len(place) > 2:
            yield f"ال{place.rstrip('ةاى')}ي"
