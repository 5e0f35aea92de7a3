"""Counts again, from known spikes, what the engine `lockstep` counted while it made them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ChipSpec
from s2studio.mapping.mapping import ChipMapping
from s2studio.mapping.partition import cuts_of
from s2studio.sim.arrays import joined, starts
from s2studio.sim.counts import Counts, SpikeTable
from s2studio.sim.kernels.recount import EventRows, Places, recount
from s2studio.sim.program import Packets, fixed_counts, packets_of
from s2studio.sim.row_events import EventTable, event_table
from s2studio.snn.connectivity import ConvWeights
from s2studio.snn.fan_out import IntArray, slice_of
from s2studio.snn.network import ChipNetwork
from s2studio.snn.projection import Projection


@dataclass(frozen=True, eq=False)
class Recount:
    """The tables of one network on one mapping: `counts` is what `lockstep` would count of given spikes."""

    places: Places
    rows: EventRows
    packets: Packets
    updates: NDArray[np.int32]
    recorded_bytes: NDArray[np.int32]

    @classmethod
    def of(cls, network: ChipNetwork, mapping: ChipMapping, spec: ChipSpec) -> Recount:
        """Return the tables of `network`, projections included, on `mapping`."""
        part = network.spiking
        names = [population.name for population in part.populations]
        cuts = cuts_of(part, mapping.slices)
        first_slice = starts(len(cuts[name]) - 1 for name in names)
        places = Places(
            first_neuron=starts(population.size for population in part.populations),
            first_slice=first_slice,
            slice_of=np.concatenate(
                [slice_of(cuts[name]) + first for name, first in zip(names, first_slice, strict=False)], dtype=np.int32
            ),
        )
        ordered = sorted(part.projections, key=lambda projection: names.index(projection.pre))
        sizes = [part.population(projection.pre).size for projection in ordered]
        tables = [
            event_table(projection.connectivity, size, cuts[projection.post])
            for projection, size in zip(ordered, sizes, strict=True)
        ]
        rows = _rows(names, ordered, tables)
        return cls(places, rows, packets_of(mapping), *fixed_counts(part, cuts, mapping, spec))

    def counts(self, spikes: SpikeTable, samples: int, start: int, stop: int) -> Counts:
        """Return the counts of the ticks `start` to `stop` (excluded) of `samples` samples.

        `spikes` are all of these ticks and of the one before, and no others, sorted by sample, tick and population.
        """
        slices = len(self.updates)
        packets, events, sent = (np.zeros((samples, stop - start, slices), np.int32) for _ in range(3))
        scratch = np.empty(2 * slices, np.int32)
        first = self._starts(spikes, samples, start, stop)
        for sample in range(samples):
            recount(
                spikes.neuron, first[sample], self.places, self.rows, self.packets,
                packets[sample], events[sample], sent[sample], scratch,
            )  # fmt: skip
        return Counts(packets, events, sent, self.updates, self.recorded_bytes)

    def _starts(self, spikes: SpikeTable, samples: int, start: int, stop: int) -> IntArray:
        """Return where the spikes of each population begin, (samples, ticks + 1, populations + 1)."""
        shape = (samples, stop - start + 1, len(self.places.first_neuron) - 1)
        key = (spikes.sample.astype(np.int64) * shape[1] + (spikes.tick - (start - 1))) * shape[2] + spikes.population
        ends = starts(np.bincount(key, minlength=shape[0] * shape[1] * shape[2]))
        begin, last = ends[:-1].reshape(shape), ends[1:].reshape(shape)[:, :, -1:]
        return np.concatenate([begin, last], axis=2)


def _rows(names: list[str], ordered: list[Projection], tables: list[EventTable]) -> EventRows:
    sources = [names.index(projection.pre) for projection in ordered]
    widest = np.result_type(np.int8, *(table.counts.dtype for table in tables))
    pixels = [
        len(table.counts) if isinstance(projection.connectivity, ConvWeights) else 0
        for projection, table in zip(ordered, tables, strict=True)
    ]
    return EventRows(
        first_of=np.searchsorted(sources, np.arange(len(names) + 1)).astype(np.int64),
        post=np.array([names.index(projection.post) for projection in ordered], np.int32),
        pixels=np.array(pixels, np.int64),
        events=joined([table.counts.reshape(-1) for table in tables], widest),
        first_event=starts(table.counts.size for table in tables),
        event_columns=np.array([table.counts.shape[1] for table in tables], np.int64),
        event_of=joined([table.column_of for table in tables], np.dtype(np.int32)),
        first_event_of=starts(len(table.column_of) for table in tables),
    )
