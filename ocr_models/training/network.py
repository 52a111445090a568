"""The line recogniser: a convolutional net with a CTC output, small enough to train and to run on one CPU core.

Height is folded away in five steps while width keeps a quarter of its pixels, so that close-set signs still have a frame each;
the 1-D blocks behind see about 150 pixels to either side, enough for a word. Only convolutions, batch normalisation and ReLU:
normalisation folds into the weights and everything quantises to 8 bits. CTC: Graves et al., ICML 2006.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

FRAME = 4


@dataclass(frozen=True)
class Shape:
    """Channels after the stem, three stages and the fold, and the 1-D blocks behind: width inside a block, reach, how many."""

    channels: tuple[int, int, int, int, int] = (24, 48, 80, 144, 256)
    inner: int = 128
    reach: int = 7
    blocks: int = 6


class Residual(nn.Module):
    """What is inside, added to what came in, above zero."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.inside = nn.Sequential(*layers)

    def forward(self, features: Tensor) -> Tensor:
        return torch.relu(features + self.inside(features))


class Recogniser(nn.Module):
    """(batch, 1, 48, width) lines, 0 paper to 1 ink, to (batch, width/4, signs + 1) logits; class 0 is CTC's blank."""

    def __init__(self, signs: int, shape: Shape) -> None:
        super().__init__()
        stem, first, second, third, wide = shape.channels
        blocks = (_block(wide, shape.inner, shape.reach) for _ in range(shape.blocks))
        self.layers = nn.Sequential(
            _conv(1, stem, 3, (2, 2)), _conv(stem, first, 3, (2, 2)), Residual(_conv(first, first, 3, act=False)),
            _conv(first, second, 3, (2, 1)), Residual(_conv(second, second, 3, act=False)),
            _conv(second, third, 3, (2, 1)), Residual(_conv(third, third, 3, act=False)),
            nn.Conv2d(third, wide, (3, 1), bias=False), nn.BatchNorm2d(wide), nn.ReLU(),
            *blocks, nn.Conv2d(wide, signs + 1, 1),
        )  # fmt: skip

    def forward(self, lines: Tensor) -> Tensor:
        return cast(Tensor, self.layers(lines)).squeeze(2).transpose(1, 2)


def _conv(inside: int, out: int, kernel: int | tuple[int, int], stride: int | tuple[int, int] = 1, *, act: bool = True) -> nn.Sequential:
    size = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    conv = nn.Conv2d(inside, out, size, stride, (size[0] // 2, size[1] // 2), bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out), *([nn.ReLU()] if act else []))


def _block(channels: int, inner: int, reach: int) -> Residual:
    return Residual(_conv(channels, inner, 1), _conv(inner, inner, (1, reach)), _conv(inner, channels, 1, act=False))


def ctc_loss(logits: Tensor, targets: Sequence[Sequence[int]], widths: Sequence[int]) -> Tensor:
    """Mean CTC loss a sign; `widths` in pixels say how much of each padded line is real."""
    frames = torch.tensor([min(-(-width // FRAME), logits.shape[1]) for width in widths])
    lengths = torch.tensor([len(target) for target in targets])
    joined = torch.tensor([sign for target in targets for sign in target])
    likely = logits.float().transpose(0, 1).log_softmax(-1)
    losses = nn.functional.ctc_loss(likely, joined, frames, lengths, reduction="none", zero_infinity=True)
    return (losses / lengths.clamp(min=1).to(losses)).mean()
