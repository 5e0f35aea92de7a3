"""What the mesh can show of each slice, as a picture and in the window: one table of metrics with title and scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ChipSpec
from s2studio.documents import nearest
from s2studio.draw.scale import quantity
from s2studio.errors import UsageError
from s2studio.mapping.mapping import ChipMapping
from s2studio.marks import Mark
from s2studio.units import interval

if TYPE_CHECKING:  # the window colours its mesh before anything reads a session
    from s2studio.session.profile import Profile

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SliceMeans:
    """What a run did per slice, shape (slices,): means over its ticks, and the longest time done of any of them.

    `packets` received, `synaptic_events` and `spikes` per tick, `busy` as a share of the tick, at most 1. `ends` are
    the same by the low and by the high end of the costs.
    """

    tick_s: float
    packets: Values
    synaptic_events: Values
    spikes: Values
    busy: Values
    time_done_max_s: Values
    energy_j: Values
    clock_hz: Values
    ends: tuple[SliceMeans, SliceMeans] | None = None

    def with_ends(self, busy: Values, time_done_max_s: Values, energy_j: Values) -> SliceMeans:
        """Return the same with both ends of what is an estimate, each shape (2, slices)."""
        low, high = (
            replace(self, busy=busy[end], time_done_max_s=time_done_max_s[end], energy_j=energy_j[end])
            for end in (0, 1)
        )
        return replace(self, ends=(low, high))


def slice_means(profile: Profile) -> SliceMeans:
    """Return the means over the ticks and samples of `profile`, with their ends."""
    ticks = max(1, profile.pe_ticks)
    found = SliceMeans(
        tick_s=profile.tick_s,
        packets=profile.packets / ticks,
        synaptic_events=profile.synaptic_events / ticks,
        spikes=profile.spikes / ticks,
        busy=profile.busy_s / (ticks * profile.tick_s),
        time_done_max_s=profile.time_done_max_s,
        energy_j=profile.energy_j / ticks,
        clock_hz=profile.clock_hz,
    )
    return found.with_ends(
        profile.busy_ends_s / (ticks * profile.tick_s), profile.time_done_ends_s, profile.energy_ends_j / ticks
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
    `mark` says how sure it is; an estimate of a run has two ends.
    """

    name: str
    title: str
    unit: str
    placed: Callable[[ChipMapping, ChipSpec], Values] | None = None
    ran: Callable[[SliceMeans], Values] | None = None
    ends: Callable[[ChipSpec], Ends] | None = None
    mark: Mark = "exact"

    @property
    def needs_run(self) -> bool:
        """Whether a mapping alone does not say it."""
        return self.placed is None

    @property
    def is_estimate(self) -> bool:
        """Whether it rests on the chip file's estimates."""
        return self.mark == "estimate"

    @property
    def is_sum(self) -> bool:
        """Whether the values of slices add up to that of all of them."""
        return self.unit.endswith("/tick")

    def of(self, mapping: ChipMapping, means: SliceMeans | None, spec: ChipSpec) -> Values:
        """Return the values, shape (slices,); raises ValueError where a run is needed and `means` is None."""
        if self.placed is not None:
            return self.placed(mapping, spec)
        if self.ran is None or means is None:
            raise ValueError(f"metric '{self.name}' was asked for without a run")
        return self.ran(means)

    def ends_of(self, means: SliceMeans | None) -> Values | None:
        """Return both ends of the values, shape (2, slices); None where they are exact."""
        if not self.is_estimate or self.ran is None or means is None or means.ends is None:
            return None
        return np.stack([self.ran(end) for end in means.ends])

    def scale(self, values: Values, spec: ChipSpec) -> Ends:
        """Return the values at which the colours begin and end."""
        largest = float(values.max(initial=0.0))
        if self.ends is None:
            return Ends(largest)
        ends = self.ends(spec)
        return Ends(max(ends.high, largest), ends.low)

    def texts(self, mapping: ChipMapping, means: SliceMeans | None, spec: ChipSpec, has_ends: bool = True) -> list[str]:
        """Return what `of` says of each slice as people read it, `has_ends`: with both ends of what is an estimate."""
        values, ends = self.of(mapping, means, spec), self.ends_of(means) if has_ends else None
        return [
            self.text(value, None if ends is None else ends[:, number]) for number, value in enumerate(values.tolist())
        ]

    def text(self, value: float, ends: Values | None = None) -> str:
        """Return `value` as people read it, with its unit, and with `ends`, shape (2,), where it has any."""
        text = quantity(value, self.unit)
        return text if ends is None else f"{text} ({interval(float(ends[0]), float(ends[1]), self.unit)})"


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
    Metric("memory", "Data memory in use", "%", placed=_data_memory, ends=_whole, mark="estimate"),
    Metric("neurons", "Neurons", "neurons", placed=_neurons),
    Metric("packets", "Packets received", "packets/tick", ran=lambda means: means.packets),
    Metric("synaptic_events", "Synaptic events", "events/tick", ran=lambda means: means.synaptic_events),
    Metric("spikes", "Spikes sent", "spikes/tick", ran=lambda means: means.spikes),
    Metric("utilisation", "Share of the tick at work", "%", None, lambda means: means.busy, _whole, "estimate"),
    Metric(
        "time_done",
        "Longest time done / tick",
        "%",
        None,
        lambda means: means.time_done_max_s / means.tick_s,
        _whole,
        "estimate",
    ),
    Metric("energy", "Energy of the PE", "J/tick", None, lambda means: means.energy_j, None, "estimate"),
    Metric("level", "Mean clock", "Hz", None, lambda means: means.clock_hz, _clocks, "derived"),
)
METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _TABLE}


def metric(name: str) -> Metric:
    """Return the metric `name`; raises UsageError where there is none."""
    if name not in METRICS:
        raise UsageError(f"metric '{name}'", "not known", hint=nearest(name, METRICS))
    return METRICS[name]
