"""The trained net as an ONNX graph: normalisation folded into the convolutions, batch and width left open."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from ocr_models.line_image import HEIGHT
from ocr_models.training.network import Recogniser, Residual

OPSET, IR = 17, 9
INPUT, OUTPUT = "lines", "logits"


def onnx_model(net: Recogniser, properties: dict[str, str]) -> onnx.ModelProto:
    """The net as it answers in eval mode: "lines" (n, 1, 48, width) float32 to "logits" (n, width/4, classes); `properties` as metadata.

    Written node by node, so that the same weights give the same bytes whatever version of torch made them. Raises TypeError
    for a layer it does not know.
    """
    builder = _Builder()
    features = builder.add(list(net.layers.children()), INPUT)
    features = builder.node("Squeeze", [features, builder.constant("height", np.array([2], np.int64))])
    builder.nodes.append(helper.make_node("Transpose", [features], [OUTPUT], "out", perm=[0, 2, 1]))
    graph = helper.make_graph(
        builder.nodes,
        "line recogniser",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", 1, HEIGHT, "width"])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", "frames", builder.classes])],
        builder.weights,
    )
    model = helper.make_model(graph, producer_name="sijill", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    helper.set_model_props(model, properties)
    onnx.checker.check_model(model, full_check=True)
    return model


class _Builder:
    """Nodes and weights so far, named by their number."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.classes = 0

    def add(self, layers: list[nn.Module], name: str) -> str:
        """Appends layers behind the tensor `name`; the name of what comes out."""
        waiting = list(_flat(layers))
        while waiting:
            layer = waiting.pop(0)
            if isinstance(layer, Residual):
                name = self.node("Relu", [self.node("Add", [name, self.add([layer.inside], name)])])
            elif isinstance(layer, nn.Conv2d):
                norm = waiting.pop(0) if waiting and isinstance(waiting[0], nn.BatchNorm2d) else None
                name = self._convolution(layer, norm, name)
            elif isinstance(layer, nn.ReLU):
                name = self.node("Relu", [name])
            else:
                raise TypeError(f"no ONNX for {type(layer).__name__}")
        return name

    def node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        name = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        return name

    def constant(self, name: str, values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> str:
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def _convolution(self, conv: nn.Conv2d, norm: nn.Module | None, name: str) -> str:
        weight, bias = conv.weight, conv.bias
        if isinstance(norm, nn.BatchNorm2d) and norm.running_mean is not None and norm.running_var is not None:
            weight, bias = fuse_conv_bn_weights(weight, bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias)
        if bias is None:
            raise TypeError("no ONNX for a convolution without bias or normalisation")
        self.classes = conv.out_channels
        at = len(self.nodes)
        given = [name, self.constant(f"weight{at}", _array(weight)), self.constant(f"bias{at}", _array(bias))]
        padding = [int(side) for side in conv.padding]
        return self.node("Conv", given, kernel_shape=list(conv.kernel_size), strides=list(conv.stride), pads=padding * 2)


def _flat(layers: list[nn.Module]) -> Iterator[nn.Module]:
    for layer in layers:
        if isinstance(layer, nn.Sequential):
            yield from _flat(list(layer.children()))
        else:
            yield layer


def _array(values: torch.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.ascontiguousarray(values.detach().cpu().numpy(), np.float32)
