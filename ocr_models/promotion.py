"""Whether a model may take the place of the default: worse nowhere, better somewhere, beyond chance on frozen test sets."""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Literal

from ocr_models.evaluation.bootstrap import Interval, compare
from ocr_models.evaluation.metrics import NOTHING, Count
from ocr_models.evaluation.score import ItemScore

MEASURES = ("cer", "numbers", "names")
"""What decides: signs, and the two things people search for, which an average over signs could hide."""


@dataclass(frozen=True)
class Compared:
    """One measure on one frozen set: shares of both models, and the 95 % interval of the new one's gain (above 0 is better)."""

    set: str
    measure: str
    old: float
    new: float
    gain: Interval

    @property
    def verdict(self) -> Literal["better", "worse", "alike"]:
        return "better" if self.gain.better else "worse" if self.gain.worse else "alike"


@dataclass(frozen=True)
class Decision:
    """The whole comparison, and what follows from it."""

    rows: tuple[Compared, ...]

    @property
    def accepted(self) -> bool:
        return not self._those("worse") and bool(self._those("better"))

    @property
    def reason(self) -> str:
        """Why, in one line."""
        if worse := self._those("worse"):
            return f"it is worse beyond chance on {', '.join(worse)}"
        if better := self._those("better"):
            return f"it is better beyond chance on {', '.join(better)}, and worse on none"
        return "it is better beyond chance on no set"

    def as_json(self) -> list[dict[str, Any]]:
        return [
            {"set": row.set, "measure": row.measure, "old": round(row.old, 5), "new": round(row.new, 5),
             "interval": [round(row.gain.low, 5), round(row.gain.high, 5)], "verdict": row.verdict}
            for row in self.rows
        ]  # fmt: skip

    def _those(self, verdict: str) -> list[str]:
        return [f"{row.set} ({row.measure})" for row in self.rows if row.verdict == verdict]


def judge(old: Sequence[ItemScore], new: Sequence[ItemScore]) -> Decision:
    """Compare two models on every frozen set by every measure that decides and that the set has.

    Raises ValueError when the two did not measure the same items, or there is nothing to compare.
    """
    if {(item.set, item.name) for item in old} != {(item.set, item.name) for item in new}:
        raise ValueError("the two models were not measured on the same items")
    rows = [
        Compared(name, measure, _share(ours, measure), _share(theirs, measure), compare(ours, theirs, measure))
        for name in dict.fromkeys(item.set for item in old)
        for ours, theirs in [(_of(old, name), _of(new, name))]
        for measure in MEASURES
        if _total(ours, measure)[1] and _total(theirs, measure)[1]
    ]
    if not rows:
        raise ValueError("there is nothing to compare the models on")
    return Decision(tuple(rows))


def cached(folder: Path, model: str, frozen: str, measure: Callable[[], Sequence[ItemScore]]) -> list[ItemScore]:
    """The scores of a model (its sha256) on a set (a hash of all that makes it), measured if they are not kept yet."""
    file = folder / f"{model[:32]}-{frozen[:32]}.json"
    if file.is_file():
        return [_scored(item) for item in json.loads(file.read_text("utf-8"))]
    found = list(measure())
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps([item.to_json() for item in found], ensure_ascii=False), "utf-8")
    part.replace(file)
    return found


def _scored(held: dict[str, Any]) -> ItemScore:
    counts = {measure: Count(*count) for measure, count in held["counts"].items()}
    return ItemScore(held["set"], held["name"], counts, (), held["seconds"], held["kind"], held["condition"])


def _of(items: Iterable[ItemScore], name: str) -> list[ItemScore]:
    return [item for item in items if item.set == name]


def _total(items: Iterable[ItemScore], measure: str) -> Count:
    return reduce(lambda one, other: one + other, (item.counts.get(measure, NOTHING) for item in items), NOTHING)


def _share(items: Iterable[ItemScore], measure: str) -> float:
    part, whole = _total(items, measure)
    return part / whole
