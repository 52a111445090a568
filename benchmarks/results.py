"""Results as kept: one small JSON file a benchmark, from which docs/benchmarks.md is rebuilt."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
Result = dict[str, Any]


def load(name: str, docs: Path = DOCS) -> Result | None:
    """A benchmark's last result; None when it has not been run."""
    path = _path(name, docs)
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def save(name: str, result: Result, docs: Path = DOCS) -> None:
    """Keep a result, whole or not at all, so that a run may be killed at any time."""
    path = _path(name, docs)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(result, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
    fresh.replace(path)


def _path(name: str, docs: Path) -> Path:
    return docs / "benchmarks" / f"{name}.json"
