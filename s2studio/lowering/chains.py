"""The chains source -> [pool, Flatten, Scale, Delay] -> weights -> [...] -> population that a network consists of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from s2studio.lowering.refusal import NodeError
from s2studio.lowering.shapes import shape_behind
from s2studio.lowering.wiring import Path, Wiring
from s2studio.network.layers import Conv2d, CubaLI, CubaLIF, Delay, Graded, Scale, Shape, SumPool2d, Weights


@dataclass(frozen=True)
class Chain:
    """One way from the population `source` to the population `target`.

    `weights` is the node with the weights (None: a spike counts 1) and `entry` the nodes from there to the target:
    chains with the same entry share one bias. `source_shape`, `pooled_shape` (behind the folded sum pools) and
    `shape` (behind the weights) are without time; `pool` is the (height, width) of all folded pools together, and
    `path` all nodes between the two populations.
    """

    source: str
    target: str
    weights: str | None
    entry: Path
    source_shape: Shape
    pooled_shape: Shape
    shape: Shape
    pool: tuple[int, int]
    path: Path = ()


def chains_into(wires: Wiring, shapes: Mapping[str, Shape], target: str) -> tuple[Chain, ...]:
    """Return all chains into the population `target`; `shapes` are those of the populations.

    Raises NodeError for what the chip cannot run: two weight layers in a row, a convolution beside dense weights or in
    front of CubaLIF, weights in front of a sum pool, shapes that do not go together.
    """
    chains = tuple(_chain(wires, shapes, target, path) for path in wires.paths_into(target))
    if isinstance(wires.layers[target], SumPool2d):
        _check_pool(wires, target, chains)
    else:
        _check_sizes(target, shapes[target], chains)
        _check_convolutions(wires, target, chains)
    return chains


def _chain(wires: Wiring, shapes: Mapping[str, Shape], target: str, path: Path) -> Chain:
    source, between = path[0], path[1:]
    _check_source(wires, source, target)
    shape = pooled = shapes[source]
    pool = (1, 1)
    behind: Shape | None = None
    weights: str | None = None
    entry: Path = ()
    for index, node in enumerate(between):
        layer = wires.layers[node]
        if isinstance(layer, Weights) and weights is not None:
            raise _two_in_a_row(wires, weights, node)
        shape = shape_behind(node, layer, shape)
        if isinstance(layer, SumPool2d):
            pooled, pool = shape, (pool[0] * layer.kernel_size[0], pool[1] * layer.kernel_size[1])
        elif isinstance(layer, Weights):
            weights, entry, behind = node, between[index:], shape
    return Chain(source, target, weights, entry, shapes[source], pooled, behind or shape, pool, between)


def kind(wires: Wiring, node: str) -> str:
    """Return the word for the layer type of `node`."""
    return type(wires.layers[node]).__name__


def _check_source(wires: Wiring, source: str, target: str) -> None:
    if isinstance(wires.layers[source], Graded):
        raise NodeError(
            source,
            f"{kind(wires, source)} leads on to '{target}'",
            "it has a voltage and no spikes, and the chip sends spikes",
            "let it lead to an Output only, or use a neuron that spikes",
        )


def _two_in_a_row(wires: Wiring, first: str, second: str) -> NodeError:
    return NodeError(
        second,
        f"{kind(wires, second)} follows the {kind(wires, first)} '{first}' with no neurons between",
        "a spike passes one layer of weights",
        "multiply the two into one layer, or put a spiking layer between them",
    )


def _check_pool(wires: Wiring, target: str, chains: Sequence[Chain]) -> None:
    for chain in chains:
        for node in chain.path:
            if isinstance(wires.layers[node], Scale | Delay):
                raise NodeError(
                    node,
                    f"{kind(wires, node)} in front of the pool '{target}', which no weights behind it can take in",
                    "such a pool counts spikes",
                    "put it behind the pool",
                )
        if chain.weights is not None:
            raise NodeError(
                target,
                f"SumPool2d follows the {kind(wires, chain.weights)} '{chain.weights}'",
                "a sum pool adds spikes",
                "put a spiking layer between them",
            )
    if len({chain.shape for chain in chains}) > 1:
        found = " and ".join(sorted({str(chain.shape) for chain in chains}))
        raise NodeError(target, f"the shapes {found} come in", "what is added has one shape")


def _check_sizes(target: str, shape: Shape, chains: Sequence[Chain]) -> None:
    for chain in chains:
        if math.prod(chain.shape) != math.prod(shape):
            raise NodeError(
                target,
                f"it has {math.prod(shape):,} neurons, of the shape {shape}",
                f"the {math.prod(chain.shape):,} values of '{chain.weights or chain.source}', of the shape "
                f"{chain.shape}, come in",
                "export the network with one parameter per neuron",
            )


def _check_convolutions(wires: Wiring, target: str, chains: Sequence[Chain]) -> None:
    convolved = [chain for chain in chains if is_convolution(wires, chain)]
    dense = [chain for chain in chains if chain not in convolved]
    if convolved and isinstance(wires.layers[target], CubaLIF | CubaLI):
        raise NodeError(
            target,
            f"{kind(wires, target)} behind the Conv2d '{convolved[0].weights}'",
            "the chip's convolution has no synaptic current",
            "train with LIF or IF there, or write the convolution as a Linear layer",
        )
    delays = [node for chain in chains for node in chain.path if isinstance(wires.layers[node], Delay)]
    if convolved and delays:
        raise NodeError(
            delays[0],
            f"Delay before '{target}', which the Conv2d '{convolved[0].weights}' leads into",
            "the chip's convolution has no delays",
            "delay a layer behind Linear or Affine instead, or write the convolution as a Linear layer",
        )
    if convolved and dense:
        other = f"'{dense[0].weights}'" if dense[0].weights else f"'{dense[0].source}' without weights"
        raise NodeError(
            target,
            f"the Conv2d '{convolved[0].weights}' and {other} lead into it",
            "a population has convolutions or dense weights in front, not both",
            "write the other one as a Conv2d too (an edge without weights is one of 1 x 1)",
        )
    if len({chain.shape for chain in convolved}) > 1:
        found = " and ".join(sorted({str(chain.shape) for chain in convolved}))
        raise NodeError(target, f"convolutions with the images {found} come in", "what is added has one shape")


def is_convolution(wires: Wiring, chain: Chain) -> bool:
    """Return whether the weights of `chain` are a Conv2d."""
    return chain.weights is not None and isinstance(wires.layers[chain.weights], Conv2d)
