"""search: known people of the fixtures are found where they stand, in the form programs rely on; filters; many queries at once."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import SCANS, Sijill

FOUND = 0.9  # of the people of the truth, on their page, by their full name; measured: 68 of 70
BOXED = 1.0  # of those found: every box within the line its word stands in; measured: all

HIT = {
    "kind", "holding", "source", "page", "page_id", "box", "boxes", "text", "score", "likely", "checked", "image", "person", "reasons",
    "statement",
}  # fmt: skip
PERSON = {
    "text", "name", "given", "father", "grandfather", "family", "mother", "birth", "registry", "role", "rank", "post", "confidence", "how",
}  # fmt: skip
COVERAGE = {"pages", "indexed", "waiting", "failed", "low_confidence", "complete", "note"}
PARTS = ("given", "father", "grandfather", "family")


def on(hit: dict[str, Any], page: dict[str, Any]) -> bool:
    return (Path(hit["source"]).name, hit["page"]) == (page["source"], page["page"])


def centred_in(box: Sequence[int], lines: Sequence[Sequence[int]], slack: int = 8) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(x0 - slack <= x <= x1 + slack and y0 - slack <= y <= y1 + slack for x0, y0, x1, y1 in lines)


def test_known_people_are_found_where_they_stand(scans: Sijill, truth: list[dict[str, Any]]) -> None:
    missed, misplaced, asked = [], [], 0
    for page in truth:
        for person in page["people"]:
            if person["role"] != "subject" or not all(person.get(part) for part in ("given", "father", "family")):
                continue
            asked += 1
            names = [person[part] for part in PARTS if person.get(part)]
            here = [hit for hit in scans.hits(" ".join(names), "--limit", "50") if on(hit, page) and hit["score"] > 0.6]
            lines = [line["box"] for line in page["lines"] if any(name in line["text"] for name in names)]
            if not here:
                missed.append((page["source"], page["page"], names))
            elif not all(centred_in(box, lines) for box in here[0]["boxes"]):
                misplaced.append((page["source"], page["page"], names, here[0]["boxes"]))
    assert asked >= 60
    assert asked - len(missed) >= FOUND * asked, missed
    assert len(misplaced) <= (1 - BOXED) * asked, misplaced


def test_a_person_as_programs_see_one(scans: Sijill) -> None:
    answer = scans.quick("search", "غياث وصفي القهوجي", "--json").ok().json
    assert set(answer) == {"query", "hits", "coverage", "notice"}
    assert (answer["query"], answer["notice"]) == ("غياث وصفي القهوجي", None)
    assert set(answer["coverage"]) == COVERAGE
    hit = answer["hits"][0]
    assert set(hit) == HIT
    assert (hit["kind"], hit["holding"], hit["checked"], hit["image"]) == ("person", "Branch 215", False, True)
    assert hit["page"] >= 1
    assert hit["page_id"].endswith(f"-{hit['page']}")
    assert len(hit["page_id"].partition("-")[0]) == 64
    assert all(len(box) == 4 and box[0] < box[2] and box[1] < box[3] and all(type(x) is int for x in box) for box in hit["boxes"])
    assert hit["box"] == [*(min(box[i] for box in hit["boxes"]) for i in (0, 1)), *(max(box[i] for box in hit["boxes"]) for i in (2, 3))]
    assert 0 < hit["score"] <= 1
    assert type(hit["likely"]) is bool
    person = hit["person"]
    assert set(person) == PERSON
    assert (person["given"], person["father"], person["family"]) == ("غياث", "وصفي", "القهوجي")
    assert person["grandfather"] is None  # unknown is null, never an empty text
    assert "" not in person.values()
    assert {reason["part"] for reason in hit["reasons"]} == {"given", "father", "family"}
    assert all(set(reason) == {"part", "rule", "asked", "read"} for reason in hit["reasons"])
    assert "unverified" in hit["statement"]


def test_a_page_as_programs_see_one(scans: Sijill) -> None:
    hits = scans.hits("محكمة الميدان العسكرية")
    page = next(hit for hit in hits if hit["kind"] == "page")
    assert set(page) == HIT
    assert (page["person"], page["statement"], page["likely"]) == (None, None, False)
    assert "محكمة" in page["text"]
    assert page["boxes"]


def test_nothing_found_is_an_answer(scans: Sijill) -> None:
    answer = scans.quick("search", "zzqx", "--json").ok().json
    assert answer["hits"] == []
    assert answer["coverage"]["complete"] is True
    assert "Nothing found in what was searched" in scans.quick("search", "zzqx").ok().out


def test_a_name_with_a_lost_dot_is_found(scans: Sijill) -> None:
    """As a clerk or a reader would miss them: ن for ت at the beginning, ح for خ."""
    assert any("الدباغ" in (hit["person"] or {}).get("name", "") for hit in scans.hits("نميم نصوح الدباغ"))
    assert scans.hits("حلوصي ثابت النقاش")[0]["person"]["given"] == "خلوصي"


def test_many_queries_at_once(scans: Sijill, tmp_path: Path) -> None:
    asked = tmp_path / "names.txt"
    asked.write_text("\ufeffغياث وصفي القهوجي\n\n؟!\r\nzzqx\n", "utf-8")
    answers = [json.loads(line) for line in scans.quick("search", "--queries", str(asked)).ok().out.splitlines()]
    assert [answer["query"] for answer in answers] == ["غياث وصفي القهوجي", "؟!", "zzqx"]
    assert answers[0]["hits"] == scans.hits("غياث وصفي القهوجي")
    assert answers[1]["error"]["code"] == "bad-query"
    assert answers[2]["hits"] == []


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        (["--holding", "Branch 215"], lambda _: True),
        (["--type", "court"], lambda page: page["source"].startswith("verdict-")),
        (["--type", "rel"], lambda page: page["source"].startswith("release-")),
        (["--facility", "CRT-TERR"], lambda page: any(facility["id"] == "CRT-TERR" for facility in page["facilities"])),
    ],
)
def test_filters_keep_what_they_say(scans: Sijill, truth: list[dict[str, Any]], filters: list[str], kept: Any) -> None:
    pages = {(page["source"], page["page"]): page for page in truth}
    everything = scans.hits("غياث وصفي القهوجي", "--limit", "100")
    there = {(Path(hit["source"]).name, hit["page"]) for hit in scans.hits("غياث وصفي القهوجي", "--limit", "100", *filters)}
    possible = {(Path(hit["source"]).name, hit["page"]) for hit in everything}
    assert there <= {key for key in possible if kept(pages[key])}
    assert bool(there) == any(kept(pages[key]) for key in possible)


def test_a_period_keeps_pages_dated_in_it(scans: Sijill) -> None:
    """Tesseract misreads most digits: pages whose dates it has read are asked for, and the answer says that others may be missing."""
    asked = ("تميم نصوح الدباغ", "--limit", "100")
    every, early, late = (
        {Path(hit["source"]).name for hit in scans.hits(*asked, *period)} for period in ([], ["--to", "2013-12"], ["--from", "2014"])
    )
    assert early | late <= every
    assert "table-branch-215.pdf" in early - late
    assert "death-sednaya.pdf" in late - early
    assert scans.hits(*asked, "--from", "1700", "--to", "1701") == []
    assert "misread" in scans.quick("search", *asked, "--from", "2014").ok().out


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["؟!"], "bad-query"), ([""], "bad-query"), ([], "bad-query"), (["x", "--queries", "y"], "bad-query"),
        (["x", "--from", "2013-13"], "bad-query"), (["x", "--from", "then"], "bad-query"),
        (["x", "--from", "2014", "--to", "2013"], "bad-query"),
        (["--queries", "/no/such/file"], "unreadable"),
    ],
)  # fmt: skip
def test_a_question_without_sense_is_told(scans: Sijill, args: list[str], reason: str) -> None:
    scans.quick("search", *args).failed(64, reason)


def test_a_holding_that_is_not_there_is_told(scans: Sijill) -> None:
    """Nothing found would be a false answer."""
    scans.quick("search", "x", "--holding", "Nowhere").failed(66, "no-such-holding")


def test_operators_and_noise_are_words_only(scans: Sijill) -> None:
    for text in ['"', "a AND NOT b", "name:*", "(((", "'; DROP TABLE page; --", "\u202eغياث\u202c", "غ" * 30_000, "a " * 5000, "NEAR/2 OR"]:
        assert scans.quick("search", text).code in (0, 64)
    assert scans.hits("\u202eغياث\u202c وصفي القهوجي")[0]["person"]["given"] == "غياث"


def test_a_picture_of_every_hit(scans: Sijill, tmp_path: Path) -> None:
    from PIL import Image

    scans("search", "غياث وصفي القهوجي", "--limit", "2", "--pictures", tmp_path / "pictures").ok()
    for number in (1, 2):
        with Image.open(tmp_path / "pictures" / f"hit-{number}.png") as picture:
            assert max(picture.size) <= 2000
            assert picture.convert("RGB").getcolors(2**24) is not None


def test_no_archive_is_told(tmp_path: Path) -> None:
    nowhere = Sijill(tmp_path / "none", {})
    for command in ("search x", "status", "verify", "reindex", "retry", "review export", "withdraw x --reason y"):
        nowhere.quick(*command.split()).failed(69, "no-archive")
    assert not (tmp_path / "none").exists()


def test_sources_are_named_as_the_archivist_did(scans: Sijill) -> None:
    assert {Path(hit["source"]).parent for hit in scans.hits("غياث وصفي القهوجي")} == {SCANS}
