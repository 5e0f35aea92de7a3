"""What a board returned of one run, in one form whatever file it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Results:
    """What a board returned of one run; what it did not record is missing or None.

    `spikes` are (spikes, 2) of tick and neuron, `voltages` (ticks, neurons) in chip units, both by population;
    `time_done_s` and `n_packets` are (ticks,) by PE name; `power` is (samples, 2) of moment in s and W. `steps`,
    `tick_s` and `network_digest` are None where the file does not say.
    """

    steps: int | None = None
    tick_s: float | None = None
    network_digest: str | None = None
    spikes: Mapping[str, IntArray] = field(default_factory=dict)
    voltages: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    time_done_s: Mapping[str, FloatArray] = field(default_factory=dict)
    n_packets: Mapping[str, IntArray] = field(default_factory=dict)
    power: FloatArray | None = None

    def joined(self, other: Results) -> Results:
        """Return these results with those of `other`, of the same run."""
        return replace(
            self,
            steps=self.steps if other.steps is None else other.steps,
            tick_s=self.tick_s if other.tick_s is None else other.tick_s,
            network_digest=self.network_digest if other.network_digest is None else other.network_digest,
            spikes={**self.spikes, **other.spikes},
            voltages={**self.voltages, **other.voltages},
            time_done_s={**self.time_done_s, **other.time_done_s},
            n_packets={**self.n_packets, **other.n_packets},
            power=self.power if other.power is None else other.power,
        )
