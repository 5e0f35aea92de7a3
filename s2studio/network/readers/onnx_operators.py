"""What each ONNX operator means: one function per operator, from a node to the layers that it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.network.operators.arithmetic import Conv, Dense, MatMul, Window
from s2studio.network.operators.elementwise import (
    Add,
    Divide,
    Erf,
    Gelu,
    Mul,
    Relu,
    Relu6,
    Root,
    Sigmoid,
    Silu,
    Square,
    Tanh,
)
from s2studio.network.operators.movements import Concat, Embedding, Reshape, Slice, Transpose
from s2studio.network.operators.operator import FloatArray, Identity, Operator, Shape, axis_of, text
from s2studio.network.operators.pairs import QuantisePair
from s2studio.network.operators.reductions import AvgPool, BatchNorm, LayerNorm, MaxPool, Mean, RMSNorm, Softmax
from s2studio.network.readers.not_covered import NotCovered
from s2studio.network.readers.onnx_pairs import dequantise, quantise

# Before this opset, softmax took all axes from one on as one.
SOFTMAX_OF_ONE_AXIS = 13
Steps = tuple[tuple[Operator, ...], tuple[str, ...]]
NORMS = "powers, roots and quotients are read as parts of LayerNorm and RMSNorm: use those"


@dataclass(frozen=True)
class Node:
    """A node of the file, with what is known of its inputs: constants, or the shapes of tensors.

    `pairs` are the steps of tensors that the file holds as whole numbers.
    """

    name: str
    type: str
    domain: str
    attributes: Mapping[str, Any]
    inputs: Sequence[str]
    constants: Mapping[str, NDArray[Any]]
    shapes: Mapping[str, Shape]
    opset: int
    pairs: Mapping[str, QuantisePair] = field(default_factory=dict)

    def shape(self, name: str) -> Shape:
        """Return the shape of a tensor that is an input here."""
        return self.constants[name].shape if name in self.constants else self.shapes[name]

    def constant(self, index: int) -> NDArray[Any] | None:
        """Return input `index` where it is a constant, None where it is absent. Raises NotCovered where it varies."""
        if index >= len(self.inputs) or not self.inputs[index]:
            return None
        name = self.inputs[index]
        if name not in self.constants:
            reason = f"its input {index} ({text(self.shape(name))}) changes from inference to inference"
            raise NotCovered(reason, "let it be a constant or a trained parameter")
        return self.constants[name]

    def floats(self, index: int) -> FloatArray | None:
        """Return a constant input in float32. Raises ValueError where it is not finite."""
        array = self.constant(index)
        if array is None:
            return None
        if not np.isfinite(array).all():
            raise ValueError(f"{np.sum(~np.isfinite(array)):,} of the values of input {index} are not finite")
        return array.astype(np.float32)

    def needed(self, index: int) -> FloatArray:
        """Return a constant input that must be there."""
        array = self.floats(index)
        if array is None:
            raise ValueError(f"input {index} is missing")
        return array

    def integers(self, index: int, attribute: str) -> list[int] | None:
        """Return what is an attribute in older files and a constant input in newer ones."""
        array = self.constant(index)
        if array is not None:
            return [int(value) for value in array.reshape(-1)]
        value = self.attributes.get(attribute)
        return None if value is None else [int(entry) for entry in value]

    def tensor(self, index: int = 0) -> str:
        """Return the name of input `index`, which must be no constant."""
        name = self.inputs[index]
        if name in self.constants:
            raise NotCovered(f"its input {index} is a constant", "work it out before the export")
        return name


def _plain(operator: Operator) -> Callable[[Node], Steps]:
    """Return a converter of nodes with one input and nothing to say of it."""
    return lambda node: ((operator,), (node.tensor(),))


def _gemm(node: Node) -> Steps:
    weight, bias, say = node.needed(1), node.floats(2), node.attributes.get
    if say("transA", 0):
        raise NotCovered("its input is transposed", "transpose the input in a layer of its own")
    weight = np.ascontiguousarray(weight if say("transB", 0) else weight.T) * np.float32(say("alpha", 1.0))
    if bias is not None:
        bias = np.broadcast_to(bias.reshape(-1), (len(weight),)) * np.float32(say("beta", 1.0))
    return (Dense(weight, bias),), (node.tensor(),)


def _matmul(node: Node) -> Steps:
    if node.inputs[0] in node.constants and node.inputs[1] not in node.constants:
        return _from_the_left(node, node.needed(0))
    if node.inputs[1] not in node.constants:
        return (MatMul(),), (node.tensor(0), node.tensor(1))
    weight = _matrix(node, node.needed(1), node.inputs[0])
    if weight.ndim != 2:
        raise NotCovered(f"its constant is {text(weight.shape)}", "2 axes are covered: use one Linear for each matrix")
    return (Dense(np.ascontiguousarray(weight.T)),), (node.tensor(),)


def _matrix(node: Node, weight: FloatArray, other: str) -> FloatArray:
    """Return a constant factor without axes of 1 that change nothing."""
    is_one = weight.size == prod(weight.shape[-2:]) and 2 < weight.ndim <= len(node.shape(other))
    return weight.reshape(weight.shape[-2:]) if is_one else weight


def _from_the_left(node: Node, weight: FloatArray) -> Steps:
    """Return W x as (x^T W^T)^T: what is trained stands on the right."""
    rank, weight = len(node.shape(node.inputs[1])), _matrix(node, weight, node.inputs[1])
    if weight.ndim != 2 or rank < 2:
        raise NotCovered(f"its constant is {text(weight.shape)}", "2 axes are covered: use one Linear for each matrix")
    turn = Transpose((*range(rank - 2), rank - 1, rank - 2))
    return (turn, Dense(weight), turn), (node.tensor(1),)


def _window(node: Node, kernel: Shape) -> Window:
    """Return the windows of a convolution or a pool from its attributes."""
    rank, say, space = len(kernel), node.attributes.get, node.shape(node.inputs[0])[2:]
    if rank not in (1, 2):
        raise NotCovered(f"its kernel is {text(kernel)}", "1 or 2 axes of space are covered")
    stride, dilation = tuple(say("strides", [1] * rank)), tuple(say("dilations", [1] * rank))
    pads = tuple(say("pads", [0] * 2 * rank))
    lengths = (len(stride), len(dilation), len(pads), len(space))
    if lengths != (rank, rank, 2 * rank, rank) or min(*kernel, *stride, *dilation) < 1 or min(pads) < 0:
        raise ValueError(f"kernel {kernel}, strides {stride}, dilations {dilation}, pads {pads} of {text(space)}")
    padding = tuple(zip(pads[:rank], pads[rank:], strict=True))
    window = Window(kernel, stride, padding, dilation)
    if say("auto_pad", "NOTSET") in ("SAME_UPPER", "SAME_LOWER"):
        window = Window(kernel, stride, _same(window, space, say("auto_pad") == "SAME_UPPER"), dilation)
    if say("ceil_mode", 0) and any(
        (length + sum(pad) - extent) % step
        for length, pad, extent, step in zip(space, window.padding, window.extent, stride, strict=True)
    ):
        raise NotCovered(f"ceil_mode=1 adds a window at the edge of {text(space)}", "pad the image instead")
    return window


def _same(window: Window, space: Shape, at_end: bool) -> tuple[tuple[int, int], ...]:
    """Return the padding with which an image has length / stride windows, rounded up."""
    pads = []
    for length, stride, extent in zip(space, window.stride, window.extent, strict=True):
        total = max((-(-length // stride) - 1) * stride + extent - length, 0)
        pads.append((total // 2, total - total // 2) if at_end else (total - total // 2, total // 2))
    return tuple(pads)


def _conv(node: Node) -> Steps:
    weight = node.needed(1)
    if weight.ndim < 3:
        raise ValueError(f"its weights are {text(weight.shape)}")
    conv = Conv(weight, node.floats(2), _window(node, weight.shape[2:]), int(node.attributes.get("group", 1)))
    if conv.groups < 1 or (conv.bias is not None and conv.bias.shape != weight.shape[:1]):
        raise ValueError(f"{conv.groups} groups, weights {text(weight.shape)}")
    return (conv,), (node.tensor(),)


def _max_pool(node: Node) -> Steps:
    return (MaxPool(_window(node, tuple(node.attributes["kernel_shape"]))),), (node.tensor(),)


def _avg_pool(node: Node) -> Steps:
    window = _window(node, tuple(node.attributes["kernel_shape"]))
    return (AvgPool(window, bool(node.attributes.get("count_include_pad", 0))),), (node.tensor(),)


def _global_pool(node: Node) -> Steps:
    return (Mean(tuple(range(2, len(node.shape(node.inputs[0]))))),), (node.tensor(),)


def _batch_norm(node: Node) -> Steps:
    if node.attributes.get("training_mode", 0):
        raise NotCovered("it is in training mode", "call model.eval() before the export")
    scale, shift, mean, variance = (node.needed(index) for index in range(1, 5))
    if len({scale.shape, shift.shape, mean.shape, variance.shape, (scale.size,)}) > 1 or variance.min() < 0:
        raise ValueError("its scale, shift, mean and variance do not fit each other")
    factor = scale / np.sqrt(variance + np.float32(node.attributes.get("epsilon", 1e-5)))
    return (BatchNorm(factor, shift - mean * factor),), (node.tensor(),)


def _layer_norm(node: Node) -> Steps:
    epsilon, axis = float(node.attributes.get("epsilon", 1e-5)), int(node.attributes.get("axis", -1))
    return (LayerNorm(node.needed(1), node.floats(2), epsilon, axis),), (node.tensor(),)


def _rms_norm(node: Node) -> Steps:
    epsilon, axis = float(node.attributes.get("epsilon", 1e-5)), int(node.attributes.get("axis", -1))
    scale, shape = node.needed(1), node.shape(node.inputs[0])
    own = shape[axis_of(axis, shape) :]
    if scale.shape == shape and (scale == scale.reshape(-1, *own)[0]).all():  # torch fills one as large as its input
        scale = np.ascontiguousarray(scale.reshape(-1, *own)[0])
    return (RMSNorm(scale, epsilon, axis),), (node.tensor(),)


def _gelu(node: Node) -> Steps:
    return (Gelu(node.attributes.get("approximate", "none") == "tanh"),), (node.tensor(),)


def _swish(node: Node) -> Steps:
    if node.attributes.get("alpha", 1.0) != 1.0:
        raise NotCovered(f"its alpha is {node.attributes['alpha']}", "use SiLU, whose alpha is 1")
    return (Silu(),), (node.tensor(),)


def _clip(node: Node) -> Steps:
    bounds = [
        node.attributes.get(name) if (array := node.floats(index)) is None else float(array.reshape(-1)[0])
        for index, name in ((1, "min"), (2, "max"))
    ]
    if bounds not in ([0.0, 6.0], [0.0, None]):
        raise NotCovered(f"it cuts at {bounds[0]} and {bounds[1]}", "use ReLU6, which cuts at 0 and 6, or ReLU")
    return (Relu6() if bounds[1] else Relu(),), (node.tensor(),)


def _softmax(node: Node) -> Steps:
    if node.opset >= SOFTMAX_OF_ONE_AXIS:
        return (Softmax(int(node.attributes.get("axis", -1))),), (node.tensor(),)
    shape, axis = node.shape(node.inputs[0]), int(node.attributes.get("axis", 1))
    if prod(shape[axis_of(axis, shape) + 1 :]) != 1:
        raise NotCovered(
            f"in opset {node.opset} it takes all axes from {axis} on as one", "export with opset 13 or later"
        )
    return (Softmax(axis),), (node.tensor(),)


def _add(node: Node) -> Steps:
    for index in (0, 1):
        if node.inputs[index] in node.constants:
            return (Add(_without_infinity(node, index)),), (node.tensor(1 - index),)
    return (Add(),), (node.tensor(0), node.tensor(1))


def _without_infinity(node: Node, index: int) -> FloatArray:
    """Return a constant with the lowest number for -inf: both make softmax leave a place out, and sums stay finite."""
    given = node.constants[node.inputs[index]]
    if given.dtype.kind != "f" or not np.isneginf(given).any():
        return node.needed(index)
    lowest = np.where(np.isneginf(given), np.finfo(np.float32).min, given)
    return replace(node, constants={**node.constants, node.inputs[index]: lowest}).needed(index)


def _multiply(node: Node) -> Steps:
    for index in (0, 1):
        if node.inputs[index] in node.constants:
            return (Mul(node.needed(index)),), (node.tensor(1 - index),)
    return (Mul(),), (node.tensor(0), node.tensor(1))


def _subtract(node: Node) -> Steps:
    if node.inputs[1] in node.constants:
        return (Add(-node.needed(1)),), (node.tensor(),)
    if node.inputs[0] in node.constants:
        return (Mul(np.full((), -1, np.float32)), Add(node.needed(0))), (node.tensor(1),)
    return (Add(subtracts=True),), (node.tensor(0), node.tensor(1))


def _power(node: Node) -> Steps:
    exponent = node.needed(1)
    if exponent.size == 1 and exponent.item() in (0.5, 2):
        return (Square() if exponent.item() == 2 else Root(),), (node.tensor(),)
    raise NotCovered(f"its exponent is {text(exponent.shape) if exponent.size > 1 else exponent.item()}", NORMS)


def _divide(node: Node) -> Steps:
    if node.inputs[1] not in node.constants:
        if node.inputs[0] not in node.constants:
            return (Divide(),), (node.tensor(0), node.tensor(1))
        above = node.needed(0)
        inverse = (Divide(),) if above.size == 1 and above.item() == 1 else (Divide(), Mul(above))
        return inverse, (node.tensor(1),)
    divisor = node.needed(1)
    if not divisor.all():
        raise ValueError("it divides by 0")
    return (Mul(np.asarray(1 / divisor, np.float32)),), (node.tensor(),)


def _reduce_mean(node: Node) -> Steps:
    shape, axes = node.shape(node.inputs[0]), node.integers(1, "axes")
    if axes is None:
        if node.attributes.get("noop_with_empty_axes", 0):
            return (Identity(),), (node.tensor(),)
        axes = list(range(len(shape)))
    settled = tuple(sorted(axis_of(axis, shape) for axis in axes))
    return (Mean(settled, bool(node.attributes.get("keepdims", 1))),), (node.tensor(),)


def _gather(node: Node) -> Steps:
    axis = int(node.attributes.get("axis", 0))
    if node.inputs[0] in node.constants:
        table = node.needed(0)
        if table.ndim != 2 or axis_of(axis, table.shape) != 0:
            raise NotCovered(f"it takes from {text(table.shape)} along axis {axis}", "use an Embedding")
        return (Embedding(table),), (node.tensor(1),)
    return _pick(node, node.shape(node.inputs[0]), axis)


def _pick(node: Node, shape: Shape, axis: int) -> Steps:
    """Return a Gather with one constant index, as x[:, 0] becomes: a slice without its axis."""
    index, axis = node.constant(1), axis_of(axis, shape)
    if index is None or index.size != 1:
        raise NotCovered("it takes several places of a tensor", "use slices and Concat")
    place = axis_of(int(index.reshape(-1)[0]), (0,) * shape[axis])
    ranges = tuple((place, place + 1, 1) if i == axis else (0, length, 1) for i, length in enumerate(shape))
    target = (*shape[:axis], *index.shape, *shape[axis + 1 :])
    return (Slice(ranges), Reshape(target)), (node.tensor(),)


def _flatten(node: Node) -> Steps:
    shape, axis = node.shape(node.inputs[0]), int(node.attributes.get("axis", 1))
    axis = axis + len(shape) if axis < 0 else axis
    return (Reshape((prod(shape[:axis]), prod(shape[axis:]))),), (node.tensor(),)


def _reshape(node: Node) -> Steps:
    shape, target = node.shape(node.inputs[0]), node.integers(1, "shape") or []
    if not node.attributes.get("allowzero", 0):
        target = [shape[axis] if length == 0 else length for axis, length in enumerate(target)]
    if target.count(-1) == 1:
        rest = prod(length for length in target if length != -1)
        target[target.index(-1)] = prod(shape) // max(rest, 1)
    if any(length < 1 for length in target):
        raise ValueError(f"{text(shape)} becomes {target}")
    return (Reshape(tuple(target)),), (node.tensor(),)


def _squeeze(node: Node) -> Steps:
    shape, axes = node.shape(node.inputs[0]), node.integers(1, "axes")
    gone = {axis_of(axis, shape) for axis in axes} if axes is not None else {i for i, n in enumerate(shape) if n == 1}
    return (Reshape(tuple(length for axis, length in enumerate(shape) if axis not in gone)),), (node.tensor(),)


def _unsqueeze(node: Node) -> Steps:
    shape, axes = node.shape(node.inputs[0]), node.integers(1, "axes") or []
    rank = len(shape) + len(axes)
    new, rest = {axis_of(axis, (0,) * rank) for axis in axes}, iter(shape)
    return (Reshape(tuple(1 if axis in new else next(rest) for axis in range(rank))),), (node.tensor(),)


def _transpose(node: Node) -> Steps:
    rank = len(node.shape(node.inputs[0]))
    return (Transpose(tuple(node.attributes.get("perm", range(rank - 1, -1, -1)))),), (node.tensor(),)


def _concat(node: Node) -> Steps:
    """Return a Concat with the constants in front of the tensors and behind them, as class tokens are."""
    axis, varies = int(node.attributes["axis"]), [name not in node.constants for name in node.inputs]
    first, last = varies.index(True), len(varies) - varies[::-1].index(True)
    before, after = (
        np.concatenate([node.needed(index) for index in places], axis) if places else None
        for places in (range(first), range(last, len(varies)))
    )
    return (Concat(axis, before, after),), tuple(node.tensor(index) for index in range(first, last))


def _slice(node: Node) -> Steps:
    shape = node.shape(node.inputs[0])
    starts, stops = node.integers(1, "starts") or [], node.integers(2, "ends") or []
    axes, steps = node.integers(3, "axes") or range(len(starts)), node.integers(4, "steps") or [1] * len(starts)
    ranges = [(0, length, 1) for length in shape]
    for start, stop, axis, step in zip(starts, stops, axes, steps, strict=True):
        if step < 1:
            raise NotCovered(f"its step is {step}", "steps of 1 and more are covered")
        ranges[axis_of(axis, shape)] = slice(start, stop, step).indices(shape[axis_of(axis, shape)])
    return (Slice(tuple(ranges)),), (node.tensor(),)


def split(node: Node, outputs: Sequence[str]) -> list[tuple[Slice, str]]:
    """Return the slice that each output of a Split is: of lengths that are given, or of equal ones."""
    shape, lengths, count = node.shape(node.inputs[0]), node.integers(1, "split"), len(outputs)
    axis = axis_of(int(node.attributes.get("axis", 0)), shape)
    if lengths is None:
        each = -(-shape[axis] // max(count, 1))
        lengths = [min(each, shape[axis] - each * place) for place in range(count)]
    if sum(lengths) != shape[axis] or len(lengths) != count or min(lengths) < 1:
        raise ValueError(f"{text(shape)} is split along axis {axis} into {lengths}, {count} of which are used")
    whole, begin, slices = [(0, length, 1) for length in shape], 0, []
    for length, output in zip(lengths, outputs, strict=True):
        slices.append((Slice((*whole[:axis], (begin, begin + length, 1), *whole[axis + 1 :])), output))
        begin += length
    return slices


CONVERTERS: Mapping[str, Callable[[Node], Steps]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Conv": _conv,
    "BatchNormalization": _batch_norm,
    "Relu": _plain(Relu()),
    "Clip": _clip,
    "Gelu": _gelu,
    "Erf": _plain(Erf()),
    "Swish": _swish,
    "Sigmoid": _plain(Sigmoid()),
    "Tanh": _plain(Tanh()),
    "Softmax": _softmax,
    "Pow": _power,
    "Sqrt": _plain(Root()),
    "Reciprocal": _plain(Divide()),
    "LayerNormalization": _layer_norm,
    "RMSNormalization": _rms_norm,
    "Add": _add,
    "Mul": _multiply,
    "Sub": _subtract,
    "Div": _divide,
    "MaxPool": _max_pool,
    "AveragePool": _avg_pool,
    "GlobalAveragePool": _global_pool,
    "ReduceMean": _reduce_mean,
    "Gather": _gather,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": _transpose,
    "Concat": _concat,
    "Slice": _slice,
    "Neg": _plain(Mul(np.full((), -1, np.float32))),
    "Identity": _plain(Identity()),
    "Dropout": _plain(Identity()),
    "QuantizeLinear": quantise,
    "DequantizeLinear": dequantise,
}
