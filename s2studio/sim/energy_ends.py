"""Both ends of the energy of a run, in all and by kind: over the feasible costs and the ranges of the chip file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import Machine
from s2studio.chip.spec import ChipSpec
from s2studio.sim.cost_bounds import COST_NAMES, feasible_costs
from s2studio.sim.counts import Counts
from s2studio.sim.energy import ENERGY_KINDS, switch_energy_j, unused_pe_energy_j
from s2studio.sim.pricing import Bounds, Priced, energy_by_tick_j
from s2studio.sim.timing import SWITCHING, FloatArray, SliceWork, by_level, is_switching, switch_ends, switch_s

# What the kinds of work cost, in the order of COST_NAMES.
_TICK, _PACKET, _EVENT, _SEND, _VOLTAGE, _NEURON = range(len(COST_NAMES))
# The kinds whose energy follows from one number of the chip file each.
_ONE_COST = {"noc": "energy.flit_hop", "router": "energy.router_lookup"}
TOTAL = "total"


@dataclass(frozen=True, eq=False)
class EnergyEnds:
    """Energy of the whole machine in J and both ends of it: by kind of ENERGY_KINDS, and `total`.

    Arrays are (samples, ticks). The ends of a kind are those of its own costs. Costs that cost more in one kind cost
    less in another where the published throughput ties them, so not all kinds are at one end at once, and the ends of
    `total` lie closer together than the sums of theirs. What is always on is measured: its ends are its value.
    """

    low_j: Mapping[str, FloatArray]
    value_j: Mapping[str, FloatArray]
    high_j: Mapping[str, FloatArray]


def energy_ends(
    counts: Counts, work: SliceWork, priced: Priced, ends: Bounds, machine: Machine, tick_s: float
) -> EnergyEnds:
    """Return the energy of each tick of `counts`, which cost `priced`, between the `ends` of its PEs."""
    spec, value = machine.spec, dict(energy_by_tick_j(priced, machine, tick_s))
    value[TOTAL] = sum(value.values(), np.zeros(1))
    low, high = dict(value), dict(value)
    for kind, (least, most) in _busy_j(counts, work, priced, spec).items():
        low[kind], high[kind] = np.minimum(least, value[kind]), np.maximum(most, value[kind])
    unused_j = (len(machine.usable_pes) - len(work.models)) * unused_pe_energy_j(1, tick_s, spec)
    asleep_w = spec.levels[spec.sleep_level].asleep_w
    is_changing, (quickest, slowest) = is_switching(priced.levels, spec), switch_ends(spec)
    for found, done_s, end in ((low, ends.time_pessimistic_s, slowest), (high, ends.time_low_s, quickest)):
        changed_s = done_s + switch_s(priced.levels, end) if is_changing else done_s
        found["asleep"] = np.maximum(tick_s - changed_s, 0.0).sum(axis=2) * asleep_w + unused_j
    for found, end in ((low, quickest), (high, slowest)) if is_changing else ():
        found[SWITCHING] = switch_energy_j(priced.levels, end).sum(axis=2)
    pes_j = sum(energy.sum(axis=2) for energy in priced.energy_j.values())
    low[TOTAL] = value[TOTAL] + ends.energy_low_j.sum(axis=2) - pes_j
    high[TOTAL] = value[TOTAL] + ends.energy_high_j.sum(axis=2) - pes_j
    for kind, key in _ONE_COST.items():
        for found, factor in zip((low, high), range_factors(spec, key), strict=True):
            found[kind] = value[kind] * factor
            found[TOTAL] = found[TOTAL] + found[kind] - value[kind]
    return EnergyEnds(_in_order(low), _in_order(value), _in_order(high))


def phase_ends_s(
    counts: Counts, work: SliceWork, priced: Priced, spec: ChipSpec, place: tuple[int, int, int]
) -> Mapping[str, tuple[float, float]]:
    """Return between which ends the time in s lies that each kind of work takes at `place` (sample, tick, slice)."""
    seconds = np.zeros(priced.levels.shape)
    seconds[place] = 1.0 / list(spec.levels.values())[int(priced.levels[place])].clock_hz
    return {
        kind: (float(low[place[:2]]), float(high[place[:2]]))
        for kind, (low, high) in _ends_of_kinds(counts, work, priced, spec, seconds).items()
    }


def range_factors(spec: ChipSpec, key: str) -> tuple[float, float]:
    """Return the ends of the number `key` of the chip file as shares of its value; 1 where it has no range."""
    return spec.quantities[key].factors


def outside_ends_j(noc_j: float, router_j: float, spec: ChipSpec) -> tuple[float, float]:
    """Return what the ends of the energies of flits and look-ups add to that of a run, in J: at most 0, at least 0."""
    pairs = [(noc_j, range_factors(spec, _ONE_COST["noc"])), (router_j, range_factors(spec, _ONE_COST["router"]))]
    low, high = (sum(value * (factors[end] - 1) for value, factors in pairs) for end in (0, 1))
    return low, high


def _busy_j(
    counts: Counts, work: SliceWork, priced: Priced, spec: ChipSpec
) -> Mapping[str, tuple[FloatArray, FloatArray]]:
    """Return the least and the most energy of each kind of work in J, each (samples, ticks)."""
    levels = spec.levels.values()
    joules = by_level([level.arm_busy_w / level.clock_hz for level in levels], priced.levels)
    return _ends_of_kinds(counts, work, priced, spec, joules)


def _ends_of_kinds(
    counts: Counts, work: SliceWork, priced: Priced, spec: ChipSpec, per_cycle: FloatArray
) -> Mapping[str, tuple[FloatArray, FloatArray]]:
    """Return the least and the most of each kind of work, a cycle of each slice and tick worth `per_cycle`."""
    low, high = _cost_ends(work, spec)
    fixed = {
        "neurons": (cost[:, _TICK] + counts.updates * cost[:, _NEURON] for cost in (low, high)),
        "recording": (work.recorded_voltages * cost[:, _VOLTAGE] for cost in (low, high)),
    }
    moving = {
        "synapses": ((counts.synaptic_events, _EVENT),),
        "packets": ((counts.packets, _PACKET), (priced.packets_sent, _SEND)),
    }
    found = {kind: per_cycle @ np.stack(list(cycles), axis=1) for kind, cycles in fixed.items()}
    for kind, parts in moving.items():
        each = [(per_cycle * number) @ np.stack([low[:, place], high[:, place]], axis=1) for number, place in parts]
        found[kind] = sum(each, np.zeros(1))
    return {kind: (energy[..., 0], energy[..., 1]) for kind, energy in found.items()}


def _cost_ends(work: SliceWork, spec: ChipSpec) -> tuple[FloatArray, FloatArray]:
    """Return the least and the most that each cost can be in each slice, in cycles, each (slices, COST_NAMES)."""
    feasible = feasible_costs(spec)
    of_model = {model: feasible.corners(model) for model in dict.fromkeys(work.models)}
    low: list[NDArray[np.float64]] = [of_model[model].least for model in work.models]
    high = [of_model[model].most.max(axis=0) for model in work.models]
    return np.array(low), np.array(high)


def _in_order(found: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
    return {kind: found[kind] for kind in (*ENERGY_KINDS, TOTAL)}
