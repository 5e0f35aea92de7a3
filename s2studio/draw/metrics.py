"""What the mesh can show of each slice, as a picture and in the window: one table of metrics with title and scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ChipSpec
from s2studio.documents import nearest
from s2studio.draw.scale import quantity
from s2studio.errors import UsageError
from s2studio.mapping.mapping import ChipMapping

if TYPE_CHECKING:  # the window colours its mesh before anything reads a session
    from s2studio.session.profile import Profile

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SliceMeans:
    """What a run did per slice, shape (slices,): means over its ticks, and the longest time done of any of them.

    `packets` received, `synaptic_events` and `spikes` per tick, `busy` as a share of the tick, at most 1.
    """

    tick_s: float
    packets: Values
    synaptic_events: Values
    spikes: Values
    busy: Values
    time_done_max_s: Values
    energy_j: Values
    clock_hz: Values


def slice_means(profile: Profile) -> SliceMeans:
    """Return the means over the ticks and samples of `profile`."""
    ticks = max(1, profile.pe_ticks)
    return SliceMeans(
        tick_s=profile.tick_s,
        packets=profile.packets / ticks,
        synaptic_events=profile.synaptic_events / ticks,
        spikes=profile.spikes / ticks,
        busy=np.diff(profile.edges) @ profile.utilisation / max(1, profile.ticks),
        time_done_max_s=profile.time_done_max_s,
        energy_j=profile.energy_j / ticks,
        clock_hz=profile.clock_hz,
    )


@dataclass(frozen=True)
class Ends:
    """Where a scale of colours ends, even if all values are smaller, and where it begins."""

    high: float
    low: float = 0.0


@dataclass(frozen=True)
class Metric:
    """One number per slice in `unit`; `%` means shares of 1. One of `placed` and `ran` says it.

    `placed` takes mapping and chip, `ran` what a run did. `ends` None: the scale goes from 0 to the largest value.
    `is_estimate`: it rests on the chip file's estimates.
    """

    name: str
    title: str
    unit: str
    placed: Callable[[ChipMapping, ChipSpec], Values] | None = None
    ran: Callable[[SliceMeans], Values] | None = None
    ends: Callable[[ChipSpec], Ends] | None = None
    is_estimate: bool = False

    @property
    def needs_run(self) -> bool:
        """Whether a mapping alone does not say it."""
        return self.placed is None

    def of(self, mapping: ChipMapping, means: SliceMeans | None, spec: ChipSpec) -> Values:
        """Return the values, shape (slices,); raises ValueError where a run is needed and `means` is None."""
        if self.placed is not None:
            return self.placed(mapping, spec)
        if self.ran is None or means is None:
            raise ValueError(f"metric '{self.name}' was asked for without a run")
        return self.ran(means)

    def scale(self, values: Values, spec: ChipSpec) -> Ends:
        """Return the values at which the colours begin and end."""
        largest = float(values.max(initial=0.0))
        if self.ends is None:
            return Ends(largest)
        ends = self.ends(spec)
        return Ends(max(ends.high, largest), ends.low)

    def text(self, value: float) -> str:
        """Return `value` as people read it, with its unit."""
        return quantity(value, self.unit)


def _data_memory(mapping: ChipMapping, spec: ChipSpec) -> Values:
    return np.array([sum(piece.bytes.values()) for piece in mapping.slices]) / spec.memory.data_bytes


def _neurons(mapping: ChipMapping, _spec: ChipSpec) -> Values:
    return np.array([piece.size for piece in mapping.slices], np.float64)


def _whole(_spec: ChipSpec) -> Ends:
    return Ends(1.0)


def _clocks(spec: ChipSpec) -> Ends:
    clocks_hz = [level.clock_hz for level in spec.levels.values()]
    return Ends(max(clocks_hz), min(clocks_hz))


_TABLE = (
    Metric("memory", "Data memory in use", "%", placed=_data_memory, ends=_whole),
    Metric("neurons", "Neurons", "neurons", placed=_neurons),
    Metric("packets", "Packets received", "packets/tick", ran=lambda means: means.packets),
    Metric("synaptic_events", "Synaptic events", "events/tick", ran=lambda means: means.synaptic_events),
    Metric("spikes", "Spikes sent", "spikes/tick", ran=lambda means: means.spikes),
    Metric("utilisation", "Share of the tick at work", "%", None, lambda means: means.busy, _whole, True),
    Metric(
        "time_done",
        "Longest time done / tick",
        "%",
        None,
        lambda means: means.time_done_max_s / means.tick_s,
        _whole,
        True,
    ),
    Metric("energy", "Energy of the PE", "J/tick", None, lambda means: means.energy_j, None, True),
    Metric("level", "Mean clock", "Hz", None, lambda means: means.clock_hz, _clocks, True),
)
METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _TABLE}


def metric(name: str) -> Metric:
    """Return the metric `name`; raises UsageError where there is none."""
    if name not in METRICS:
        raise UsageError(f"metric '{name}'", "not known", hint=nearest(name, METRICS))
    return METRICS[name]
