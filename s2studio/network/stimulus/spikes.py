"""A stimulus: for each population that is driven from outside, which neuron spikes in which tick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SpikeTrain:
    """Spikes of one population: `step` (int64) and `neuron` (int32), sorted by step, then neuron, without repeats.

    `payload` (uint32) is the optional 32-bit word of each event.
    """

    step: NDArray[np.int64]
    neuron: NDArray[np.int32]
    payload: NDArray[np.uint32] | None = None

    @classmethod
    def of(cls, step: NDArray[np.int64], neuron: NDArray[np.int32]) -> SpikeTrain:
        """Return the train of these spikes, sorted, a neuron's repeats within a step merged into one spike."""
        order = np.lexsort((neuron, step))
        step, neuron = np.asarray(step, np.int64)[order], np.asarray(neuron, np.int32)[order]
        first = np.ones(len(step), np.bool_)
        first[1:] = (step[1:] != step[:-1]) | (neuron[1:] != neuron[:-1])
        return cls(step[first], neuron[first])

    @property
    def steps(self) -> int:
        """The number of steps up to and with the last spike."""
        return int(self.step[-1]) + 1 if len(self.step) else 0

    def between(self, start: int, stop: int) -> SpikeTrain:
        """Return the spikes of steps `start` to `stop` (excluded), counted from `start`."""
        first, last = np.searchsorted(self.step, [start, stop])
        payload = None if self.payload is None else self.payload[first:last]
        return SpikeTrain(self.step[first:last] - start, self.neuron[first:last], payload)


Stimulus = Mapping[str, SpikeTrain]
