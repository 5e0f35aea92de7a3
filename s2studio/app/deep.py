"""A deep network as the window shows it: on the chip, in time, with what each layer costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s2studio.mapping.layers.mapping import LayerMapping, LayerOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from s2studio.chip.machine import Machine
    from s2studio.draw.views.roofline import Roof
    from s2studio.sim.layers.ends import LayerEnds
    from s2studio.sim.layers.timeline import LayerTimeline

Json = dict[str, Any]


@dataclass(frozen=True)
class LayerShown:
    """What is said of a layer beside its times: its operator, its tile in words, its noise, and the rest as a tip.

    `snr_db` is infinite where nothing is lost, None where no samples tell.
    """

    operator: str
    tile: str
    snr_db: float | None
    tip: str


@dataclass(frozen=True)
class DeepSource:
    """What a deep network was made of: the model file or a session's run, samples, options, and which inference.

    `data` are the samples that choose the int8 steps and that a run takes; `session` where the run is recorded.
    """

    model: Path
    data: Path | None = None
    options: LayerOptions = field(default_factory=LayerOptions)
    is_first: bool = False
    session: Path | None = None
    run: int = 0


@dataclass(frozen=True, eq=False)
class DeepShown:
    """A deep network on the chip.

    `stage_power_w` (stages,) is of one PE, `steady_power_w` of the chip without the PEs that are used. `about`
    is what `s2studio info` says of the model, None for a session; `ends` are both ends of the times and energies.
    """

    source: DeepSource
    about: Json | None
    machine: Machine
    mapping: LayerMapping
    timeline: LayerTimeline
    ends: LayerEnds
    roof: Roof
    rows: tuple[LayerShown, ...]
    stage_power_w: NDArray[np.float64]
    steady_power_w: float
    notes: tuple[str, ...]
