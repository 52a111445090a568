"""The trainer: it learns, and goes on where it stopped."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ocr_models.line_image import HEIGHT
from ocr_models.training.faces import Face
from ocr_models.training.feed import SIGNS, Example, Sources, batches, collate, encode
from ocr_models.training.network import FRAME, Recogniser, Shape
from ocr_models.training.stream import Stream
from ocr_models.training.text import Author
from ocr_models.training.train import Plan, Standing, Trainer, collapse, example_of, run, train

TINY = Shape((8, 8, 16, 16, 32), inner=16, blocks=2)


@pytest.fixture
def examples(author: Author, faces: tuple[Face, ...]) -> list[Example]:
    stream = Stream(author, faces, 7)
    return [example_of(each.image, each.text.visual) for each in (stream.sample(index) for index in range(8))]


def test_a_batch_is_padded_with_paper(examples: list[Example]) -> None:
    batch = collate(examples)
    assert batch.lines.shape[:3] == (8, 1, HEIGHT)
    assert batch.lines.shape[3] % 16 == 0
    assert float(batch.lines.min()) >= 0.0
    assert float(batch.lines.max()) <= 1.0
    narrow = int(np.argmin(batch.widths))
    assert not batch.lines[narrow, 0, :, batch.widths[narrow] :].any()


def test_codes_are_classes_from_one() -> None:
    assert [SIGNS[code - 1] for code in encode("٢٠١٣ كتاب")] == list("٢٠١٣ كتاب")


@pytest.mark.parametrize(("classes", "read"), [([], ()), ([0, 0], ()), ([3, 3, 0, 3, 5, 5, 0], (3, 3, 5)), ([7, 0, 0, 2], (7, 2))])
def test_collapse(classes: list[int], read: tuple[int, ...]) -> None:
    assert collapse(np.array(classes, int)) == read


def test_a_frame_is_four_pixels() -> None:
    net = Recogniser(len(SIGNS), TINY).eval()
    for width in (16, 64, 400):
        assert net(torch.zeros(2, 1, HEIGHT, width)).shape == (2, width // FRAME, len(SIGNS) + 1)


def test_it_learns_and_resumes(tmp_path: Path, examples: list[Example]) -> None:
    torch.manual_seed(1)
    batch = collate(examples)
    trainer = Trainer(tmp_path / "net.pt", TINY, "cpu")
    first = trainer.step(batch, 3e-3)
    for _ in range(60):
        last = trainer.step(batch, 3e-2)
    assert last < 0.6 * first
    trainer.save(trainer.file)
    again = Trainer(trainer.file, Shape(), "cpu")
    assert (again.shape, again.steps, again.lines) == (TINY, 61, 61 * 8)
    assert again.error_rate(examples) == trainer.error_rate(examples)
    torch.manual_seed(2)
    one = trainer.step(batch, 1e-3)
    torch.manual_seed(2)
    assert again.step(batch, 1e-3) == pytest.approx(one, rel=1e-3)


def test_another_alphabet_is_refused(tmp_path: Path) -> None:
    trainer = Trainer(tmp_path / "net.pt", TINY, "cpu")
    trainer.save(trainer.file)
    held = torch.load(trainer.file, weights_only=True)
    torch.save(held | {"signs": "اب"}, trainer.file)
    with pytest.raises(ValueError, match="another alphabet"):
        Trainer(trainer.file, TINY, "cpu")


@pytest.mark.timeout(120)
def test_a_short_run_leaves_a_checkpoint_and_a_curve(tmp_path: Path) -> None:
    trainer = Trainer(tmp_path / "net.pt", TINY, "cpu")
    train(trainer, Sources(seed=3), Plan(minutes=0.02, batch=8))
    assert trainer.file.exists()
    head, *rows = trainer.file.with_suffix(".csv").read_text().splitlines()
    assert head.startswith("minutes,lines,steps,loss,carbon,clean")
    assert rows
    assert trainer.steps > 0
    train(Trainer(tmp_path / "net.pt", TINY, "cpu"), Sources(seed=3), Plan(minutes=0.02, batch=8, decay=True))
    assert (tmp_path / "net.pt.final").exists()


def test_batches_hold_lines_of_like_width() -> None:
    stream = batches(Sources(seed=3), 0, workers=1, size=16, fresh=0.5)
    try:
        found = [next(stream) for _ in range(4)]
    finally:
        stream.close()
    assert all(len(batch.widths) == 16 for batch in found)
    assert all(max(batch.widths) - min(batch.widths) < 500 for batch in found)


@pytest.mark.timeout(120)
def test_ctrl_c_keeps_what_was_learned(tmp_path: Path) -> None:
    fresh = Trainer(tmp_path / "net.pt", TINY, "cpu")
    fresh.save(fresh.file)
    seen: list[Standing] = []

    def tell(standing: Standing) -> None:
        seen.append(standing)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(fresh.file, Sources(seed=3), Plan(minutes=5, batch=8), tell, holdings=(4, 2))
    again = Trainer(fresh.file, Shape(), "cpu")
    assert (again.steps, again.lines, again.holdings) == (3, 24, {2, 4})
    assert seen[-1].lines_a_second > 0
