"""Ticks of a run added up in bins of time: the one mechanism behind pictures, reports and what the window shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import Machine
from s2studio.sim.counts import Counts
from s2studio.sim.energy import ENERGY_KINDS
from s2studio.sim.energy_ends import TOTAL, energy_ends
from s2studio.sim.pricing import BlockEnds, Priced
from s2studio.sim.timing import SliceWork, clocks_hz, late

# What of a bin is the sum over its ticks and samples, and what the largest of them; see `Bins`.
SUMS = (
    "packets",
    "synaptic_events",
    "spikes",
    "late",
    "late_low",
    "late_high",
    "busy_s",
    "busy_low_s",
    "busy_high_s",
    "clock_hz",
    "pe_energy_j",
    "pe_energy_low_j",
    "pe_energy_high_j",
    "energy_j",
    "energy_low_j",
    "energy_high_j",
    "flits",
    "packets_sent",
)
LARGEST = (
    "longest_s",
    "longest_low_s",
    "longest_high_s",
    "worst_low_s",
    "worst_high_s",
    "packets_peak",
    "energy_peak_j",
    "energy_peak_low_j",
    "energy_peak_high_j",
)
# Both ends of slices.
SLICE_ENDS = (
    *("late_low", "late_high", "busy_low_s", "busy_high_s", "pe_energy_low_j", "pe_energy_high_j"),
    *("longest_low_s", "longest_high_s"),
)
_OF_CHIP = (
    "worst_low_s",
    "worst_high_s",
    "packets_sent",
    "packets_peak",
    "energy_peak_j",
    "energy_peak_low_j",
    "energy_peak_high_j",
)


@dataclass(frozen=True, eq=False)
class Bins:
    """The bins `edges[i]` to `edges[i + 1]` (ticks, excluded) of a run, the first axis of every array.

    Of each slice, sums over ticks and samples: `packets` received, `synaptic_events`, `spikes`, ticks that were `late`,
    `busy_s` (time done, but at most the tick), `clock_hz` and `pe_energy_j`; and the longest time done of any tick,
    `longest_s`. The ends of these times, of `late` and of the energy have `_low` and `_high` in their names;
    `worst_low_s` and `worst_high_s` are those of the longest time done of all slices. `energy_j` is by kind of
    ENERGY_KINDS, its ends by these and in all (see `EnergyEnds`), `flits` by link, `packets_sent` of the whole chip;
    `packets_peak` and `energy_peak_j` with its ends are those of the highest tick.
    """

    edges: NDArray[np.int64]
    packets: NDArray[Any]
    synaptic_events: NDArray[Any]
    spikes: NDArray[Any]
    late: NDArray[Any]
    late_low: NDArray[Any]
    late_high: NDArray[Any]
    busy_s: NDArray[np.float64]
    busy_low_s: NDArray[np.float64]
    busy_high_s: NDArray[np.float64]
    clock_hz: NDArray[np.float64]
    pe_energy_j: NDArray[np.float64]
    pe_energy_low_j: NDArray[np.float64]
    pe_energy_high_j: NDArray[np.float64]
    energy_j: NDArray[np.float64]
    energy_low_j: NDArray[np.float64]
    energy_high_j: NDArray[np.float64]
    flits: NDArray[Any]
    packets_sent: NDArray[np.int64]
    longest_s: NDArray[np.float64]
    longest_low_s: NDArray[np.float64]
    longest_high_s: NDArray[np.float64]
    worst_low_s: NDArray[np.float64]
    worst_high_s: NDArray[np.float64]
    packets_peak: NDArray[np.int64]
    energy_peak_j: NDArray[np.float64]
    energy_peak_low_j: NDArray[np.float64]
    energy_peak_high_j: NDArray[np.float64]

    @property
    def start(self) -> int:
        """The first tick."""
        return int(self.edges[0])

    @property
    def stop(self) -> int:
        """The tick after the last."""
        return int(self.edges[-1])

    @property
    def late_ends(self) -> NDArray[np.int64]:
        """The ends of `late` of all bins together, shape (2, slices)."""
        return np.stack([self.late_low.sum(axis=0), self.late_high.sum(axis=0)])

    @property
    def busy_ends_s(self) -> NDArray[np.float64]:
        """The ends of `busy_s` of all bins together, shape (2, slices)."""
        return np.stack([self.busy_low_s.sum(axis=0), self.busy_high_s.sum(axis=0)])

    @property
    def longest_ends_s(self) -> NDArray[np.float64]:
        """The ends of the longest time done of all bins, shape (2, slices)."""
        return np.stack([each.max(axis=0, initial=0.0) for each in (self.longest_low_s, self.longest_high_s)])

    @property
    def pe_energy_ends_j(self) -> NDArray[np.float64]:
        """The ends of `pe_energy_j` of all bins together, shape (2, slices)."""
        return np.stack([self.pe_energy_low_j.sum(axis=0), self.pe_energy_high_j.sum(axis=0)])

    def part(self, first: int, last: int) -> Bins:
        """Return the bins numbered `first` to `last` (excluded)."""
        arrays = {name: getattr(self, name)[first:last] for name in (*SUMS, *LARGEST)}
        return Bins(edges=self.edges[first : last + 1], **arrays)


def ticks_as_bins(
    start: int, counts: Counts, priced: Priced, ends: BlockEnds, work: SliceWork, machine: Machine, tick_s: float
) -> Bins:
    """Return a bin for each tick of `counts`, the first of which is tick `start`, all samples together."""
    done, energy = priced.time_done_s, energy_ends(counts, work, priced, ends.work, machine, tick_s)
    sent = priced.packets_sent.sum(axis=2)
    pe_energy = sum(priced.energy_j.values(), np.zeros(done.shape))
    return Bins(
        edges=np.arange(start, start + done.shape[1] + 1, dtype=np.int64),
        packets=_over_samples(counts.packets),
        synaptic_events=_over_samples(counts.synaptic_events),
        spikes=_over_samples(counts.spikes),
        late=late(done, tick_s).sum(axis=0, dtype=np.int32),
        late_low=late(ends.done_low_s, tick_s).sum(axis=0, dtype=np.int32),
        late_high=late(ends.done_pessimistic_s, tick_s).sum(axis=0, dtype=np.int32),
        busy_s=_over_samples(np.minimum(done, tick_s)),
        busy_low_s=_over_samples(np.minimum(ends.done_low_s, tick_s)),
        busy_high_s=_over_samples(np.minimum(ends.done_pessimistic_s, tick_s)),
        clock_hz=clocks_hz(priced.levels, machine.spec).sum(axis=0),
        pe_energy_j=_over_samples(pe_energy),
        pe_energy_low_j=_over_samples(ends.work.energy_low_j),
        pe_energy_high_j=_over_samples(ends.work.energy_high_j),
        energy_j=_by_kind(energy.value_j, ENERGY_KINDS),
        energy_low_j=_by_kind(energy.low_j, (*ENERGY_KINDS, TOTAL)),
        energy_high_j=_by_kind(energy.high_j, (*ENERGY_KINDS, TOTAL)),
        flits=_over_samples(priced.flits),
        packets_sent=sent.sum(axis=0),
        longest_s=done.max(axis=0),
        longest_low_s=ends.done_low_s.max(axis=0),
        longest_high_s=ends.done_pessimistic_s.max(axis=0),
        worst_low_s=ends.done_low_s.max(axis=(0, 2)),
        worst_high_s=ends.done_pessimistic_s.max(axis=(0, 2)),
        packets_peak=sent.max(axis=0),
        energy_peak_j=energy.value_j[TOTAL].max(axis=0),
        energy_peak_low_j=energy.low_j[TOTAL].max(axis=0),
        energy_peak_high_j=energy.high_j[TOTAL].max(axis=0),
    )


def _by_kind(energy_j: Mapping[str, NDArray[np.float64]], kinds: Sequence[str]) -> NDArray[np.float64]:
    return np.stack([energy_j[kind].sum(axis=0) for kind in kinds], axis=1)


class Binner:
    """Adds bins, in any pieces but in order, up in wider bins with `edges`; what lies outside is left out.

    No bin that is added may lie across one of `edges`. Without `has_slice_ends` the ends of slices are added up over
    all bins, as the only one: to have them of each takes a third of the time, and no picture shows them.
    """

    def __init__(
        self, edges: NDArray[np.int64], slices: int, kinds: int, links: int, has_slice_ends: bool = True
    ) -> None:
        self.edges = edges
        self._in_all = () if has_slice_ends else SLICE_ENDS
        self.ticks = np.zeros(len(edges) - 1, np.int64)
        widths: dict[str, tuple[int, ...]] = dict.fromkeys((*SUMS, *LARGEST), (slices,))
        widths |= {"energy_j": (kinds,), "energy_low_j": (kinds + 1,), "energy_high_j": (kinds + 1,), "flits": (links,)}
        widths |= dict.fromkeys(_OF_CHIP, ())
        self._found: dict[str, NDArray[Any]] = {
            name: np.zeros(
                (1 if name in self._in_all else len(self.ticks), *width),
                np.float64 if name.endswith(("_s", "_j", "_hz")) else np.int64,
            )
            for name, width in widths.items()
        }

    @staticmethod
    def bytes_per_bin(slices: int, links: int) -> int:
        """Return what memory a bin takes."""
        return 8 * (16 * slices + links + 3 * len(ENERGY_KINDS) + 8)

    def add(self, bins: Bins) -> None:
        """Add what of `bins` lies within the edges."""
        first, last = np.searchsorted(bins.edges, (self.edges[0], self.edges[-1])).tolist()
        last = min(last, len(bins.edges) - 1)
        if first >= last:
            return
        column = np.searchsorted(self.edges, bins.edges[first:last], "right") - 1
        begin = np.flatnonzero(np.diff(column, prepend=-1))
        at = column[begin]
        self.ticks[at] += np.add.reduceat(np.diff(bins.edges[first : last + 1]), begin)
        has_one_each = len(begin) == last - first
        for name, found in self._found.items():
            values, combine = getattr(bins, name)[first:last], np.maximum if name in LARGEST else np.add
            if name in self._in_all:
                found[0] = combine(found[0], combine.reduce(values, axis=0))
                continue
            if not has_one_each:
                values = combine.reduceat(values, begin, axis=0, dtype=found.dtype)
            found[at] = combine(found[at], values)

    def bins(self) -> Bins:
        """Return what was added so far."""
        return Bins(edges=self.edges, **self._found)


class Pyramid:
    """A run in bins of 1, 2, 4, 8 ... ticks, so that a span of any length is a few bins away."""

    def __init__(self, ticks: Bins) -> None:
        self.levels = [ticks]
        while len(self.levels[-1].edges) > 2:
            self.levels.append(_halved(self.levels[-1]))

    def pieces(self, start: int, stop: int, width: int) -> Iterator[Bins]:
        """Return the ticks `start` to `stop` (excluded) in bins of `width` ticks, a power of two, but for its ends."""
        ticks = self.levels[0]
        level = self.levels[min(width.bit_length(), len(self.levels)) - 1]
        first, last = np.searchsorted(level.edges, (start, stop)).tolist()
        if last == len(level.edges) or level.edges[last] > stop:
            last -= 1
        if first >= last:
            yield ticks.part(start, stop)
            return
        yield ticks.part(start, int(level.edges[first]))
        yield level.part(first, last)
        yield ticks.part(int(level.edges[last]), stop)


def joined(pieces: list[Bins], most: int) -> Bins:
    """Return the newest `most` bins of consecutive pieces as one."""
    arrays = {name: np.concatenate([getattr(piece, name) for piece in pieces])[-most:] for name in (*SUMS, *LARGEST)}
    edges = np.concatenate([pieces[0].edges[:1], *(piece.edges[1:] for piece in pieces)])
    return Bins(edges=edges[-most - 1 :], **arrays)


def _halved(bins: Bins) -> Bins:
    edges = bins.edges[::2]
    if len(bins.edges) % 2 == 0:
        edges = np.append(edges, bins.edges[-1])
    wider = Binner(edges, bins.packets.shape[1], bins.energy_j.shape[1], bins.flits.shape[1])
    wider.add(bins)
    return wider.bins()


def _over_samples(values: NDArray[Any]) -> NDArray[Any]:
    """Return the sum over the samples; of one sample the values themselves."""
    total: NDArray[Any] = values[0] if len(values) == 1 else values.sum(axis=0)
    return total
