"""The result of mapping a deep network: each layer's tiling, PEs and memory, and the image that the DRAM holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from s2studio.chip.machine import PE
from s2studio.chip.spec import LevelName
from s2studio.mapping.layers.beside import Beside
from s2studio.mapping.layers.tiling import Tiling
from s2studio.mapping.layers.work import LayerWork

RegionKind = Literal["config", "times", "headers", "parameters", "weights", "tensor"]


@dataclass(frozen=True)
class LayerOptions:
    """How to map a deep network: level of its PEs, rate of the DRAM (None: the chip file's), PEs and their number.

    `forbidden` are PEs that no layer takes, nor those of the network `beside` this one. `keeps_weights` lets weights
    stay in the PEs from one inference to the next where that saves time; then they take room from all layers' tiles.
    """

    level: LevelName = "low"
    dram_bytes_per_s: float | None = None
    workers: int | None = None
    forbidden: frozenset[PE] = frozenset()
    keeps_weights: bool = True
    beside: Beside | None = None

    @property
    def taken(self) -> frozenset[PE]:
        """The PEs that no layer takes."""
        return self.forbidden if self.beside is None else self.forbidden | frozenset(self.beside.pes)


@dataclass(frozen=True)
class DramRegion:
    """A piece of the DRAM image: `address` and `bytes`, and whose it is.

    Tensors share addresses where they do not live at the same time: from the layer `first` that makes it (-1: the
    user) to the layer `last` that reads it.
    """

    kind: RegionKind
    name: str
    address: int
    bytes: int
    first: int = -1
    last: int = -1


@dataclass(frozen=True)
class LayerPlan:
    """One layer on the chip. `workers` stand team by team; `is_resident` says that its weights stay in the PEs.

    `weights_address`, `input_addresses` and `output_address` are in the DRAM image, -1 where there is none.
    """

    work: LayerWork
    tiling: Tiling
    workers: tuple[PE, ...]
    is_resident: bool
    header_address: int
    weights_address: int
    input_addresses: tuple[int, ...]
    output_address: int

    @property
    def resident_bytes(self) -> int:
        """What of its weights stays in each of its PEs."""
        return self.tiling.weight_bytes if self.is_resident else 0


@dataclass(frozen=True)
class LayerMapping:
    """A deep network on a chip: one scheduler PE, and for each layer in order the workers that run it.

    `free_bytes` is what a PE has for a layer's tile beside stack and heap and beside the `resident_bytes` that weights
    of any layers take in the PE that keeps most.
    """

    network: str
    chip: str
    chip_digest: str
    runtime: str
    options: LayerOptions
    scheduler: PE
    available: tuple[PE, ...]
    free_bytes: int
    resident_bytes: int
    layers: tuple[LayerPlan, ...]
    dram: tuple[DramRegion, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def pes(self) -> tuple[PE, ...]:
        """The PEs that any layer uses, in logical order, after the scheduler's."""
        used = {pe for plan in self.layers for pe in plan.workers}
        return (self.scheduler, *(pe for pe in self.available if pe in used))

    @property
    def dram_bytes(self) -> int:
        """How large the DRAM image is."""
        return max((region.address + region.bytes for region in self.dram), default=0)
