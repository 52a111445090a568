"""The names of one index in Elasticsearch: which of its generations is searched, which are written to, and how a new one takes over.

NAME is an alias of the generation that is searched (NAME-000001, NAME-000002 …). NAME-write is an alias of every generation that is
written to, two while a rebuild fills the next one. Each generation has an alias of its own besides, GENERATION-write, through which it
is written with ``require_alias``: a stray write to one that is gone makes nothing.
"""

import re
from collections.abc import Iterable
from typing import Any

from elasticsearch import ApiError, Elasticsearch, NotFoundError

from pipeline.errors import Damaged, Unavailable, Usage
from search.elastic_client import told
from search.elastic_mapping import index_format, layout

_REINDEX = "Run `sijill reindex`: it builds the index again from the catalogue."


class Names:
    """Looks names up and changes them, each change in one step. Raises Unavailable, Damaged (index-missing, index-outdated)."""

    def __init__(self, client: Elasticsearch, name: str) -> None:
        self._client, self._name = client, name
        self._generation = re.compile(re.escape(name) + r"-(\d{6,})")

    def searched(self) -> str:
        """The generation to search."""
        [found] = self._current(self._name)
        return found

    def written(self) -> list[str]:
        """The alias of each generation to write to."""
        return [_own(generation) for generation in sorted(self._current(f"{self._name}-write"))]

    def create(self) -> None:
        """Lay out an empty index where there is none."""
        with told():
            if not self._client.indices.exists(index=self._name):
                self._make(self._next(self._generations()), self._name)

    def begin(self) -> str:
        """A new, empty generation, written to from now on; what an unfinished rebuild left is removed first."""
        with told():
            held = self._generations()
            for left in [generation for generation, aliases in held.items() if self._name not in aliases]:
                self._client.indices.delete(index=left, ignore_unavailable=True)
            self._retire()
            fresh = self._next(held)
            self._make(fresh)
        return fresh

    def swap(self, fresh: str) -> None:
        """Search this generation from now on and remove the one searched so far, in one step."""
        with told():
            old = [generation for generation, aliases in self._generations().items() if self._name in aliases]
            add = {"add": {"index": fresh, "alias": self._name}}
            self._client.indices.update_aliases(actions=[*({"remove_index": {"index": name}} for name in old), add])

    def _current(self, alias: str) -> Iterable[str]:
        """The generations behind an alias, all of this version's format."""
        formats = self._formats(alias)
        if not formats:
            raise Damaged("index-missing", "The search index is not there.", _REINDEX)
        if set(formats.values()) != {index_format()}:
            raise Damaged("index-outdated", "The search index was made by another version of Sijill.", _REINDEX)
        return formats

    def _formats(self, alias: str) -> dict[str, str]:
        try:
            with_told = self._client.indices.get_mapping(index=alias)
        except NotFoundError:
            return {}
        if alias in with_told:
            raise Usage("bad-setting", f"{alias} is the name of another index.", "Give SIJILL_INDEX another name.")
        return {generation: str(held["mappings"].get("_meta", {}).get("format", "")) for generation, held in with_told.items()}

    def _generations(self) -> dict[str, set[str]]:
        """Every generation there is, with its aliases."""
        found = self._client.indices.get_alias(index=f"{self._name}-*")
        return {name: set(held["aliases"]) for name, held in found.items() if self._generation.fullmatch(name)}

    def _next(self, held: Iterable[str]) -> str:
        numbers = [int(match[1]) for match in map(self._generation.fullmatch, held) if match]
        return f"{self._name}-{max(numbers, default=0) + 1:06}"

    def _make(self, generation: str, *aliases: str) -> None:
        names: dict[str, Any] = {alias: {} for alias in (f"{self._name}-write", _own(generation), *aliases)}
        try:
            self._client.indices.create(index=generation, aliases=names, **layout())
        except ApiError as error:
            if error.error != "resource_already_exists_exception":
                raise
            if not aliases:
                raise Unavailable("index-busy", "Somebody else has just begun to rebuild the index.", "Wait until it is done.") from None

    def _retire(self) -> None:
        """A generation of another version is no longer written to; whoever searches it is told that it is outdated."""
        formats = self._formats(f"{self._name}-write")
        actions = [{"remove": {"index": name, "alias": f"{self._name}-write"}} for name, held in formats.items() if held != index_format()]
        if actions:
            self._client.indices.update_aliases(actions=actions)


def _own(generation: str) -> str:
    return f"{generation}-write"
