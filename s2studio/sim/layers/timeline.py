"""What every PE does when, layer after layer: the result of simulating a deep network in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import PE
from s2studio.mapping.mapping import Link
from s2studio.sim.layers.stages import STAGES

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LayerTotals:
    """Sums of each layer, shape (layers,). Energies are of the whole chip in the layer's time; DRAM devices apart.

    `dram_share` is the share of the layer's time in which the DRAM is busy; `mla_utilisation` the share of the MAC
    arrays' multipliers that work while they run; `mla_share` the share of the layer's time in which the mean worker's
    array runs. A layer without products has NaN there.
    """

    start_ns: Integers
    stop_ns: Integers
    workers: Integers
    parts: Integers
    macs: Integers
    read_bytes: Integers
    written_bytes: Integers
    dram_share: Floats
    mla_utilisation: Floats
    mla_share: Floats
    energy_j: Floats
    dram_energy_j: Floats

    @property
    def time_s(self) -> Floats:
        """How long each layer takes."""
        return (self.stop_ns - self.start_ns) / 1e9


@dataclass(frozen=True, eq=False)
class LayerTimeline:
    """One inference from its start at 0 to `end_ns`; `is_first` where it fetches weights that stay.

    An interval (n,) is what the PE `pes[pe]` does in `layer` (-1: before the first, `len(layers)`: after the last) from
    `start_ns` to `stop_ns`, as an index of `STAGES`; those of a PE do not overlap and stand in order of time. The DRAM
    moves `dram_rates` (bytes per s) from `dram_ns` on, until the next. `link_bytes` is (layers, links), the payload
    over each of `links`. `power_w` is the mean power of the chip from `power_ns` on, until the next. Stage energies are
    (stages,), those of PEs that no layer uses under `sleep`; `always_on_j` is the chip without its PEs, `noc_j` what is
    passed over links.
    """

    network: str
    level: str
    is_first: bool
    layers: tuple[str, ...]
    pes: tuple[PE, ...]
    layer: NDArray[np.int32]
    pe: NDArray[np.int32]
    stage: NDArray[np.int8]
    start_ns: Integers
    stop_ns: Integers
    end_ns: int
    totals: LayerTotals
    dram_ns: Integers
    dram_rates: Floats
    links: tuple[Link, ...]
    link_bytes: Floats
    power_ns: Integers
    power_w: Floats
    stage_energy_j: Floats
    always_on_j: float
    noc_j: float
    dram_energy_j: float

    @property
    def latency_s(self) -> float:
        """From the start of the inference until the scheduler PE has cleaned up."""
        return self.end_ns / 1e9

    @property
    def energy_j(self) -> float:
        """Energy of the chip without the DRAM devices."""
        return float(self.stage_energy_j.sum()) + self.always_on_j + self.noc_j

    @property
    def stages(self) -> tuple[str, ...]:
        """The names that `stage` is an index of."""
        return STAGES
