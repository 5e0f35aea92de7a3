"""What a run gave, in the kinds in which figures are published, to be shown beside them and clearly apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from s2studio.analysis.literature import Kind
from s2studio.marks import Mark
from s2studio.units import estimated, with_unit


@dataclass(frozen=True)
class Simulated:
    """A result of a run: `value` in `unit`, with both ends (equal where it is exact), and `what` it is."""

    kind: Kind
    what: str
    value: float
    low: float
    high: float
    unit: str
    mark: Mark

    @property
    def text(self) -> str:
        """The result with its unit and error band."""
        if self.low == self.high:
            return with_unit(self.value, self.unit)
        return estimated(self.value, self.low, self.high, self.unit)


def simulated(summary: Mapping[str, Any]) -> tuple[Simulated, ...]:
    """Return what the summary of a run says of each kind that it has a number of; nothing of accuracy."""
    samples = max(1, summary["samples"])
    duration_s = summary["steps"] * summary["tick_s"]
    found = []
    total = summary["energy_j"].get("total")
    mark: Mark = "measured" if summary["origin"] == "measured" else "estimate"
    if total is not None:
        low, high = summary.get("energy_low_j", total), summary.get("energy_high_j", total)
        found.append(
            Simulated("energy", "energy of a sample", total / samples, low / samples, high / samples, "J", mark)
        )
        if duration_s:
            all_s = duration_s * samples
            found.append(Simulated("power", "mean power", total / all_s, low / all_s, high / all_s, "W", mark))
    found.append(Simulated("latency", "chip time of a sample", duration_s, duration_s, duration_s, "s", "exact"))
    if "synaptic_events" in summary and duration_s:
        rate = summary["synaptic_events"] / (samples * duration_s)
        found.append(
            Simulated("throughput", "mean of the whole chip at the run's tick", rate, rate, rate, "events/s", "exact")
        )
    return tuple(found)
