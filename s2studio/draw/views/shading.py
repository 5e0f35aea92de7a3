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
    """The values of `metric`, one for each slice, and the ends of the scale they are shown on."""

    metric: Metric
    values: Values
    ends: Ends

    @cached_property
    def fills(self) -> list[str]:
        """The colour of each slice."""
        shades = apply(self.values, self.ends.low, self.ends.high, colour_map())
        return [hex_colour(*shade) for shade in shades.tolist()]

    @property
    def unit(self) -> tuple[float, str]:
        """The factor and name of the unit of what stands in a PE."""
        return axis_unit(self.ends.high, self.metric.unit)

    def label(self, number: int) -> str:
        """Return the value of the slice `number` as short as a PE is wide."""
        value = float(self.values[number]) / self.unit[0]
        if value == 0 or value >= 10:
            return f"{value:,.0f}"
        return f"{value:.1f}" if value >= 0.05 else "<0.1"


def shading(subject: MeshSubject, metric: Metric) -> Shading:
    """Return the values of `metric` for the slices of `subject`, and the scale they are shown on."""
    spec, run = subject.machine.spec, subject.profile
    values = metric.of(subject.mapping, None if run is None else slice_means(run), spec)
    return Shading(metric, values, metric.scale(values, spec))


def link_map(theme: Theme) -> ColourMap:
    """Return the colours of links, from idle to the busiest."""
    return ramp(mixed(theme.surface, theme.muted, 0.45), theme.warning, theme.bad)


def link_colour(theme: Theme, share: float) -> str:
    """Return the colour of a link with `share` of the load of the busiest."""
    return hex_colour(*apply(np.array(share), 0.0, 1.0, link_map(theme)).tolist())
