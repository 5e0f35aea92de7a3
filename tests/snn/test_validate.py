from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from s2studio.chip.loader import load_chip
from s2studio.errors import NetworkError
from s2studio.snn.connectivity import ConvWeights, DenseWeights, SynapseList
from s2studio.snn.models import MODELS
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection
from s2studio.snn.validate import validate

SPEC = load_chip()


def network(connectivity: Any = None, model: str = "lif", **changes: Any) -> ChipNetwork:
    """Return 3 sources -> 4 neurons; `changes` are those of the second population."""
    post = replace(Population("out", 4, model), **changes)
    weights = DenseWeights(np.ones((3, 4), np.int8)) if connectivity is None else connectivity
    part = SpikingPart((Population("in", 3, "spike_list"), post), (Projection("in", "out", weights),), ("out",))
    return ChipNetwork("net", part)


def synapses(weight: int = 1, delay: int = 0, pre: int = 2, post: int = 3) -> SynapseList:
    ends = (np.array([0, pre], np.int32), np.array([1, post], np.int32))
    return SynapseList(*ends, np.array([1, weight], np.int8), np.array([0, delay], np.uint8))


def test_that_a_well_formed_network_passes() -> None:
    validate(network(synapses(weight=-15, delay=7)), SPEC)


def test_that_every_model_has_its_numbers_in_the_chip_file() -> None:
    assert set(MODELS) == set(SPEC.models)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (network(synapses(weight=16)), r"synapse 'in'\[2\] -> 'out'\[3\]: weight 16, lif holds -15 to 15; lower"),
        (network(synapses(weight=-16)), r"synapse 'in'\[2\] -> 'out'\[3\]: weight -16"),
        (network(synapses(delay=8)), r"synapse 'in'\[2\] -> 'out'\[3\]: delay 8, lif holds 0 to 7 ticks; lower"),
        (network(synapses(delay=1), "lif_no_delay"), "use a model with delays"),
        (network(DenseWeights(np.full((3, 4), 16, np.int8))), r"synapse 'in'\[0\] -> 'out'\[0\]: weight 16"),
        (network(synapses(pre=3)), "a synapse at neuron 3, neurons of 'in' are 0 to 2"),
        (network(synapses(post=-1)), "a synapse at neuron -1, neurons of 'out' are 0 to 3"),
        (network(DenseWeights(np.ones((4, 4), np.int8))), r"a matrix of \(4, 4\), \(3, 4\) is expected"),
        (network(model="lif_nodelay"), "no neuron model 'lif_nodelay'; did you mean 'lif_no_delay'"),
        (network(model="poisson_process"), "'out' is a poisson_process, a source, sources have no inputs"),
        (network(model="lif_conv2d"), "synapse rows, 'out' is a lif_conv2d"),
        (network(params={"treshold": 1.0}), "no parameter 'treshold'; did you mean 'threshold'"),
        (network(params={"threshold": np.ones(3, np.float32)}), "3 values, one value or 4, one per neuron"),
        (network(params={"threshold": float("nan")}), "nan for neuron 0"),
        (network(params={"reset": "reset_to_zero"}), "'reset_to_zero', one of reset_by_subtraction"),
        (network(model="lif_curr_exp", params={"t_refrac": 1.5}), "1.5 for neuron 0, finite whole numbers from 0"),
        (network(model="lif_curr_exp", params={"t_refrac": np.array([0, 0, -1, 0])}), "-1.0 for neuron 2"),
        (network(record=frozenset({"w"})), "no variable 'w' to record"),
        (network(size=0), "0 neurons"),
        (network(name="in"), "2 populations have this name"),
        (network(name="a\x1b[2J"), "cannot be printed"),
        (network(shape=(2, 3)), "4 neurons, its shape"),
    ],
)
def test_that_a_broken_network_is_refused_with_what_is_wrong(broken: ChipNetwork, says: str) -> None:
    with pytest.raises(NetworkError, match=says):
        validate(broken, SPEC)


def convolution(**changes: Any) -> ChipNetwork:
    kernel = ConvWeights(np.ones((2, 1, 3, 3), np.int8), (1, 6, 6), (2, 4, 4))
    populations = (Population("in", 36, "spike_list"), Population("out", 32, "lif_conv2d"))
    projection = Projection("in", "out", replace(kernel, **changes))
    return ChipNetwork("net", SpikingPart(populations, (projection,)))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"stride": (2, 1)}, "target height 4, kernel, stride, padding and pool give 2"),
        ({"pool": (1, 2)}, "target width 4, kernel, stride, padding and pool give 1"),
        ({"stride": (0, 1)}, r"stride \(0, 1\)"),
        ({"source_shape": (1, 5, 6)}, "'in' has 36 neurons"),
        ({"weight": np.ones((2, 2, 3, 3), np.int8)}, "'in' has 36 neurons"),
        ({"weight": np.full((2, 1, 3, 3), -128, np.int8)}, "weight -128, lif_conv2d holds -127 to 127"),
    ],
)
def test_that_a_convolution_whose_numbers_disagree_is_refused(changes: dict[str, Any], says: str) -> None:
    validate(convolution(), SPEC)
    with pytest.raises(NetworkError, match=says):
        validate(convolution(**changes), SPEC)
