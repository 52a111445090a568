"""One run on two pages: figures kept, the page rewritten between its markers, plots drawn, bars told honestly."""

from pathlib import Path

import pytest

from ocr_models.evaluation import plots, report
from ocr_models.evaluation.bars import Bar
from ocr_models.evaluation.paper import Grey
from ocr_models.evaluation.readers import Timed
from ocr_models.evaluation.run import Limits, measure_set, summary
from ocr_models.evaluation.truth import TruePage
from pipeline.model import Box, Word

from .conftest import echo


class Echo:
    """Knows the truth of the pages it is given in turn; reads every line as the same word."""

    identity, finds_tables = "echo 1", True

    def __init__(self, truths: list[TruePage]) -> None:
        self.truths = iter(truths)

    def page(self, image: Grey) -> Timed:
        del image
        return Timed(echo(next(self.truths)), 0.5)

    def lines(self, crops: list[Grey]) -> tuple[list[tuple[Word, ...]], float]:
        return [(Word("سجل", Box(0, 0, crop.shape[1], crop.shape[0]), 0.9),) for crop in crops], 0.1


@pytest.mark.usefixtures("held_out_faces")
def test_measured_written_and_drawn(tmp_path: Path) -> None:
    from ocr_models.evaluation.pagesets import pages

    reader = Echo([drawn.truth for _, drawn in pages("clean", "test", 2, tmp_path)])
    scores = measure_set("clean", {report.OURS: reader}, Limits(most=2))
    assert scores is not None
    results: report.Results = {"clean": {name: {**report.about("echo 1"), **summary(items)} for name, items in scores.items()}}
    report.save(results, tmp_path)
    assert report.load(tmp_path) == results
    (tmp_path / "reader.md").write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", "utf-8")
    report.write(results, tmp_path)
    told = (tmp_path / "reader.md").read_text("utf-8")
    assert told.startswith("before")
    assert told.endswith("after\n")
    assert "old" not in told
    assert "| clean | CER | ≤ 0.4 % | 0.00 % | yes | – |" in told
    assert told.count(report.NOT_GIVEN) == 2
    plots.draw(results, tmp_path)
    assert all((tmp_path / "images" / f"reader-{name}.png").stat().st_size > 1000 for name in ("errors", "reliability", "letters"))


def test_real_lines_not_given_are_not_measured() -> None:
    assert measure_set("jstor", {}, Limits()) is None


def test_real_lines_must_all_be_there(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "a.gt.txt").write_text("سجل", "utf-8")
    with pytest.raises(FileNotFoundError, match=r"600 of the 600 lines"):
        measure_set("jstor", {"sijill": Echo([])}, Limits(lines=tmp_path))


@pytest.mark.parametrize(
    ("measure", "bar", "share", "met"),
    [("cer", 0.02, 0.02, True), ("cer", 0.02, 0.021, False), ("names", 0.98, 0.979, False), ("names", 0.98, 0.99, True)],
)
def test_bars_know_which_way_they_run(measure: str, bar: float, share: float, met: bool) -> None:
    assert Bar("x", measure, bar).met(share) is met


def test_a_page_without_markers_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "reader.md").write_text("mine", "utf-8")
    with pytest.raises(ValueError, match="lacks the lines"):
        report.write({}, tmp_path)
