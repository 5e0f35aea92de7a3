"""The chip, and one call from a float network to its comparison with the chip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from s2studio.app.dataset import Sample
from s2studio.app.lowering_bench import Comparison
from s2studio.chip.loader import load_chip
from s2studio.chip.spec import ChipSpec
from s2studio.lowering.lower import lower
from s2studio.lowering.options import LoweringOptions
from s2studio.network.graph import Network
from s2studio.network.stimulus.spikes import SpikeTrain

Compare = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def spec() -> ChipSpec:
    return load_chip()


@pytest.fixture
def compare(spec: ChipSpec) -> Compare:
    """Compare a network on spikes {tick: [neurons]} of its input; options are those of lowering."""

    def call(network: Network, spikes: dict[int, list[int]], ticks: int = 20, **options: Any) -> dict[str, Any]:
        pairs = [(tick, neuron) for tick, neurons in spikes.items() for neuron in neurons]
        step, neuron = np.array(pairs).reshape(-1, 2).T
        train = SpikeTrain.of(step.astype(np.int64), neuron.astype(np.int32))
        chosen = LoweringOptions(1e-3, **options)
        comparison = Comparison(network, lower(network, chosen, spec), chosen, spec)
        sample = Sample("one", None, lambda: {"input": train})
        return comparison.run([sample], lambda _: ticks, lambda done, total: None)

    return call
