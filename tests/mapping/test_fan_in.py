from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.mapping.fan_in import DenseFanIn, ListFanIn
from s2studio.snn.connectivity import DenseWeights, SynapseList
from s2studio.snn.fan_out import fan_out
from tests.mapping.networks import bounds_of, matrices, synapse_lists


@pytest.mark.parametrize("kind", [synapse_lists, matrices])
@given(data=st.data(), sources=st.integers(1, 20), targets=st.integers(1, 20))
def test_that_fan_in_sums_the_fan_out_of_every_source(
    data: st.DataObject, kind: object, sources: int, targets: int
) -> None:
    connectivity = data.draw(kind(sources, targets))  # type: ignore[operator]
    count = DenseFanIn(connectivity) if isinstance(connectivity, DenseWeights) else ListFanIn(connectivity, targets)
    for _ in range(2):
        bounds = data.draw(bounds_of(targets))
        table = fan_out(connectivity, sources, bounds)
        rows, synapses = count(bounds)

        assert rows.tolist() == np.count_nonzero(table, axis=0).tolist()
        assert synapses.tolist() == table.sum(axis=0).tolist()


def test_that_counting_leaves_an_unsorted_list_as_it_is() -> None:
    pre, post = np.array([2, 0, 2], np.int32), np.array([1, 3, 0], np.int32)
    synapses = SynapseList(pre, post, np.ones(3, np.int8), np.zeros(3, np.uint8))
    rows, _ = ListFanIn(synapses, 4)(np.array([0, 2, 4]))

    assert rows.tolist() == [1, 1]
    assert (pre.tolist(), post.tolist()) == ([2, 0, 2], [1, 3, 0])
