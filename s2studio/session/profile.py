"""What a run did over time, in few bins, and in all per slice and link: one pass, from which pictures are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.mapping.mapping import Link
from s2studio.session.run import PricedBlock, Progress, Run, no_progress
from s2studio.sim.energy import ENERGY_KINDS
from s2studio.sim.pricing import energy_by_tick_j
from s2studio.sim.timing import clocks_hz, late

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

BINS = 1200


@dataclass(frozen=True, eq=False)
class Profile:
    """The ticks `start` to `stop` of a run of `samples` samples, times in s, powers in W, energies in J.

    By slice, shape (slices,): `packets` received, `synaptic_events` and `spikes` are sums, and so are `energy_j`,
    `busy_s` and `late_ticks`; `time_done_max_s` is the longest tick, `clock_hz` the mean clock. By link, shape
    (links,): `flits`. By bin, the ticks `edges[i]` to `edges[i + 1]`: `power_w` of each kind of ENERGY_KINDS and
    `packets_sent` are means per tick and sample; `power_peak_w` and `packets_peak` are those of the highest tick;
    `worst_s` is the longest `time_done` of any slice and tick, `worst_slice` whose it was, `late` how many PE ticks
    were late; `utilisation` (bins, slices) is the share of the tick that a PE works, at most 1, and `link_flits` (bins,
    links) the flits per tick and sample over each link.
    """

    start: int
    stop: int
    tick_s: float
    samples: int
    edges: IntArray
    links: tuple[Link, ...]
    packets: IntArray
    synaptic_events: IntArray
    spikes: IntArray
    energy_j: FloatArray
    busy_s: FloatArray
    late_ticks: IntArray
    time_done_max_s: FloatArray
    clock_hz: FloatArray
    flits: IntArray
    power_w: Mapping[str, FloatArray]
    power_peak_w: FloatArray
    packets_sent: FloatArray
    packets_peak: IntArray
    worst_s: FloatArray
    worst_slice: NDArray[np.int64]
    late: IntArray
    utilisation: FloatArray
    link_flits: FloatArray

    @property
    def ticks(self) -> int:
        """The number of ticks."""
        return self.stop - self.start

    @property
    def pe_ticks(self) -> int:
        """How many ticks each PE worked, all samples together."""
        return self.ticks * self.samples

    @property
    def edges_s(self) -> FloatArray:
        """The edges of the bins in s of chip time."""
        return np.asarray(self.edges * self.tick_s)


def profile(
    run: Run, start: int = 0, stop: int | None = None, bins: int = BINS, progress: Progress = no_progress
) -> Profile:
    """Return what the ticks `start` to `stop` (None: the end) of `run` did, in at most `bins` bins."""
    stop = run.ticks if stop is None else min(stop, run.ticks)
    sums = _Sums(run, start, max(start, stop), bins)
    for block in run.priced_blocks(start, stop):
        progress(block.start - start, stop - start)
        sums.add(block)
    return sums.profile()


class _Sums:
    """What is added up over the blocks of a run."""

    def __init__(self, run: Run, start: int, stop: int, bins: int) -> None:
        self.run, self.start, self.stop = run, start, stop
        self.edges = np.unique(np.linspace(start, stop, min(bins, stop - start) + 1).round().astype(np.int64))
        count, slices, links = len(self.edges) - 1, len(run.mapping.slices), len(run.traffic.links)
        self.by_slice = {name: np.zeros(slices, np.int64) for name in ("packets", "synaptic_events", "spikes", "late")}
        self.energy_j, self.busy_s, self.clock, self.longest = (np.zeros(slices) for _ in range(4))
        self.flits = np.zeros(links, np.int64)
        self.energy = {kind: np.zeros(count) for kind in ENERGY_KINDS}
        self.power_peak, self.sent, self.worst = (np.zeros(count) for _ in range(3))
        self.packets_peak, self.worst_slice, self.late = (np.zeros(count, np.int64) for _ in range(3))
        self.busy, self.link_flits = np.zeros((count, slices)), np.zeros((count, links))

    def add(self, block: PricedBlock) -> None:
        """Add the ticks of `block`."""
        ticks = block.counts.packets.shape[1]
        first = int(np.searchsorted(self.edges, block.start, "right")) - 1
        last = int(np.searchsorted(self.edges, block.start + ticks, "left"))
        bins = slice(first, last)
        cuts = np.maximum(self.edges[first:last] - block.start, 0)
        self._add_slices(block)
        self._add_energy(block, bins, cuts)
        self._add_time(block, bins, cuts)
        self._add_traffic(block, bins, cuts)

    def profile(self) -> Profile:
        """Return what was added up."""
        run, samples = self.run, self.run.about.samples
        ticks = np.diff(self.edges) * samples
        return Profile(
            start=self.start,
            stop=self.stop,
            tick_s=run.tick_s,
            samples=samples,
            edges=self.edges,
            links=run.traffic.links,
            packets=self.by_slice["packets"],
            synaptic_events=self.by_slice["synaptic_events"],
            spikes=self.by_slice["spikes"],
            energy_j=self.energy_j,
            busy_s=self.busy_s,
            late_ticks=self.by_slice["late"],
            time_done_max_s=self.longest,
            clock_hz=self.clock / max(1, (self.stop - self.start) * samples),
            flits=self.flits,
            power_w={kind: energy / (ticks * run.tick_s) for kind, energy in self.energy.items()},
            power_peak_w=self.power_peak / run.tick_s,
            packets_sent=self.sent / ticks,
            packets_peak=self.packets_peak,
            worst_s=self.worst,
            worst_slice=self.worst_slice,
            late=self.late,
            utilisation=self.busy / (ticks * run.tick_s)[:, None],
            link_flits=self.link_flits / ticks[:, None],
        )

    def _add_slices(self, block: PricedBlock) -> None:
        counts, priced = block.counts, block.priced
        for name in ("packets", "synaptic_events", "spikes"):
            self.by_slice[name] += getattr(counts, name).sum(axis=(0, 1), dtype=np.int64)
        self.by_slice["late"] += late(priced.time_done_s, self.run.tick_s).sum(axis=(0, 1))
        self.energy_j += sum(energy.sum(axis=(0, 1)) for energy in priced.energy_j.values())
        self.busy_s += priced.time_done_s.sum(axis=(0, 1))
        self.clock += clocks_hz(priced.levels, self.run.machine.spec).sum(axis=(0, 1))
        np.maximum(self.longest, priced.time_done_s.max(axis=(0, 1)), out=self.longest)
        self.flits += priced.flits.sum(axis=(0, 1))

    def _add_energy(self, block: PricedBlock, bins: slice, cuts: IntArray) -> None:
        energy = energy_by_tick_j(block.priced, self.run.machine, self.run.tick_s)
        for kind, values in energy.items():
            self.energy[kind][bins] += np.add.reduceat(values.sum(axis=0), cuts)
        highest = sum(energy.values(), np.zeros(1)).max(axis=0)
        self.power_peak[bins] = np.maximum(self.power_peak[bins], np.maximum.reduceat(highest, cuts))

    def _add_time(self, block: PricedBlock, bins: slice, cuts: IntArray) -> None:
        tick_s, done = self.run.tick_s, block.priced.time_done_s
        self.late[bins] += np.add.reduceat(late(done, tick_s).sum(axis=(0, 2)), cuts)
        self.busy[bins] += np.add.reduceat(np.minimum(done, tick_s).sum(axis=0), cuts, axis=0)
        longest = np.maximum.reduceat(done.max(axis=0), cuts, axis=0)
        is_worse = longest.max(axis=1) > self.worst[bins]
        self.worst_slice[bins] = np.where(is_worse, longest.argmax(axis=1), self.worst_slice[bins])
        self.worst[bins] = np.where(is_worse, longest.max(axis=1), self.worst[bins])

    def _add_traffic(self, block: PricedBlock, bins: slice, cuts: IntArray) -> None:
        sent = block.priced.packets_sent.sum(axis=2)
        self.sent[bins] += np.add.reduceat(sent.sum(axis=0), cuts)
        self.packets_peak[bins] = np.maximum(self.packets_peak[bins], np.maximum.reduceat(sent.max(axis=0), cuts))
        self.link_flits[bins] += np.add.reduceat(block.priced.flits.sum(axis=0), cuts, axis=0)
