"""`sijill consent` and `sijill model`: what may be learned from, a tiny model from corrected lines to the list, and its promotion."""

import hashlib
import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer.main
from PIL import Image

from ocr_models import frozen, promotion, registry
from ocr_models.evaluation.metrics import Count
from ocr_models.evaluation.score import ItemScore
from ocr_models.training.network import Shape
from ocr_models.training.train import Trainer
from ocr_models.training.weights import ENDING
from pipeline.access import Act
from pipeline.cli import app
from pipeline.cli.retraining import learned_before, require_training
from pipeline.errors import Missing, NotFound, Terminal, Usage
from pipeline.ledger import Offered
from pipeline.model import Box, Entities, Line, PageResult, Reading, Word
from pipeline.settings import Settings
from pipeline.wiring import Archive, archive

TINY = Shape((8, 8, 16, 16, 32), inner=16, blocks=1)
TEXTS = ("المدعو سامر بن نزار الحلبي", "تاريخ ١٢/٣/٢٠١٣ رقم ٤٥", "إلى الفرع 215 (سري)")
Run = Callable[..., str]


def scan(seed: int) -> bytes:
    """A page of three lines of strokes."""
    page = np.full((300, 500), 240, np.uint8)
    draw = np.random.default_rng(seed)
    for top in (40, 120, 200):
        for x in draw.integers(30, 450, 40):
            page[top + 5 : top + 35, x : x + 4] = 20
    out = io.BytesIO()
    Image.fromarray(page).save(out, "PNG", dpi=(150, 150))
    return out.getvalue()


def line(text: str, top: int, checked: bool) -> Line:
    box = Box(20, top, 480, top + 40)
    return Line(text, box, 0.9, (Word(text, box, 0.9),), checked)


def take_in(opened: Archive, holding: str, *scans: bytes) -> list[str]:
    """Take pages in, read them, and have a reviewer confirm the first two of their three lines; their page ids."""
    catalogue = opened.catalogue
    accession = catalogue.accessions.open(holding, None, {}, "tester")
    offers = []
    for number, content in enumerate(scans):
        sha256 = opened.blobs.put(content)
        offers.append(Offered(f"/{holding}/{number}", f"{number}.png", "accepted", sha256, len(content), "image/png", (1,)))
    keys = catalogue.accessions.record(accession, offers, "tester")
    refs = catalogue.work.lease(keys, "tester", 600)
    first = Reading(500, 300, "made 1", tuple(line(text, 40 + 80 * row, False) for row, text in enumerate(TEXTS)))
    catalogue.work.record([(ref, ref.page_id[:64], PageResult(first, Entities())) for ref in refs], "tester")
    for ref in refs:
        corrected = replace(first, lines=(*(replace(one, checked=True) for one in first.lines[:2]), first.lines[2]))
        catalogue.readings.correct(ref.page_id, 0, PageResult(corrected, Entities()), "Reviewer One")
    return [ref.page_id for ref in refs]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIJILL_HOME", str(tmp_path / "archive"))
    return tmp_path / "archive"


@pytest.fixture
def pages(home: Path) -> dict[str, list[str]]:
    """Page ids by holding: two of Box 12, one of Box 13, none of which allows anything yet."""
    with archive(Settings(home=home), Act.TAKE_IN, create=True) as opened:
        return {"Box 12": take_in(opened, "Box 12", scan(1), scan(2)), "Box 13": take_in(opened, "Box 13", scan(3))}


@pytest.fixture
def run(home: Path) -> Run:
    del home

    def command(*words: str) -> str:
        with redirect_stdout(io.StringIO()) as said:
            typer.main.get_command(app).main(list(words), "sijill", standalone_mode=False)
        return said.getvalue()

    return command


def allow(run: Run, holding: str) -> str:
    return run("consent", holding, "--allow-training", "--by", "Board", "--reason", "letter 7")


def texts(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.gt.txt"))


def test_by_default_no_line_leaves(pages: dict[str, list[str]], run: Run, home: Path) -> None:
    said = run("model", "lines")
    assert "0 lines of 0 pages" in said
    assert "left out: Box 12, 2 corrected pages: its consent terms do not allow training" in said
    assert "left out: Box 13, 1 corrected pages" in said
    assert texts(home / "lines") == []
    assert "Box 12: training not allowed: nobody has said so" in run("consent")
    with pytest.raises(Usage) as caught:
        run("model", "train", "--minutes", "1", "--from-archive")
    assert caught.value.code == "no-lines"
    del pages


def test_lines_of_holdings_that_allow_it(pages: dict[str, list[str]], run: Run, home: Path) -> None:
    assert "Box 12: training allowed by Board" in allow(run, "Box 12")
    assert "4 lines of 2 pages" in run("model", "lines")
    assert texts(home / "lines") == sorted(f"{page}-{number:03}.gt.txt" for page in pages["Box 12"] for number in (0, 1))
    with Image.open(home / "lines" / f"{pages['Box 12'][0]}-000.png") as picture:
        assert picture.size == (460, 40)
        assert picture.getextrema() == (20, 240)
    assert (home / "lines").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (home / "lines").iterdir()} == {0o600}


