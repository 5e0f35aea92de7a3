"""The power of a PE by what it is busy with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.layer_costs import LayerCosts, layer_costs
from s2studio.chip.machine import Machine
from s2studio.chip.spec import ChipSpec, LevelName
from s2studio.mapping.layers.mapping import LayerMapping
from s2studio.sim.layers.stages import DRAM_STAGES, MLA, SLEEP, STAGES
from s2studio.units import NS_PER_S

# Points of a curve of power: more than a picture has columns.
POWER_BINS = 2000
_BITS = 8


def stage_power_w(level: LevelName, spec: ChipSpec, costs: LayerCosts) -> NDArray[np.float64]:
    """Return the power in W of one PE in each stage, shape (stages,).

    The MAC array takes what was measured with matmuls from SRAM, however few of its multipliers work.
    """
    at = spec.levels[level]
    power = np.full(len(STAGES), at.arm_busy_w)
    power[list(DRAM_STAGES)] = at.arm_busy_w if costs.dma_wait == "arm_busy" else at.asleep_w
    power[MLA] = at.mla_busy_w
    power[SLEEP] = spec.levels[spec.sleep_level].asleep_w
    return power


def mean_power_w(
    start_ns: NDArray[np.int64], stop_ns: NDArray[np.int64], power_w: NDArray[np.float64], end_ns: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return at most POWER_BINS moments and the mean power until the next one, of intervals with their powers."""
    edges = np.unique(np.linspace(0, end_ns, POWER_BINS + 1).round().astype(np.int64))
    when = np.concatenate([start_ns, stop_ns])
    order = np.argsort(when, kind="stable")
    level = np.cumsum(np.concatenate([power_w, -power_w])[order])
    moments = when[order]
    spent = np.concatenate([[0.0], np.cumsum(level[:-1] * np.diff(moments))])
    energy = np.interp(edges, moments, spent)
    return edges[:-1], np.diff(energy) / np.maximum(1, np.diff(edges))


def unused_w(machine: Machine, used: int) -> float:
    """Return the power in W of the PEs beside the `used` ones: reserved ones asleep, others as the chip file says."""
    spec = machine.spec
    idle = 0 if spec.unused_pes == "off" else len(machine.usable_pes) - used
    return (len(machine.reserved_pes) + idle) * spec.levels[spec.sleep_level].asleep_w


def noc_energy_j(link_bytes: NDArray[np.float64], spec: ChipSpec) -> NDArray[np.float64]:
    """Return the energy in J of what each layer passes over links; `link_bytes` is (layers, links)."""
    payload = spec.whole("noc.payload_bits") / _BITS
    return np.asarray(link_bytes.sum(axis=1) / payload * spec.energy.flit_hop_j)


def energies_j(
    mapping: LayerMapping,
    machine: Machine,
    intervals: tuple[NDArray[np.integer[Any]], NDArray[np.float64]],
    used: int,
    end_ns: int,
    link_bytes: NDArray[np.float64],
) -> tuple[NDArray[np.float64], float, float]:
    """Return the energies in J of an inference: by stage, of what is always on, of the NoC.

    `intervals` are the stages and lengths in s of all intervals of the `used` PEs.
    """
    spec, (stage, lasts_s) = machine.spec, intervals
    power = stage_power_w(mapping.options.level, spec, layer_costs(spec))
    stage_j = np.bincount(stage, lasts_s * power[stage], len(STAGES)).astype(np.float64)
    stage_j[SLEEP] += unused_w(machine, used) * end_ns / NS_PER_S
    return stage_j, spec.energy.always_on_w * end_ns / NS_PER_S, float(noc_energy_j(link_bytes, spec).sum())
