"""What PEs did in ticks that not all have completed, put together to blocks once all have; packets on their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.sim.counts import Counts, Lateness, LostPackets, SpikeRuns, TickBlock
from s2studio.sim.kernels.ticks import STIMULUS
from s2studio.sim.program import Program
from s2studio.sim.stimulus import GivenSpikes
from s2studio.units import NS_PER_S


@dataclass(frozen=True)
class Packets:
    """Packets on their way to a PE or in its FIFO, one row each: who sent them, in which tick, when they arrive."""

    arrival_s: NDArray[np.float64]
    sender: NDArray[np.int32]
    population: NDArray[np.int32]
    neuron: NDArray[np.int32]
    tick: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.arrival_s)

    @classmethod
    def none(cls) -> Packets:
        """Return no packets."""
        return cls.of(np.zeros(0), 0, 0, np.zeros(0, np.int32), 0)

    @classmethod
    def of(
        cls, arrival_s: NDArray[np.float64], sender: int, population: int, neuron: NDArray[np.int32], tick: int
    ) -> Packets:
        """Return the packets of one PE in one tick."""
        size = len(arrival_s)
        return cls(
            arrival_s,
            np.full(size, sender, np.int32),
            np.full(size, population, np.int32),
            neuron,
            np.full(size, tick, np.int64),
        )

    def arriving(self, arrival_s: NDArray[np.float64]) -> Packets:
        """Return the same packets, which arrive at other moments."""
        return Packets(arrival_s, self.sender, self.population, self.neuron, self.tick)

    @classmethod
    def joined(cls, parts: Sequence[Packets]) -> Packets:
        """Return all `parts`."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    def part(self, chosen: slice | NDArray[np.bool_] | NDArray[np.intp]) -> Packets:
        """Return the rows `chosen`."""
        return Packets(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def in_order(self) -> Packets:
        """Return them as they arrive; at one moment, those of the lower sender first."""
        return self.part(np.lexsort((self.sender, self.arrival_s)))


class _Row:
    """One tick of all PEs, as far as they have come."""

    def __init__(self, program: Program) -> None:
        slices = len(program.updates)
        sizes = np.diff(program.populations.first_neuron)
        self.packets, self.events, self.spikes, self.lost, self.late = (np.zeros(slices, np.int32) for _ in range(5))
        self.start_delay_s, self.stalled_s = np.zeros(slices), np.zeros(slices)
        self.fired: list[NDArray[np.int32]] = [np.zeros(0, np.int32)] * slices
        self.voltages = {p: np.zeros(sizes[p], np.float32) for p in program.voltages_of}
        self.lost_packets: list[tuple[int, Packets]] = []


class TickRows:
    """The ticks that some PE has begun and that no block has returned yet."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._open: dict[int, _Row] = {}

    def begin(
        self,
        tick: int,
        number: int,
        packets: int,
        events: int,
        fired: NDArray[np.int32],
        read: Packets,
        lost: Packets,
    ) -> None:
        """Note what the PE `number` does in `tick`: packets read and lost, events, who fired."""
        row = self._row(tick)
        row.packets[number], row.events[number], row.spikes[number] = packets, events, len(fired)
        row.fired[number] = fired
        row.late[number] = int((read.tick != tick - 1).sum())
        if len(lost):
            row.lost[number] = len(lost)
            row.lost_packets.append((number, lost))

    def keep_voltages(self, tick: int, population: int, neurons: slice, v: NDArray[np.float32]) -> None:
        """Keep the voltages of a slice after its update in `tick`, where anybody asked for them."""
        if population in self._row(tick).voltages:
            self._row(tick).voltages[population][neurons] = v

    def finish(self, tick: int, number: int, start_delay_s: float, stalled_s: float) -> None:
        """Note how late the PE `number` began `tick`, and how long it waited in it."""
        row = self._row(tick)
        row.start_delay_s[number], row.stalled_s[number] = start_delay_s, stalled_s

    def block(self, start: int, stop: int, given: GivenSpikes) -> TickBlock:
        """Return the ticks `start` to `stop` (excluded), which all PEs have completed, and forget them."""
        rows = [self._open.pop(tick) for tick in range(start, stop)]
        counts = Counts(
            packets=self._stacked(rows, "packets"),
            synaptic_events=self._stacked(rows, "events"),
            spikes=self._stacked(rows, "spikes"),
            updates=self._program.updates,
            recorded_bytes=self._program.recorded_bytes,
        )
        lateness = Lateness(
            start_delay_s=self._stacked(rows, "start_delay_s"),
            stalled_s=self._stacked(rows, "stalled_s"),
            packets_lost=self._stacked(rows, "lost"),
            packets_late=self._stacked(rows, "late"),
            lost=self._lost(rows, start),
        )
        voltages = {
            self._program.names[p]: np.stack([row.voltages[p] for row in rows])[None]
            if rows
            else np.zeros((1, 0, int(np.diff(self._program.populations.first_neuron)[p])), np.float32)
            for p in self._program.voltages_of
        }
        block = TickBlock(start, len(rows), self._spikes(rows, start, given), counts, voltages, lateness)
        given.forget(stop)
        return block

    def _row(self, tick: int) -> _Row:
        if tick not in self._open:
            self._open[tick] = _Row(self._program)
        return self._open[tick]

    def _stacked(self, rows: Sequence[_Row], name: str) -> Any:
        slices = len(self._program.updates)
        kind = np.float64 if name.endswith("_s") else np.int32
        return np.array([getattr(row, name) for row in rows], kind).reshape(1, len(rows), slices)

    def _spikes(self, rows: Sequence[_Row], start: int, given: GivenSpikes) -> SpikeRuns:
        populations = self._program.populations
        neuron, sizes = [np.zeros(0, np.int32)], []
        for tick, row in enumerate(rows, start):
            for p, update in enumerate(populations.update):
                own = slice(populations.first_slice[p], populations.first_slice[p + 1])
                found = [given.all_of(tick, p)] if update == STIMULUS else row.fired[own]
                neuron += found
                sizes.append(sum(map(len, found)))
        counts = np.array(sizes, np.int64).reshape(1, len(rows), len(populations.update))
        return SpikeRuns.counted(start, counts, np.concatenate(neuron))

    def _lost(self, rows: Sequence[_Row], start: int) -> LostPackets:
        found = [(tick, number, lost) for tick, row in enumerate(rows, start) for number, lost in row.lost_packets]
        packets = Packets.joined([Packets.none(), *(lost for _, _, lost in found)])
        sizes = [len(lost) for _, _, lost in found]
        return LostPackets(
            tick=np.repeat(np.array([tick for tick, _, _ in found], np.int64), sizes),
            target=np.repeat(np.array([number for _, number, _ in found], np.int32), sizes),
            population=packets.population,
            neuron=packets.neuron,
            sent_tick=packets.tick,
            arrival_ns=np.rint(packets.arrival_s * NS_PER_S).astype(np.int64),
        )
