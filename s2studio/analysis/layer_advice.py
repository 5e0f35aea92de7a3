"""What bounds the latency of a deep network, and what another level, DRAM or mapping would change: each run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from s2studio.chip.layer_costs import layer_costs
from s2studio.chip.machine import Machine
from s2studio.mapping.layers.map import map_layers
from s2studio.mapping.layers.mapping import LayerMapping, LayerOptions
from s2studio.mapping.layers.work import LayerWork
from s2studio.sim.layers.simulate import simulate_layers
from s2studio.sim.layers.stages import ARM, CONFIG, FLAG, INPUT, MLA, REORDER, SCHEDULE, SLEEP, STORE, TITLES, WEIGHTS
from s2studio.sim.layers.timeline import LayerTimeline
from s2studio.units import with_unit

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
    """One change and what an inference takes with it; `option` is how the command line says it."""

    title: str
    option: str
    options: LayerOptions
    first_inference_s: float
    inference_s: float
    energy_j: float
    dram_energy_j: float


@dataclass(frozen=True)
class LayerAdvice:
    """`shares` of the time of an inference by what bounds it, `longest` the layers that take most, `fixes` by gain."""

    network: str
    level: str
    dram_bytes_per_s: float
    first_inference_s: float
    inference_s: float
    energy_j: float
    shares: dict[str, float]
    longest: tuple[tuple[str, float, str], ...]
    fixes: tuple[LayerFix, ...]

    @property
    def bound(self) -> str:
        """What takes most, in words."""
        return BOUND_WORDS[max(self.shares, key=lambda name: self.shares[name])]

    def as_dict(self) -> Json:
        """Return what `advise --json` prints."""
        about = asdict(self)
        for fix in about["fixes"]:
            del fix["options"]
        about["longest"] = [{"layer": layer, "time_s": time_s, "bound": bound} for layer, time_s, bound in self.longest]
        return {**about, "kind": "layers", "bound": self.bound}


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
        fixes.append(LayerFix(title, option, changed, one.latency_s, two.latency_s, two.energy_j, two.dram_energy_j))
    stage_s = _mean_by_layer(later)
    return LayerAdvice(
        mapping.network, options.level, layer_costs(machine.spec, options.dram_bytes_per_s).dram_bytes_per_s,
        first.latency_s, later.latency_s, later.energy_j, _shares(stage_s.sum(axis=0), later.latency_s),
        _longest(later, stage_s), tuple(sorted(fixes, key=lambda fix: fix.inference_s)),
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


def _shares(stage_s: np.ndarray[Any, np.dtype[np.float64]], latency_s: float) -> dict[str, float]:
    shares = {name: float(stage_s[list(stages)].sum() / latency_s) for name, stages in BOUNDS.items()}
    shares["overhead"] += max(0.0, 1 - sum(shares.values()))
    return shares


def _longest(
    timeline: LayerTimeline, stage_s: np.ndarray[Any, np.dtype[np.float64]]
) -> tuple[tuple[str, float, str], ...]:
    found = []
    for number in np.argsort(-timeline.totals.time_s)[:LONGEST]:
        busy = stage_s[number].copy()
        busy[[SLEEP, SCHEDULE]] = 0
        bound = TITLES[timeline.stages[int(busy.argmax())]]
        found.append((timeline.layers[number], float(timeline.totals.time_s[number]), bound))
    return tuple(found)


def headline(advice: LayerAdvice) -> str:
    """Return in one sentence what bounds the latency."""
    name = max(advice.shares, key=lambda key: advice.shares[key])
    return f"{advice.shares[name]:.0%} of {with_unit(advice.inference_s, 's')} go to {advice.bound}"
