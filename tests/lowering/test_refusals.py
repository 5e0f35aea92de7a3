"""What the chip cannot run is refused by the name of the node, with what was found and what to do."""

from __future__ import annotations

import numpy as np
import pytest

from s2studio.chip.spec import ChipSpec
from s2studio.errors import LoweringError
from s2studio.lowering.lower import lower, unsupported
from s2studio.lowering.options import LoweringOptions
from s2studio.network.graph import Network
from s2studio.network.layers import Flatten, Input, Layer, Output, SumPool2d, Unsupported
from tests.lowering.models import affine, chain, conv, cuba_layer, graph, if_layer, linear

ONES = np.ones((1, 1, 2, 2))
IMAGE = (1, 4, 4)
POOL = SumPool2d((2, 2), (2, 2), (0, 0))


def conv_beside_dense() -> Network:
    layers: dict[str, Layer] = {
        "a": Input(IMAGE), "b": Input((2,)), "conv": conv(ONES, (4, 4)), "dense": linear(np.ones((9, 2))),
        "n": if_layer((1, 3, 3)),
    }  # fmt: skip
    return graph(layers, [("a", "conv"), ("b", "dense"), ("conv", "n"), ("dense", "n")])


def into_an_input() -> Network:
    network = chain(linear([[1.0]]), if_layer())
    return graph(network.layers, [*network.edges, ("n1", "input")])


def behind_the_output() -> Network:
    network = chain(linear([[1.0]]), if_layer())
    return graph({**network.layers, "late": if_layer()}, [*network.edges, ("output", "late")])


def without_source() -> Network:
    return graph({"w": linear([[1.0]]), "n": if_layer()}, [("w", "n")])


def weights_in_a_loop() -> Network:
    network = chain(linear([[1.0]]), if_layer())
    return graph(network.layers, [*network.edges, ("n0", "n0")])


CASES = {
    "weights into the output": (chain(linear([[1.0]])), "n0", "only neurons can be read"),
    "affine into the output": (chain(if_layer(), affine([[1.0]], [0.0])), "n1", "straight into the output 'output'"),
    "two weight layers": (chain(linear([[1.0]]), linear([[1.0]]), if_layer()), "n1", "follows the Linear 'n0'"),
    "conv then dense": (
        chain(conv(ONES, (4, 4)), Flatten(0, -1), linear(np.ones((1, 9))), if_layer(), size=IMAGE),
        "n2",
        "put a spiking layer between",
    ),
    "CubaLIF behind a convolution": (
        chain(conv(ONES, (4, 4)), cuba_layer((1, 3, 3)), size=IMAGE),
        "n1",
        "no synaptic current",
    ),
    "conv beside dense": (conv_beside_dense(), "n", "not both"),
    "groups": (chain(conv(ONES, (4, 4), groups=2), if_layer((1, 3, 3)), size=IMAGE), "n0", "groups is 2"),
    "dilation": (chain(conv(ONES, (4, 4), dilation=(0, 1)), if_layer((1, 2, 2)), size=IMAGE), "n0", "dilation is"),
    "pool behind weights": (
        chain(conv(ONES, (4, 4)), POOL, if_layer((1, 1, 1)), size=IMAGE),
        "n1",
        "follows the Conv2d",
    ),
    "wrong number of inputs": (
        chain(linear(np.ones((1, 3))), if_layer(), size=(4,)),
        "n0",
        "its weights take 3 values",
    ),
    "wrong number of neurons": (chain(linear(np.ones((2, 1))), if_layer((3,))), "n1", "it has 3 neurons"),
    "wrong image": (chain(conv(ONES, (5, 5)), if_layer((1, 3, 3)), size=IMAGE), "n0", r"\(1, 5, 5\), \(1, 4, 4\)"),
    "wrong number of channels": (
        chain(conv(np.ones((1, 2, 2, 2)), (4, 4)), if_layer((1, 3, 3)), size=IMAGE),
        "n0",
        r"\(2, 4, 4\), \(1, 4, 4\)",
    ),
    "no image": (chain(conv(ONES, (4, 4)), if_layer((1, 3, 3)), size=(16,)), "n0", "channels, height, width"),
    "kernel larger than the image": (
        chain(conv(np.ones((1, 1, 5, 5)), (4, 4)), if_layer(), size=IMAGE),
        "n0",
        "larger than the image",
    ),
    "stride 0": (chain(conv(ONES, (4, 4), stride=(0, 1)), if_layer(), size=IMAGE), "n0", "at least 1"),
    "bias of another length": (chain(affine(np.ones((2, 1)), [1.0]), if_layer((2,))), "n0", "bias has the shape"),
    "weights without axes": (chain(linear([1.0]), if_layer()), "n0", "2 axes are expected"),
    "flatten of axes that are not there": (
        chain(Flatten(2, 3), linear([[1.0]]), if_layer()),
        "n0",
        "joins axes 2 to 3",
    ),
    "an edge into an input": (into_an_input(), "input", "an input is a beginning"),
    "an edge out of the output": (behind_the_output(), "output", "leads on to 'late'"),
    "weights without source": (without_source(), "w", "nothing leads into it"),
    "weights in a loop": (weights_in_a_loop(), "n0", "n0"),
    "a layer that is not covered": (
        chain(Unsupported("Threshold", "not covered yet", "use LIF"), if_layer()),
        "n0",
        "a Threshold layer, not covered yet; use LIF",
    ),
    "empty population": (chain(if_layer((0,)), size=(0,)), "input", "0 neurons"),
}


