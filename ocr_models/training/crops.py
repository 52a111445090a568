"""Line crops as the pipeline itself cuts them from synthetic pages, so that the recogniser learns its own line finder's habits.

    python -m ocr_models.training.crops --out FOLDER --pages 1000

Writes NAME.png with NAME.gt.txt beside it, the form of real line collections; labels are as printed.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
from rich.progress import track

from ocr_models.bidi import survives
from ocr_models.line_image import Grey, with_margin
from ocr_models.training.alphabet import label_of, readable
from ocr_models.training.faces import find
from ocr_models.training.lexicon import load
from ocr_models.training.pages import DPI, Box, SetLine, TruePage, page
from ocr_models.training.templates import TEMPLATES
from ocr_models.training.text import Author, Tally
from pipeline.layout import lay_out
from pipeline.model import PageImage
from pipeline.preprocess import map_box, prepare

_COVERED, _TALLEST = 0.9, 1.9


def crops(true: TruePage) -> Iterator[tuple[Grey, str]]:
    """(crop, label) of each line found on a page that holds one whole line of the truth and little else."""
    clean = prepare(PageImage(true.image, DPI))
    layout = lay_out(clean)
    height, width = true.image.shape
    for boxes in layout.lines:
        for box in boxes:
            label = _label(map_box(box, clean.to_page, width, height), true.lines)
            if label:
                yield with_margin(layout.pixels, box)[0], label


def _label(found: Box, lines: tuple[SetLine, ...]) -> str | None:
    """What the found box holds: one true line covered whole. None where it cuts one, or holds parts of several."""
    touched = [line for line in lines if _share(line.box, found) > 0.25]
    if len(touched) != 1 or _share(touched[0].box, found) < _COVERED:
        return None
    high = touched[0].box[3] - touched[0].box[1]
    label = label_of(touched[0].text)
    return label if found[3] - found[1] <= _TALLEST * high and readable(label) and survives(label) else None


def _share(box: Box, of: Box) -> float:
    """How much of `box` lies in the other."""
    across = min(box[2], of[2]) - max(box[0], of[0])
    down = min(box[3], of[3]) - max(box[1], of[1])
    return max(0, across) * max(0, down) / max(1, (box[2] - box[0]) * (box[3] - box[1]))


def write(folder: Path, pages: int, seed: int, words: Path | None = None, places: Path | None = None) -> int:
    """Crops of pages 0 … pages-1 of a seed; pages already written are passed over. How many lines were written."""
    folder.mkdir(parents=True, exist_ok=True)
    author, faces, count = Author(load(words, places), Tally()), find(held_out=False), 0
    for index in track(range(pages), "Pages"):
        done = folder / f"{seed}-{index}.done"
        if done.exists():
            continue
        for number, (image, label) in enumerate(crops(page(author, faces, TEMPLATES, seed, index))):
            name = folder / f"{seed}-{index}-{number}"
            cv2.imwrite(f"{name}.png", image)
            name.with_name(name.name + ".gt.txt").write_text(label + "\n", encoding="utf-8")
            count += 1
        done.touch()
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pages", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--words", type=Path)
    parser.add_argument("--places", type=Path)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    print(write(given.out, given.pages, given.seed, given.words, given.places), "lines")  # noqa: T201 the command's answer


if __name__ == "__main__":
    main()
