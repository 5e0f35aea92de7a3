from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2studio.chip.loader import load_chip
from s2studio.errors import LoweringError
from s2studio.lowering.as_float import as_float
from s2studio.lowering.lower import lower
from s2studio.network.readers.nir import read_nir
from s2studio.network.writers.nir import write_nir
from s2studio.snn.connectivity import Connectivity, ConvWeights, DenseWeights, SynapseList
from s2studio.snn.models import MODELS
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import ParameterValue, Population
from s2studio.snn.projection import Projection

SPEC = load_chip()
LEAKY: dict[str, Any] = {"threshold": 20.0, "alpha_decay": 0.9, "i_offset": 0.75}
CURRENT: dict[str, Any] = LEAKY | {"exc_decay": 0.3, "inh_decay": 0.3}


def network(post: Population, weights: Connectivity, pre: Population | None = None) -> ChipNetwork:
    pre = pre or Population("in", 4, "spike_list")
    return ChipNetwork("net", SpikingPart((pre, post), (Projection(pre.name, post.name, weights),), (post.name,)), 2e-3)


def lowered_again(chip: ChipNetwork, tmp_path: Path) -> ChipNetwork:
    """Return `chip` after its way through a NIR file and lowering."""
    network, options = as_float(chip)
    write_nir(tmp_path / "n.nir", network, {})
    return lower(read_nir(tmp_path / "n.nir"), options, SPEC).network


def synapses(chip: ChipNetwork) -> Counter[tuple[str, str, int, int, int, int]]:
    """Return every synapse that is not 0: (pre, post, neurons, weight, delay)."""
    found: Counter[tuple[str, str, int, int, int, int]] = Counter()
    for projection in chip.spiking.projections:
        weights = projection.connectivity
        assert not isinstance(weights, ConvWeights)
        if isinstance(weights, DenseWeights):
            pre, post = np.nonzero(weights.weight)
            columns: tuple[Any, ...] = (pre, post, weights.weight[pre, post], np.full(len(pre), weights.delay))
        else:
            columns = (weights.pre, weights.post, weights.weight, weights.delay)
        for row in zip(*(column.tolist() for column in columns), strict=True):
            found[(projection.pre, projection.post, *row)] += row[2] != 0
    return +found


def assert_same_neurons(one: ChipNetwork, other: ChipNetwork) -> None:
    for population in one.spiking.populations:
        again = other.spiking.population(population.name)
        assert (again.size, again.model) == (population.size, population.model)
        assert np.allclose(again.v_scale, population.v_scale, rtol=1e-12)
        for parameter in MODELS[population.model].parameters:
            values = [each.params.get(parameter.name, parameter.default) for each in (population, again)]
            if isinstance(parameter.default, str):
                assert values[0] == values[1]
            elif parameter.name != "v_reset" or population.params.get("reset") == "reset_to_v_reset":
                one_each = [np.broadcast_to(np.asarray(value, np.float32), population.size) for value in values]
                assert np.array_equal(one_each[0], one_each[1]), parameter.name


def listed(*rows: tuple[int, int, int, int]) -> SynapseList:
    table = np.array(rows, np.int64).reshape(-1, 4)
    return SynapseList(
        table[:, 0].astype(np.int32),
        table[:, 1].astype(np.int32),
        table[:, 2].astype(np.int8),
        table[:, 3].astype(np.uint8),
    )


PER_NEURON = np.array([0.5, 0.25, 0.75], np.float32)
POPULATIONS = {
    "lif_no_delay": Population("out", 3, "lif_no_delay", LEAKY),
    "per neuron": Population(
        "out", 3, "lif_no_delay", LEAKY | {"alpha_decay": PER_NEURON}, v_scale=np.array([1.0, 7, 3])
    ),
    "if": Population("out", 3, "lif_no_delay", LEAKY | {"alpha_decay": 1.0}, v_scale=0.3),
    "no memory": Population("out", 3, "lif_no_delay", LEAKY | {"alpha_decay": 0.0}),
    "to v_reset": Population(
        "out", 3, "lif_no_delay", LEAKY | {"reset": "reset_to_v_reset", "v_reset": -2.5}, v_scale=9.1
    ),
    "currents": Population("out", 3, "lif_curr_exp_no_delay", CURRENT, v_scale=12.5),
}


