"""What a run costs in energy: PEs busy at their level and then asleep, the NoC, the event router, what is always on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import Machine
from s2studio.chip.spec import ChipSpec, Level
from s2studio.sim.timing import KINDS, SWITCHING, FloatArray, by_level, clocks_hz, is_switching, switch_s

PE_KINDS = ("asleep", *KINDS, SWITCHING)
ENERGY_KINDS = ("always_on", *PE_KINDS, "noc", "router")


def baseline(spec: ChipSpec) -> str:
    """Return in words what the energies of a run cover."""
    return (
        "In: the whole chip from switched on to the last tick, with every PE, "
        f"reserved {'ones asleep and unused ones off' if spec.unused_pes == 'off' else 'and unused ones asleep'}. "
        "Out: the DRAM devices, the board, the host, loading and reading back."
    )


def pe_energy_j(
    cycles: Mapping[str, FloatArray], levels: NDArray[np.int8], tick_s: float, spec: ChipSpec
) -> Mapping[str, FloatArray]:
    """Return the energy of each PE and tick in J by kind: `asleep`, `switching`, each kind of `cycles`, in their shape.

    A PE changes to its level, is busy at its power until its work is done, changes back, and is asleep at
    `spec.sleep_level` for what is left of the tick; a PE that is late does not sleep. The kinds share the busy energy
    as they share the cycles.
    """
    clocks = clocks_hz(levels, spec)
    power = by_level([level.arm_busy_w for level in spec.levels.values()], levels)
    busy_s = sum(cycles.values(), np.zeros(levels.shape)) / clocks
    if is_switching(levels, spec):
        busy_s = busy_s + 2 * switch_s(levels, spec)
    asleep = np.maximum(tick_s - busy_s, 0.0) * _sleep(spec).asleep_w
    per_cycle = power / clocks
    busy = {kind: spent * per_cycle for kind, spent in cycles.items()}
    return {"asleep": asleep} | busy | {SWITCHING: switch_energy_j(levels, spec)}


def switch_energy_j(levels: NDArray[np.int8], spec: ChipSpec) -> FloatArray:
    """Return the energy in J of the changes to each of `levels` and back, in their shape: 0 at the level of sleep.

    A change takes `spec.switch_time_s` at the busy power of the level that it leads to, and `spec.switch_energy_j`.
    """
    back_w = _sleep(spec).arm_busy_w
    each_j = [2 * spec.switch_energy_j + spec.switch_time_s * (one.arm_busy_w + back_w) for one in spec.levels.values()]
    own_j = [0.0 if name == spec.sleep_level else each for name, each in zip(spec.levels, each_j, strict=True)]
    return by_level(own_j, levels)


def busy_energy_j(done_s: FloatArray, levels: NDArray[np.int8], tick_s: float, spec: ChipSpec) -> FloatArray:
    """Return the energy in J of each PE that has done its work `done_s` after its tick began; then it sleeps."""
    power, asleep_w = by_level([level.arm_busy_w for level in spec.levels.values()], levels), _sleep(spec).asleep_w
    if not is_switching(levels, spec):
        return done_s * power + np.maximum(tick_s - done_s, 0.0) * asleep_w
    change_s = switch_s(levels, spec)
    asleep_j = np.maximum(tick_s - done_s - change_s, 0.0) * asleep_w
    return (done_s - change_s) * power + asleep_j + switch_energy_j(levels, spec)


def spent_on(energy_j: Mapping[str, float]) -> tuple[str, ...]:
    """Return the kinds of `energy_j` (by kind of ENERGY_KINDS) to be listed: changes of level where there are any."""
    return tuple(kind for kind in ENERGY_KINDS if kind != SWITCHING or energy_j[kind])


def mla_energy_j(busy_s: FloatArray, levels: NDArray[np.int8], tick_s: float, spec: ChipSpec) -> FloatArray:
    """Return the energy in J of each PE whose MAC array works for `busy_s` of a tick and which sleeps for the rest."""
    power: FloatArray = np.array([level.mla_busy_w for level in spec.levels.values()])[levels]
    return busy_s * power + np.maximum(tick_s - busy_s, 0.0) * _sleep(spec).asleep_w


def idle_pe_energy_j(ticks: int, tick_s: float, spec: ChipSpec) -> float:
    """Return the energy in J of one PE that sleeps for `ticks` ticks."""
    return ticks * tick_s * _sleep(spec).asleep_w


def unused_pe_energy_j(ticks: int, tick_s: float, spec: ChipSpec) -> float:
    """Return the energy in J of one usable PE that no program uses: asleep, or off (`spec.unused_pes`)."""
    return 0.0 if spec.unused_pes == "off" else idle_pe_energy_j(ticks, tick_s, spec)


def always_on_energy_j(ticks: int, tick_s: float, machine: Machine) -> float:
    """Return the energy in J of what no program can switch off: chips without their PEs, and reserved PEs asleep."""
    spec = machine.spec
    reserved = len(machine.reserved_pes) * idle_pe_energy_j(ticks, tick_s, spec)
    return len(machine.chips) * ticks * tick_s * spec.energy.always_on_w + reserved


def idle_energy_j(ticks: int, tick_s: float, machine: Machine, pes_used: int) -> float:
    """Return the energy in J of the machine when none of its `pes_used` PEs works: the rest is dynamic energy."""
    used = pes_used * idle_pe_energy_j(ticks, tick_s, machine.spec)
    unused = (len(machine.usable_pes) - pes_used) * unused_pe_energy_j(ticks, tick_s, machine.spec)
    return always_on_energy_j(ticks, tick_s, machine) + used + unused


def noc_energy_j(flits: NDArray[np.integer], spec: ChipSpec) -> FloatArray:
    """Return the energy in J of flits that each cross one link, in the shape of `flits`."""
    return flits.astype(np.float64) * spec.energy.flit_hop_j


def router_energy_j(lookups: NDArray[np.integer], spec: ChipSpec) -> FloatArray:
    """Return the energy in J of look-ups in the event router, in the shape of `lookups`."""
    return lookups.astype(np.float64) * spec.energy.router_lookup_j


@dataclass(frozen=True)
class PowerCheck:
    """The chip's power in a state of all its PEs: by the model, and as measured, in W.

    `level` is None with all PEs off. The measured values are inputs of the model, so agreement proves the code only.
    """

    state: str
    level: str | None
    model_w: float
    measured_w: float
    source: str


def power_check(spec: ChipSpec) -> tuple[PowerCheck, ...]:
    """Return the power model beside every measured chip power in the chip file (`measured_power`)."""
    off = _check(spec, "pes_off", None, spec.energy.always_on_w)
    states = {"asleep": _asleep_w, "arm_busy": _arm_busy_w, "mla_busy": _mla_busy_w}
    rows = tuple(
        _check(spec, state, level, spec.energy.always_on_w + pes_w(level, spec))
        for state, pes_w in states.items()
        for level in spec.levels
        if f"measured_power.{state}.{level}" in spec.quantities
    )
    return (off, *rows)


def _check(spec: ChipSpec, state: str, level: str | None, model_w: float) -> PowerCheck:
    measured = spec.quantities[f"measured_power.{state}" + (f".{level}" if level else "")]
    return PowerCheck(state, level, model_w, spec.measured_power_w[measured.key], measured.source)


def _asleep_w(level: str, spec: ChipSpec) -> float:
    nothing, levels = _all_pes(level, spec)
    return float(pe_energy_j({"neurons": nothing}, levels, 1.0, replace(spec, sleep_level=level))["asleep"].sum())


def _arm_busy_w(level: str, spec: ChipSpec) -> float:
    nothing, levels = _all_pes(level, spec)
    cycles = {"neurons": nothing + spec.levels[level].clock_hz}
    energy = pe_energy_j(cycles, levels, 1.0, replace(spec, sleep_level=level))
    return float(sum(energy.values(), nothing).sum())


def _mla_busy_w(level: str, spec: ChipSpec) -> float:
    nothing, levels = _all_pes(level, spec)
    return float(mla_energy_j(nothing + 1.0, levels, 1.0, spec).sum())


def _all_pes(level: str, spec: ChipSpec) -> tuple[FloatArray, NDArray[np.int8]]:
    pes = spec.measured_pes
    return np.zeros(pes), np.full(pes, tuple(spec.levels).index(level), dtype=np.int8)


def _sleep(spec: ChipSpec) -> Level:
    return spec.levels[spec.sleep_level]