def test_refusing_throws_the_lines_away(pages: dict[str, list[str]], run: Run, home: Path) -> None:
    allow(run, "Box 12")
    allow(run, "Box 13")
    assert "6 lines of 3 pages" in run("model", "lines")
    run("consent", "Box 13", "--refuse-training", "--by", "Board", "--reason", "they asked")
    assert not (home / "lines").exists()
    assert "4 lines of 2 pages" in run("model", "lines")
    run("withdraw", pages["Box 12"][0], "--reason", "a child")
    assert not (home / "lines").exists()
    assert "2 lines of 1 pages" in run("model", "lines", "--holding", "Box 12")
    [status] = [row for row in json.loads(run("status", "--json")) if row["holding"] == "Box 13"]
    assert (status["training"]["allowed"], status["training"]["by"], status["training"]["reason"]) == (False, "Board", "they asked")


@pytest.mark.parametrize(
    "words",
    [
        ["--allow-training"],
        ["Box 12", "--allow-training", "--by", "Board"],
        ["Box 12", "--allow-training", "--reason", "letter"],
        ["Box 12", "--by", "Board", "--reason", "letter"],
    ],
)
def test_a_decision_needs_its_answer_who_and_why(words: list[str], pages: dict[str, list[str]], run: Run) -> None:
    del pages
    with pytest.raises(Usage):
        run("consent", *words)


def test_a_holding_that_is_not_there(pages: dict[str, list[str]], run: Run) -> None:
    del pages
    with pytest.raises(NotFound):
        allow(run, "Box 99")
    with pytest.raises(NotFound):
        run("model", "lines", "--holding", "Box 99")


def test_without_the_training_extra_the_way_out_is_told() -> None:
    with pytest.raises(Missing) as caught:
        require_training(lambda name: None if name == "torch" else name)
    assert caught.value.code == "no-training"
    assert "torch" in caught.value.detail
    assert "uv sync --extra training" in caught.value.way_out


@pytest.fixture
def trained(pages: dict[str, list[str]], run: Run, home: Path) -> str:
    """A tiny net trained on corrected lines of Box 12 among others, exported as tiny-1."""
    del pages
    allow(run, "Box 12")
    (home / "training").mkdir()
    fresh = Trainer(home / "training/lines.pt", TINY, "cpu")
    fresh.save(fresh.file)
    said = run("model", "train", "--minutes", "0.02", "--from-archive", "--decay")
    assert "lines learned from" in said
    return run("model", "export", "tiny-1", "--judged", "10")


def refuse(run: Run, holding: str) -> None:
    run("consent", holding, "--refuse-training", "--by", "Board", "--reason", "they asked")


def train(run: Run, *words: str) -> Usage:
    """How training ends before it begins."""
    with pytest.raises(Usage) as caught:
        run("model", "train", "--minutes", "600", "--real", "/nowhere", *words)
    return caught.value


def test_training_does_not_go_on_from_lines_no_longer_allowed(pages: dict[str, list[str]], run: Run, home: Path, tmp_path: Path) -> None:
    del pages
    allow(run, "Box 12")
    (home / "training").mkdir()
    kept = Trainer(home / "training/lines.pt", TINY, "cpu")
    kept.holdings = frozenset({1})
    kept.save(kept.file)
    assert train(run).code == "no-lines", "only the folder that is not there is in the way"
    refuse(run, "Box 12")
    for words in ([], ["--decay"], ["--from-nothing"]):
        told = train(run, *words)
        assert told.code == "consent-refused"
        assert "lines.pt learned from holdings that no longer allow it: 1" in told.detail
        assert "--checkpoint" in told.way_out
    assert train(run, "--checkpoint", str(tmp_path / "other.pt")).code == "no-lines"


def test_training_does_not_begin_with_a_model_of_lines_no_longer_allowed(
    listed: registry.Model, pages: dict[str, list[str]], run: Run, home: Path
) -> None:
    del pages
    allow(run, "Box 12")
    entry = {"sha256": listed.sha256, "data": {"holdings": [1]}}
    (home / "models/models.json").write_text(json.dumps({"default": "mine", "models": {"mine": entry}}))
    assert train(run).code == "no-lines", "it came without its weights: training begins with none"
    weights = home / "models" / f"mine{ENDING}"
    weights.write_bytes(b"weights")
    assert learned_before(Settings(home=home), home / "training/lines.pt", weights) == {1}, "and what is trained says so"
    assert train(run).code == "no-lines"
    refuse(run, "Box 12")
    told = train(run)
    assert (told.code, "--from-nothing" in told.way_out) == ("consent-refused", True)
    assert train(run, "--from-nothing").code == "no-lines"


