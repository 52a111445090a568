"""Makes a shipped model of a checkpoint: the averaged net as ONNX, in 8 bits where that reads as well and faster, and calibrated.

    python -m ocr_models.training.export --checkpoint FILE --name lines-3 [--words FILE] [--places FILE]
        [--real FOLDER …] [--real-as-ascii FOLDER …]

Writes NAME.onnx and its entry in models.json under `--into` (the shipped models). The same checkpoint, lists and library versions
give the same file. Ends with an error, and writes nothing, when ONNX Runtime does not say what PyTorch says.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime  # type: ignore[import-untyped]
import torch
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from ocr_models.confidence import Chances
from ocr_models.decode import softmax
from ocr_models.line_image import HEIGHT
from ocr_models.model_file import SHIPPED, catalogue
from ocr_models.training import calibrate, held_lines, weights
from ocr_models.training.eight_bits import quantised
from ocr_models.training.feed import SIGNS, Example, Sources, collate
from ocr_models.training.graph import INPUT, onnx_model
from ocr_models.training.network import FRAME, Recogniser, Shape
from ocr_models.training.train import collapse

_MOST_APART = 2e-3  # of logits some 20 high
_MOST_WORSE = 0.0005  # CER that 8 bits may cost
_ROUNDS = 3


class Unequal(Exception):
    """The exported net does not answer as the trained one does."""


@dataclass(frozen=True)
class Checkpoint:
    """The averaged net of a checkpoint in eval mode, how long it learned, and from which real collections and holdings of an archive."""

    net: Recogniser
    shape: Shape
    lines: int
    minutes: float
    real: frozenset[str] = frozenset()
    holdings: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Lines:
    """Lines to judge on by condition, to calibrate on, and to measure 8-bit ranges on."""

    judged: dict[str, list[Example]]
    calibrated: list[Example]
    measured: list[Example]


def load(file: Path) -> Checkpoint:
    """Raises ValueError for a checkpoint of another alphabet."""
    held: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    if held["signs"] != SIGNS:
        raise ValueError(f"{file} was trained for another alphabet")
    shape = Shape(**held["shape"])
    net = Recogniser(len(SIGNS), shape)
    net.load_state_dict({key.removeprefix("module."): value for key, value in held["mean"].items() if key.startswith("module.")})
    learned = frozenset(held.get("real", ())), frozenset(held.get("holdings", ()))
    return Checkpoint(net.eval(), shape, held["lines"], held["seconds"] / 60, *learned)


def lines_of(sources: Sources, count: int) -> Lines:
    """`count` lines to judge on, three times as many to calibrate on, and 200 for ranges."""
    judged = held_lines.synthetic(sources, held_lines.JUDGED, count)
    judged["wordless"] = held_lines.wordless(held_lines.JUDGED, count // 10)
    calibrated = [each for some in held_lines.synthetic(sources, held_lines.CALIBRATED, 3 * count).values() for each in some]
    calibrated += held_lines.wordless(held_lines.CALIBRATED, count // 2)
    measured = [each for some in held_lines.synthetic(sources, held_lines.MEASURED, 200).values() for each in some]
    if sources.real or sources.real_as_ascii:
        judged["real"] = held_lines.real(sources, held_lines.JUDGED, count)
        calibrated += held_lines.real(sources, held_lines.CALIBRATED, count)
    return Lines(judged, calibrated, measured)


def session(model: onnx.ModelProto | bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    data = model if isinstance(model, bytes) else model.SerializeToString(deterministic=True)
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def logits(run: onnxruntime.InferenceSession, example: Example) -> NDArray[np.float32]:
    batch = collate([example])
    found: NDArray[np.float32] = run.run(None, {INPUT: batch.lines})[0][0]
    return found[: -(-batch.widths[0] // FRAME)]


def must_equal(net: Recogniser, run: onnxruntime.InferenceSession, examples: Sequence[Example]) -> float:
    """The largest difference of any logit, ONNX Runtime's against PyTorch's. Raises Unequal when that is more than rounding."""
    furthest = 0.0
    for example in examples:
        batch = collate([example])
        with torch.no_grad():
            wanted = net(torch.from_numpy(batch.lines)).numpy()[0]
        found = run.run(None, {INPUT: batch.lines})[0][0]
        furthest = max(furthest, float(np.abs(wanted - found).max()))
    if furthest > _MOST_APART:
        raise Unequal(f"a logit differs by {furthest:.4f} between PyTorch and ONNX Runtime: {_MOST_APART} is rounding")
    return furthest


def readings(run: onnxruntime.InferenceSession, examples: Sequence[Example]) -> list[tuple[int, ...]]:
    return [collapse(logits(run, each).argmax(axis=1)) for each in examples]


def error_rate(found: Sequence[tuple[int, ...]], examples: Sequence[Example]) -> float:
    """Greedy CER in paper order."""
    wrong = sum(Levenshtein.distance(said, each.codes) for said, each in zip(found, examples, strict=True))
    return wrong / max(sum(len(each.codes) for each in examples), 1)


def seconds(runs: Sequence[onnxruntime.InferenceSession], examples: Sequence[Example]) -> list[float]:
    """What each takes for these lines on one thread: the best of three rounds, in turn, so that a busy machine is fair."""
    best = [float("inf")] * len(runs)
    for _ in range(_ROUNDS):
        for at, run in enumerate(runs):
            began = time.perf_counter()
            for each in examples:
                logits(run, each)
            best[at] = min(best[at], time.perf_counter() - began)
    return best


def chosen(whole: onnx.ModelProto, lines: Lines) -> tuple[onnx.ModelProto, dict[str, Any]]:
    """The 8-bit model when it is faster and costs less than .05 points of CER, else the one in single precision; and the figures."""
    small = quantised(whole, [collate([each]).lines for each in lines.measured])
    runs = [session(whole), session(small)]
    written = [each for name, some in lines.judged.items() if name != "wordless" for each in some]
    texts = [readings(run, written) for run in runs]
    errors = [error_rate(some, written) for some in texts]
    taken = seconds(runs, written[:200])
    same = sum(one == other for one, other in zip(*texts, strict=True)) / len(written)
    figures = {
        "cer_fp32": round(errors[0], 5), "cer_int8": round(errors[1], 5), "same_texts": round(same, 4),
        "lines_a_second_fp32": round(len(written[:200]) / taken[0]), "lines_a_second_int8": round(len(written[:200]) / taken[1]),
    }  # fmt: skip
    better = errors[1] <= errors[0] + _MOST_WORSE and taken[1] < taken[0]
    return (small if better else whole), figures | {"precision": "int8" if better else "fp32"}


def export(checkpoint: Checkpoint, name: str, lines: Lines) -> tuple[bytes, dict[str, Any]]:
    """The model's bytes, and its entry in models.json but for where its data came from."""
    properties = {
        "name": name, "signs": SIGNS, "height": str(HEIGHT), "frame": str(FRAME),
        "lines": str(checkpoint.lines), "minutes": f"{checkpoint.minutes:.1f}",
    }  # fmt: skip
    whole = onnx_model(checkpoint.net, properties)
    apart = must_equal(checkpoint.net, session(whole), lines.measured[:50])
    model, figures = chosen(whole, lines)
    run = session(model)
    calibration = calibrate.fit(_judged(run, lines.calibrated))
    properties["calibration"] = calibration.text()
    onnx.helper.set_model_props(model, properties)
    data = model.SerializeToString(deterministic=True)
    words = {condition: _judged(run, examples) for condition, examples in lines.judged.items()}
    evidence = np.concatenate([some.evidence for some in words.values()])
    right = np.concatenate([some.right for some in words.values()])
    entry = {
        "sha256": sha256(data).hexdigest(), "bytes": len(data), "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "lines": checkpoint.lines, "minutes": round(checkpoint.minutes, 1), "furthest_logit": float(f"{apart:.2g}"), **figures,
        "calibration_error": round(calibrate.calibration_error(calibration(evidence), right), 4),
        "cer": {k: round(error_rate(readings(run, some), some), 5) for k, some in sorted(lines.judged.items()) if k != "wordless"},
    }  # fmt: skip
    return data, entry


