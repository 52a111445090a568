"""The two families of papers, which share neither wording nor layout, and the page of each seed."""

from collections.abc import Callable, Iterator
from random import Random

from benchmarks.understanding.dev import forms as dev_forms
from benchmarks.understanding.dev import prose as dev_prose
from benchmarks.understanding.dev import tables as dev_tables
from benchmarks.understanding.kept import forms, prose, tables
from benchmarks.understanding.people import Split
from benchmarks.understanding.truth import Truth
from benchmarks.understanding.typist import Paper
from benchmarks.understanding.writer import Writer

Template = tuple[tuple[str, ...], Callable[[Writer], None]]
"""The kinds of paper that are right, and who writes it."""
FAMILIES: dict[Split, dict[str, Template]] = {
    "dev": {**dev_forms.FORMS, **dev_tables.TABLES, **dev_prose.PROSE},
    "test": {**forms.FORMS, **tables.TABLES, **prose.PROSE},
}
_SEEDS: dict[Split, str] = {"dev": "understanding dev 1", "test": "understanding kept 1"}


def paper(split: Split, template: str, number: int) -> Paper:
    """The template's page of this number, the same on every machine."""
    types, write = FAMILIES[split][template]
    writer = Writer(Random(f"{_SEEDS[split]}/{template}/{number}"), split, Truth(types))  # noqa: S311 not for secrets
    write(writer)
    return writer.paper(f"{template}-{number:03}")


def papers(split: Split, each: int) -> Iterator[tuple[str, Paper]]:
    """(template, paper), `each` of every template."""
    for template in FAMILIES[split]:
        for number in range(each):
            yield template, paper(split, template, number)
