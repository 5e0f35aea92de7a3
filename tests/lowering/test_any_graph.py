"""Any graph of layers, sensible or not: it is lowered to something whole, or refused by the name of a node."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2studio.chip.spec import ChipSpec
from s2studio.errors import LoweringError
from s2studio.lowering.lower import lower, unsupported
from s2studio.lowering.options import LoweringOptions
from s2studio.network.graph import Network
from s2studio.network.layers import (
    LI,
    AvgPool2d,
    Delay,
    Flatten,
    Input,
    Layer,
    Neuron,
    Output,
    Scale,
    SumPool2d,
    Threshold,
    Unsupported,
)
from s2studio.snn.network import ChipNetwork
from tests.lowering.models import affine, conv, cuba_layer, graph, if_layer, lif_layer, linear, run, values

LAYERS: tuple[Layer, ...] = (
    Input((1, 4, 4)),
    Input((4,)),
    Output((4,)),
    linear(np.eye(4)),
    affine(np.ones((4, 16)), np.ones(4)),
    conv(np.ones((1, 1, 3, 3)), (4, 4), padding=(1, 1)),
    conv(np.ones((1, 1, 2, 2)), (2, 2), stride=(2, 2)),
    SumPool2d((2, 2), (2, 2), (0, 0)),
    SumPool2d((3, 2), (1, 2), (1, 0)),
    Flatten(0, -1),
    if_layer((4,)),
    if_layer((1, 4, 4)),
    lif_layer((1, 2, 2)),
    cuba_layer((4,)),
    Scale(values(2.0, (4,))),
    Scale(np.arange(16.0).reshape(1, 4, 4)),
    Delay(values(2e-3, (1,))),
    AvgPool2d((2, 2), (2, 2), (0, 0)),
    conv(np.ones((2, 1, 3, 3)), (4, 4), padding=(2, 2), dilation=(2, 2), groups=1),
    Threshold(values(1.0, (4,))),
    LI(values(0.02, (4,)), values(1.0, (4,)), values(0.0, (4,))),
    Unsupported("Mystery", "no primitive", "leave it out"),
)

OPTIONS = LoweringOptions(1e-3)


@st.composite
def graphs(draw: st.DrawFn) -> Network:
    """Draw a few layers, joined in a row with some edges more or less."""
    layers = {f"n{index}": layer for index, layer in enumerate(draw(st.lists(st.sampled_from(LAYERS), max_size=7)))}
    if not layers:
        return graph({}, [])
    names = st.sampled_from(list(layers))
    row = [edge for edge in pairwise(layers) if draw(st.integers(0, 9))]
    return graph(layers, row + draw(st.lists(st.tuples(names, names), max_size=3)))


def check_whole(network: ChipNetwork) -> None:
    part = network.spiking
    sizes = {population.name: population.size for population in part.populations}
    assert len(sizes) == len(part.populations)
    assert set(part.outputs) <= set(sizes)
    for projection in part.projections:
        assert part.population(projection.post).model != "spike_list"
        assert projection.pre in sizes
    if all(population.model != "lif_curr_exp_no_delay" for population in part.populations):
        order = list(sizes)
        if all(order.index(projection.pre) < order.index(projection.post) for projection in part.projections):
            inputs = {
                name: np.ones((3, sizes[name]), np.float32)
                for name in order
                if part.population(name).model == "spike_list"
            }
            assert {name: train.shape for name, train in run(network, inputs, 6).items()} == {
                name: (6, size) for name, size in sizes.items()
            }


@settings(max_examples=700)
@given(network=graphs())
def test_that_any_graph_is_lowered_whole_or_refused_by_a_node(spec: ChipSpec, network: Network) -> None:
    has_neurons = any(isinstance(layer, Neuron) for layer in network.layers.values())

    if has_neurons and not unsupported(network):
        check_whole(lower(network, OPTIONS, spec).network)
    else:
        with pytest.raises(LoweringError) as refusal:
            lower(network, OPTIONS, spec)
        assert refusal.value.subject in {"network 'net'", *(f"node '{name}'" for name in network.layers)}
