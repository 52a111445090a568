"""The fixtures' truth as readings without a reading error, and how much of it extraction finds: `python -m tests.unit.entities.truth`."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.arabic import ascii_digits, clean
from pipeline.entities import extract
from pipeline.model import Box, Entities, Line, Reading, Word

TRUTH = Path(__file__).parents[3] / "fixtures" / "scans" / "truth.json"
PARTS = ("given", "father", "family", "mother", "registry")
Item = tuple[str, ...]


def pages() -> list[dict[str, Any]]:
    return list(json.loads(TRUTH.read_text(encoding="utf-8"))["pages"])


def reading(page: Mapping[str, Any]) -> Reading:
    """A page's truth as read, a table's row as one line."""
    lines = [_line(line, page["rotation"]) for line in page["lines"] if line["text"].strip()]
    return Reading(page["width"], page["height"], "truth", tuple(lines))


def _line(line: Mapping[str, Any], rotation: int) -> Line:
    parts = line.get("cells") or [line]
    words = tuple(word for part in parts for word in _words(part["text"], Box(*part["box"]), rotation))
    return Line(line["text"], Box(*line["box"]), 1.0, words)


def _words(text: str, box: Box, rotation: int) -> Iterator[Word]:
    """Words that share a box by their letters, in the direction of reading."""
    at = 0
    for word in text.split():
        a, b = at / len(text), (at + len(word)) / len(text)
        yield Word(word, _part(box, (a, b) if rotation in (180, 270) else (1 - b, 1 - a), upright=rotation in (0, 180)), 1.0)
        at += len(word) + 1


def _part(box: Box, share: tuple[float, float], *, upright: bool) -> Box:
    low, high = share
    if upright:
        width = box.x1 - box.x0
        return Box(int(box.x0 + low * width), box.y0, int(box.x0 + high * width), box.y1)
    height = box.y1 - box.y0
    return Box(box.x0, int(box.y0 + low * height), box.x1, int(box.y0 + high * height))


def expected(page: Mapping[str, Any]) -> dict[str, Counter[Item]]:
    people = page["people"]
    return {
        "people": Counter((p["role"], *(p.get(part, "") for part in PARTS[:3])) for p in people),
        "parts": Counter((p["role"], part, p[part]) for p in people for part in PARTS if p.get(part)),
        "births": Counter((p["given"], p["birth"]) for p in people if p.get("birth") and p.get("given")),
        "posts": Counter((p["family"], p["post"]) for p in people if p.get("post") and p.get("family")),
        "dates": Counter({(clean(d["text"]), d["earliest"], d["latest"]): 1 for d in page["dates"]}),
        "roles": Counter({(d["earliest"], d["role"]): 1 for d in page["dates"]}),
        "facilities": Counter({(f["id"],): 1 for f in page["facilities"]}),
        "references": Counter({(ascii_digits(r),): 1 for r in page["references"]}),
    }


def found(entities: Entities) -> dict[str, Counter[Item]]:
    people = entities.people
    return {
        "people": Counter((p.role, *(getattr(p, part) or "" for part in PARTS[:3])) for p in people),
        "parts": Counter((p.role, part, text) for p in people for part in PARTS if (text := getattr(p, part))),
        "births": Counter((p.given or "", str(p.birth.date or p.birth.year)) for p in people if p.birth and p.given),
        "posts": Counter((p.family or "", p.post) for p in people if p.post),
        "dates": Counter({(clean(d.text), d.earliest, d.latest): 1 for d in entities.dates}),
        "roles": Counter({(d.earliest, d.role): 1 for d in entities.dates}),
        "facilities": Counter({(f.id,): 1 for f in entities.facilities}),
        "references": Counter({(r.number,): 1 for r in entities.references}),
    }


def scores(truths: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """F1 of each kind over all pages."""
    right: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for page in truths:
        want, got = expected(page), found(extract(reading(page)))
        for kind in want:
            right[kind] += 2 * (want[kind] & got[kind]).total()
            counted[kind] += want[kind].total() + got[kind].total()
    return {kind: right[kind] / counted[kind] for kind in counted}


if __name__ == "__main__":
    for truth in pages():
        wanted, given = expected(truth), found(extract(reading(truth)))
        for what in wanted:
            lost, extra = wanted[what] - given[what], given[what] - wanted[what]
            if (lost or extra) and "-v" in sys.argv:
                sys.stdout.write(f"{truth['source']} {truth['page']} {what}\n  lost  {list(lost)}\n  extra {list(extra)}\n")
    for what, score in scores(pages()).items():
        sys.stdout.write(f"{what:12}{score:.3f}\n")
