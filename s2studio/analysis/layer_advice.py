"""What bounds the latency of a deep network, and what another level, DRAM or mapping would change: each run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from s2studio.chip.layer_costs import layer_costs
from s2studio.chip.machine import Machine
from s2studio.mapping.layers.map import map_layers
from s2studio.mapping.layers.mapping import LayerMapping, LayerOptions
from s2studio.mapping.layers.work import LayerWork
from s2studio.sim.layers.ends import LayerEnds, Pair, layer_ends, with_ends
from s2studio.sim.layers.simulate import simulate_layers
from s2studio.sim.layers.stages import ARM, CONFIG, FLAG, INPUT, MLA, REORDER, SCHEDULE, SLEEP, STORE, TITLES, WEIGHTS
from s2studio.sim.layers.timeline import LayerTimeline
from s2studio.units import estimated

Json = dict[str, Any]
Progress = Callable[[int, int], None]
# What the time of an inference goes to; what is left of it is overhead of the scheduler and waiting for each other.
BOUNDS = {
    "weights": (WEIGHTS,),
    "tensors": (INPUT, STORE),
    "mla": (MLA,),
    "arm": (ARM, REORDER),
    "overhead": (CONFIG, FLAG),
}
BOUND_WORDS = {
    "weights": "fetching weights from DRAM",
    "tensors": "moving tensors through DRAM",
    "mla": "the MAC arrays",
    "arm": "the ARM cores",
    "overhead": "overhead of layers and of the inference",
}
# Layers that are named: those that take longest.
LONGEST = 5


@dataclass(frozen=True)
class LayerFix:
    """One change and what an inference takes with it, with both ends; `option` is how the command line says it."""

    title: str
    option: str
    options: LayerOptions
    first_inference_s: float
    inference_s: float
    energy_j: float
    dram_energy_j: float
    first_ends_s: Pair
    ends_s: Pair
    energy_ends_j: Pair
    dram_energy_ends_j: Pair

    def as_dict(self) -> Json:
        """Return the change for JSON."""
        return {
            "title": self.title,
            "option": self.option,
            **with_ends("first_inference_s", self.first_inference_s, self.first_ends_s),
            **with_ends("inference_s", self.inference_s, self.ends_s),
            **with_ends("energy_j", self.energy_j, self.energy_ends_j),
            **with_ends("dram_energy_j", self.dram_energy_j, self.dram_energy_ends_j),
        }


@dataclass(frozen=True)
class LongLayer:
    """A layer that takes long, what it takes with both ends, in s, and what its workers mostly do."""

    layer: str
    time_s: float
    ends_s: Pair
    bound: str


@dataclass(frozen=True)
class LayerAdvice:
    """`shares` of the time of an inference by what bounds it, `longest` the layers that take most, `fixes` by gain.

    `_ends` in a name are the low and the high end of the number without.
    """

    network: str
    level: str
    dram_bytes_per_s: float
    first_inference_s: float
    inference_s: float
    energy_j: float
    first_ends_s: Pair
    ends_s: Pair
    energy_ends_j: Pair
    shares: dict[str, float]
    share_ends: dict[str, Pair]
    longest: tuple[LongLayer, ...]
    fixes: tuple[LayerFix, ...]

    @property
    def bound(self) -> str:
        """What takes most, in words."""
        return BOUND_WORDS[max(self.shares, key=lambda name: self.shares[name])]

    def as_dict(self) -> Json:
        """Return what `advise --json` prints."""
        return {
            "network": self.network,
            "level": self.level,
            "dram_bytes_per_s": self.dram_bytes_per_s,
            **with_ends("first_inference_s", self.first_inference_s, self.first_ends_s),
            **with_ends("inference_s", self.inference_s, self.ends_s),
            **with_ends("energy_j", self.energy_j, self.energy_ends_j),
            "shares": self.shares,
            "shares_low": {name: low for name, (low, _) in self.share_ends.items()},
            "shares_high": {name: high for name, (_, high) in self.share_ends.items()},
            "longest": [
                {"layer": one.layer, **with_ends("time_s", one.time_s, one.ends_s), "bound": one.bound}
                for one in self.longest
            ],
            "fixes": [fix.as_dict() for fix in self.fixes],
            "kind": "layers",
            "bound": self.bound,
        }


def advise_layers(
    works: Sequence[LayerWork],
    mapping: LayerMapping,
    machine: Machine,
    progress: Progress = lambda done, total: None,
) -> LayerAdvice:
    """Return what bounds `mapping`, a mapping of `works`, and what changes it, that which gains most first."""
    first, later = (simulate_layers(mapping, machine, is_first) for is_first in (True, False))
    options = mapping.options
    fixes = []
    choices = list(_choices(machine, options))
    for number, (title, option, changed) in enumerate(choices):
        progress(number, len(choices))
        again = map_layers(mapping.network, works, machine, changed)
        one, two = (simulate_layers(again, machine, is_first) for is_first in (True, False))
        took = (one.latency_s, two.latency_s, two.energy_j, two.dram_energy_j)
        slow, own = (layer_ends(each, again, machine) for each in (one, two))
        pairs = (slow.latency_s, own.latency_s, own.energy_j, own.dram_energy_j)
        fixes.append(LayerFix(title, option, changed, *took, *pairs))
    stage_s, ends = _mean_by_layer(later), layer_ends(later, mapping, machine)
    shares = [_shares(each) for each in (later, ends.low, ends.high)]
    return LayerAdvice(
        mapping.network, options.level, layer_costs(machine.spec, options.dram_bytes_per_s).dram_bytes_per_s,
        first.latency_s, later.latency_s, later.energy_j,
        layer_ends(first, mapping, machine).latency_s, ends.latency_s, ends.energy_j,
        shares[0], {name: _pair([each[name] for each in shares]) for name in BOUNDS},
        _longest(later, ends, stage_s), tuple(sorted(fixes, key=lambda fix: fix.inference_s)),
    )  # fmt: skip


def _choices(machine: Machine, options: LayerOptions) -> Iterator[tuple[str, str, LayerOptions]]:
    for name in machine.spec.levels:
        if name != options.level:
            yield f"run at the level {name}", f"--level {name}", replace(options, level=name)
    if options.keeps_weights:
        yield "fetch all weights every time", "--stream-weights", replace(options, keeps_weights=False)
    else:
        yield "keep weights in the PEs", "without --stream-weights", replace(options, keeps_weights=True)
    most = layer_costs(machine.spec).workers
    if options.workers is not None and options.workers < most:
        yield f"use {most} workers", f"--workers {most}", replace(options, workers=None)
    rates = machine.spec.quantities["dram.sustained_rate"].range or ()
    for rate in rates:
        if rate * 1e9 != options.dram_bytes_per_s:
            title = f"if the DRAM moved {rate:g} GB/s"
            yield title, f"--dram {rate:g}", replace(options, dram_bytes_per_s=rate * 1e9)


def _mean_by_layer(timeline: LayerTimeline) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the time in s that the mean worker of each layer spends in each stage, (layers, stages)."""
    count = len(timeline.layers)
    is_in = (timeline.layer >= 0) & (timeline.layer < count)
    cell = timeline.layer[is_in] * len(timeline.stages) + timeline.stage[is_in]
    lasts_s = (timeline.stop_ns - timeline.start_ns)[is_in] / 1e9
    spent = np.bincount(cell, lasts_s, count * len(timeline.stages)).reshape(count, -1)
    return np.asarray(spent / timeline.totals.workers[:, None])


