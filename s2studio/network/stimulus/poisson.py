"""A Poisson stimulus: spikes at a rate, from a seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import UsageError
from s2studio.network.stimulus.spikes import SpikeTrain, Stimulus


def poisson_stimulus(population: str, size: int, rate_hz: float, step_s: float, steps: int, seed: int) -> Stimulus:
    """Return spikes of `size` neurons at `rate_hz`, at most one per neuron and step of `step_s` seconds.

    Each step has its own stream of random numbers, so that a longer stimulus begins as a shorter one does.
    """
    probability = rate_hz * step_s
    if not 0 <= probability <= 1:
        limit = f"at steps of {step_s:g} s it is 0 to {1 / step_s:g} Hz"
        raise UsageError(f"stimulus of '{population}'", f"a rate of {rate_hz:g} Hz", limit)
    spikes = [np.flatnonzero(_uniform(seed, step, size) < probability) for step in range(steps)]
    step = np.repeat(np.arange(steps, dtype=np.int64), [len(neurons) for neurons in spikes])
    neuron = np.concatenate([np.zeros(0, np.int64), *spikes]).astype(np.int32)
    return {population: SpikeTrain(step, neuron)}


def _uniform(seed: int, step: int, size: int) -> NDArray[np.float64]:
    # The step is the second word of the counter: draws count through the first, so that steps never share numbers.
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, step, 0, 0])).random(size)
