from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from s2studio.snn.connectivity import DenseWeights
from s2studio.snn.digest import network_digest
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection


def network(weight: Any = None, **changes: Any) -> ChipNetwork:
    matrix = np.arange(6, dtype=np.int8).reshape(2, 3) if weight is None else weight
    post = replace(
        Population("b", 3, "lif", {"threshold": 1.0, "i_offset": 2.0}, frozenset({"v", "spikes"})), **changes
    )
    part = SpikingPart((Population("a", 2, "spike_list"), post), (Projection("a", "b", DenseWeights(matrix)),))
    return ChipNetwork("net", part)


def test_that_the_same_values_have_the_same_digest_however_they_are_laid_out() -> None:
    turned = np.asfortranarray(np.arange(6, dtype=np.int8).reshape(2, 3))
    reordered = network(turned, params={"i_offset": 2.0, "threshold": 1.0})

    assert network_digest(reordered) == network_digest(network())
    assert network_digest(replace(network(), name="another name")) == network_digest(network())


@pytest.mark.parametrize(
    "changed",
    [
        network(np.arange(6, dtype=np.int8).reshape(2, 3)[:, ::-1]),
        network(model="lif_no_delay"),
        network(params={"threshold": 1.0}),
        network(params={"threshold": 1.0, "i_offset": 2.5}),
        network(params={"threshold": 1.0, "i_offset": np.full(3, 2.0, np.float32)}),
        network(record=None),
        network(record=frozenset()),
        network(name="c"),
        replace(network(), dt_s=1e-3),
    ],
)
def test_that_any_other_value_has_another_digest(changed: ChipNetwork) -> None:
    assert network_digest(changed) != network_digest(network())
