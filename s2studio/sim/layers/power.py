"""The power of a PE by what it is busy with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.layer_costs import LayerCosts
from s2studio.chip.machine import Machine
from s2studio.chip.spec import ChipSpec, LevelName
from s2studio.sim.layers.stages import DRAM_STAGES, MLA, SLEEP, STAGES


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


def unused_w(machine: Machine, used: int) -> float:
    """Return the power in W of the PEs beside the `used` ones: reserved ones asleep, others as the chip file says."""
    spec = machine.spec
    idle = 0 if spec.unused_pes == "off" else len(machine.usable_pes) - used
    return (len(machine.reserved_pes) + idle) * spec.levels[spec.sleep_level].asleep_w
