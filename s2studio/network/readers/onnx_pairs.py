"""QuantizeLinear and DequantizeLinear of ONNX: of constants, and the pair of both around a tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from s2studio.network.operators.operator import Identity, text
from s2studio.network.operators.pairs import QuantisePair
from s2studio.network.readers.not_covered import NotCovered

if TYPE_CHECKING:
    from s2studio.network.readers.onnx_operators import Node, Steps

Array = NDArray[Any]
# ONNX's numbers of the types to which a QuantizeLinear without a zero point can round.
TYPES: Mapping[int, type[np.signedinteger[Any] | np.unsignedinteger[Any]]] = {
    2: np.uint8, 3: np.int8, 4: np.uint16, 5: np.int16,
}  # fmt: skip


PAIR = ("QuantizeLinear", "DequantizeLinear")
# What leaves the whole numbers of a tensor as they are: it may stand between the two nodes of a pair.
MOVERS = ("MaxPool", "Reshape", "Flatten", "Transpose", "Slice", "Squeeze", "Unsqueeze", "Identity")
ONE_STEP = "quantise tensors with one step, and weights with one or one for each output"


def quantise(node: Node) -> Steps:
    """Return a tensor rounded to the steps of a QuantizeLinear; it stays one of floats."""
    scale, zero_point = node.needed(1), node.constant(2)
    if scale.size != 1:
        raise NotCovered(f"it has {scale.size} steps for one tensor ({text(node.shape(node.inputs[0]))})", ONE_STEP)
    step, limits = float(scale.item()), np.iinfo(whole_type(node.attributes, zero_point))
    if step <= 0:
        raise ValueError(f"its scale is {step:g}")
    zero = 0 if zero_point is None else int(zero_point.item())
    return (QuantisePair(step, zero, int(limits.min), int(limits.max)),), (node.tensor(),)


def dequantise(node: Node) -> Steps:
    """Return nothing to do where the steps are those of the QuantizeLinear before; all else is refused."""
    if node.inputs[0] in node.constants:
        raise NotCovered("its constant has a step for each block of it", ONE_STEP)
    pair = node.pairs.get(node.inputs[0])
    if pair is None:
        raise NotCovered(
            "no QuantizeLinear makes what it reads", "let the model begin with floats and a QuantizeLinear"
        )
    scale, zero_point = node.needed(1), node.constant(2)
    zero = 0 if zero_point is None else int(zero_point.reshape(-1)[0])
    if scale.size != 1 or (float(scale.item()), zero) != (pair.scale, pair.zero_point):
        remedy = "give both nodes of a pair the same scale and zero point"
        raise NotCovered(f"its step is not the {pair.scale:g} of the QuantizeLinear before", remedy)
    return (Identity(),), (node.tensor(),)


def whole_type(attributes: Mapping[str, Any], zero_point: Array | None) -> Any:
    """Return the type of whole numbers to which a QuantizeLinear rounds. Raises ValueError for others."""
    dtype = np.dtype(TYPES[attributes.get("output_dtype") or 2]) if zero_point is None else zero_point.dtype
    if dtype.type not in TYPES.values():
        raise ValueError(f"it rounds to {dtype}")
    return dtype


def quantise_constant(attributes: Mapping[str, Any], arrays: Sequence[Array]) -> Array:
    """Return a constant in whole numbers."""
    zero_point = arrays[2] if len(arrays) > 2 else None
    limits = np.iinfo(whole_type(attributes, zero_point))
    scale, zero = _along(attributes, arrays)
    steps = np.rint(arrays[0].astype(np.float32) / scale) + zero
    return np.asarray(np.clip(steps, limits.min, limits.max), limits.dtype)


def dequantise_constant(attributes: Mapping[str, Any], arrays: Sequence[Array]) -> Array:
    """Return the numbers that the whole ones of a constant stand for."""
    if arrays[0].dtype.kind not in "iu":
        raise ValueError(f"its constant is {arrays[0].dtype}")
    scale, zero = _along(attributes, arrays)
    return np.asarray((arrays[0].astype(np.float32) - zero) * scale, np.float32)


def _along(attributes: Mapping[str, Any], arrays: Sequence[Array]) -> tuple[Array, Array]:
    """Return scale and zero point in float32, one for all of the first of `arrays` or one for each place of an axis."""
    if attributes.get("block_size"):
        raise ValueError("it has a step for each block of a tensor: one for each output is read")
    scale = arrays[1].astype(np.float32)
    zero = arrays[2].astype(np.float32) if len(arrays) > 2 else np.zeros_like(scale)
    if not (np.isfinite(scale).all() and scale.size and scale.min() > 0) or zero.size != scale.size:
        raise ValueError("its scales are not positive, or do not fit its zero points")
    if scale.size == 1:
        return scale.reshape(()), zero.reshape(())
    axis = int(attributes.get("axis", 1)) % max(arrays[0].ndim, 1)
    if scale.shape != arrays[0].shape[axis : axis + 1]:
        raise ValueError(f"{scale.size} scales along axis {axis} of {arrays[0].shape}")
    form = tuple(-1 if place == axis else 1 for place in range(arrays[0].ndim))
    return scale.reshape(form), zero.reshape(form)
