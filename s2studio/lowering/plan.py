"""What becomes of each node: the populations, their shapes and the chains between them; no number is touched yet."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from s2studio.lowering.chains import Chain, chains_into, is_convolution, kind
from s2studio.lowering.factors import Ends, ends
from s2studio.lowering.kernels import in_full
from s2studio.lowering.refusal import NodeError
from s2studio.lowering.shapes import shape_behind
from s2studio.lowering.wiring import Path, Wiring, not_covered, wiring
from s2studio.network.graph import Network
from s2studio.network.layers import (
    Conv2d,
    Delay,
    Flatten,
    Input,
    Layer,
    Neuron,
    Output,
    Scale,
    Shape,
    Unsupported,
    Weights,
    neuron_shape,
)
from s2studio.network.shapes import as_image

MAX_NEURONS = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Plan:
    """The structure of a network in the chip's terms.

    `order` are the populations, breadth first from the inputs; `shapes` their shapes in the file; `chains` what leads
    into each; `outputs` those that Output nodes read; `idle` the weights that lead nowhere;
    `problems` everything that cannot be lowered, each with its node.
    """

    wires: Wiring
    order: tuple[str, ...]
    shapes: Mapping[str, Shape]
    chains: Mapping[str, tuple[Chain, ...]]
    outputs: tuple[str, ...]
    idle: tuple[str, ...]
    problems: tuple[NodeError, ...]

    def size(self, node: str) -> int:
        """Return how many neurons the population `node` has."""
        return math.prod(self.shapes[node])

    def weights(self, node: str) -> Weights:
        """Return the layer of weights `node`."""
        layer = self.wires.layers[node]
        if not isinstance(layer, Weights):
            raise TypeError(f"{node} is a {kind(self.wires, node)} and has no weights")
        return layer

    def image(self, node: str) -> Shape | None:
        """Return the (channels, height, width) of the population `node`, None where it is no image."""
        shapes = [chain.shape for chain in self.chains.get(node, ()) if is_convolution(self.wires, chain)]
        own = next((shape for shape in (self.shapes[node], *shapes) if len(shape) == 3), None)
        return own if own or not shapes else as_image(shapes[0])

    def ends(self, chain: Chain) -> Ends:
        """Return the factors and delays of `chain`. Raises NodeError where they have no place on the chip."""
        return ends(self.wires.layers, chain.path, chain.source_shape)


def make_plan(network: Network) -> Plan:
    """Return the plan of `network`; what cannot be lowered is in its `problems`, not raised."""
    wires = wiring(replace(network, layers=_in_full(network.layers)))
    problems = {
        node: not_covered(node, layer) for node, layer in wires.layers.items() if isinstance(layer, Unsupported)
    }
    shapes: dict[str, Shape] = {}
    chains: dict[str, tuple[Chain, ...]] = {}
    outputs: dict[str, None] = {}
    try:
        shapes = _shapes(wires)
    except NodeError as problem:
        problems.setdefault(problem.node, problem)
    for node in wires.layers if shapes else ():
        try:
            if isinstance(wires.layers[node], Output):
                outputs |= dict.fromkeys(_read_by(wires, node))
            elif isinstance(wires.layers[node], Input):
                _check_input(wires, node)
            elif node in shapes:
                chains[node] = chains_into(wires, shapes, node)
                _check_ends(wires, chains[node])
        except NodeError as problem:
            problems.setdefault(problem.node, problem)
    idle = tuple(node for node in wires.layers if _is_idle(wires, node))
    return Plan(wires, _order(wires, chains), shapes, chains, tuple(outputs), idle, tuple(problems.values()))


def _in_full(layers: Mapping[str, Layer]) -> dict[str, Layer]:
    return {node: in_full(layer) if isinstance(layer, Conv2d) else layer for node, layer in layers.items()}


def _check_ends(wires: Wiring, chains: tuple[Chain, ...]) -> None:
    """Raise NodeError where a Scale or a Delay has no place; the factors are thrown away."""
    for chain in chains:
        if any(isinstance(wires.layers[node], Scale | Delay) for node in chain.path):
            found = ends(wires.layers, chain.path, chain.source_shape)
            layer = wires.layers[chain.weights] if chain.weights else None
            if chain.weights and isinstance(layer, Conv2d):
                found.effective(chain.weights, layer)


def _shapes(wires: Wiring) -> dict[str, Shape]:
    """Return the shape of every population; that of a sum pool follows from what leads into it."""
    shapes = {
        node: _own_shape(node, layer) for node, layer in wires.layers.items() if isinstance(layer, Input | Neuron)
    }
    pools = [node for node in wires.populations if node not in shapes]
    while pools:
        ready = [pool for pool in pools if all(path[0] in shapes for path in _ways_into(wires, pool))]
        if not ready:
            raise NodeError(pools[0], "it leads into itself", hint="put a spiking layer into the loop")
        for pool in ready:
            shapes[pool] = shape_behind(pool, wires.layers[pool], chains_into(wires, shapes, pool)[0].shape)
        pools = [pool for pool in pools if pool not in shapes]
    return shapes


def _ways_into(wires: Wiring, pool: str) -> list[Path]:
    paths = wires.paths_into(pool)
    if not paths:
        raise NodeError(pool, "nothing leads into it", hint="join it to the input or take it out")
    return paths


def _own_shape(node: str, layer: Input | Neuron) -> Shape:
    shape = tuple(layer.shape) if isinstance(layer, Input) else neuron_shape(layer)
    if not 0 < math.prod(shape) <= MAX_NEURONS:
        raise NodeError(
            node, f"its shape {shape} is {math.prod(shape):,} neurons", f"1 to {MAX_NEURONS:,} are possible"
        )
    return shape


def _check_input(wires: Wiring, node: str) -> None:
    if wires.sources[node]:
        raise NodeError(node, f"'{wires.sources[node][0]}' leads into this input", "an input is a beginning")


def _read_by(wires: Wiring, output: str) -> list[str]:
    """Return the populations that the Output node reads. Raises NodeError where weights stand in front of it."""
    paths = wires.paths_into(output)
    for node in (node for path in paths for node in path[1:]):
        if isinstance(wires.layers[node], Weights | Scale | Delay):
            raise NodeError(
                node,
                f"{kind(wires, node)} leads straight into the output '{output}'",
                "only neurons can be read",
                "put an IF or LIF layer behind it; with a threshold that is never reached its v is the sum",
            )
    return [path[0] for path in paths]


def _is_idle(wires: Wiring, node: str) -> bool:
    return isinstance(wires.layers[node], Weights | Flatten | Scale | Delay) and not wires.targets[node]


def _order(wires: Wiring, chains: Mapping[str, tuple[Chain, ...]]) -> tuple[str, ...]:
    """Return the populations breadth first from the inputs, since a file may hold its nodes by name."""
    followers: dict[str, list[str]] = {}
    for target in chains:
        for chain in chains[target]:
            followers.setdefault(chain.source, []).append(target)
    order = dict.fromkeys(node for node in wires.populations if isinstance(wires.layers[node], Input))
    ahead = deque(order)
    while ahead:
        new = [node for node in followers.get(ahead.popleft(), ()) if node not in order]
        order |= dict.fromkeys(new)
        ahead += new
    return tuple(order | dict.fromkeys(wires.populations))
