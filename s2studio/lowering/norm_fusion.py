"""LayerNorm and RMSNorm that an exporter spelled out in squares, means and roots become one layer again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from s2studio.network.operators.elementwise import Add, Divide, Mul, Root, Square
from s2studio.network.operators.operator import FloatArray, Operator, Shape, axis_of
from s2studio.network.operators.reductions import LayerNorm, Mean, RMSNorm
from s2studio.network.tensors import Layer


@dataclass(frozen=True)
class Before:
    """The layers so far by the tensor that each makes, how often each tensor is read, and its shape."""

    layers: Mapping[str, Layer]
    uses: Mapping[str, int]
    shapes: Mapping[str, Shape]

    def maker(self, name: str, uses: int, *kinds: type[Operator]) -> Layer | None:
        """Return the layer that makes `name` if it is one of `kinds` and the tensor is read `uses` times."""
        layer = self.layers.get(name)
        return layer if layer is not None and isinstance(layer.operator, kinds) and self.uses[name] == uses else None


def norm_of(layer: Layer, before: Before) -> tuple[Layer, list[str]] | None:
    """Return the norm that `layer` ends, and the tensors that it swallows; None where it ends none."""
    if len(layer.inputs) == 1:
        return _with_scale_or_shift(layer, before)
    if isinstance(layer.operator, Divide):
        return _norm(layer, layer.inputs[0], layer.inputs[1], [], before)
    if isinstance(layer.operator, Mul):
        for x, name in (layer.inputs, layer.inputs[::-1]):
            inverse = before.maker(name, 1, Divide)
            if inverse is not None and len(inverse.inputs) == 1:
                return _norm(layer, x, inverse.inputs[0], [name], before)
    return None


def _norm(layer: Layer, x: str, root: str, swallowed: list[str], before: Before) -> tuple[Layer, list[str]] | None:
    """Return x / root as a norm, where the root is that of the mean square of x, or of its variance."""
    steps: list[Layer] = []
    for kind in (Root, Add, Mean):
        step = before.maker(root, 1, kind)
        if step is None:
            return None
        steps.append(step)
        root = step.inputs[0]
    added, mean = steps[1].operator, steps[2].operator
    square = before.maker(root, 1, Square, Mul)
    if not isinstance(added, Add) or added.constant is None or added.constant.size != 1 or square is None:
        return None
    axes = _last_axes(mean, before.shapes[x])
    if axes is None or set(square.inputs) != {x} or (isinstance(square.operator, Mul) and len(square.inputs) != 2):
        return None
    epsilon, scale = float(added.constant.item()), np.ones(before.shapes[x][axes:], np.float32)
    swallowed = [*swallowed, *(step.output for step in steps), square.output]
    centred = before.maker(x, 1 + len(square.inputs), Add)
    source = None if centred is None else _centred(centred, axes, before)
    if centred is None or source is None:
        operator: Operator = RMSNorm(scale, epsilon, axes - len(before.shapes[x]))
        return replace(layer, operator=operator, inputs=(x,)), swallowed
    operator = LayerNorm(scale, None, epsilon, axes - len(before.shapes[x]))
    return replace(layer, operator=operator, inputs=source[:1]), [*swallowed, x, source[1]]


def _centred(layer: Layer, axes: int, before: Before) -> tuple[str, str] | None:
    """Return z and the tensor of its mean, where `layer` is z less its mean."""
    if not isinstance(layer.operator, Add) or not layer.operator.subtracts or layer.operator.relu:
        return None
    z, name = layer.inputs
    mean = before.maker(name, 1, Mean)
    is_mean = mean is not None and mean.inputs == (z,) and _last_axes(mean.operator, before.shapes[z]) == axes
    return (z, name) if is_mean else None


def _last_axes(mean: Operator, shape: Shape) -> int | None:
    """Return the first of the axes of a mean over the last ones, which stay; None where it is another mean."""
    if not isinstance(mean, Mean) or not mean.keeps_axes:
        return None
    axes = sorted(axis_of(axis, shape) for axis in mean.axes)
    return axes[0] if axes == list(range(axes[0], len(shape))) else None


def _with_scale_or_shift(layer: Layer, before: Before) -> tuple[Layer, list[str]] | None:
    """Return the norm before with the constant of a product or a sum in it."""
    norm = before.maker(layer.inputs[0], 1, LayerNorm, RMSNorm)
    if norm is None or not isinstance(norm.operator, LayerNorm | RMSNorm):
        return None
    operator = _joined(norm.operator, layer.operator)
    return None if operator is None else (replace(norm, operator=operator, output=layer.output), [norm.output])


def _joined(norm: LayerNorm | RMSNorm, after: Operator) -> Operator | None:
    constant = after.constant if isinstance(after, Mul | Add) else None
    if constant is None or constant.size not in (1, norm.scale.size) or (isinstance(after, Add) and after.relu):
        return None
    if constant.size > 1 and constant.shape[-norm.scale.ndim :] != norm.scale.shape:
        return None
    value: FloatArray = np.broadcast_to(constant.reshape(-1), (norm.scale.size,)).reshape(norm.scale.shape)
    if isinstance(after, Mul):
        if isinstance(norm, LayerNorm) and norm.shift is not None:
            return replace(norm, scale=norm.scale * value, shift=norm.shift * value)
        return replace(norm, scale=norm.scale * value)
    if isinstance(norm, RMSNorm):
        return None
    return replace(norm, shift=value if norm.shift is None else norm.shift + value)
