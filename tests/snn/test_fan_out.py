from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from s2studio.snn.connectivity import Connectivity, ConvWeights, DenseWeights, SynapseList
from s2studio.snn.fan_out import fan_out, slice_reach
from tests.mapping.networks import bounds_of, convolutions, matrices, synapse_lists, synapses_of


def sizes_of(connectivity: Connectivity, sources: int, targets: int) -> tuple[int, int]:
    if isinstance(connectivity, ConvWeights):
        return int(np.prod(connectivity.source_shape)), int(np.prod(connectivity.target_shape))
    return sources, targets


@st.composite
def cases(draw: st.DrawFn) -> tuple[Connectivity, int, int]:
    sources, targets = draw(st.integers(1, 30)), draw(st.integers(1, 30))
    connectivity: Connectivity = draw(
        st.one_of(synapse_lists(sources, targets), matrices(sources, targets), convolutions())
    )
    return connectivity, *sizes_of(connectivity, sources, targets)


@given(st.data(), cases())
def test_that_fan_out_counts_each_synapse_in_the_slice_of_its_target(
    data: st.DataObject, case: tuple[Connectivity, int, int]
) -> None:
    connectivity, sources, targets = case
    bounds = data.draw(bounds_of(targets))
    expected = np.zeros((sources, len(bounds) - 1), int)
    for pre, post in synapses_of(connectivity):
        expected[pre, np.searchsorted(bounds, post, side="right") - 1] += 1

    np.testing.assert_array_equal(fan_out(connectivity, sources, bounds), expected)


@given(st.data(), cases())
def test_that_a_slice_reaches_those_in_which_one_of_its_neurons_has_a_synapse(
    data: st.DataObject, case: tuple[Connectivity, int, int]
) -> None:
    connectivity, sources, targets = case
    source_bounds, target_bounds = data.draw(bounds_of(sources)), data.draw(bounds_of(targets))
    expected = np.zeros((len(source_bounds) - 1, len(target_bounds) - 1), bool)
    for pre, post in synapses_of(connectivity):
        row = np.searchsorted(source_bounds, pre, side="right") - 1
        expected[row, np.searchsorted(target_bounds, post, side="right") - 1] = True

    np.testing.assert_array_equal(slice_reach(connectivity, source_bounds, target_bounds), expected)


def test_that_counts_beyond_16_bits_are_kept() -> None:
    synapses = 70_000
    zeros = np.zeros(synapses, np.int32)
    connectivity = SynapseList(zeros, zeros, np.ones(synapses, np.int8), np.zeros(synapses, np.uint8))

    assert fan_out(connectivity, 1, np.array([0, 1])).tolist() == [[synapses]]


def test_that_a_weight_of_zero_in_a_matrix_is_no_synapse() -> None:
    weights = DenseWeights(np.array([[0, 3], [0, 0]], np.int8))

    assert fan_out(weights, 2, np.array([0, 1, 2])).tolist() == [[0, 1], [0, 0]]
    assert slice_reach(weights, np.array([0, 1, 2]), np.array([0, 1, 2])).tolist() == [[False, True], [False, False]]
