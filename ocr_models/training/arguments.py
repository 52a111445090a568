"""Where examples come from, as the trainer and the blender are told on their command lines."""

import argparse
from pathlib import Path

from ocr_models.training.feed import Sources


def add_sources(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--real", type=Path, nargs="*", default=())
    parser.add_argument("--real-as-ascii", type=Path, nargs="*", default=())
    parser.add_argument("--real-share", type=float, default=Sources.real_share)
    parser.add_argument("--words", type=Path)
    parser.add_argument("--places", type=Path)
    parser.add_argument("--seed", type=int, default=1)


def sources(given: argparse.Namespace) -> Sources:
    return Sources(given.seed, given.words, given.places, tuple(given.real), tuple(given.real_as_ascii), given.real_share)