@pytest.mark.parametrize("population", POPULATIONS.values(), ids=POPULATIONS)
def test_that_neurons_and_weights_come_back(population: Population, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    chip = network(population, DenseWeights(random.integers(-127, 128, (4, 3)).astype(np.int8)))
    again = lowered_again(chip, tmp_path)

    assert_same_neurons(chip, again)
    assert synapses(again) == synapses(chip)
    assert again.dt_s == chip.dt_s


@settings(max_examples=40)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(-15, 15), st.integers(0, 7)), max_size=30
    ),
    model=st.sampled_from(["lif", "lif_curr_exp"]),
)
def test_that_any_list_of_synapses_comes_back_with_delays_and_repeats(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int, int, int]], model: str
) -> None:
    params = CURRENT if model == "lif_curr_exp" else LEAKY
    chip = network(Population("out", 3, model, params), listed(*rows))
    again = lowered_again(chip, tmp_path_factory.mktemp("n"))

    assert_same_neurons(chip, again)
    assert synapses(again) == synapses(chip)


@pytest.mark.parametrize(
    ("stride", "padding", "pool"),
    [((1, 1), (0, 0, 0, 0), (1, 1)), ((2, 1), (1, 1, 0, 0), (1, 1)), ((1, 1), (1, 1, 1, 1), (2, 2))],
)
def test_that_a_convolution_comes_back(
    tmp_path: Path, stride: tuple[int, int], padding: tuple[int, int, int, int], pool: tuple[int, int]
) -> None:
    sides = [8 // pool[axis] + 2 * padding[2 * axis] - 3 for axis in range(2)]
    target = (2, sides[0] // stride[0] + 1, sides[1] // stride[1] + 1)
    weight = np.random.default_rng(1).integers(-127, 128, (2, 1, 3, 3)).astype(np.int8)
    kernel = ConvWeights(weight, (1, 8, 8), target, stride, padding, pool)
    source = Population("in", 64, "spike_list", shape=(1, 8, 8))
    offsets = np.repeat([0.5, 0.25], target[1] * target[2]).astype(np.float32)
    params: dict[str, ParameterValue] = {"threshold": 30.0, "i_offset": offsets}
    chip = network(Population("out", len(offsets), "lif_conv2d", params, shape=target), kernel, source)
    again = lowered_again(chip, tmp_path)

    assert_same_neurons(chip, again)
    (found,) = [projection.connectivity for projection in again.spiking.projections]
    assert isinstance(found, ConvWeights)
    assert np.array_equal(found.weight, weight)
    assert (found.source_shape, found.target_shape, found.stride, found.pool) == ((1, 8, 8), target, stride, pool)
    assert found.padding == padding


@pytest.mark.parametrize(
    ("population", "found"),
    [
        (Population("out", 3, "relay"), "a relay"),
        (Population("out", 3, "lif_no_delay", LEAKY | {"v_init": 1.0}), "v_init"),
        (Population("out", 3, "lif_no_delay", LEAKY | {"alpha_decay": 1.5}), "alpha_decay 1.5 of neuron 0"),
        (Population("out", 3, "lif_curr_exp_no_delay", CURRENT | {"inh_decay": 0.4}), "decay differently"),
        (Population("out", 3, "lif_curr_exp_no_delay", CURRENT | {"t_refrac": 2.0}), "refractory"),
        (Population("out", 3, "lif_curr_exp_no_delay", CURRENT | {"alpha_decay": 1.0}), "alpha_decay 1 of"),
    ],
)
def test_that_what_nir_has_no_words_for_is_refused_by_name(population: Population, found: str) -> None:
    with pytest.raises(LoweringError, match=found) as refused:
        as_float(network(population, DenseWeights(np.ones((4, 3), np.int8))))
    assert "'out'" in refused.value.subject


def test_that_two_resets_and_poisson_sources_are_refused_by_name() -> None:
    first = Population("first", 3, "lif_no_delay", LEAKY)
    second = Population("second", 3, "lif_no_delay", LEAKY | {"reset": "reset_to_v_reset"})
    with pytest.raises(LoweringError, match="'second' and 'first'"):
        as_float(network(second, DenseWeights(np.ones((3, 3), np.int8)), first))
    source = Population("noise", 4, "poisson_process", {"p": 0.5})
    with pytest.raises(LoweringError, match="population 'noise': a poisson_process"):
        as_float(network(first, DenseWeights(np.ones((4, 3), np.int8)), source))
