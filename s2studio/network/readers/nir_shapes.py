"""Shapes that a NIR file leaves out or gets wrong, taken from what flows into a node; every change is a repair."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

import numpy as np

from s2studio.network.graph import Repair
from s2studio.network.layers import (
    Affine,
    Conv2d,
    Flatten,
    Input,
    Layer,
    Linear,
    Neuron,
    Output,
    Shape,
    neuron_shape,
)
from s2studio.network.shapes import as_image, flows_out

UNKNOWN = (0, 0)


def settle_shapes(
    layers: Mapping[str, Layer], edges: Sequence[tuple[str, str]]
) -> tuple[dict[str, Layer], tuple[Repair, ...]]:
    """Return `layers` with shapes that agree with what flows in, and what was changed.

    From the inputs on, each node is settled by the first of its sources whose shape is known; nodes that no input
    reaches, by themselves. What is left without a shape is left as it is.
    """
    settled, repairs = dict(layers), []
    targets: dict[str, list[str]] = {}
    for source, target in edges:
        targets.setdefault(source, []).append(target)
    for node, layer in layers.items():
        if isinstance(layer, Input):
            settled[node], actions = _input(layer, [layers[target] for target in targets.get(node, ())])
            repairs += [Repair(node, action) for action in actions]
    seen: set[str] = set()
    starts = [node for node, layer in layers.items() if isinstance(layer, Input)]
    for start in [*starts, *(node for node, layer in layers.items() if isinstance(layer, Neuron | Linear | Affine))]:
        ahead: deque[tuple[str, Shape | None]] = deque([(start, None)] if start not in seen else [])
        while ahead:
            node, shape = ahead.popleft()
            if node in seen:
                continue
            if shape is not None:
                settled[node], actions = _settled(settled[node], shape)
                repairs += [Repair(node, action) for action in actions]
            behind = flows_out(settled[node], shape)
            if behind is not None:
                seen.add(node)
                ahead += [(target, behind) for target in targets.get(node, ()) if target not in seen]
    return settled, tuple(repairs)


def _input(layer: Input, followers: Sequence[Layer]) -> tuple[Input, list[str]]:
    """Return the input with a shape, taken from what follows where the file has none, and without a batch of 1."""
    if len(layer.shape) == 4 and layer.shape[0] == 1:
        return Input(layer.shape[1:]), [f"its shape {layer.shape} begins with a batch of 1, which is left out"]
    if layer.shape:
        return layer, []
    for follower in followers:
        shape = _takes(follower)
        if shape is not None:
            return Input(shape), [f"its shape was missing and is {shape}, which the layer behind it takes"]
    return layer, []


def _takes(layer: Layer) -> Shape | None:
    """Return the shape that `layer` takes, where it says so."""
    if isinstance(layer, Linear | Affine) and layer.weight.ndim == 2:
        return (layer.weight.shape[1],)
    if isinstance(layer, Conv2d) and layer.weight.ndim == 4 and layer.input_shape != UNKNOWN:
        return (layer.weight.shape[1] * layer.groups, *layer.input_shape)
    if isinstance(layer, Neuron):
        return neuron_shape(layer) or None
    return None


def _settled(layer: Layer, shape: Shape) -> tuple[Layer, list[str]]:
    """Return `layer` as it is where `shape` comes in, and what was changed."""
    if isinstance(layer, Conv2d):
        image = as_image(shape)
        lines = (image[1], image[2]) if len(image) == 3 else layer.input_shape
        if layer.input_shape != lines and min(lines) > 0:
            said = "was missing" if layer.input_shape == UNKNOWN else f"said {layer.input_shape}"
            return replace(layer, input_shape=lines), [f"input_shape {said} and is {lines}, which comes in"]
    if isinstance(layer, Output) and not layer.shape:
        return Output(shape), [f"its shape was missing and is {shape}, which comes in"]
    if isinstance(layer, Flatten) and flows_out(layer, shape) is None:
        return Flatten(0, -1), [
            f"it joined axes {layer.start_dim} to {layer.end_dim}, which {shape} does not have; now it joins all"
        ]
    if isinstance(layer, Neuron):
        return _neurons(layer, shape)
    return layer, []


def _neurons(layer: Neuron, shape: Shape) -> tuple[Layer, list[str]]:
    """Return the neurons with the shape that comes in, where their parameters can have it."""
    own = neuron_shape(layer)
    if own == shape:
        return layer, []
    names = [column.name for column in fields(layer)]
    values = {name: np.asarray(getattr(layer, name)) for name in names}
    if math.prod(own) == math.prod(shape):
        return type(layer)(**{name: value.reshape(shape) for name, value in values.items()}), [
            f"its parameters had the shape {own} and have {shape}, which comes in"
        ]
    if len(own) == 1 and len(shape) > 1 and own[0] in (1, shape[0]):
        values = {name: value.reshape(-1, *[1] * (len(shape) - 1)) for name, value in values.items()}
    try:
        full = {name: np.broadcast_to(value, shape) for name, value in values.items()}
    except ValueError:
        return layer, []
    return type(layer)(**full), [f"its parameters had the shape {own} and stand for the {shape} that come in"]
