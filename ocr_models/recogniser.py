"""Reads text lines with our own net, run by ONNX Runtime on one CPU thread; the model's bytes are checked before anything else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray

from ocr_models import model_file
from ocr_models.confidence import Calibration, Chances
from ocr_models.decode import Heard, softmax, words
from ocr_models.line_image import ABOVE, BESIDE, HEIGHT, Grey, line_image, with_margin
from pipeline.model import Alternative, Box, Word

if TYPE_CHECKING:
    from pipeline.model import Pixels

_LEAST_HIGH, _LEAST_WIDE, _LEAST_CONTRAST = 6, 3, 24
_PIECE, _SEEN = 2048, 128  # long lines go through the net in pieces; what it sees to either side, a multiple of FRAME, overlaps
_STEP, _FRAME = 16, 4


@dataclass(frozen=True)
class _Strip:
    """The (48, width) image of one line, where it starts on the page, and pixels of the page a pixel of it."""

    image: Grey
    left: int
    scale: float


class Recogniser:
    """LineReader over a model of models.json."""

    def __init__(self, model: Path | None = None, threads: int = 1) -> None:
        """`model`: a NAME.onnx beside its models.json, or the shipped default. Raises Missing (model-missing), Damaged (model-damaged)."""
        file = model or model_file.default()
        held = model_file.verified(file)
        try:
            self._session = onnxruntime.InferenceSession(held.data, _options(threads), providers=["CPUExecutionProvider"])
            properties = self._session.get_modelmeta().custom_metadata_map
            self._signs, self._calibration = properties["signs"], Calibration.parse(properties["calibration"])
            if (properties["height"], properties["frame"]) != (str(HEIGHT), str(_FRAME)):
                raise ValueError("made for lines of another height")
        except (KeyError, TypeError, ValueError, *_REFUSALS) as error:
            raise model_file.damaged(file, f"is not one this version can run ({type(error).__name__})") from error
        self._input = self._session.get_inputs()[0].name
        self._name, self._sha256 = properties["name"], held.sha256

    @property
    def identity(self) -> str:
        return f"sijill-lines {self._name} {self._sha256[:12]} margins {ABOVE:g} {BESIDE:g}"

    def read(self, pixels: "Pixels", dpi: float, boxes: Sequence[Box]) -> list[tuple[Word, ...]]:  # noqa: ARG002 the port's arguments
        """The words of each line; none where the box holds no contrast or is smaller than any writing."""
        strips = {number: strip for number, box in enumerate(boxes) if (strip := _strip(pixels, box)) is not None}
        heard = words([self._likely(strip.image) for strip in strips.values()], self._signs, self._calibration)
        found: list[tuple[Word, ...]] = [()] * len(boxes)
        for (number, strip), said in zip(strips.items(), heard, strict=True):
            found[number] = tuple(_placed(each, strip, boxes[number]) for each in said)
        return found

    def logits(self, lines: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 1, 48, width) lines, 0 paper to 1 ink, to (n, width/4, classes)."""
        return cast(NDArray[np.float32], self._session.run(None, {self._input: lines})[0])

    def _likely(self, image: Grey) -> Chances:
        """(width/4, classes) probabilities of one line image."""
        return softmax(np.concatenate([self.logits(lines)[0, skipped:kept] for lines, skipped, kept in _pieces(image)]))


def _options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4
    options.enable_mem_pattern = False  # every line has its own width
    return options


_REFUSALS = tuple(
    getattr(onnxruntime.capi.onnxruntime_pybind11_state, name)
    for name in ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented", "RuntimeException")
)


def _strip(pixels: "Pixels", box: Box) -> _Strip | None:
    """A line with its margin of paper, as far as the page has one; None where nothing can be written."""
    height, width = pixels.shape
    x0, y0, x1, y1 = max(box.x0, 0), max(box.y0, 0), min(box.x1, width), min(box.y1, height)
    if y1 - y0 < _LEAST_HIGH or x1 - x0 < _LEAST_WIDE or int(np.ptp(pixels[y0:y1, x0:x1])) < _LEAST_CONTRAST:
        return None
    crop, left = with_margin(pixels, Box(x0, y0, x1, y1))
    image = line_image(crop, most_wide=None)
    return _Strip(image, left, crop.shape[1] / image.shape[1])


def _pieces(image: Grey) -> Iterator[tuple[NDArray[np.float32], int, int]]:
    """Net inputs of a line, and which of the frames of each to keep: together they are those of the line run in one."""
    width = image.shape[1]
    for start in range(0, width, _PIECE):
        stop = min(start + _PIECE, width)
        left, right = max(start - _SEEN, 0), min(stop + _SEEN, width)
        lines = np.zeros((1, 1, HEIGHT, -(-(right - left) // _STEP) * _STEP), np.float32)
        lines[0, 0, :, : right - left] = (255 - image[:, left:right]) / np.float32(255)
        yield lines, (start - left) // _FRAME, -(-(stop - left) // _FRAME)


def _placed(heard: Heard, strip: _Strip, line: Box) -> Word:
    """A word on the page, inside its line's box and a pixel wide at least."""
    start, stop = (round(strip.left + frames * _FRAME * strip.scale) for frames in (heard.start, heard.stop))
    x0 = min(max(start, line.x0), line.x1 - 1)
    others = tuple(Alternative(text, confidence) for text, confidence in heard.others)
    return Word(heard.text, Box(x0, line.y0, max(x0 + 1, min(stop, line.x1)), line.y1), round(heard.confidence, 4), others)