def staged(model: registry.Model, own: Path, wrong: int) -> None:
    """Let a model have read every frozen set already, with so many signs wrong of the hundred on each of ten pages."""
    for name in frozen.known(None):
        items = [ItemScore(name, f"{name}-{page}", {"cer": Count(wrong + page % 2, 100)}, (), 1.0) for page in range(10)]
        promotion.cached(own / "scores", model.sha256, frozen.key(name), lambda items=items: items)  # type: ignore[misc]


@pytest.fixture
def listed(home: Path) -> registry.Model:
    """A model of the archive's own, listed and there, that nobody reads with."""
    own = home / "models"
    registry.open_folder(own)
    (own / "mine.onnx").write_bytes(b"a model")
    entry = {"sha256": hashlib.sha256(b"a model").hexdigest(), "data": {"holdings": []}}
    (own / "models.json").write_text(json.dumps({"default": None, "models": {"mine": entry}}))
    return registry.named("mine", own)


def test_a_better_model_is_promoted_and_it_is_kept_who_did_it(listed: registry.Model, run: Run, home: Path) -> None:
    own, before = home / "models", registry.present(home / "models")
    staged(before, own, 6)
    staged(listed, own, 4)
    assert "could become the default" in run("model", "promote", "mine", "--dry-run")
    assert registry.present(own) == before
    said = run("model", "promote", "mine")
    assert "mine is the default now" in said
    assert "better" in said
    assert registry.default(own) == own / "mine.onnx"
    [kept] = json.loads((own / "models.json").read_text())["promotions"]
    assert (kept["name"], kept["sha256"], kept["over"]["sha256"]) == ("mine", listed.sha256, before.sha256)
    assert {row["verdict"] for row in kept["sets"]} == {"better"}
    assert kept["by"]
    assert kept["at"]
    with pytest.raises(Usage) as caught:
        run("model", "promote", "mine")
    assert caught.value.code == "already-default"


@pytest.mark.parametrize(("wrong", "reason"), [(8, "worse beyond chance on clean"), (6, "better beyond chance on no set")])
def test_a_model_that_is_not_better_is_refused(wrong: int, reason: str, listed: registry.Model, run: Run, home: Path) -> None:
    own, before = home / "models", registry.present(home / "models")
    staged(before, own, 6)
    staged(listed, own, wrong)
    with pytest.raises(Terminal) as caught:
        run("model", "promote", "mine")
    assert (caught.value.code, caught.value.exit_code) == ("not-promoted", 1)
    assert reason in caught.value.detail
    assert registry.present(own) == before


def test_a_model_whose_file_was_changed_is_not_promoted(listed: registry.Model, run: Run) -> None:
    listed.file.write_bytes(b"another")
    with pytest.raises(Usage) as caught:
        run("model", "promote", "mine")
    assert caught.value.code == "model-altered"
    assert "mine: the file is not the one listed" in run("model", "list")


def test_a_model_is_promoted_on_all_sets_or_not_at_all(listed: registry.Model, run: Run) -> None:
    del listed
    for words in (["--set", "clean"], ["--dry-run", "--set", "nothing"]):
        with pytest.raises(Usage) as caught:
            run("model", "promote", "mine", *words)
        assert caught.value.code == "bad-sets"
    with pytest.raises(NotFound):
        run("model", "promote", "nobody")


@pytest.mark.usefixtures("held_out_faces")
@pytest.mark.timeout(240)
def test_the_default_is_measured_on_drawn_pages(run: Run, home: Path) -> None:
    told = json.loads(run("model", "evaluate", "--set", "carbon", "--json"))
    assert told["sha256"] == registry.present(home / "models").sha256
    assert 0 <= told["sets"]["carbon"]["cer"] <= 1
    kept = list((home / "models/scores").iterdir())
    assert "cer" in run("model", "evaluate", "--set", "carbon"), "from what was kept"
    assert list((home / "models/scores").iterdir()) == kept


@pytest.mark.timeout(240)
def test_from_corrected_lines_to_the_list(trained: str, run: Run, home: Path) -> None:
    assert "sijill model promote tiny-1" in trained
    listed = {model["name"]: model for model in json.loads(run("model", "list", "--json"))}
    assert (listed["tiny-1"]["default"], listed["tiny-1"]["sound"]) == (False, True)
    assert listed["tiny-1"]["data"]["holdings"] == [1]
    assert listed["tiny-1"]["refused"] == []
    assert sum(model["default"] for model in listed.values()) == 1
    assert "holdings 1 of this archive" in (home / "models/tiny-1.md").read_text("utf-8")
    assert registry.default(home / "models").parent == registry.SHIPPED
    assert "tiny-1" in run("model", "list")
    run("consent", "Box 12", "--refuse-training", "--by", "Board", "--reason", "they asked")
    assert "tiny-1: learned from holdings that no longer allow it: 1" in run("model", "list")
    with pytest.raises(Usage) as caught:
        run("model", "promote", "tiny-1")
    assert caught.value.code == "consent-refused"
    with pytest.raises(Usage) as caught:
        run("model", "export", "tiny-1")
    assert caught.value.code == "bad-model-name"
