"""Trains the line recogniser, on two CPU cores over hours or on one GPU in half an hour, and goes on where it stopped.

    python -m ocr_models.training.train --checkpoint FILE --minutes 60 [--real FOLDER …] [--real-as-ascii FOLDER …] [--decay]

The learning rate rises, then stays; `--decay` lets it fall to nothing over this run's minutes and writes FILE.final, from which
a model is exported, while FILE stays as it was to go on from (warm-up, stable, decay: Hu et al., 2024). Weights are
averaged over the last steps. Every few minutes a line of figures is added to FILE.csv: the learning curve.
"""

import argparse
import csv
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rapidfuzz.distance import Levenshtein
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ocr_models.line_image import Grey, line_image
from ocr_models.training import arguments, weights
from ocr_models.training.faces import find
from ocr_models.training.feed import SIGNS, Batch, Example, Sources, batches, collate, encode
from ocr_models.training.lexicon import load
from ocr_models.training.network import FRAME, Recogniser, Shape, ctc_loss
from ocr_models.training.stream import Stream
from ocr_models.training.text import Author, Tally

_WARM_UP, _AVERAGED = 400, 0.998
_VALIDATION_SEED, _VALIDATION_LINES = 990_001, 400


@dataclass(frozen=True)
class Plan:
    """How a run goes: `rate` is the highest learning rate, `batch` lines a step, `fresh` the share of lines never seen before."""

    minutes: float
    decay: bool = False
    rate: float = 2e-3
    batch: int = 32
    workers: int = 1
    threads: int = 1
    fresh: float = 0.6
    save_every: float = 180.0


@dataclass(frozen=True)
class Standing:
    """How a run goes: minutes of it gone, lines learned from in all and each second, loss a sign, CER when it was last measured."""

    minutes: float
    lines: int
    lines_a_second: float
    loss: float
    error_rate: float | None


Tell = Callable[[Standing], None]


class Trainer:
    """A net with its optimiser, average and counts, as a checkpoint file holds them.

    ``real`` and ``holdings`` are what it ever learned from beside synthetic lines: names of collections, and ids of an archive's holdings.
    """

    def __init__(self, checkpoint: Path, shape: Shape, device: str) -> None:
        self.file, self.device = checkpoint, device
        held = torch.load(checkpoint, map_location=device, weights_only=True) if checkpoint.exists() else None
        self.shape = Shape(**held["shape"]) if held else shape
        if held and held["signs"] != SIGNS:
            raise ValueError(f"{checkpoint} was trained for another alphabet: begin a new one")
        self.net = Recogniser(len(SIGNS), self.shape).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.mean = AveragedModel(self.net, multi_avg_fn=get_ema_multi_avg_fn(_AVERAGED), use_buffers=True)  # type: ignore[no-untyped-call]
        self.optimiser = torch.optim.AdamW(self.net.parameters(), 1e-3, weight_decay=1e-2)
        self.steps = self.lines = 0
        self.seconds = 0.0
        self.real, self.holdings = frozenset[str](), frozenset[int]()
        if held:
            self.net.load_state_dict(held["net"])
            self.mean.load_state_dict(held["mean"])
            self.optimiser.load_state_dict(held["optimiser"])
            self.steps, self.lines, self.seconds = held["steps"], held["lines"], held["seconds"]
            self.real, self.holdings = frozenset(held.get("real", ())), frozenset(held.get("holdings", ()))

    def begin_with(self, state: dict[str, torch.Tensor]) -> None:
        """Weights to begin with, in place of chance."""
        self.net.load_state_dict(state)
        self.mean.module.load_state_dict(state)

    def step(self, batch: Batch, rate: float) -> float:
        """One step of gradient descent; the batch's loss a sign."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate * min(1.0, (self.steps + 1) / _WARM_UP)
        self.net.train()
        lines = torch.from_numpy(batch.lines).to(self.device, memory_format=torch.channels_last)
        with torch.autocast(self.device, torch.bfloat16):
            logits = self.net(lines)
        loss = ctc_loss(logits, batch.codes, batch.widths)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.mean.update_parameters(self.net)
        self.steps, self.lines = self.steps + 1, self.lines + len(batch.codes)
        return float(loss.detach())

    def error_rate(self, examples: list[Example]) -> float:
        """CER of the averaged net, greedy, in paper order."""
        self.mean.eval()
        wrong = signs = 0
        for at in range(0, len(examples), 32):
            group = examples[at : at + 32]
            batch = collate(group)
            with torch.no_grad():
                best = self.mean(torch.from_numpy(batch.lines).to(self.device)).argmax(-1).cpu().numpy()
            for row, width, example in zip(best, batch.widths, group, strict=True):
                wrong += Levenshtein.distance(collapse(row[: -(-width // FRAME)]), example.codes)
                signs += len(example.codes)
        return wrong / max(signs, 1)

    def save(self, file: Path) -> None:
        """Written beside and renamed, so that a stopped run leaves the last whole checkpoint."""
        state = {
            "shape": asdict(self.shape), "signs": SIGNS, "net": self.net.state_dict(), "mean": self.mean.state_dict(),
            "optimiser": self.optimiser.state_dict(), "steps": self.steps, "lines": self.lines, "seconds": self.seconds,
            "real": sorted(self.real), "holdings": sorted(self.holdings),
        }  # fmt: skip
        part = file.with_name(file.name + ".part")
        torch.save(state, part)
        part.replace(file)


def collapse(classes: np.ndarray[Any, Any]) -> tuple[int, ...]:
    """CTC's greedy reading: repeats once, blanks out."""
    kept = classes[np.insert(classes[1:] != classes[:-1], 0, True)] if len(classes) else classes
    return tuple(int(each) for each in kept if each)


