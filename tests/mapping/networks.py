"""Small random networks of every kind of connectivity, and a mapping's facts recomputed neuron by neuron."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from hypothesis import strategies as st

from s2studio.mapping.mapping import ChipMapping, Demand
from s2studio.snn.connectivity import Connectivity, ConvWeights, DenseWeights, SynapseList
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection

RECORDABLE = ("spikes", "v", "v_last", "time_done", "n_packets")
Synapse = tuple[int, int]


@st.composite
def synapse_lists(draw: st.DrawFn, sources: int, targets: int) -> SynapseList:
    """Draw any list of synapses, duplicates included, in any order."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(0, 60))
    pre = generator.integers(0, sources, count).astype(np.int32)
    post = generator.integers(0, targets, count).astype(np.int32)
    return SynapseList(pre, post, np.ones(count, np.int8), np.zeros(count, np.uint8))


@st.composite
def matrices(draw: st.DrawFn, sources: int, targets: int) -> DenseWeights:
    """Draw a matrix in which many weights are 0."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    return DenseWeights(generator.integers(-1, 2, (sources, targets)).astype(np.int8))


@st.composite
def convolutions(draw: st.DrawFn, source: tuple[int, int, int] | None = None) -> ConvWeights:
    """Draw a convolution with stride, padding and pooling that differ by axis, zero weights included."""
    side, few = st.integers(1, 9), st.integers(1, 3)
    source = source or (draw(few), draw(side), draw(side))
    pool = (draw(st.integers(1, min(2, source[1]))), draw(st.integers(1, min(2, source[2]))))
    kernel, stride = (draw(few), draw(few)), (draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    pads = st.integers(0, 2)
    padding = (draw(pads), draw(pads), draw(pads), draw(pads))
    height = (source[1] // pool[0] + padding[0] + padding[1] - kernel[0]) // stride[0] + 1
    width = (source[2] // pool[1] + padding[2] + padding[3] - kernel[1]) // stride[1] + 1
    target = (draw(few), max(height, 1), max(width, 1))
    weight = np.zeros((target[0], source[0], *kernel), np.int8)
    return ConvWeights(weight, source, target, stride, padding, pool)


@st.composite
def bounds_of(draw: st.DrawFn, size: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Draw any way of cutting `size` neurons into slices."""
    inner = draw(st.sets(st.integers(1, size - 1), max_size=6)) if size > 1 else set()
    return np.array([0, *sorted(inner), size], np.int64)


@st.composite
def networks(draw: st.DrawFn) -> ChipNetwork:
    """Draw input -> convolution -> dense -> list, with recurrent synapses and two projections into one population."""
    kernel = draw(convolutions())
    image, size = int(np.prod(kernel.target_shape)), draw(st.integers(1, 40))
    first = int(np.prod(kernel.source_shape))
    hidden = draw(st.sampled_from(["lif", "lif_no_delay", "lif_curr_exp", "lif_curr_exp_no_delay"]))
    populations = (
        Population("input", first, "spike_list"),
        Population("image", image, "lif_conv2d", shape=kernel.target_shape),
        Population("hidden", size, hidden),
        Population("noise", 5, "poisson_process"),
        Population("copy", 7, "relay"),
    )
    projections = (
        Projection("input", "image", kernel),
        Projection("image", "hidden", draw(matrices(image, size))),
        Projection("hidden", "hidden", draw(synapse_lists(size, size))),
        Projection("hidden", "hidden", draw(synapse_lists(size, size))),
        Projection("noise", "hidden", draw(synapse_lists(5, size))),
        Projection("hidden", "copy", draw(synapse_lists(size, 7))),
    )
    return ChipNetwork("random", SpikingPart(populations, projections, ("copy",)))


@st.composite
def demands(draw: st.DrawFn, network: ChipNetwork) -> Demand:
    """Draw a run of a few steps that records anything."""
    variables = st.frozensets(st.sampled_from(RECORDABLE))
    record = {population.name: draw(variables) for population in network.spiking.populations}
    size = network.spiking.population("input").size
    stored = np.array(draw(st.lists(st.integers(0, 20), min_size=size, max_size=size)), np.int64)
    return Demand(draw(st.integers(1, 40)), record, {"input": stored})


