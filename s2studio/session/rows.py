"""From the blocks that an engine returns to the rows of the session's tables, ordered by tick, then sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import SessionError
from s2studio.mapping.mapping import ChipMapping, Node
from s2studio.session.about import RunAbout
from s2studio.session.about_writer import link_columns, pe_columns
from s2studio.session.run_lengths import RunLengths, Values
from s2studio.session.spike_rows import columns, counted, of_populations
from s2studio.session.tables import ZOOMS
from s2studio.sim.counts import SpikeRuns, TickBlock
from s2studio.sim.traffic import flits, link_table
from s2studio.units import NS_PER_S

Rows = dict[str, NDArray[Any]]

# Work on so many values at once where a table is dense before it is thinned out.
_CELLS = 1 << 21


def time_ns(tick: NDArray[np.int64], tick_s: float) -> NDArray[np.int64]:
    """Return the chip time at the start of each tick, in ns."""
    nanoseconds: NDArray[np.int64] = np.rint(tick * (tick_s * NS_PER_S)).astype(np.int64)
    return nanoseconds


class RowMaker:
    """Turns the blocks of one run into rows."""

    def __init__(self, about: RunAbout, mapping: ChipMapping) -> None:
        self._about = about
        self._pes = pe_columns([piece.pe for piece in mapping.slices])
        links, self._flits = link_table(mapping)
        self.nodes: tuple[Node, ...] = tuple(sorted({node for link in links for node in link}))
        self._links = link_columns(self.nodes, links)
        code = {name: number for number, name in enumerate(about.names)}
        self.population_of_slice = np.array([code[piece.population] for piece in mapping.slices], np.int32)
        self.keeps_spikes = np.array([entry.keeps("spikes") for entry in about.populations])

    def spikes(self, spikes: SpikeRuns) -> Mapping[str, Values]:
        """Return the rows of the populations whose spikes are recorded or observed."""
        return self._spikes(of_populations(spikes, self.keeps_spikes))

    def unobserved(self, spikes: SpikeRuns) -> Mapping[str, Values]:
        """Return the rows of the other populations."""
        return self._spikes(of_populations(spikes, ~self.keeps_spikes))

    def _spikes(self, chosen: SpikeRuns) -> Mapping[str, Values]:
        return columns(chosen, time_ns(chosen.tick, self._about.tick_s))

    def counts(self, block: TickBlock) -> Rows:
        """Return a row for each tick, sample and slice."""
        counts = block.counts
        slices = counts.packets.shape[2]
        rows = self._axis(*self._ticks_and_samples(block, slices))
        rows |= {name: np.tile(values, block.ticks * self._about.samples) for name, values in self._pes.items()}
        return rows | {
            "packets": _tick_major(counts.packets),
            "synaptic_events": _tick_major(counts.synaptic_events),
            "neuron_updates": np.tile(counts.updates, block.ticks * self._about.samples),
            "spikes": _tick_major(counts.spikes),
            "recorded_bytes": np.tile(counts.recorded_bytes, block.ticks * self._about.samples),
        }

    def links(self, block: TickBlock) -> Iterator[Rows]:
        """Return a row for each tick, sample and link with traffic."""
        links = self._flits.shape[1]
        span = max(1, _CELLS // max(1, self._about.samples * links))
        for first in range(0, block.ticks if links else 0, span):
            load = flits(block.counts.spikes[:, first : first + span].transpose(1, 0, 2), self._flits)
            tick, sample, link = np.nonzero(load)
            rows = self._axis(tick + (block.start + first), sample.astype(np.int32))
            rows |= {name: values[link] for name, values in self._links.items()}
            yield rows | {"flits": load[tick, sample, link].astype(np.int32)}

    def voltages(self, block: TickBlock) -> Iterator[Rows]:
        """Return a row for each tick, sample and neuron of the populations whose voltages are kept."""
        kept = [number for number, entry in enumerate(self._about.populations) if entry.keeps("v")]
        sizes = [self._about.populations[number].size for number in kept]
        neurons = sum(sizes)
        population = np.repeat(np.array(kept, np.int32), sizes)
        neuron = np.concatenate([np.empty(0, np.int32), *(np.arange(size, dtype=np.int32) for size in sizes)])
        voltages = [block.voltages[self._about.populations[number].name] for number in kept]
        span = max(1, _CELLS // max(1, self._about.samples * neurons))
        for first in range(0, block.ticks if neurons else 0, span):
            part = np.concatenate([values[:, first : first + span] for values in voltages], axis=2)
            samples, ticks, _ = part.shape
            tick = np.repeat(np.arange(ticks, dtype=np.int64) + block.start + first, samples * neurons)
            sample = np.tile(np.repeat(np.arange(samples, dtype=np.int32), neurons), ticks)
            yield self._axis(tick, sample) | {
                "population": np.tile(population, ticks * samples),
                "neuron": np.tile(neuron, ticks * samples),
                "v_chip": _tick_major(part),
            }

    def lateness(self, block: TickBlock) -> Rows:
        """Return a row for each PE tick that began late, stalled, lost a packet or read one that was late."""
        timed = block.lateness
        if timed is None:
            raise SessionError("lateness", "the engine returned none", hint="use the engine per_pe")
        found: dict[str, NDArray[Any]] = {
            "start_delay_ns": np.rint(timed.start_delay_s * NS_PER_S).astype(np.int64),
            "stalled_ns": np.rint(timed.stalled_s * NS_PER_S).astype(np.int64),
            "packets_lost": timed.packets_lost,
            "packets_late": timed.packets_late,
        }
        tick_major = {name: values.transpose(1, 0, 2) for name, values in found.items()}
        tick, sample, number = np.nonzero(np.any([values != 0 for values in tick_major.values()], axis=0))
        rows = self._axis(tick + block.start, sample.astype(np.int32)) | {"slice": number.astype(np.int32)}
        return rows | {name: values[tick, sample, number] for name, values in tick_major.items()}

    def lost(self, block: TickBlock) -> Rows:
        """Return a row for each packet that a FIFO lost."""
        if block.lateness is None:
            raise SessionError("lost packets", "the engine returned none", hint="use the engine per_pe")
        lost = block.lateness.lost
        return self._axis(lost.tick, np.zeros(len(lost.tick), np.int32)) | {
            "target": lost.target,
            "population": lost.population,
            "neuron": lost.neuron,
            "sent_tick": lost.sent_tick,
            "arrival_ns": lost.arrival_ns,
        }

    def population_spikes(self, spikes: SpikeRuns, block: TickBlock) -> NDArray[np.int64]:
        """Return how many of `spikes`, those of `block`, each has, shape (ticks, samples, populations)."""
        return counted(spikes, block.start, block.ticks, self._about.samples, len(self._about.populations))

    def bins(self, zoom: int, first: int, spikes: NDArray[np.int64]) -> Mapping[str, Values]:
        """Return the rows of bins of `zoom` ticks from bin `first` on; `spikes` is (bins, samples, populations)."""
        bins, samples, populations = spikes.shape
        tick = (np.arange(bins, dtype=np.int64) + first) * zoom
        sample = np.tile(np.arange(samples, dtype=np.int32), bins)
        each = np.arange(len(sample) * populations + 1)
        return {
            "time_ns": RunLengths(time_ns(tick, self._about.tick_s), each[:: samples * populations]),
            "tick": RunLengths(tick, each[:: samples * populations]),
            "sample": RunLengths(sample, each[::populations]).merged(),
            "population": RunLengths(np.tile(np.arange(populations, dtype=np.int32), len(sample)), each).merged(),
            "spikes": spikes.reshape(-1),
        }

    def _ticks_and_samples(self, block: TickBlock, objects: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        tick = np.repeat(np.arange(block.start, block.start + block.ticks), self._about.samples * objects)
        sample = np.tile(np.repeat(np.arange(self._about.samples, dtype=np.int32), objects), block.ticks)
        return tick, sample

    def _axis(self, tick: NDArray[np.int64], sample: NDArray[np.int32]) -> Rows:
        return {"time_ns": time_ns(tick, self._about.tick_s), "tick": tick, "sample": sample}


class Zooms:
    """Gathers spikes per population and tick into the bins of every zoom that a run of `steps` ticks has use for."""

    def __init__(self, steps: int) -> None:
        self.zooms = tuple(zoom for finer, zoom in zip((0, *ZOOMS), ZOOMS, strict=False) if finer < max(1, steps))
        self._open: dict[int, NDArray[np.int64]] = {}
        self._done = dict.fromkeys(self.zooms, 0)

    def add(self, spikes: NDArray[np.int64], last: bool = False) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
        """Return (zoom, number of the first bin, spikes of the bins) for the bins that are complete with `spikes`.

        `spikes` is (ticks, samples, populations); `last` closes the bins that are still open.
        """
        for finer, zoom in zip((1, *self.zooms), self.zooms, strict=False):
            width = zoom // finer
            waiting = np.concatenate([self._open[zoom], spikes]) if zoom in self._open else spikes
            full = len(waiting) // width * width
            bins = waiting[:full].reshape(-1, width, *waiting.shape[1:]).sum(axis=1)
            self._open[zoom] = waiting[full:]
            if last and full < len(waiting):
                bins = np.concatenate([bins, waiting[full:].sum(axis=0, keepdims=True)])
                self._open[zoom] = waiting[:0]
            if len(bins):
                yield zoom, self._done[zoom], bins
            self._done[zoom] += len(bins)
            spikes = bins


def _tick_major(values: NDArray[Any]) -> NDArray[Any]:
    """Return (samples, ticks, objects) as one row after the other, by tick, then sample."""
    return np.ascontiguousarray(values.transpose(1, 0, 2)).reshape(-1)
