"""Every benchmark runs at toy size and tells what it measured; the page is what the kept results make of it. No figure is judged here."""

import hashlib
import json
import math
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks import commands, growth, machine, overhead, plots, recall, scans, searching, workers
from benchmarks.__main__ import app
from benchmarks.finding import run as finding
from benchmarks.page import SECTIONS, on_paper, page
from benchmarks.results import DOCS, Result, load, save
from benchmarks.understanding import measure as understanding
from benchmarks.watching import Cost, Failed, environment, watch
from pipeline.pages import Limits, probe, render

LIMITS = Limits(200, 5000, 4096, 180)
NAMES = [name for name, *_ in SECTIONS]
ABOUT = {
    "cpu": "Made", "cores": 2, "memory_gb": 4, "system": "Debian", "versions": {"python": "3.11"}, "revision": "abc", "date": "2026-01-01",
    "load": 0.1,
}  # fmt: skip


def run(pages: int, seconds: float) -> Result:
    cost = Cost(seconds, seconds, seconds / 2, 150, 120, 400, 1, 200).as_json() | {"samples": [[0.0, 100.0, 0.0], [seconds, 150.0, 250.0]]}
    return {"machine": ABOUT, "pages": pages, "files": pages // 5, "database_mb": 1.0, "attempts": 1, **cost}


def worked(backend: str, workers: int, pages: int) -> Result:
    beside = {name: {"cpu": 1.0, "rss": 100.0} for name in (["workers", "PostgreSQL", "Prefect"] if backend == "shared" else ["Prefect"])}
    return run(pages, pages / 10 / workers) | {"backend": backend, "workers": workers, "beside": beside}


def imported(work: Path, around: Mapping[str, str]) -> int:
    """A page read elsewhere."""
    (work / "pages.jsonl").write_text(json.dumps({"source": "a.pdf", "page": 1, "text": "المدعو تميم نصوح الدباغ"}), "utf-8")
    commands.once([machine.sijill(), "import", str(work / "pages.jsonl"), "--holding", "Made"], around)
    return 1


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """A result of each benchmark; those that need Prefect's server are made of figures."""
    work = overhead.overhead(Cost(wall=60, main_cpu=3), {"render": 10.0, "preprocess": 20.0, "read": 60.0, "extract": 10.0}, 2)
    return {
        "overhead": {"machine": ABOUT, "pages": 20, "reader": "tesseract", **work},
        "growth": {"runs": {"100": run(100, 10), "1000": run(1000, 100)}},
        "workers": {"runs": {f"{made}": worked(*made) for made in (("embedded", 1, 100), ("shared", 1, 100), ("shared", 2, 1000))}},
        "reading": recall.measure(["memo-cable-fax.tif"]),
        "search": searching.measure([("fts5", 50), ("fts5", 100)], tmp_path_factory.mktemp("search"), None, lambda _: None, queries=5),
        "understanding": understanding.measure(understanding.Plan("dev", 1)),
        "finding": finding.measure(80, 5, "dev", ["fts5"], tmp_path_factory.mktemp("finding"), None, lambda _: None),
        "commands": commands.measure(1, ["--help", "search تميم"], fill=imported),
    }


def test_overhead_is_what_is_left_beside_the_work(measured: dict[str, Result]) -> None:
    assert measured["overhead"]["overhead"] == 0.2  # 2 processes for 60 s, 100 s of it work
    assert "**Overhead 20.0 %**" in page({**dict.fromkeys(NAMES), **measured})


@pytest.mark.parametrize(("reader", "said"), [("tesseract", True), (overhead.READER, False)])
def test_figures_of_a_reader_that_is_not_the_default_say_so(reader: str, said: bool, measured: dict[str, Result]) -> None:
    text = page({**dict.fromkeys(NAMES), "overhead": measured["overhead"] | {"reader": reader}})
    assert ("not yet run again" in text) is said


@pytest.mark.parametrize("name", NAMES)
def test_a_result_gives_a_section_with_its_command_machine_table_and_plot(name: str, measured: dict[str, Result], tmp_path: Path) -> None:
    text = page({**dict.fromkeys(NAMES), name: measured[name]})
    assert text.count("Not measured yet.") == len(NAMES)  # the others, and what is put together from several
    for part in (f"python -m benchmarks {name}", "Measured 20", "| ---", f"(images/bench-{name}.svg)", "Reading: ", "Limits: "):
        assert part in text
    first = plots.draw(name, measured[name], tmp_path).read_bytes()
    assert plots.draw(name, measured[name], tmp_path).read_bytes() == first, "the same result gives the same plot"
    assert len(first) < 100_000


def test_what_ten_million_pages_need_is_reckoned_from_the_results(measured: dict[str, Result]) -> None:
    """1 s of work a page in 160 cores beside 1 ms of the worker: 160 pages a second, 17 hours."""
    search = {"engine": "elasticsearch", "pages": 1000, "mb": 4.0, "documents": 4000, "build": 1.0, "rss": 1, "attempts": 1}
    some = {
        "overhead": measured["overhead"] | {"work": 20.0},
        "workers": {"runs": {"one": worked("shared", 2, 1000)}},
        "search": {"runs": {"one": search}},
    }
    text = on_paper({**dict.fromkeys(NAMES), **some})
    assert "160 pages a second, **0.7 days**" in text
    assert "| PostgreSQL | 1.0 | 0.2 |" in text
    assert "39 GiB" in text
    assert on_paper({**dict.fromkeys(NAMES), **some, "search": measured["search"]}) == "Not measured yet.\n"


def test_results_are_kept_and_the_page_is_rebuilt_from_them(measured: dict[str, Result], tmp_path: Path) -> None:
    assert load("search", tmp_path) is None
    for name, result in measured.items():
        save(name, result, tmp_path)
    done = CliRunner().invoke(app, ["page", "--docs", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0
    assert (tmp_path / "benchmarks.md").read_text("utf-8") == page({name: load(name, tmp_path) for name in NAMES})
    assert {path.name for path in (tmp_path / "images").iterdir()} == {f"bench-{name}.svg" for name in NAMES}


def test_the_page_of_this_project_is_what_its_results_make_of_it() -> None:
    results = {name: load(name) for name in NAMES}
    assert (DOCS / "benchmarks.md").read_text("utf-8") == page(results), "run `uv run python -m benchmarks page`"
    for name, result in results.items():
        if result:
            plot = DOCS / "images" / f"bench-{name}.svg"
            assert 0 < plot.stat().st_size <= 100_000


def test_copies_differ_in_bytes_and_not_in_pages(tmp_path: Path) -> None:
    pages = sum(number for _, number in scans.fixtures())
    assert scans.copies(tmp_path, pages + 1) == pages + 1
    copied = sorted(tmp_path.iterdir())
    files = [path for path, _ in scans.fixtures()]
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in [*files, *copied]}
    assert len(digests) == len(files) + len(copied)
    for path, _ in scans.fixtures():
        copy = tmp_path / f"{path.stem}-001{path.suffix}"
        was, now = probe(path, LIMITS), probe(copy, LIMITS)
        assert (now.media_type, now.pages) == (was.media_type, was.pages)
        before, after = (render(file, 1, was.media_type, LIMITS) for file in (path, copy))
        assert (before.dpi, before.pixels.shape) == (after.dpi, after.pixels.shape)
        assert (before.pixels == after.pixels).all()


@pytest.mark.parametrize("pages", [5, 107])
def test_small_pages_are_as_many_as_asked_for_and_all_different(pages: int, tmp_path: Path) -> None:
    assert scans.small_pages(tmp_path, pages) == len(list(tmp_path.iterdir()))
    drawn = [
        render(path, at, info.media_type, LIMITS).pixels.tobytes()
        for path in tmp_path.iterdir()
        for info in [probe(path, LIMITS)]
        for at in range(1, info.pages + 1)
    ]
    assert len(drawn) == len(set(drawn)) == pages


def test_a_watched_command_costs_something_and_must_succeed(tmp_path: Path) -> None:
    busy = "b = bytearray(200 << 20)\nimport time; end = time.process_time() + 1\nwhile time.process_time() < end: pass"
    told: list[float] = []
    cost = watch([sys.executable, "-c", busy], environment(tmp_path), tmp_path / "log", tell=lambda cost: told.append(cost.main_cpu))
    assert cost.wall >= cost.cpu * 0.9 > 0.9
    assert 200 < cost.main_rss == cost.tree_rss < 400
    assert told == sorted(told)
    with pytest.raises(Failed, match="no such"):
        watch([sys.executable, "-c", "raise SystemExit('no such thing')"], environment(tmp_path), tmp_path / "log")


def test_an_interrupted_growth_run_adds_up_its_attempts(tmp_path: Path) -> None:
    first = growth.Attempts(tmp_path / "a.json")
    first.note(Cost(wall=3, main_rss=10))
    first.note(Cost(wall=5, cpu=4, main_rss=90))  # as far as it came
    again = growth.Attempts(tmp_path / "a.json")
    again.note(Cost(wall=7, cpu=6, main_rss=80))
    summed = growth.summed(again.all)
    assert (len(again.all), summed["wall"], summed["cpu"], summed["main_rss"]) == (2, 12, 10, 90)


@pytest.mark.parametrize(("seconds", "power"), [((1, 10, 100), 1.0), ((1, 100, 10_000), 2.0), ((5, 5, 5), 0.0)])
def test_the_exponent_is_the_power_seconds_grow_by(seconds: tuple[float, ...], power: float) -> None:
    runs = [{"pages": 10**at, "wall": wall} for at, wall in enumerate(seconds, 1)]
    assert growth.exponent(runs, "wall") == pytest.approx(power)
    assert math.isnan(growth.exponent(runs[:1], "wall"))


@pytest.mark.parametrize(
    ("text", "words", "numbers", "folded"),
    [
        ("الرقم: ١٢/٣", 1, 1, 1),
        ("(الرَّقم)، 12/3", 1, 0, 1),
        ("الرقـم ١٢/٣ الرقم ١٢/٣", 1, 1, 1),  # read twice, there once
        ("رقم ١٢/٤", 0, 0, 0),
        ("", 0, 0, 0),
    ],
)
def test_recall_counts_each_token_as_often_as_it_is_there(text: str, words: int, numbers: int, folded: int) -> None:
    truth = {("a.png", 1): {"kind": "memo", "condition": ["grey"], "lines": [{"text": "الرقم: ١٢/٣"}]}}
    found = recall.scored(truth, {("a.png", 1): text})
    assert found["all"] == {"pages": 1, "words": [1, words], "numbers": [1, numbers], "numbers_folded": [1, folded]}
    assert found["kinds"]["memo"] == found["conditions"]["grey"] == found["all"]


def test_the_truth_read_back_is_all_read() -> None:
    pages = json.loads((scans.FIXTURES / "truth.json").read_text("utf-8"))["pages"]
    truth = {(entry["source"], entry["page"]): entry for entry in pages}
    found = recall.scored(truth, {page: "\n".join(line["text"] for line in entry["lines"]) for page, entry in truth.items()})
    assert all(there == read > 0 for there, read in (found["all"][name] for name in recall.MEASURES))
    assert (found["given_a_hundred"], found["on_blank_pages"]) == (100, 0)


def test_plain_tesseract_and_sijill_read_every_page_of_a_file(measured: dict[str, Result]) -> None:
    assert measured["reading"]["pages"] == 2
    for way in measured["reading"]["ways"].values():
        there, read = way["all"]["words"]
        assert 0 < read <= there


def test_questions_are_answered_by_the_pages_they_were_made_from(measured: dict[str, Result]) -> None:
    kinds = measured["search"]["runs"]["fts5-100"]["kinds"]
    assert (kinds["name"]["found"], kinds["reference"]["found"]) == (5, 5)
    archive = searching.Archive(3)
    assert list(archive.after(0)) == list(searching.Archive(3).after(0)), "made anew, the same archive"


def test_elasticsearch_is_asked_the_same(tmp_path: Path) -> None:
    """The real node; what is there already is not measured again."""
    known = searching.measure([("fts5", 20)], tmp_path, None, lambda _: None, queries=3)
    both = searching.measure([("fts5", 20), ("elasticsearch", 20)], tmp_path, known, lambda _: None, queries=3)
    embedded, shared = both["runs"].values()
    assert embedded == known["runs"]["fts5-20"]
    assert [found["found"] for found in shared["kinds"].values()] == [found["found"] for found in embedded["kinds"].values()] == [3, 3, 3]
    assert min(shared["mb"], shared["rss"], shared["build"]) > 0
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_build_goes_on_and_adds_up(tmp_path: Path) -> None:
    archive = searching.Archive(30)
    with searching.fts5(tmp_path) as opened:
        first = searching.Built(tmp_path / "built.json")
        first.go_on(opened.index, searching.Archive(10))
        second = searching.Built(tmp_path / "built.json")
        second.go_on(opened.index, archive)
        assert (second.pages, second.attempts) == (30, 2)
        assert second.seconds > first.seconds
        assert len(list(opened.index.versions())) == 30


def test_the_work_told_is_understood_or_missed() -> None:
    said = "13 accepted\nWork of 2 processes: render 16.7 s, preprocess 88.7 s, read 104.9 s, extract 22.1 s\n"
    assert overhead.work_told(said) == {"render": 16.7, "preprocess": 88.7, "read": 104.9, "extract": 22.1}
    with pytest.raises(Failed):
        overhead.work_told("13 accepted\n")


def test_overhead_of_a_few_pages_through_the_command(tmp_path: Path) -> None:
    """The whole way, Prefect's server included, with the reader that looks at nothing."""
    result = overhead.measure(2, reader="constant")
    save("overhead", result, tmp_path)
    assert result["pages"] == 2
    assert min(result["work"], result["cost"]["main_cpu"], result["cost"]["server_rss"]) > 0
    assert "**Overhead" in page({**dict.fromkeys(NAMES), "overhead": load("overhead", tmp_path)})


def test_growth_leaves_out_what_is_known_and_keeps_each_size(tmp_path: Path) -> None:
    saved: list[list[str]] = []
    known = {"runs": {"5": run(5, 1)}}
    result = growth.measure([5, 6], tmp_path, known, lambda result: saved.append(sorted(result["runs"])))
    assert saved == [["5", "6"]]
    assert result["runs"]["5"] == run(5, 1)
    assert result["runs"]["6"]["pages"] == 6
    assert list(tmp_path.iterdir()) == [], "what an interrupted run would need is gone"


def test_workers_on_both_backends_are_counted_with_their_engines() -> None:
    """The real thing at toy size: the engines come up, every page is in, and each part has cost something."""
    with tempfile.TemporaryDirectory(prefix="sijill-workers-") as name:  # not pytest's, which PostgreSQL's account may not enter
        Path(name).chmod(0o711)
        result = workers.measure([("embedded", 1, 5), ("shared", 1, 5)], Path(name), None, lambda _: None)
        assert list(Path(name).iterdir()) == [], "what an interrupted run would need is gone"
    one, other = result["runs"].values()
    assert set(one["beside"]) == {"Prefect"}
    assert set(other["beside"]) == {"workers", "versitygw", "PostgreSQL", "Elasticsearch", "Prefect"}
    for part in ("workers", "PostgreSQL", "Elasticsearch"):
        assert min(other["beside"][part].values()) > 0
    assert "| shared | 1 |" in page({**dict.fromkeys(NAMES), "workers": result})


def test_commands_are_told_beside_python_alone(measured: dict[str, Result]) -> None:
    costs = measured["commands"]["commands"]
    assert list(costs) == [commands.NOTHING, "sijill --help", "sijill search تميم"]
    assert costs[commands.NOTHING]["times"] == 1
    assert all(cost["wall"] > 0 < cost["cpu"] for cost in costs.values())
    assert measured["commands"]["call_ms"] > 0


def test_a_command_that_fails_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="no such"):
        commands.once([sys.executable, "-c", "raise SystemExit('no such thing')"], environment(tmp_path))


def test_the_machine_is_named() -> None:
    about = machine.describe()
    assert about.keys() == ABOUT.keys()
    assert about["versions"]["tesseract"][0].isdigit()
