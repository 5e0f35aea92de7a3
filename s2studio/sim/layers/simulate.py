"""Simulates one inference of a mapped deep network in time, layer after layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.layer_costs import End, layer_costs
from s2studio.chip.machine import Machine
from s2studio.mapping.layers.mapping import LayerMapping, LayerPlan
from s2studio.mapping.layers.work import PRODUCTS
from s2studio.mapping.mapping import Link
from s2studio.sim.layers.links import LayerTraffic
from s2studio.sim.layers.power import energies_j, mean_power_w, noc_energy_j, stage_power_w, unused_w
from s2studio.sim.layers.run_layer import LayerRun, run_layer
from s2studio.sim.layers.stages import CLEAN_UP, SCHEDULE, SET_UP, SLEEP
from s2studio.sim.layers.timeline import LayerTimeline, LayerTotals
from s2studio.units import NS_PER_S

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Progress = Callable[[int, int], None]


def simulate_layers(
    mapping: LayerMapping,
    machine: Machine,
    is_first: bool = True,
    progress: Progress = lambda done, total: None,
    end: End | None = None,
) -> LayerTimeline:
    """Return when each PE does what in one inference; `is_first` fetches the weights that stay in the PEs, too.

    `end` takes the costs at one end of their ranges.
    """
    return _Simulation(mapping, machine, is_first, end).timeline(progress)


class _Intervals(NamedTuple):
    layer: int
    pe: NDArray[Any]
    stage: NDArray[Any]
    start_ns: NDArray[Any]
    stop_ns: NDArray[Any]


class _Simulation:
    """Layers that are alike run once."""

    def __init__(self, mapping: LayerMapping, machine: Machine, is_first: bool, end: End | None) -> None:
        self.mapping, self.machine, self.spec, self.is_first = mapping, machine, machine.spec, is_first
        self.costs = layer_costs(machine.spec, mapping.options.dram_bytes_per_s, end)
        self.clock_hz = machine.spec.levels[mapping.options.level].clock_hz
        self.place = {pe: number for number, pe in enumerate(mapping.pes)}
        self._ran: dict[object, LayerRun] = {}

    def timeline(self, progress: Progress) -> LayerTimeline:
        """Return the whole inference."""
        ran = []
        for number, plan in enumerate(self.mapping.layers):
            progress(number, len(self.mapping.layers))
            ran.append(self._run(plan))
        first = round(self.costs.set_up_s * NS_PER_S)
        stops = first + np.cumsum([0, *(round(layer.end_ns) for layer in ran)])
        starts, stops, end = stops[:-1], stops[1:], int(stops[-1] + round(self.costs.clean_up_s * NS_PER_S))
        layer, pe, stage, start_ns, stop_ns = self._intervals(ran, starts, stops, first, end)
        links, link_bytes = self._links()
        noc_j = noc_energy_j(link_bytes, self.spec)
        lasts_s = (stop_ns - start_ns) / NS_PER_S
        interval_j = lasts_s * self._power()[stage]
        stage_j, always_on_j, all_noc_j = energies_j(
            self.mapping, self.machine, (stage, lasts_s), len(self.place), end, link_bytes
        )
        always_on, unused = self.spec.energy.always_on_w, unused_w(self.machine, len(self.place))
        shared_j = noc_j + (stops - starts) / NS_PER_S * (always_on + unused)
        is_in = (layer >= 0) & (layer < len(ran))
        energy_j = shared_j + np.bincount(layer[is_in], interval_j[is_in], len(ran))
        totals = self._totals(ran, starts, stops, energy_j)
        moments, rates = self._dram(ran, starts, end)
        power_ns, power_w = mean_power_w(start_ns, stop_ns, self._power()[stage], end)
        return LayerTimeline(
            network=self.mapping.network, level=self.mapping.options.level, is_first=self.is_first,
            layers=tuple(plan.work.name for plan in self.mapping.layers), pes=self.mapping.pes,
            layer=layer, pe=pe, stage=stage, start_ns=start_ns, stop_ns=stop_ns, end_ns=end, totals=totals,
            dram_ns=moments, dram_rates=rates, links=links, link_bytes=link_bytes,
            power_ns=power_ns, power_w=power_w + always_on + unused, stage_energy_j=stage_j,
            always_on_j=always_on_j, noc_j=all_noc_j,
            dram_energy_j=float(totals.dram_energy_j.sum()),
        )  # fmt: skip

    def _run(self, plan: LayerPlan) -> LayerRun:
        key = (plan.work.unnamed, plan.tiling, plan.is_resident)
        if key not in self._ran:
            self._ran[key] = run_layer(plan, self.costs, self.clock_hz, self.is_first)
        return self._ran[key]

    def _power(self) -> Floats:
        return stage_power_w(self.mapping.options.level, self.spec, self.costs)

    def _intervals(
        self, ran: list[LayerRun], starts: Integers, stops: Integers, first: int, end: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int8], Integers, Integers]:
        """Return layer, PE, stage, start and stop of every interval, PE by PE in order of time."""
        pes = np.arange(len(self.place))
        whole = np.zeros(len(pes), np.int64)
        pieces = [_of_scheduler(-1, SET_UP, 0, first), _asleep(-1, pes[1:], whole[1:], whole[1:] + first)]
        lasts = round(self.costs.layer_overhead_s * self.costs.dispatch_share * NS_PER_S)
        for number, (layer, plan) in enumerate(zip(ran, self.mapping.layers, strict=True)):
            start, stop = int(starts[number]), int(stops[number])
            own = np.array([self.place[pe] for pe in plan.workers])[layer.worker]
            begins, ends = (start + np.rint(when).astype(np.int64) for when in (layer.start_ns, layer.stop_ns))
            pieces.append(_of_scheduler(number, SCHEDULE, start, start + lasts))
            pieces.append(_Intervals(number, own, layer.stage, begins, ends))
            # Before its first stage and after its last a worker sleeps; who is no worker sleeps all the time.
            awake, done = whole + stop, whole + start
            np.minimum.at(awake, own, begins)
            np.maximum.at(done, own, ends)
            awake[0], done[0] = start, start + lasts
            is_idle = done == start
            pieces.append(_asleep(number, pes, whole + start, awake))
            pieces.append(_asleep(number, pes[~is_idle], done[~is_idle], (whole + stop)[~is_idle]))
        last = int(stops[-1]) if len(stops) else first
        pieces.append(_of_scheduler(len(ran), CLEAN_UP, last, end))
        pieces.append(_asleep(len(ran), pes[1:], whole[1:] + last, whole[1:] + end))
        layer_of = np.concatenate([np.full(len(piece.pe), piece.layer, np.int32) for piece in pieces])
        pe, stage, begin, finish = (np.concatenate([piece[column] for piece in pieces]) for column in range(1, 5))
        order = np.lexsort((begin, pe))
        order = order[finish[order] > begin[order]]
        return (
            layer_of[order], pe[order].astype(np.int32), stage[order].astype(np.int8),
            begin[order].astype(np.int64), finish[order].astype(np.int64),
        )  # fmt: skip

    def _links(self) -> tuple[tuple[Link, ...], Floats]:
        traffic = LayerTraffic(self.spec)
        loads = [traffic.loads(plan, self.is_first or not plan.is_resident) for plan in self.mapping.layers]
        links = tuple(sorted({link for load in loads for link in load}))
        return links, np.array([[load.get(link, 0.0) for link in links] for load in loads]).reshape(len(loads), -1)

    def _dram(self, ran: list[LayerRun], starts: Integers, end: int) -> tuple[Integers, Floats]:
        moments = [np.zeros(1), *(layer.rates[:, 0] + start for layer, start in zip(ran, starts, strict=True))]
        rates = [np.zeros(1), *(layer.rates[:, 1] for layer in ran)]
        when = np.rint(np.concatenate([*moments, [end]])).astype(np.int64)
        rate = np.concatenate([*rates, [0.0]]) * NS_PER_S
        # Of changes within a nanosecond the last counts.
        kept = np.append(np.diff(when) > 0, True)
        return when[kept], rate[kept]

    def _totals(self, ran: list[LayerRun], starts: Integers, stops: Integers, energy_j: Floats) -> LayerTotals:
        plans = self.mapping.layers
        lasted = np.maximum(1, stops - starts)
        macs = np.array([plan.work.macs for plan in plans])
        workers = np.array([len(plan.workers) for plan in plans])
        mla_ns = np.array([layer.mla_ns for layer in ran])
        is_product = np.array([plan.work.kind in PRODUCTS for plan in plans])
        array = self.costs.rows * self.costs.columns
        multipliers = np.array([layer.program.mla_cycles for layer in ran]) * array
        read = np.array([layer.program.read_bytes for layer in ran])
        written = np.array([layer.program.written_bytes for layer in ran])
        return LayerTotals(
            start_ns=starts,
            stop_ns=stops,
            workers=workers,
            parts=np.array([plan.tiling.parts.count for plan in plans]),
            macs=macs,
            read_bytes=np.rint(read).astype(np.int64),
            written_bytes=np.rint(written).astype(np.int64),
            dram_share=np.array([_busy_ns(layer) for layer in ran]) / lasted,
            mla_utilisation=np.where(is_product, macs / np.maximum(1, multipliers), np.nan),
            mla_share=np.where(is_product, mla_ns / workers / lasted, np.nan),
            energy_j=energy_j,
            dram_energy_j=(read + written) * self.costs.dram_byte_j,
        )


def _of_scheduler(layer: int, stage: int, start: int, stop: int) -> _Intervals:
    return _Intervals(layer, np.zeros(1, np.int64), np.array([stage]), np.array([start]), np.array([stop]))


def _asleep(layer: int, pes: Integers, start: Integers, stop: Integers) -> _Intervals:
    return _Intervals(layer, pes, np.full(len(pes), SLEEP), start, stop)


def _busy_ns(layer: LayerRun) -> float:
    """Return how long the DRAM moves anything."""
    lasts = np.diff(np.append(layer.rates[:, 0], layer.end_ns))
    return float(lasts[layer.rates[:, 1] > 0].sum())
