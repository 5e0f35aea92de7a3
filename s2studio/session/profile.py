"""What a run did over time, in few bins, and in all per slice and link: one pass, from which pictures are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.mapping.mapping import Link
from s2studio.session.bins import Binner, Bins, ticks_as_bins
from s2studio.session.run import Progress, Run, no_progress
from s2studio.session.time_ends import TimeEnds
from s2studio.sim.energy import ENERGY_KINDS
from s2studio.sim.energy_ends import TOTAL

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

BINS = 1200


@dataclass(frozen=True, eq=False)
class Profile:
    """The ticks `start` to `stop` of a run of `samples` samples, times in s, powers in W, energies in J.

    By slice, shape (slices,): `packets` received, `synaptic_events` and `spikes` are sums, and so are `energy_j`,
    `busy_s` (at most the tick) and `late_ticks`; `time_done_max_s` is the longest tick, `clock_hz` the mean clock. The
    ends of these are (2, slices): `energy_ends_j`, `busy_ends_s`, `late_ticks_ends`, `time_done_ends_s`. By link, shape
    (links,): `flits`. By bin, the ticks `edges[i]` to `edges[i + 1]`: `power_w` of each kind of ENERGY_KINDS and
    `packets_sent` are means per tick and sample; `power_peak_w` and `packets_peak` are those of the highest tick;
    `worst_s` is the longest `time_done` of any slice and tick, `worst_slice` whose it was, `late` how many PE ticks
    were late; `utilisation` (bins, slices) is the share of the tick that a PE works, at most 1, and `link_flits` (bins,
    links) the flits per tick and sample over each link. Of all bins, `power_peak_ends_w` are the ends of the highest
    tick, `utilisation_peak_ends` those of the largest `utilisation`, `energy_low_j` and `energy_high_j` of the energy
    of the whole span and all samples, by kind and in all (`total`); `work_pessimistic_s` is the longest work in a tick
    by that end, by which a tick is safe.
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
    energy_ends_j: FloatArray
    busy_ends_s: FloatArray
    late_ticks_ends: IntArray
    time_done_ends_s: FloatArray
    power_w: Mapping[str, FloatArray]
    power_peak_w: FloatArray
    power_peak_ends_w: tuple[float, float]
    utilisation_peak_ends: tuple[float, float]
    work_pessimistic_s: float
    energy_low_j: Mapping[str, float]
    energy_high_j: Mapping[str, float]
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
    def worst_ends_s(self) -> tuple[float, float]:
        """The ends of the longest `time_done` of all, in s."""
        low_s, high_s = self.time_done_ends_s.max(axis=1, initial=0.0).tolist()
        return low_s, high_s

    @property
    def late_ends(self) -> tuple[int, int]:
        """The ends of the number of late PE ticks."""
        low, high = self.late_ticks_ends.sum(axis=1).tolist()
        return low, high

    @property
    def edges_s(self) -> FloatArray:
        """The edges of the bins in s of chip time."""
        return np.asarray(self.edges * self.tick_s)


def profile(
    run: Run, start: int = 0, stop: int | None = None, bins: int = BINS, progress: Progress = no_progress
) -> Profile:
    """Return what the ticks `start` to `stop` (None: the end) of `run` did, in at most `bins` bins."""
    stop = run.ticks if stop is None else max(start, min(stop, run.ticks))
    edges = np.unique(np.linspace(start, stop, min(bins, stop - start) + 1).round().astype(np.int64))
    binner = Binner(edges, len(run.mapping.slices), len(ENERGY_KINDS), len(run.traffic.links))
    ends, work_s = TimeEnds(run, start), 0.0
    for block in run.priced_blocks(start, stop):
        progress(block.start - start, stop - start)
        own = ends.of(block)
        work_s = max(work_s, float(own.work.time_pessimistic_s.max(initial=0.0)))
        binner.add(ticks_as_bins(block.start, block.counts, block.priced, own, run.work, run.machine, run.tick_s))
    return _profile(run, binner.bins(), work_s)


def _profile(run: Run, found: Bins, work_s: float) -> Profile:
    samples, tick_s = run.about.samples, run.tick_s
    ticks = np.diff(found.edges) * samples
    return Profile(
        start=found.start,
        stop=found.stop,
        tick_s=tick_s,
        samples=samples,
        edges=found.edges,
        links=run.traffic.links,
        packets=found.packets.sum(axis=0),
        synaptic_events=found.synaptic_events.sum(axis=0),
        spikes=found.spikes.sum(axis=0),
        energy_j=found.pe_energy_j.sum(axis=0),
        busy_s=found.busy_s.sum(axis=0),
        late_ticks=found.late.sum(axis=0),
        time_done_max_s=found.longest_s.max(axis=0, initial=0.0),
        clock_hz=found.clock_hz.sum(axis=0) / max(1, (found.stop - found.start) * samples),
        flits=found.flits.sum(axis=0),
        energy_ends_j=found.pe_energy_ends_j,
        busy_ends_s=found.busy_ends_s,
        late_ticks_ends=found.late_ends,
        time_done_ends_s=found.longest_ends_s,
        power_w={kind: found.energy_j[:, index] / (ticks * tick_s) for index, kind in enumerate(ENERGY_KINDS)},
        power_peak_w=found.energy_peak_j / tick_s,
        power_peak_ends_w=(
            float(found.energy_peak_low_j.max(initial=0.0)) / tick_s,
            float(found.energy_peak_high_j.max(initial=0.0)) / tick_s,
        ),
        utilisation_peak_ends=_peak_ends(found, ticks * tick_s),
        work_pessimistic_s=work_s,
        energy_low_j=_of_kinds(found.energy_low_j),
        energy_high_j=_of_kinds(found.energy_high_j),
        packets_sent=found.packets_sent / ticks,
        packets_peak=found.packets_peak,
        worst_s=found.longest_s.max(axis=1, initial=0.0),
        worst_slice=found.longest_s.argmax(axis=1),
        late=found.late.sum(axis=1),
        utilisation=found.busy_s / (ticks * tick_s)[:, None],
        link_flits=found.flits / ticks[:, None],
    )


def _peak_ends(found: Bins, bins_s: FloatArray) -> tuple[float, float]:
    """Return the ends of the largest utilisation of any bin and slice; bins last `bins_s`."""
    if not found.busy_s.size:
        return 0.0, 0.0
    place = np.unravel_index((found.busy_s / bins_s[:, None]).argmax(), found.busy_s.shape)
    seconds = float(bins_s[place[0]])
    return float(found.busy_low_s[place]) / seconds, float(found.busy_high_s[place]) / seconds


def _of_kinds(energy_j: FloatArray) -> Mapping[str, float]:
    return dict(zip((*ENERGY_KINDS, TOTAL), energy_j.sum(axis=0).tolist(), strict=True))
