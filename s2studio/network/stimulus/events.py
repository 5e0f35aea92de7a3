"""Events of a camera on their way to spikes: a window of time, the polarity, coarser pixels, bins."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import NetworkError, UsageError
from s2studio.network.layers import Shape
from s2studio.network.stimulus.columns import Columns

US_PER_S = 1e6
Polarity = Literal["two", "merged", "on"]
POLARITIES: tuple[Polarity, ...] = ("two", "merged", "on")


class Events(NamedTuple):
    """One entry per event: time in µs from the recording's start, pixel, and whether it became brighter."""

    time_us: NDArray[np.int64]
    x: NDArray[np.int64]
    y: NDArray[np.int64]
    is_on: NDArray[np.bool_]

    def where(self, chosen: NDArray[np.bool_]) -> Events:
        """Return the events that are `chosen`."""
        return Events(self.time_us[chosen], self.x[chosen], self.y[chosen], self.is_on[chosen])


@dataclass(frozen=True)
class EventOptions:
    """What becomes of a recording's events.

    `bin_s` is the length of a step in s. `window_s` are the first moment and the one to stop before, in s from the
    recording's start; steps count from the first. `polarity` makes two channels (off, on), one of both, or one of the
    on events alone. `downsample` joins so many pixels in each direction into one.
    """

    bin_s: float | None = None
    window_s: tuple[float, float] | None = None
    polarity: Polarity = "two"
    downsample: int = 1

    def __post_init__(self) -> None:
        if self.bin_s is not None and not 0 < self.bin_s < math.inf:
            raise UsageError("--bin", f"{self.bin_s:g} s", "a positive time is expected")
        if self.window_s is not None and not 0 <= self.window_s[0] < self.window_s[1]:
            raise UsageError("--window", "{:g}:{:g}".format(*self.window_s), "two moments, the first before the second")
        if self.polarity not in POLARITIES:
            raise UsageError("--polarity", f"'{self.polarity}'", f"known are {', '.join(POLARITIES)}")
        if self.downsample < 1:
            raise UsageError("--downsample", f"{self.downsample}", "at least 1 is expected")

    @property
    def channels(self) -> int:
        """The number of channels."""
        return 2 if self.polarity == "two" else 1


def chosen(events: Events, options: EventOptions) -> Events:
    """Return the events in the window and of the polarity, their pixels joined, time from the window's start."""
    if options.window_s is not None:
        start = round(options.window_s[0] * US_PER_S)
        events = events.where((events.time_us >= start) & (events.time_us < options.window_s[1] * US_PER_S))
        events = events._replace(time_us=events.time_us - start)
    if options.polarity == "on":
        events = events.where(events.is_on)
    return events._replace(x=events.x // options.downsample, y=events.y // options.downsample)


def binned(name: str, events: Events, shape: Shape | None, options: EventOptions) -> Columns:
    """Return one spike per channel, pixel and bin for a population of `shape` (channels, height, width).

    `name` is that of the recording, for errors. Raises NetworkError where the population has another number of
    channels or an event lies outside it.
    """
    if options.bin_s is None:
        raise UsageError(name, "a recording of events", "it needs the length of a bin", "add --bin 1e-3")
    if shape is None or len(shape) != 3 or shape[0] != options.channels:
        found = f"a recording of a camera in {options.channels} channel{'s' * (options.channels > 1)}"
        limit = f"the input has the shape {shape}, not ({options.channels}, y, x)"
        raise NetworkError(name, found, limit, "see --polarity")
    events = chosen(events, options)
    _check_inside(name, events, shape)
    channel: Any = events.is_on.astype(np.int64) if options.channels == 2 else 0
    neuron = (channel * shape[1] + events.y) * shape[2] + events.x
    step = np.floor(events.time_us / (options.bin_s * US_PER_S)).astype(np.int64)
    step, neuron = np.unique(np.stack([step, neuron]), axis=1)
    return Columns(step, neuron)


def _check_inside(name: str, events: Events, shape: Shape) -> None:
    outside = (events.x >= shape[2]) | (events.y >= shape[1])
    if outside.any():
        first = int(np.argmax(outside))
        raise NetworkError(
            name,
            f"{int(outside.sum()):,} of {len(outside):,} events lie outside, "
            f"the first at ({events.x[first]}, {events.y[first]})",
            f"the input is {shape[2]} x {shape[1]} pixels",
            "see --downsample",
        )
