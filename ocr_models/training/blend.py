"""Averages the weights of two checkpoints of one training: often better than either, on what neither has seen.

    python -m ocr_models.training.blend --first FILE --second FILE --share 0.5 --out FILE [sources as for training]

Two nets that share the beginning of their training lie in one basin, and the middle of it is flatter (Wortsman et al., ICML 2022). The
statistics of batch normalisation are those of neither, and are taken anew over lines as in training.
"""

import argparse
from contextlib import closing
from itertools import islice
from pathlib import Path

import torch
from torch import nn

from ocr_models.training import arguments
from ocr_models.training.feed import Sources, batches
from ocr_models.training.network import Shape
from ocr_models.training.train import Trainer

FRESH_LINES = 10_000_000  # counted from here: lines that training has not come to


def blend(first: Path, second: Path, share: float, sources: Sources, steps: int = 100) -> Trainer:
    """`second` with weights moved towards `first`: `share` of 1 leaves them, of 0 gives those of `first`.

    Its averaged net is the blended one, and its lines and minutes are those of the longer training.

    Raises ValueError for nets of two shapes or alphabets, FileNotFoundError.
    """
    ours, theirs = Trainer(first, Shape(), "cpu"), Trainer(second, Shape(), "cpu")
    if ours.shape != theirs.shape:
        raise ValueError(f"{first} and {second} hold nets of two shapes")
    mean, other = theirs.mean.module, ours.mean.module
    with torch.no_grad():
        for weights, those in zip(mean.parameters(), other.parameters(), strict=True):
            weights.lerp_(those, 1 - share)
    _normalise_anew(mean, sources, steps)
    theirs.net.load_state_dict(mean.state_dict())
    theirs.lines, theirs.seconds = max(theirs.lines, ours.lines), max(theirs.seconds, ours.seconds)  # they share their beginning
    theirs.real, theirs.holdings = theirs.real | ours.real, theirs.holdings | ours.holdings
    return theirs


def _normalise_anew(net: nn.Module, sources: Sources, steps: int) -> None:
    """Mean and variance of every feature over `steps` batches, each counting the same."""
    layers = [layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    net.train()
    with closing(batches(sources, FRESH_LINES, 1, 32, 1.0)) as stream, torch.no_grad():
        for batch in islice(stream, steps):
            net(torch.from_numpy(batch.lines))
    net.eval()
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=Path, required=True)
    parser.add_argument("--second", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.5, help="of the second in the blend")
    parser.add_argument("--out", type=Path, required=True)
    arguments.add_sources(parser)
    given = parser.parse_args()
    blend(given.first, given.second, given.share, arguments.sources(given)).save(given.out)


if __name__ == "__main__":
    main()
