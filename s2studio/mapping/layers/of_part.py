"""From the layers of a deep network in int8 to what each asks of the chip."""

from __future__ import annotations

from dataclasses import replace
from math import gcd, prod

from s2studio.dnn.layer_part import ChipLayer, LayerPart
from s2studio.dnn.operators.gathering import AvgPool, MaxPool, Softmax
from s2studio.dnn.operators.movements import Embedding, Move
from s2studio.dnn.operators.products import Conv
from s2studio.dnn.tensor import Tensor
from s2studio.mapping.layers.work import Image, Kind, LayerWork
from s2studio.network.operators.arithmetic import Window
from s2studio.network.operators.movements import Reshape

# Values that depend on no other go to PEs in rows of this many.
_ROW = 16


def works_of(part: LayerPart) -> tuple[LayerWork, ...]:
    """Return a work for each layer of `part` that the chip runs: a reshape moves nothing in DRAM and is none.

    A tensor that a reshape makes goes by the name of the tensor whose bytes it has.
    """
    same: dict[str, str] = {}
    works = []
    for layer in part.layers:
        inputs = tuple(replace(tensor, name=same.get(tensor.name, tensor.name)) for tensor in layer.inputs)
        if isinstance(layer.operator, Move) and isinstance(layer.operator.movement, Reshape):
            same[layer.output.name] = inputs[0].name
        else:
            works.append(work_of(replace(layer, inputs=inputs)))
    return tuple(works)


def work_of(layer: ChipLayer) -> LayerWork:
    """Return what one layer asks of the chip."""
    relu = " + Relu" if getattr(layer.operator, "relu", False) else ""
    operator, product = type(layer.operator).__name__ + relu, layer.product
    if product is not None and layer.kind in ("matmul", "convolution"):
        if isinstance(layer.operator, Conv):
            groups, window = layer.operator.groups, layer.operator.window
            return LayerWork(
                layer.name, operator, "convolution", layer.inputs, layer.output, layer.weight_bytes,
                product.m * product.batch // groups, product.k, product.n, groups, layer.inputs[0].shape[1],
                _image(window, layer.inputs[0], layer.output),
            )  # fmt: skip
        return LayerWork(
            layer.name, operator, "matmul", layer.inputs, layer.output, layer.weight_bytes,
            product.m, product.k, product.n, product.batch, has_weights=len(layer.inputs) == 1,
        )  # fmt: skip
    return _work_of_values(layer, operator)


def _work_of_values(layer: ChipLayer, operator: str) -> LayerWork:
    kind: Kind = layer.kind
    if kind == "elementwise" and layer.unit == "exponential_unit":
        kind = "exponential"
    values, image = layer.output.values, None
    reads, row = sum(tensor.values for tensor in layer.inputs) / values, gcd(values, _ROW)
    if kind == "norm":
        row = prod(getattr(layer.operator, "scale").shape)  # noqa: B009 - both norms have one
    elif isinstance(layer.operator, Softmax):
        row = layer.output.shape[layer.operator.axis]
    elif isinstance(layer.operator, MaxPool | AvgPool):
        image, row = _image(layer.operator.window, layer.inputs[0], layer.output), layer.output.shape[-1]
        reads = prod(layer.operator.window.kernel)
    elif kind == "pool":
        row = 1
    side = layer.output.bytes if isinstance(layer.operator, Embedding) else layer.weight_bytes
    return LayerWork(
        layer.name, operator, kind, layer.inputs, layer.output, layer.weight_bytes, values // row, row,
        image=image, reads=reads, side_bytes=0 if kind == "norm" else side,
    )  # fmt: skip


def _image(window: Window, source: Tensor, made: Tensor) -> Image:
    """Return the geometry in two axes; a window in one axis has a height of 1."""
    padded = [length + sum(pad) for length, pad in zip(source.shape[2:], window.padding, strict=True)]
    pairs = [_pair(values) for values in (padded, made.shape[2:], window.extent, window.stride)]
    return Image(*pairs)


def _pair(lengths: list[int] | tuple[int, ...]) -> tuple[int, int]:
    return (1, lengths[0]) if len(lengths) == 1 else (lengths[0], lengths[1])
