"""Connection lists as integers: whatever form they take, their sum is that of the rounded and clipped list."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.chip.loader import load_chip
from s2studio.compat.synapses import quantised, synapses_of
from s2studio.errors import NetworkError
from s2studio.snn.connectivity import DenseWeights, SynapseList

SPEC = load_chip("spinnaker2")
WEIGHT = st.one_of(st.integers(-200, 200), st.floats(-200, 200))
ROW = st.tuples(st.integers(0, 3), st.integers(0, 2), WEIGHT, st.integers(0, 9))


def _summed(connectivity: SynapseList | DenseWeights) -> dict[tuple[int, int, int], int]:
    """Return the summed weight of each (pre, post, delay) that is not 0."""
    if isinstance(connectivity, DenseWeights):
        pre, post = np.nonzero(connectivity.weight)
        columns: list[Any] = [pre, post, np.full(len(pre), connectivity.delay), connectivity.weight[pre, post]]
    else:
        columns = [connectivity.pre, connectivity.post, connectivity.delay, connectivity.weight]
    found: dict[tuple[int, int, int], int] = {}
    for source, target, delay, weight in zip(*(column.tolist() for column in columns), strict=True):
        found[source, target, delay] = found.get((source, target, delay), 0) + weight
    return {key: weight for key, weight in found.items() if weight}


@given(st.lists(ROW, max_size=40), st.sampled_from(["lif", "lif_no_delay"]))
def test_that_no_synapse_is_lost_or_made(rows: list[tuple[int, int, float, int]], model: str) -> None:
    limits = SPEC.models[model]
    connectivity, notes = quantised(synapses_of("net", rows), limits, model, "nearest", (4, 3))

    expected: dict[tuple[int, int, int], int] = {}
    changed = 0
    for pre, post, weight, delay in rows:
        whole = int(np.clip(np.rint(weight), -limits.max_weight, limits.max_weight))
        changed += whole != weight or min(delay, limits.max_delay) != delay
        key = (pre, post, min(delay, limits.max_delay))
        expected[key] = expected.get(key, 0) + whole
    assert _summed(connectivity) == {key: weight for key, weight in expected.items() if weight}
    assert bool(notes) == bool(changed)


def test_that_a_list_of_all_pairs_is_a_matrix_and_one_with_two_synapses_for_a_pair_is_not() -> None:
    limits = SPEC.models["lif_no_delay"]
    every = [[pre, post, 5, 0] for pre in range(4) for post in range(3)]

    matrix, _ = quantised(synapses_of("net", every), limits, "lif_no_delay", "nearest", (4, 3))
    twice, _ = quantised(synapses_of("net", [*every[:-1], [0, 0, 1, 0]]), limits, "lif_no_delay", "nearest", (4, 3))
    sparse, _ = quantised(synapses_of("net", every[:5]), limits, "lif_no_delay", "nearest", (4, 3))

    assert isinstance(matrix, DenseWeights)
    assert isinstance(twice, SynapseList)
    assert isinstance(sparse, SynapseList)


@pytest.mark.parametrize(
    ("connections", "found"),
    [
        ("abc", "could not convert"),
        ([[0, 1, 2]], "a table of 1 x 3"),
        ([[0, 1, 2, 3], [0]], "inhomogeneous"),
        ([[0.5, 0, 1, 0]], "no whole numbers"),
        ([[-1, 0, 1, 0]], "no whole numbers"),
        ([[0, 0, float("nan"), 0]], "row 0 has a value that is not finite"),
        ([[2**31, 0, 1, 0]], "no whole numbers"),
        (None, "row 0|a table of"),
    ],
)
def test_that_what_is_no_list_of_connections_is_refused(connections: Any, found: str) -> None:
    with pytest.raises(NetworkError, match=found):
        synapses_of("projection 'a' -> 'b'", connections)


def test_that_an_empty_list_is_no_synapse() -> None:
    assert len(synapses_of("net", []).pre) == 0
