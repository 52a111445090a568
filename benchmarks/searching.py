"""How long each index takes to build and to answer: made pages, three kinds of questions. A first baseline for later work."""

import json
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks import engines, machine, scans
from benchmarks.growth import Save
from benchmarks.results import Result
from pipeline.entities.lexicon import rows
from pipeline.indexing import BATCH
from pipeline.model import Birth, Box, Entities, IndexedPage, PageRef, Person, Query, ReferenceMention
from pipeline.ports import SearchIndex
from search.elastic import ElasticIndex
from search.find import WIDER
from search.fts5 import Fts5Index

LINES = 15  # of running text a page
PEOPLE = 3  # a page
QUERIES = 100  # of each kind
KEEP_EVERY = 25  # portions
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

    def after(self, key: int) -> Iterator[IndexedPage]:
        """The pages after that one; those after 0 are all."""
        return map(self.page, range(key + 1, self._pages + 1))

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


def measure(wanted: Sequence[tuple[str, int]], work: Path, known: Result | None, save: Save, queries: int = QUERIES) -> Result:
    """Build an index of each (engine, pages), as `ingest` does, and ask it; each query is asked once. Those ``known`` has are left out.

    A build that was interrupted goes on where it stopped, with what is in ``work``.
    """
    result: Result = {"queries": queries, "candidates": LIMIT, "runs": {}, **(known or {})}
    for engine, pages in wanted:
        name = f"{engine}-{pages}"
        if name not in result["runs"]:
            about = {"machine": machine.describe(), "engine": engine, "pages": pages, "documents": pages * (1 + PEOPLE)}
            result["runs"][name] = about | _run(engine, Archive(pages), pages, work / name, queries)
            save(result)
            shutil.rmtree(work / name)
    return result


def _run(engine: str, archive: Archive, pages: int, folder: Path, queries: int) -> Result:
    folder.mkdir(parents=True, exist_ok=True)
    with ENGINES[engine](folder) as opened:
        built = Built(folder / "built.json")
        built.go_on(opened.index, archive)
        megabytes = opened.megabytes()
        asked = {kind: _ask(opened.index, some) for kind, some in questions(archive, pages, queries).items()}
        resident = opened.resident()
    return {"build": round(built.seconds, 2), "attempts": built.attempts, "mb": round(megabytes, 1), "rss": round(resident), "kinds": asked}


class Built:
    """How far a build has come, in a file: pages that are in the index, and the seconds it took to put them there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        kept: Result = json.loads(path.read_text("ascii")) if path.exists() else {"pages": 0, "seconds": 0.0, "attempts": 0}
        self.pages: int = kept["pages"]
        self.seconds: float = kept["seconds"]
        self.attempts: int = kept["attempts"] + 1

    def go_on(self, index: SearchIndex, archive: Archive) -> None:
        """Put in what is missing, in the portions the outbox is drained in; making the pages is not counted."""
        for number, portion in enumerate(batched(archive.after(self.pages), BATCH)):
            start = time.perf_counter()
            index.apply(portion)
            self.seconds += time.perf_counter() - start
            self.pages += len(portion)
            if number % KEEP_EVERY == 0:
                self._keep()
        self._keep()

    def _keep(self) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps({"pages": self.pages, "seconds": self.seconds, "attempts": self.attempts}), "ascii")
        fresh.replace(self._path)


def batched(pages: Iterator[IndexedPage], size: int) -> Iterator[list[IndexedPage]]:
    while portion := list(islice(pages, size)):
        yield portion


@dataclass(frozen=True)
class Opened:
    """An index, what it takes on the disk, and the memory of the engine's own processes in MiB (0: it has none)."""

    index: SearchIndex
    megabytes: Callable[[], float]
    resident: Callable[[], float]


@contextmanager
def fts5(folder: Path) -> Iterator[Opened]:
    path = folder / "index.db"
    with closing(Fts5Index(path, create=True)) as index:
        yield Opened(index, lambda: path.stat().st_size / engines.MIB, lambda: 0.0)


@contextmanager
def elasticsearch(folder: Path) -> Iterator[Opened]:
    folder.chmod(0o711)
    with ExitStack() as stack:
        node = engines.started(stack, engines.elastic(folder / "elasticsearch"))
        index = ElasticIndex(f"{node.endpoint.url}/benchmark", node.endpoint.api_key, node.endpoint.ca_file, create=True)
        stack.callback(index.close)
        data = folder / "elasticsearch" / "data"
        yield Opened(index, lambda: engines.on_disk(data), lambda: engines.resident(node.processes))


ENGINES: dict[str, Callable[[Path], AbstractContextManager[Opened]]] = {"fts5": fts5, "elasticsearch": elasticsearch}


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


def _ask(index: SearchIndex, questions: Sequence[tuple[str, int]]) -> Result:
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
