"""The append-only record of who did what to which bytes: one hash chain a holding, checked link by link.

Each entry holds the hash of the one before it, so that editing, removing or reordering any entry breaks the chain from there on; cutting
off its end shows against a checkpoint (size and root) kept elsewhere. Construction: the linear hash chain of Haber and Stornetta,
"How to time-stamp a digital document" (1991).
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.errors import Damaged, Usage
from pipeline.model import Value

GENESIS = "0" * 64
ARCHIVE = 0
"""Stands for the archive as a whole where a holding's id is asked for: the chain of who was let in and what was asked."""
CHECKPOINT = re.compile(r"(\d{1,12}):(\d{1,12}):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Entry:
    """One act: ids only, never names. ``at`` is ISO 8601 UTC, ``previous`` the hash of entry ``number`` - 1 (numbers start at 1)."""

    holding: int
    number: int
    at: str
    actor: str
    action: str
    subject: str
    details: Mapping[str, Value]
    previous: str

    @property
    def hash(self) -> str:
        """sha256 over the canonical JSON of every field."""
        fields = [self.holding, self.number, self.at, self.actor, self.action, self.subject, dict(self.details), self.previous]
        return hashlib.sha256(json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How long a holding's chain was, and the hash of its last entry: to be kept outside the archive."""

    holding: int
    size: int
    root: str

    def __str__(self) -> str:
        return f"{self.holding}:{self.size}:{self.root}"

    @staticmethod
    def parse(text: str) -> "Checkpoint":
        found = CHECKPOINT.fullmatch(text.strip())
        if not found:
            raise Usage("bad-checkpoint", "a checkpoint reads HOLDING:SIZE:ROOT, as the end of a batch printed it")
        return Checkpoint(int(found[1]), int(found[2]), found[3])


def check(entries: Iterable[tuple[Entry, str]], kept: Iterable[Checkpoint] = ()) -> Checkpoint | None:
    """Follow one holding's chain of (entry, stored hash) and compare it with checkpoints kept elsewhere; None for an empty chain.

    Raises Damaged: chain-broken where an entry was edited, removed or reordered, chain-cut where fewer entries are left than a
    checkpoint counted, chain-rewritten where the entry a checkpoint names has another hash.
    """
    wanted: dict[int, list[Checkpoint]] = {}
    for checkpoint in kept:
        wanted.setdefault(checkpoint.size, []).append(checkpoint)
    last: Checkpoint | None = None
    for number, (entry, stored) in enumerate(entries, start=1):
        if entry.number != number or entry.previous != (last.root if last else GENESIS) or entry.hash != stored:
            raise Damaged("chain-broken", f"custody record {number} of holding {entry.holding} was edited, removed or reordered")
        last = Checkpoint(entry.holding, number, stored)
        if any(checkpoint.root != stored for checkpoint in wanted.pop(number, ())):
            raise Damaged("chain-rewritten", f"custody record {number} of holding {entry.holding} is not the one the checkpoint names")
    if wanted:
        short = max(wanted)
        holding, size = wanted[short][0].holding, last.size if last else 0
        raise Damaged("chain-cut", f"holding {holding} has {size} custody records, the checkpoint {short}")
    return last