def validation(sources: Sources) -> dict[str, list[Example]]:
    """Lines of a seed training never uses: by condition, and real lines picked from those that may be learned from."""
    stream = Stream(Author(load(sources.words, sources.places), Tally()), find(held_out=False), _VALIDATION_SEED)
    found: dict[str, list[Example]] = {}
    for index in range(_VALIDATION_LINES):
        sample = stream.sample(index)
        found.setdefault(sample.condition, []).append(example_of(sample.image, sample.text.visual))
    return found


def example_of(image: Grey, visual: str) -> Example:
    return Example(line_image(image), encode(visual))


def run(
    checkpoint: Path,
    sources: Sources,
    plan: Plan,
    tell: Tell = lambda _: None,
    shape: Shape | None = None,
    holdings: Iterable[int] = (),
    begin: Path | None = None,
) -> Trainer:
    """One run, on the GPU where there is one; `holdings`: whose lines it sees.

    It goes on from the checkpoint; where there is none yet, from the weights file `begin`; without one, from nothing.
    Raises ValueError for another alphabet, Damaged (model-damaged), FileNotFoundError where faces or real lines are missing.
    """
    torch.set_num_threads(plan.threads)
    checkpoint.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    first, state = weights.unpacked(begin) if begin and not checkpoint.exists() else (shape or Shape(), None)
    trainer = Trainer(checkpoint, first, "cuda" if torch.cuda.is_available() else "cpu")
    if state:
        trainer.begin_with(state)
    trainer.real |= {folder.resolve().name for folder in (*sources.real, *sources.real_as_ascii)}
    trainer.holdings |= set(holdings)
    train(trainer, sources, plan, tell)
    return trainer


def train(trainer: Trainer, sources: Sources, plan: Plan, tell: Tell = lambda _: None) -> None:
    """Runs for the plan's minutes, saving and measuring as it goes; a decaying run ends in FILE.final. A KeyboardInterrupt saves first."""
    began, length = time.monotonic(), plan.minutes * 60
    held = validation(sources)
    target = trainer.file.with_name(trainer.file.name + ".final") if plan.decay else trainer.file
    saved, losses, earlier, before = time.monotonic(), list[float](), trainer.seconds, trainer.lines
    error_rate: float | None = None
    with closing(batches(sources, trainer.lines, plan.workers, plan.batch, plan.fresh)) as stream:
        try:
            for batch in stream:
                gone = time.monotonic() - began
                rate = plan.rate * (max(0.0, 1 - gone / length) if plan.decay else 1.0)
                losses.append(trainer.step(batch, rate))
                trainer.seconds = earlier + gone
                tell(Standing(gone / 60, trainer.lines, (trainer.lines - before) / gone, float(np.mean(losses[-50:])), error_rate))
                if gone > length or time.monotonic() - saved > plan.save_every:
                    trainer.save(target)
                    error_rate = _note(trainer, float(np.mean(losses)), held)
                    saved, losses = time.monotonic(), []
                if gone > length:
                    return
        except KeyboardInterrupt:
            trainer.save(target)
            raise


def _note(trainer: Trainer, loss: float, held: dict[str, list[Example]]) -> float:
    """Adds a row to the curve; the mean CER over conditions."""
    curve = trainer.file.with_suffix(".csv")
    rates = {name: trainer.error_rate(examples) for name, examples in sorted(held.items())}
    row = {"minutes": f"{trainer.seconds / 60:.1f}", "lines": trainer.lines, "steps": trainer.steps, "loss": f"{loss:.4f}"}
    row |= {name: f"{rate:.4f}" for name, rate in rates.items()}
    new = not curve.exists()
    with curve.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)
    return float(np.mean(list(rates.values())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--decay", action="store_true")
    parser.add_argument("--begin", type=Path, help="weights to begin with where there is no checkpoint yet: NAME.weights of a model")
    arguments.add_sources(parser)
    parser.add_argument("--rate", type=float, default=Plan.rate)
    parser.add_argument("--batch", type=int, default=Plan.batch)
    parser.add_argument("--workers", type=int, default=Plan.workers)
    parser.add_argument("--threads", type=int, default=Plan.threads)
    parser.add_argument("--fresh", type=float, default=Plan.fresh)
    given = parser.parse_args()
    plan = Plan(given.minutes, given.decay, given.rate, given.batch, given.workers, given.threads, given.fresh)
    for ending in (signal.SIGINT, signal.SIGTERM):  # one put in the background is told to ignore the first
        signal.signal(ending, signal.default_int_handler)
    run(given.checkpoint, arguments.sources(given), plan)


if __name__ == "__main__":
    main()