def _shares(timeline: LayerTimeline) -> dict[str, float]:
    stage_s = _mean_by_layer(timeline).sum(axis=0)
    shares = {name: float(stage_s[list(stages)].sum() / timeline.latency_s) for name, stages in BOUNDS.items()}
    shares["overhead"] += max(0.0, 1 - sum(shares.values()))
    return shares


def _pair(values: Sequence[float]) -> Pair:
    return min(values), max(values)


def _longest(
    timeline: LayerTimeline, ends: LayerEnds, stage_s: np.ndarray[Any, np.dtype[np.float64]]
) -> tuple[LongLayer, ...]:
    found = []
    for number in np.argsort(-timeline.totals.time_s)[:LONGEST]:
        busy = stage_s[number].copy()
        busy[[SLEEP, SCHEDULE]] = 0
        bound = TITLES[timeline.stages[int(busy.argmax())]]
        low_s, high_s = ends.time_s[:, number].tolist()
        found.append(LongLayer(timeline.layers[number], float(timeline.totals.time_s[number]), (low_s, high_s), bound))
    return tuple(found)


def headline(advice: LayerAdvice) -> str:
    """Return in one sentence what bounds the latency."""
    name = max(advice.shares, key=lambda key: advice.shares[key])
    share, (low, high) = advice.shares[name], advice.share_ends[name]
    inference = estimated(advice.inference_s, *advice.ends_s, "s")
    return f"{estimated(share, low, high, '%')} of {inference} go to {advice.bound}"
