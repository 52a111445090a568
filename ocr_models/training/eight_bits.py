"""Static 8-bit quantisation by ONNX Runtime: weights a channel at a time, ranges of what flows measured on synthetic lines."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (  # type: ignore[import-untyped]
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from ocr_models.training.graph import INPUT


class _Reader(CalibrationDataReader):  # type: ignore[misc]  # the library has no types
    def __init__(self, lines: Sequence[NDArray[np.float32]]) -> None:
        self._lines: Iterator[NDArray[np.float32]] = iter(lines)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        line = next(self._lines, None)
        return None if line is None else {INPUT: line}


def quantised(model: onnx.ModelProto, lines: Sequence[NDArray[np.float32]]) -> onnx.ModelProto:
    """The model in 8 bits, its last layer in single precision: what it says is a probability.

    Weights keep 7 bits of their 8: processors without VNNI add up pairs in 16 bits, which overflow otherwise, and every
    machine should read the same.
    """
    last = [node.name for node in model.graph.node if node.op_type == "Conv"][-1]
    with tempfile.TemporaryDirectory(prefix="sijill-") as folder:
        given, made = Path(folder) / "whole.onnx", Path(folder) / "small.onnx"
        onnx.save(model, str(given))  # given the model itself, it would be changed
        quantize_static(
            str(given), str(made), _Reader(lines), quant_format=QuantFormat.QDQ, per_channel=True, reduce_range=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, nodes_to_exclude=[last],
            calibrate_method=CalibrationMethod.MinMax,
        )  # fmt: skip
        return onnx.load(str(made))
