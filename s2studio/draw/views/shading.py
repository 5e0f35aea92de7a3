"""What a mesh shows and in which colours: slices by population, or by the values of a metric on its scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from s2studio.chip.machine import Machine
from s2studio.draw.colours import ColourMap, apply, colour_map, population_colours, ramp
from s2studio.draw.metrics import Ends, Metric, Values, slice_means
from s2studio.draw.scale import axis_unit
from s2studio.draw.theme import Theme, hex_colour, mixed
from s2studio.mapping.mapping import ChipMapping, Link
from s2studio.session.profile import Profile
from s2studio.units import interval


@dataclass(frozen=True, eq=False)
class MeshSubject:
    """What a mesh shows: `names` are the populations in the network's order, `profile` None without a run."""

    machine: Machine
    mapping: ChipMapping
    names: tuple[str, ...]
    profile: Profile | None = None

    @property
    def colours(self) -> dict[str, str]:
        """The colour of each population."""
        return population_colours(self.names)

    @property
    def link_loads(self) -> Mapping[Link, float]:
        """Flits per tick over each link in the run; without one, if every neuron spikes once."""
        if self.profile is None:
            return self.mapping.link_loads
        loads = self.profile.flits / max(1, self.profile.pe_ticks)
        return dict(zip(self.profile.links, loads.tolist(), strict=True))

    @property
    def link_unit(self) -> str:
        """What `link_loads` are in."""
        return "flits/tick" if self.profile is not None else "flits if every neuron spikes once"


@dataclass(frozen=True, eq=False)
class Shading:
    """The values of `metric`, one for each slice, and the ends of the scale they are shown on.

    `bands` are both ends of the values, shape (2, slices), where they are estimates that have any.
    """

    metric: Metric
    values: Values
    ends: Ends
    bands: Values | None = None

    @cached_property
    def fills(self) -> list[str]:
        """The colour of each slice."""
        shades = apply(self.values, self.ends.low, self.ends.high, colour_map())
        return [hex_colour(*shade) for shade in shades.tolist()]

    @property
    def unit(self) -> tuple[float, str]:
        """The factor and name of the unit of what stands in a PE."""
        return axis_unit(self.ends.high, self.metric.unit)

    @property
    def range(self) -> str:
        """Both ends of the largest value, in words; empty where it has none."""
        if self.bands is None:
            return ""
        low, high = self.bands[:, int(self.values.argmax())].tolist()
        return f"the largest {interval(low, high, self.metric.unit)}"

    def text(self, number: int) -> str:
        """Return the value of the slice `number` with its unit and its ends."""
        return self.metric.text(float(self.values[number]), None if self.bands is None else self.bands[:, number])

    def label(self, number: int) -> str:
        """Return the value of the slice `number` as short as a PE is wide."""
        value = float(self.values[number]) / self.unit[0]
        if value == 0 or value >= 10:
            return f"{value:,.0f}"
        return f"{value:.1f}" if value >= 0.05 else "<0.1"


def shading(subject: MeshSubject, metric: Metric) -> Shading:
    """Return the values of `metric` for the slices of `subject`, and the scale they are shown on."""
    spec, run = subject.machine.spec, subject.profile
    means = None if run is None else slice_means(run)
    values = metric.of(subject.mapping, means, spec)
    return Shading(metric, values, metric.scale(values, spec), metric.ends_of(means))


def link_map(theme: Theme) -> ColourMap:
    """Return the colours of links, from idle to the busiest."""
    return ramp(mixed(theme.surface, theme.muted, 0.45), theme.warning, theme.bad)


def link_colour(theme: Theme, share: float) -> str:
    """Return the colour of a link with `share` of the load of the busiest."""
    return hex_colour(*apply(np.array(share), 0.0, 1.0, link_map(theme)).tolist())