def synapses_of(connectivity: Connectivity) -> list[Synapse]:
    """Return (pre, post) of every synapse, one by one as the definitions read."""
    if isinstance(connectivity, SynapseList):
        return [(int(pre), int(post)) for pre, post in zip(connectivity.pre, connectivity.post, strict=True)]
    if isinstance(connectivity, DenseWeights):
        return [(int(pre), int(post)) for pre, post in np.argwhere(connectivity.weight != 0)]
    return _convolved(connectivity)


def _convolved(kernel: ConvWeights) -> list[Synapse]:
    out_channels, in_channels, kernel_height, kernel_width = kernel.weight.shape
    _, height, width = kernel.source_shape
    _, out_height, out_width = kernel.target_shape
    found = []
    for channel, y, x in np.ndindex(kernel.source_shape):
        pooled_y, pooled_x = y // kernel.pool[0], x // kernel.pool[1]
        if pooled_y >= height // kernel.pool[0] or pooled_x >= width // kernel.pool[1]:
            continue
        for out, ky, kx in np.ndindex(out_channels, kernel_height, kernel_width):
            target_y, rest_y = divmod(pooled_y + kernel.padding[0] - ky, kernel.stride[0])
            target_x, rest_x = divmod(pooled_x + kernel.padding[2] - kx, kernel.stride[1])
            if rest_y == rest_x == 0 and 0 <= target_y < out_height and 0 <= target_x < out_width:
                pre = (channel * height + y) * width + x
                found.append((pre, (out * out_height + target_y) * out_width + target_x))
    assert in_channels == kernel.source_shape[0]
    return found


def placed_synapses(network: ChipNetwork, mapping: ChipMapping) -> Mapping[int, list[tuple[int, Synapse, int]]]:
    """Return for each target slice its synapses: (projection, (pre, post), source slice)."""
    home = {
        (piece.population, neuron): index
        for index, piece in enumerate(mapping.slices)
        for neuron in range(piece.start, piece.stop)
    }
    found: dict[int, list[tuple[int, Synapse, int]]] = {index: [] for index in range(len(mapping.slices))}
    for index, projection in enumerate(network.spiking.projections):
        for pre, post in synapses_of(projection.connectivity):
            found[home[projection.post, post]].append((index, (pre, post), home[projection.pre, pre]))
    return found


def chain(sources: int, size: int, connectivity: Connectivity, model: str = "lif") -> ChipNetwork:
    """Return `input` -> `hidden`, the smallest network that has something to map."""
    populations = (Population("input", sources, "spike_list"), Population("hidden", size, model))
    return ChipNetwork("chain", SpikingPart(populations, (Projection("input", "hidden", connectivity),), ("hidden",)))


def all_to_all(sources: int, size: int, model: str = "lif") -> ChipNetwork:
    """Return `input` -> `hidden` with every synapse there can be."""
    return chain(sources, size, DenseWeights(np.ones((sources, size), np.int8)), model)


def image_network(target: tuple[int, int, int], channels: int = 1) -> ChipNetwork:
    """Return `input` -> `image`, a 3 x 3 convolution with padding to an image of shape `target`."""
    source = (channels, *target[1:])
    kernel = ConvWeights(np.ones((target[0], channels, 3, 3), np.int8), source, target, padding=(1, 1, 1, 1))
    populations = (
        Population("input", int(np.prod(source)), "spike_list", shape=source),
        Population("image", int(np.prod(target)), "lif_conv2d", shape=target),
    )
    return ChipNetwork("image", SpikingPart(populations, (Projection("input", "image", kernel),), ("image",)))


@st.composite
def few_slices(draw: st.DrawFn, network: ChipNetwork) -> dict[str, int]:
    """Draw neurons per PE so that all slices together fit a chip."""
    least = {population.name: -(-population.size // 20) for population in network.spiking.populations}
    return {name: draw(st.integers(few, 256)) for name, few in least.items() if draw(st.booleans())}
