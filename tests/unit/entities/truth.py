"""The fixtures' truth as readings without a reading error, and how much of it extraction finds: `python -m tests.unit.entities.truth`."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
    """A page's truth as read: in tables, the cells of one row as one line."""
    lines = [line_of(str(line["text"]), Box(*line["box"])) for line in page["lines"] if line["text"].strip()]
    return Reading(page["width"], page["height"], "truth", tuple(rows(lines) if page["kind"] == "table" else lines))


def line_of(text: str, box: Box) -> Line:
    """A line whose words share its width by their letters, from the right."""
    words, right, scale = [], float(box.x1), (box.x1 - box.x0) / max(len(text), 1)
    for word in text.split():
        left = right - len(word) * scale
        words.append(Word(word, Box(int(left), box.y0, int(right), box.y1), 1.0))
        right = left - scale
    return Line(text, box, 1.0, tuple(words))


def rows(lines: Sequence[Line]) -> list[Line]:
    """Lines whose middles stand at one height put together, right to left."""
    found: list[list[Line]] = []
    for line in lines:
        last = found[-1][-1].box if found else None
        if last and abs(last.y0 + last.y1 - line.box.y0 - line.box.y1) < line.box.y1 - line.box.y0:
            found[-1].append(line)
        else:
            found.append([line])
    return [joined(sorted(row, key=lambda line: -line.box.x1)) for row in found]


def joined(row: Sequence[Line]) -> Line:
    words = tuple(word for line in row for word in line.words)
    return Line(" ".join(line.text for line in row), Box.around([line.box for line in row]), 1.0, words)


def expected(page: Mapping[str, Any]) -> dict[str, Counter[Item]]:
    people = page["people"]
    return {
        "people": Counter((p["role"], *(p.get(part, "") for part in PARTS[:3])) for p in people),
        "parts": Counter((p["role"], part, p[part]) for p in people for part in PARTS if p.get(part)),
        "births": Counter((p["given"], p["birth"]) for p in people if p.get("birth") and p.get("given")),
        "posts": Counter((p["family"], p["post"]) for p in people if p.get("post") and p.get("family")),
        "dates": Counter({(d["text"], d["earliest"], d["latest"]): 1 for d in page["dates"]}),
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
