"""What of an ONNX graph is known before it runs: constants, shapes, and the arithmetic that exporters do on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from s2studio.network.readers.onnx_pairs import dequantise_constant, quantise_constant

if TYPE_CHECKING:
    from s2studio.network.readers.onnx_operators import Node

# Shapes and their like; a large tensor that is computed from others is a layer, not a constant.
MAX_VALUES = 2**24
Array = NDArray[Any]


def constant_of(node: Node) -> Array | None:
    """Return what `node` makes where that is the same for every input, else None."""
    if node.domain not in ("", "ai.onnx"):
        return None
    if node.type == "Shape":
        span = slice(node.attributes.get("start", 0), node.attributes.get("end"))
        return np.array(node.shape(node.inputs[0])[span], np.int64)
    if node.type == "Constant":
        return _constant(node.attributes)
    if (
        node.type not in _FOLDED
        or node.attributes.get("block_size")
        or not all(name in node.constants for name in node.inputs if name)
    ):
        return None
    arrays = [node.constants[name] for name in node.inputs if name]
    if _most_values(node.type, arrays) > MAX_VALUES:
        return None
    with np.errstate(all="ignore"):  # what is not finite is refused where it is used
        return np.asarray(_FOLDED[node.type](node.attributes, arrays))


def _most_values(kind: str, arrays: Sequence[Array]) -> int:
    """Return at most how many values come out: two small arrays can broadcast to a large one."""
    if kind == "DequantizeLinear":  # of weights as large as they may be; all that is worked out is counted
        return 0
    if kind == "Gather":
        return prod(array.size for array in arrays)
    if kind == "ConstantOfShape":
        return prod(abs(length) for length in arrays[0].reshape(-1).tolist())
    if kind == "Expand":
        return prod((*arrays[0].shape, *np.abs(arrays[1].astype(object)).reshape(-1)))
    if kind in ("Add", "Sub", "Mul", "Div", "Mod", "Equal", "Where"):
        return prod(np.broadcast_shapes(*(array.shape for array in arrays)))
    return sum(array.size for array in arrays)


def _constant(attributes: Mapping[str, Any]) -> Array:
    """Return the numbers of a Constant that is no tensor."""
    for name, kind in (("value_float", np.float32), ("value_floats", np.float32), ("value_int", np.int64)):
        if name in attributes:
            return np.array(attributes[name], kind)
    return np.array(attributes["value_ints"], np.int64)


def _unsqueeze(attributes: Mapping[str, Any], arrays: Sequence[Array]) -> Array:
    axes = attributes["axes"] if len(arrays) == 1 else arrays[1].tolist()
    return np.expand_dims(arrays[0], tuple(axes))


def _squeeze(attributes: Mapping[str, Any], arrays: Sequence[Array]) -> Array:
    axes = attributes.get("axes") if len(arrays) == 1 else arrays[1].tolist()
    return np.squeeze(arrays[0], None if axes is None else tuple(axes))


def _cast(attributes: Mapping[str, Any], arrays: Sequence[Array]) -> Array:
    """Return the values as ONNX's types 1 (float), 6 (int32), 7 (int64), 9 (bool), 11 (double, kept as float32)."""
    kinds: Mapping[int, type[np.generic]] = {1: np.float32, 6: np.int32, 7: np.int64, 9: np.bool_, 11: np.float32}
    return arrays[0].astype(kinds[attributes["to"]])


def _divide(arrays: Sequence[Array]) -> Array:
    whole = all(array.dtype.kind in "iu" for array in arrays)
    if whole and not arrays[1].all():
        raise ValueError("a shape divided by 0")
    return np.asarray(arrays[0] // arrays[1] if whole else arrays[0] / arrays[1])


def _remainder(attributes: Mapping[str, Any], arrays: Sequence[Array]) -> Array:
    if arrays[1].dtype.kind in "iu" and not arrays[1].all():
        raise ValueError("a shape divided by 0")
    return np.asarray(np.fmod(*arrays) if attributes.get("fmod", 0) else np.mod(*arrays))


def _slice(arrays: Sequence[Array]) -> Array:
    """Return the ranges of an array, in the form that has them as inputs."""
    given = [[int(value) for value in array.reshape(-1)] for array in arrays[1:]]
    ranges = [slice(None)] * arrays[0].ndim
    defaults = [list(range(len(given[0]))), [1] * len(given[0])]
    starts, stops, axes, steps = [*given, *defaults[len(given) - 2 :]]
    for start, stop, axis, step in zip(starts, stops, axes, steps, strict=True):
        ranges[axis] = slice(start, stop, step)
    return arrays[0][tuple(ranges)]


def _triangle(attributes: Mapping[str, Any], matrix: Array, diagonal: Array | int = 0) -> Array:
    """Return the part of a matrix on and above a diagonal, or on and below it: what a causal mask is made of."""
    keep = np.triu if attributes.get("upper", 1) else np.tril
    return keep(matrix, int(diagonal))


def _filled(attributes: Mapping[str, Any], shape: Array) -> Array:
    """Return a tensor of one number, whole where that is."""
    value = attributes.get("value", 0.0)
    return np.full(shape.tolist(), value, np.int64 if isinstance(value, int) else np.float32)


def _transpose(attributes: Mapping[str, Any], arrays: Sequence[Array]) -> Array:
    return arrays[0].transpose(attributes.get("perm"))


_FOLDED: Mapping[str, Callable[[Mapping[str, Any], Sequence[Array]], Array]] = {
    "Identity": lambda attributes, arrays: arrays[0],
    "Cast": _cast,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Gather": lambda attributes, arrays: np.take(arrays[0], arrays[1], attributes.get("axis", 0)),
    "Concat": lambda attributes, arrays: np.concatenate(arrays, attributes["axis"]),
    "Reshape": lambda attributes, arrays: arrays[0].reshape(arrays[1].tolist()),
    "Add": lambda attributes, arrays: np.asarray(arrays[0] + arrays[1]),
    "Sub": lambda attributes, arrays: np.asarray(arrays[0] - arrays[1]),
    "Mul": lambda attributes, arrays: np.asarray(arrays[0] * arrays[1]),
    "Div": lambda attributes, arrays: _divide(arrays),
    "Mod": _remainder,
    "Equal": lambda attributes, arrays: np.asarray(arrays[0] == arrays[1]),
    "Not": lambda attributes, arrays: ~arrays[0],
    "Where": lambda attributes, arrays: np.where(*arrays),
    "Expand": lambda attributes, arrays: arrays[0] * np.ones(arrays[1].tolist(), arrays[0].dtype),
    "Slice": lambda attributes, arrays: _slice(arrays),
    "Trilu": lambda attributes, arrays: _triangle(attributes, *arrays),
    "QuantizeLinear": quantise_constant,
    "DequantizeLinear": dequantise_constant,
    "ConstantOfShape": lambda attributes, arrays: _filled(attributes, arrays[0]),
    "IsNaN": lambda attributes, arrays: np.isnan(arrays[0]),
    "Sqrt": lambda attributes, arrays: np.sqrt(arrays[0]),
}