@pytest.mark.parametrize("case", CASES)
def test_that_a_node_the_chip_cannot_run_is_refused_by_name(spec: ChipSpec, case: str) -> None:
    network, node, words = CASES[case]

    with pytest.raises(LoweringError, match=words) as refusal:
        lower(network, LoweringOptions(1e-3), spec)

    assert refusal.value.subject == f"node '{node}'"
    assert node in [problem.node for problem in unsupported(network)]


@pytest.mark.parametrize("name", ["weight", "bias"])
def test_that_a_weight_that_is_no_number_is_refused_with_its_place(spec: ChipSpec, name: str) -> None:
    weight, bias = np.ones((2, 3)), np.zeros(2)
    {"weight": weight, "bias": bias}[name].reshape(-1)[1] = np.nan
    place = {"weight": "[0, 1]", "bias": "[1]"}[name]

    with pytest.raises(LoweringError) as refusal:
        lower(chain(affine(weight, bias), if_layer((2,)), size=(3,)), LoweringOptions(), spec)

    assert refusal.value.subject == "node 'n0'"
    assert refusal.value.found == f"{name}{place} is nan"


def test_that_all_nodes_that_are_not_covered_are_listed(spec: ChipSpec) -> None:
    delay = Unsupported("Delay", "not covered yet", "take it out")
    network = chain(delay, if_layer(), delay, if_layer(), linear([[1.0]]))

    nodes = unsupported(network)

    assert [(node.node, node.type_name, node.reason, node.remedy) for node in nodes[:2]] == [
        ("n0", "Delay", "a Delay layer, not covered yet", "take it out"),
        ("n2", "Delay", "a Delay layer, not covered yet", "take it out"),
    ]
    assert [(node.node, node.type_name) for node in nodes[2:]] == [("n4", "Linear")]
    with pytest.raises(LoweringError, match="2 more nodes"):
        lower(network, LoweringOptions(), spec)


def test_that_a_network_that_can_be_lowered_lists_nothing() -> None:
    assert unsupported(chain(linear([[1.0]]), if_layer())) == ()


def test_that_a_network_without_neurons_is_refused(spec: ChipSpec) -> None:
    network = graph({"input": Input((1,)), "output": Output((1,))}, [("input", "output")])

    with pytest.raises(LoweringError, match="no layer of neurons"):
        lower(network, LoweringOptions(), spec)


def test_that_a_network_of_very_many_ways_is_refused_at_once(spec: ChipSpec) -> None:
    layers: dict[str, Layer] = {"input": Input((1,)), "n": if_layer(), "w": linear([[1.0]])}
    edges, before = [], ["input"]
    for level in range(20):
        pair = [f"f{level}a", f"f{level}b"]
        layers |= dict.fromkeys(pair, Flatten(0, -1))
        edges += [(source, target) for source in before for target in pair]
        before = pair
    edges += [(source, "w") for source in before] + [("w", "n")]

    with pytest.raises(LoweringError, match="more than 10,000 ways"):
        lower(graph(layers, edges), LoweringOptions(), spec)
