"""How long the embedded index takes to build and to answer: made pages, three kinds of questions. A first baseline for later work."""

import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks import machine, scans
from benchmarks.results import Result
from pipeline.entities.lexicon import rows
from pipeline.indexing import BATCH
from pipeline.model import Birth, Box, Entities, IndexedPage, PageRef, Person, Query, ReferenceMention
from search.find import WIDER
from search.fts5 import Fts5Index

LINES = 15  # of running text a page
PEOPLE = 3  # a page
QUERIES = 100  # of each kind
LIMIT = WIDER * Query("").limit  # candidates, as `sijill search` asks for
NOWHERE = Box(0, 0, 1, 1)


class Archive:
    """Pages made from a seed: lines of the fixture scans, people with names of the word lists put together by chance, a number each."""

    def __init__(self, pages: int, seed: int = 1) -> None:
        self._pages, self._seed = pages, seed
        truth = json.loads((scans.FIXTURES / "truth.json").read_text("utf-8"))["pages"]
        self._lines = [line["text"] for page in truth for line in page["lines"]]
        self._men, self._women, self._families = (
            [row["name_ar"] for row in rows(name)] for name in ("given_names_male", "given_names_female", "family_names")
        )

    def __iter__(self) -> Iterator[IndexedPage]:
        return map(self.page, range(1, self._pages + 1))

    def page(self, key: int) -> IndexedPage:
        chance = random.Random(self._seed * 10_000_000 + key)  # noqa: S311 - not a secret
        people = tuple(self._person(chance) for _ in range(PEOPLE))
        number = f"{chance.randrange(1, 100_000)}/{chance.randrange(1, 100)}"
        text = "\n".join([*chance.sample(self._lines, LINES), number, *(person.text for person in people)])
        ref = PageRef(key, f"{key:064x}-1", f"{key:064x}", 1, "Benchmark", f"{key}.tif", "image/tiff", 1)
        entities = Entities(people=people, references=(ReferenceMention(number, (NOWHERE,), number),), type="memo")
        return IndexedPage(ref, 0, text, entities, 0.9)

    def _person(self, chance: random.Random) -> Person:
        given, father, mother = chance.choice(self._men), chance.choice(self._men), chance.choice(self._women)
        family, year = chance.choice(self._families), chance.randrange(1930, 2000)
        text = f"{given} {father} {family} والدته {mother} تولد {year}"
        return Person(text, (NOWHERE,), given, father, None, family, mother, Birth(year), role="subject")


def measure(sizes: Sequence[int], queries: int = QUERIES) -> Result:
    """Build an index of each size, as `ingest` does, and ask it; each query is asked once, of a warm file."""
    about = machine.describe()
    return {
        "machine": about,
        "queries": queries,
        "candidates": LIMIT,
        "runs": {str(size): _run(Archive(size), size, queries) for size in sizes},
    }


def _run(archive: Archive, size: int, queries: int) -> Result:
    with tempfile.TemporaryDirectory(prefix="sijill-search-") as name:
        path = Path(name) / "index.db"
        index = Fts5Index(path, create=True)
        seconds = _build(index, archive)
        asked = {kind: _ask(index, questions) for kind, questions in questions(archive, size, queries).items()}
        index.close()
        megabytes = path.stat().st_size / 2**20
    return {"pages": size, "documents": size * (1 + PEOPLE), "build": round(seconds, 2), "mb": round(megabytes, 1), "kinds": asked}


def _build(index: Fts5Index, archive: Archive) -> float:
    """Seconds to put every page in, in the portions the outbox is drained in; making the pages is not counted."""
    seconds, portion = 0.0, list[IndexedPage]()
    for page in archive:
        portion.append(page)
        if len(portion) == BATCH:
            seconds += _timed_apply(index, portion)
            portion = []
    return seconds + _timed_apply(index, portion)


def _timed_apply(index: Fts5Index, pages: Sequence[IndexedPage]) -> float:
    start = time.perf_counter()
    index.apply(pages)
    return time.perf_counter() - start


def questions(archive: Archive, size: int, queries: int) -> dict[str, list[tuple[str, int]]]:
    """(query, key of a page that answers it) by kind: a name as printed, the same with a letter lost, a reference number."""
    chance = random.Random(7)  # noqa: S311 - not a secret
    chosen = [archive.page(chance.randrange(1, size + 1)) for _ in range(queries)]
    people = [(page.entities.people[0], page.page.key) for page in chosen]
    return {
        "name": [(person.name, key) for person, key in people],
        "name_misread": [(f"{person.given} {person.father} {_lost(person.family or '', chance)}", key) for person, key in people],
        "reference": [(page.entities.references[0].number, page.page.key) for page in chosen],
    }


def _ask(index: Fts5Index, questions: Sequence[tuple[str, int]]) -> Result:
    """Milliseconds for half and for 95 of 100 queries, and how many of them brought the page that was meant."""
    taken, found = [], 0
    for text, key in questions:
        start = time.perf_counter()
        candidates = index.candidates(Query(text), LIMIT)
        taken.append(1000 * (time.perf_counter() - start))
        found += any(candidate.page.key == key for candidate in candidates)
    half, most = np.percentile(taken, [50, 95])
    return {"p50_ms": round(float(half), 2), "p95_ms": round(float(most), 2), "found": found}


def _lost(word: str, chance: random.Random) -> str:
    """The word without one letter of its middle."""
    at = chance.randrange(1, max(2, len(word) - 1))
    return word[:at] + word[at + 1 :]
