"""What the mesh can show of each PE: one table of metrics, each with title, unit and scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ChipSpec
from s2studio.documents import nearest
from s2studio.errors import UsageError
from s2studio.mapping.mapping import ChipMapping
from s2studio.session.profile import Profile

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """One number per slice: `of` takes mapping, profile of a run and chip. `unit` `%` means shares of 1.

    `highest` is where its scale ends, None: at the largest value; `lowest` where it starts, None: at 0. `is_estimate`
    says whether it rests on the chip file's estimates; `needs_run` whether a mapping alone does not say it.
    """

    name: str
    title: str
    unit: str
    of: Callable[[ChipMapping, Any, ChipSpec], Values]
    highest: Callable[[ChipSpec], float] | None = None
    lowest: Callable[[ChipSpec], float] | None = None
    colours: str = "viridis"
    needs_run: bool = True
    is_estimate: bool = False


def _per_tick(name: str) -> Callable[[ChipMapping, Profile, ChipSpec], Values]:
    return lambda mapping, profile, spec: getattr(profile, name) / max(1, profile.pe_ticks)


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "memory",
            "Data memory in use",
            "%",
            lambda mapping, profile, spec: (
                np.array([sum(piece.bytes.values()) for piece in mapping.slices]) / spec.memory.data_bytes
            ),
            lambda spec: 1.0,
            needs_run=False,
        ),
        Metric(
            "neurons",
            "Neurons",
            "neurons",
            lambda mapping, profile, spec: np.array([piece.size for piece in mapping.slices], np.float64),
            needs_run=False,
        ),
        Metric("packets", "Packets received", "packets/tick", _per_tick("packets")),
        Metric("synaptic_events", "Synaptic events", "events/tick", _per_tick("synaptic_events")),
        Metric("spikes", "Spikes sent", "spikes/tick", _per_tick("spikes")),
        Metric(
            "utilisation",
            "Utilisation: share of the ticks at work",
            "%",
            lambda mapping, profile, spec: profile.busy_s / max(1e-300, profile.pe_ticks * profile.tick_s),
            is_estimate=True,
        ),
        Metric(
            "time_done",
            "Longest tick: time done / tick",
            "%",
            lambda mapping, profile, spec: profile.time_done_max_s / profile.tick_s,
            lambda spec: 1.0,
            is_estimate=True,
        ),
        Metric("energy", "Energy of the PE", "J", lambda mapping, profile, spec: profile.energy_j, is_estimate=True),
        Metric(
            "level",
            "Performance level: mean clock",
            "Hz",
            lambda mapping, profile, spec: profile.clock_hz,
            lambda spec: max(level.clock_hz for level in spec.levels.values()),
            lambda spec: min(level.clock_hz for level in spec.levels.values()),
            "cividis",
            is_estimate=True,
        ),
    )
}


def metric(name: str) -> Metric:
    """Return the metric `name`; raises UsageError where there is none."""
    if name not in METRICS:
        raise UsageError(f"metric '{name}'", "not known", hint=nearest(name, METRICS))
    return METRICS[name]
