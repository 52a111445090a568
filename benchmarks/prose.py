"""The words, tables and pictures that the sections of docs/benchmarks.md are made of."""

import textwrap
from collections.abc import Iterable, Sequence

from benchmarks.results import Result

WIDTH = 140


def machine(about: Result) -> str:
    """What a result was measured on, and when."""
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return f"""Measured {about["date"]} at revision `{about["revision"]}` on {about["cores"]} cores of {about["cpu"]},
        {about["memory_gb"]} GiB,
        {about["system"]}; {versions}; load as it began {about["load"]}."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown; every column but the first to the right."""
    line = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, line, *rows))


def picture(name: str, what: str) -> str:
    """The plot of a benchmark."""
    return f"![{what}](images/bench-{name}.svg)"


def percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"


def joined(*parts: str) -> str:
    """Paragraphs filled to the width of a page; tables and pictures as they are."""
    return "\n\n".join(part if part.startswith(("|", "!")) else _fill(part) for part in parts) + "\n"


def _fill(prose: str) -> str:
    return textwrap.fill(" ".join(prose.split()), WIDTH, break_long_words=False, break_on_hyphens=False)
