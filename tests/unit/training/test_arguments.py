"""What the command lines of the trainer and the blender share."""

import argparse
from pathlib import Path

import pytest

from ocr_models.training.arguments import add_sources, sources
from ocr_models.training.feed import Sources


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", Sources(1)),
        ("--real a b --real-as-ascii c --real-share 0.4", Sources(1, None, None, (Path("a"), Path("b")), (Path("c"),), 0.4)),
        ("--words w --places p --seed 5", Sources(5, Path("w"), Path("p"))),
    ],
)
def test_the_sources_are_those_that_were_told(line: str, told: Sources) -> None:
    parser = argparse.ArgumentParser()
    add_sources(parser)
    assert sources(parser.parse_args(line.split())) == told
