"""Both ends of what an inference of layers takes: simulated again with every cost at one end of its range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.layer_costs import End
from s2studio.chip.machine import Machine
from s2studio.mapping.layers.mapping import LayerMapping
from s2studio.sim.energy_ends import range_factors
from s2studio.sim.layers.simulate import simulate_layers
from s2studio.sim.layers.stages import STAGES
from s2studio.sim.layers.timeline import LayerTimeline

Pair = tuple[float, float]
Floats = NDArray[np.float64]
ALWAYS_ON, NOC = "always_on", "noc"
_ENDS: tuple[End, End] = ("low", "high")


@dataclass(frozen=True, eq=False)
class LayerEnds:
    """The low and the high end of an inference, times in s, energies in J, power in W; of its layers, (2, layers).

    `low` and `high` are the same inference with every cost at that end. `by_stage_j` is by stage, ALWAYS_ON and NOC.
    What was measured, and what has no range in the chip file, adds nothing.
    """

    low: LayerTimeline
    high: LayerTimeline
    latency_s: Pair
    energy_j: Pair
    dram_energy_j: Pair
    power_w: Pair
    by_stage_j: Mapping[str, Pair]
    time_s: Floats
    layer_energy_j: Floats
    layer_dram_energy_j: Floats
    dram_share: Floats
    mla_utilisation: Floats
    mla_share: Floats


def layer_ends(timeline: LayerTimeline, mapping: LayerMapping, machine: Machine) -> LayerEnds:
    """Return the ends of `timeline`, an inference of `mapping`, on the same tiles."""
    low, high = (simulate_layers(mapping, machine, timeline.is_first, end=end) for end in _ENDS)
    found = (low, timeline, high)
    # What flits take is ours: it has a range beside the costs of time.
    flits = [found[place].noc_j * (factor - 1) for place, factor in zip((0, 2), _flits(machine), strict=True)]
    energy_j = (low.energy_j + flits[0], timeline.energy_j, high.energy_j + flits[1])
    totals = [each.totals for each in found]
    stages_j = _span([np.append(each.stage_energy_j, each.always_on_j) for each in found])
    noc_j = (low.noc_j + flits[0], high.noc_j + flits[1])
    by_stage_j = {name: _pair(ends) for name, ends in zip((*STAGES, ALWAYS_ON), stages_j.T.tolist(), strict=True)}
    return LayerEnds(
        low,
        high,
        latency_s=_pair([each.latency_s for each in found]),
        energy_j=_pair(energy_j),
        dram_energy_j=_pair([each.dram_energy_j for each in found]),
        power_w=_pair([energy / max(1e-300, each.latency_s) for energy, each in zip(energy_j, found, strict=True)]),
        by_stage_j={**by_stage_j, NOC: noc_j},
        time_s=_span([each.time_s for each in totals]),
        layer_energy_j=_span([each.energy_j for each in totals]),
        layer_dram_energy_j=_span([each.dram_energy_j for each in totals]),
        dram_share=_span([each.dram_share for each in totals]),
        mla_utilisation=_span([each.mla_utilisation for each in totals]),
        mla_share=_span([each.mla_share for each in totals]),
    )


def with_ends(name: str, value: float, ends: Pair | Floats) -> dict[str, float]:
    """Return the number `name` as JSON has it, beside both its ends: `time_s`, `time_low_s`, `time_high_s`."""
    stem, _, unit = name.rpartition("_") if name.endswith(("_s", "_j", "_w")) else (name, "", "")
    unit = f"_{unit}" if unit else ""
    return {name: value, f"{stem}_low{unit}": float(ends[0]), f"{stem}_high{unit}": float(ends[1])}


def _flits(machine: Machine) -> Pair:
    return range_factors(machine.spec, "energy.flit_hop")


def _pair(values: list[float] | tuple[float, ...]) -> Pair:
    """Return the least and the most: a cost that delays one worker may let another one go ahead."""
    return min(values), max(values)


def _span(values: list[Floats]) -> Floats:
    return np.stack([np.minimum.reduce(values), np.maximum.reduce(values)])