def _judged(run: onnxruntime.InferenceSession, examples: Sequence[Example]) -> calibrate.Judged:
    likely: list[Chances] = [softmax(logits(run, each)) for each in examples]
    return calibrate.judged(likely, [each.codes for each in examples])


def write(folder: Path, name: str, data: bytes, entry: dict[str, Any], *, default: bool, kept: bytes | None = None) -> Path:
    """NAME.onnx (and NAME.weights from `kept`) first, then models.json: a stopped export leaves the models as they were listed."""
    folder.mkdir(parents=True, exist_ok=True)
    listing = folder / "models.json"
    held: dict[str, Any] = catalogue(folder) if listing.exists() else {"default": None, "models": {}}
    held["models"][name] = entry | ({"weights_sha256": sha256(kept).hexdigest()} if kept else {})
    if default:
        held["default"] = name
    file = folder / f"{name}.onnx"
    contents = [(file, data)] + ([(file.with_suffix(weights.ENDING), kept)] if kept else [])
    for target, content in (*contents, (listing, (json.dumps(held, indent=2, ensure_ascii=False) + "\n").encode())):
        part = target.with_name(target.name + ".part")
        part.write_bytes(content)
        part.replace(target)
    return file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--real", type=Path, nargs="*", default=())
    parser.add_argument("--real-as-ascii", type=Path, nargs="*", default=())
    parser.add_argument("--words", type=Path)
    parser.add_argument("--places", type=Path)
    parser.add_argument("--into", type=Path, default=SHIPPED)
    parser.add_argument("--judged", type=int, default=400, help="lines to judge on; three times as many calibrate")
    given = parser.parse_args()
    torch.set_num_threads(1)
    sources = Sources(0, given.words, given.places, tuple(given.real), tuple(given.real_as_ascii))
    checkpoint = load(given.checkpoint)
    data, entry = export(checkpoint, given.name, lines_of(sources, given.judged))
    real = sorted(folder.name for folder in (*given.real, *given.real_as_ascii))
    entry["data"] = {"synthetic": "ocr_models.training.stream", "real": real}
    file = write(given.into, given.name, data, entry, default=True, kept=weights.packed(checkpoint.net, checkpoint.shape))
    print(json.dumps({"file": str(file), **entry}, indent=2))  # noqa: T201 the command's answer


if __name__ == "__main__":
    main()
